"""What goes on from a text begins with the space that belongs between, whichever tokens write it."""

import random

import pytest
import tensorflow as tf

from tests.untrained_runs import language_model
from zoo.prediction import predict, stream
from zoo.tokenizers import SPECIAL_TOKENS, BertTokenizer, spacing, split_words, train_tokenizer
from zoo.tokenizers.word import WordTokenizer
from zoo.tokenizers.wordpiece import WordPieceTokenizer

NOTHING_BETWEEN = ("character", "byte", "byte-level-bpe")
INSIDE = [*(f"##{letter}" for letter in "abdeghinorstwy"), "##링"]
MARKS = [*",.'\"():-…", "\n"]
KNOWN = ["in", "the", "garden", "went", "yes", "yet", "shirt", "s", "two", "학교에", "갔다", "다"]
WORDS = WordTokenizer([*SPECIAL_TOKENS, *KNOWN, *MARKS])
PIECES = WordPieceTokenizer([*SPECIAL_TOKENS, *WORDS.tokens[5:], *INSIDE])
BERT = BertTokenizer(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *PIECES.tokens[5:]])
# A text, the tokens that follow, and what is put behind it.
GOES_ON = [
    ("Emma went", "in the garden .", " in the garden."),
    ("Emma went ", "in the garden .", "in the garden."),
    ("Emma went\u3000\t", "in", "in"),
    ("민수는", "학교에 갔다 .", " 학교에 갔다."),
    ("Emma went", ", yes", ", yes"),
    ("Emma went", "", ""),
    ("", "the garden", "the garden"),
    (" ", "the garden", "the garden"),
    ("Emma ( or xyzzy 🙂", "in", " in"),  # what is unknown is a word, too
]
BY_OUR_RULES = [  # those of `glue`, which look at both sides
    ("a T-", "shirt", "shirt"),
    ("Emma'", "s garden", "s garden"),
    ("Emma", "' s garden", "'s garden"),
    ('He said "yes', '" in the garden', '" in the garden'),
    ('He said "', 'yes "', 'yes"'),
    ("He went (", "yet )", "yet)"),
    ("two\n", "two", "two"),
    ("two", "\n two", "\ntwo"),
]


def behind(tokenizer, text, tokens):
    ids = [[tokenizer.tokens.index(token) for token in tokens.split(" ") if token]]
    return tokenizer.decode(ids, tf.constant([text])).numpy()[0].decode()


@pytest.mark.parametrize(("text", "tokens", "expected"), [*GOES_ON, *BY_OUR_RULES])
def test_words_begin_with_the_space_that_belongs_between(text, tokens, expected):
    assert behind(WORDS, text, tokens) == behind(PIECES, text, tokens) == expected
    if (text, tokens, expected) in GOES_ON:  # a published vocabulary has fewer rules, and knows no newline
        assert behind(BERT, text, tokens) == expected


@pytest.mark.parametrize("tokenizer", [PIECES, BERT], ids=["wordpiece", "bert"])
def test_a_piece_of_a_word_is_joined_to_what_stands_before_it(tokenizer):
    assert behind(tokenizer, "재미", "##링 다") == "링 다"
    assert behind(tokenizer, "재미", "다 ##링") == " 다링"


def test_special_tokens_write_no_space():
    assert WORDS.decode([[2, 5, 3, 0], [3, 0, 0, 0]], tf.constant(["a", "b"])).numpy().tolist() == [b" in", b""]


TEXTS = [
    "Mina's cat (the old one) sat down: it didn't move!",
    'He said "yes" at 10:30, and she paid 1,000 for a T-shirt.',
    "미나는 사과를 부엌에 두었다. 민호가 정말로 거기에 갔을까?",
    "two lines\nof a story",
    "'Yes,' said Tom -- and \"no\", o'clock.",
]


@pytest.mark.parametrize("name", ["word", "wordpiece", *NOTHING_BETWEEN])
def test_a_text_cut_at_any_word_is_whole_again(name):
    tokenizer = train_tokenizer(name, TEXTS * 20, 600)
    _, starts, ends = split_words(tf.constant(TEXTS))
    for text, *places in zip(TEXTS, starts.to_list(), ends.to_list(), strict=True):
        for place in places[1] if name not in NOTHING_BETWEEN else range(len(text)):
            begun, ids = text[:place], tokenizer.encode([text]).to_list()[0]
            ids = ids[len(tokenizer.encode([begun]).to_list()[0]) :]
            if name == "byte-level-bpe":
                ids = tokenizer.encode([text[place:]]).to_list()[0]
            assert begun + tokenizer.decode([ids], tf.constant([begun])).numpy()[0].decode() == text


@pytest.mark.parametrize("tokenizer", [WORDS, PIECES, BERT], ids=["word", "wordpiece", "bert"])
def test_what_is_said_behind_a_text_no_further_token_changes(tokenizer):
    draw = random.Random(0)
    ordinary = [i for i, special in enumerate(tokenizer.is_special) if not special]
    for text in ('He said "yes, ', "two -", "재미", "", "it's ' a ("):
        ids = [draw.choice(ordinary) for _ in range(12)] + [tokenizer.end_id]
        before = tf.constant([text])
        whole = [tokenizer.decode([ids[:count]], before).numpy()[0].decode() for count in range(len(ids) + 1)]
        for count in range(len(ids) + 1):
            said = tokenizer.settled(ids[:count], before)
            assert all(later.startswith(said) for later in whole[count:]), (text, count)


def test_it_is_the_same_in_a_graph():
    texts, ids = zip(*[(text, WORDS.encode([tokens]).to_list()[0]) for text, tokens, _ in GOES_ON], strict=True)
    graph = tf.function(lambda texts, ids: WORDS.decode(ids, texts), autograph=False)
    said = graph(tf.constant(texts), tf.ragged.constant(ids, tf.int32)).numpy()
    assert [text.decode() for text in said] == [expected for *_, expected in GOES_ON]


def of_words():
    return language_model(WordTokenizer([*SPECIAL_TOKENS, *KNOWN]))


@pytest.mark.parametrize("graph", [False, True])
def test_a_language_model_of_words_goes_on_behind_a_space_at_once_and_streamed(monkeypatch, graph):
    if graph:
        monkeypatch.setattr("zoo.prediction.FEW_TOKENS", 0)
    run = of_words()
    for text in ("갔다", "went in"):
        said, spaced = (answer["continuation"] for answer in predict(run, [text, f"{text} "], max_tokens=4))
        assert said == f" {spaced}" and spaced == spaced.strip() != ""
        assert "".join(stream(run, text, max_tokens=4)) == said
        assert "".join(stream(run, f"{text} ", max_tokens=4)) == spaced
        first = said.split()[0]
        assert predict(run, [text], max_tokens=4, stop=(first,)) == [{"continuation": " "}]


def test_a_stream_reads_the_text_before_it_once_not_at_each_token(monkeypatch):
    read, counted = [], []
    normalize, keep = WordTokenizer.normalize, spacing.keep
    monkeypatch.setattr(WordTokenizer, "normalize", lambda self, texts: read.append(texts) or normalize(self, texts))
    monkeypatch.setattr(spacing, "keep", lambda *given: counted.append(given) or keep(*given))
    run = of_words()
    list(stream(run, "went in", max_tokens=2))  # traces what reads
    read.clear()
    counted.clear()
    said = "".join(stream(run, "갔다 the garden", max_tokens=12))
    assert len(read) <= 2 and not counted  # for the stream, and for the whole answer at its end
    assert predict(run, "갔다 the garden", max_tokens=12) == [{"continuation": said}]
