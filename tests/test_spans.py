"""Span answering over long contexts: windows that overlap, the answer picked over all of them, right offsets."""

import numpy as np
import pytest
import tensorflow as tf

from zoo.kinds._spans import best_span, best_window, in_parts, windows
from zoo.kinds.span_answering import SpanAnswering
from zoo.tokenizers import SPECIAL_TOKENS
from zoo.tokenizers.wordpiece import WordPieceTokenizer

S, E = 2, 3  # [START], [END]
ENGLISH = [*"abcdefgh", "key"]
# 열쇠 is a word with a particle here: the answer ends inside the word 열쇠를.
KOREAN = ["가", "나", "다", "라", "마", "바", "사", "아", "열쇠", "##를"]


def rows(*lengths):
    flat = tf.range(sum(lengths))
    return tf.RaggedTensor.from_row_lengths(flat, lengths)


def test_windows_begin_every_stride_until_the_text_is_read():
    found = windows(rows(0, 5, 9, 4), size=4, stride=2)
    assert found.counts.numpy().tolist() == [1, 2, 4, 1]
    assert found.owner.numpy().tolist() == [0, 1, 1, 2, 2, 2, 2, 3]
    assert found.cut(rows(0, 5, 9, 4)).to_list() == [
        [], [0, 1, 2, 3], [2, 3, 4],
        [5, 6, 7, 8], [7, 8, 9, 10], [9, 10, 11, 12], [11, 12, 13], [14, 15, 16, 17],
    ]  # fmt: skip


@pytest.mark.parametrize("longest", [1, 3, 9])
def test_the_best_span_is_that_of_all_pairs(longest):
    random = np.random.default_rng(1)
    scores = random.normal(size=(20, 2, 7)).astype("float32")
    allowed = np.tile(np.arange(7) >= 2, (20, 1)) & (np.arange(7) < random.integers(3, 8, 20)[:, None])
    first, last, score = best_span(tf.constant(scores), tf.constant(allowed), longest)
    for i in range(20):
        pairs = {
            (a, b): scores[i, 0, a] + scores[i, 1, b]
            for a in range(7) for b in range(a, min(7, a + longest)) if allowed[i, a] and allowed[i, b]
        }  # fmt: skip
        assert (int(first[i]), int(last[i])) == max(pairs, key=pairs.get)
        assert float(score[i]) == pytest.approx(max(pairs.values()), rel=1e-5)


def test_each_text_has_its_best_window():
    assert best_window(tf.constant([-3.0, -1.0, -2.0, -9.0, -8.0]), tf.constant([3, 2])).numpy().tolist() == [1, 4]


@pytest.mark.parametrize("count", [1, 2, 5, 6])
def test_parts_change_nothing(count):
    numbers = tf.range(count)
    parts = in_parts(lambda part: (part["x"], -part["x"], tf.cast(part["x"], tf.float32)), {"x": numbers}, size=2)
    expected = [*range(count)]
    assert [column.numpy().tolist() for column in parts] == [expected, [-i for i in expected], expected]


def kind(tokens, max_length=4, stride=2):
    tokenizer = WordPieceTokenizer([*SPECIAL_TOKENS, "?", *tokens])  # "?" is 5, the first token 6
    facts = {"max_length": max_length, "stride": stride, "max_question_length": 5, "max_answer_tokens": 3}
    return SpanAnswering("encoder", {"tokenizer": tokenizer}, facts)


def example(context, answer):
    return {"question": "?", "context": context, "answers": [answer], "starts": [context.index(answer)]}


def test_a_window_without_the_answer_points_at_start():
    columns = kind(ENGLISH).columns([example("a b", "b"), example("a b c d e f key g h", "key")])
    # [START] ? [END] takes places 0 to 2. Of the long context: a b c d, c d e f, e f key g, key g h.
    assert [row.tolist() for row in columns.labels] == [[4, 4], [0, 0], [0, 0], [5, 5], [3, 3]]
    assert [row.tolist() for row in columns.weights] == [[1, 1]] * 5
    assert columns.examples == [0, 1, 1, 1, 1]
    assert columns.inputs["token_ids"][3].tolist() == [S, 5, E, 10, 11, 14, 12, E]
    assert columns.inputs["segment_ids"][3].tolist() == [0, 0, 0, 1, 1, 1, 1, 1]


def test_an_answer_that_no_window_holds_does_not_count():
    # Every three tokens lie in a window; the four from b on do not.
    columns = kind(ENGLISH).columns([example("a b c d e f", "b c d e"), example("a b c d e f", "b c d")])
    assert columns.examples == [0, 0, 1, 1]
    assert [row.tolist() for row in columns.weights] == [[0, 0], [0, 0], [1, 1], [1, 1]]
    assert [row.tolist() for row in columns.labels][2:] == [[4, 6], [0, 0]]


def finds(token):
    """A model that is sure of one token, and says [START] where it does not see it."""

    def model(inputs, training):
        ids = inputs["token_ids"]
        start = tf.range(tf.shape(ids)[1])[None] == 0
        logits = tf.where(ids == token, 9.0, tf.where(start, 5.0, 0.0))
        return tf.stack([logits, logits], axis=1)

    return model


@pytest.mark.parametrize(
    ("tokens", "context", "answer"),
    [(ENGLISH, "a  b c d e f key, g h", "key"), (KOREAN, "가 나  다 라 마 바 열쇠를 사 아", "열쇠")],
    ids=["english", "korean"],
)
def test_the_answer_is_picked_over_all_windows_and_stands_where_it_says(tokens, context, answer):
    spans = kind(tokens)
    token = spans.tokenizers["tokenizer"].tokens.index(answer)
    contexts = [context, f"{answer}", "a b c d e 가 나 다 라", ""]
    found = spans.respond(finds(token), tf.constant(["?"] * 4), tf.constant(contexts))
    assert [text.decode() for text in found["answer"].numpy()[:2]] == [answer, answer]
    columns = (found[name].numpy() for name in ("answer", "start", "end"))
    for text, said, start, end in zip(contexts, *columns, strict=True):
        assert text[start:end] == said.decode()
    assert found["start"].numpy()[:2].tolist() == [context.index(answer), 0]


def test_the_score_is_the_probability_in_the_best_window():
    found = kind(ENGLISH).respond(finds(14), tf.constant(["?"]), tf.constant(["a b c d e f key g h"]))
    # The last window has three tokens, the one before four: there the others take a little more from the answer.
    in_last, in_other = (np.exp(9) / (np.exp(9) + np.exp(5) + others) for others in (2, 3))
    assert in_last > in_other
    assert float(found["score"][0]) == pytest.approx(in_last**2, rel=1e-6)


def test_a_window_that_says_start_yields_to_a_less_sure_one():
    """What counts is the probability among all that a window may say, not how high its scores are."""

    def model(inputs, training):  # "b": high scores, [START] higher still; "g": low scores, but nothing against them
        ids = inputs["token_ids"]
        is_first = tf.reduce_any(ids == 7, axis=1, keepdims=True)
        start = tf.range(tf.shape(ids)[1])[None] == 0
        logits = tf.where(is_first, tf.where(ids == 7, 20.0, tf.where(start, 22.0, 0.0)), tf.where(ids == 12, 3.0, 0.0))
        return tf.stack([logits, logits], axis=1)

    found = kind(ENGLISH).respond(model, tf.constant(["?"]), tf.constant(["a b c d e f g h"]))
    assert found["answer"].numpy()[0] == b"g"


def test_a_book_is_read_window_by_window():
    context = "a b c d " * 60 + "key " + "e f " * 10
    most = []

    def model(inputs, training):
        most.append(inputs["token_ids"].shape[0])
        return finds(14)(inputs, training)

    found = kind(ENGLISH).respond(model, tf.constant(["?"]), tf.constant([context]))
    assert found["answer"].numpy()[0] == b"key" and int(found["start"][0]) == context.index("key")
    assert max(most) <= 32 < sum(most)
