"""Kinds that write: what is streamed is what is answered, texts end at strings, windows refuse or slide."""

import itertools
import random
import re

import pytest
import tensorflow as tf

from tests.untrained_runs import language_model, run_of
from zoo.decoding import Beam, Greedy, Sample
from zoo.kinds.text_to_text import TextToText
from zoo.prediction import predict, stream
from zoo.tokenizers import SPECIAL_TOKENS, ByteLevelBPETokenizer, train_tokenizer
from zoo.tokenizers.byte import ByteTokenizer
from zoo.tokenizers.splitting import glue, settled
from zoo.tokenizers.word import WordTokenizer

KOREAN = ["나는 사과를 먹었다.\n", "너는 사과가 좋니?\n"]


def answer(run, text, **options):
    return predict(run, [text], **options)[0][run.kind.output]


TOKENIZERS = {
    "byte": ByteTokenizer(),
    "character": train_tokenizer("character", KOREAN),
    "byte-level-bpe": train_tokenizer("byte-level-bpe", KOREAN, vocabulary_size=300),
    "word": train_tokenizer("word", [*KOREAN, '" \' - , 1 000 und s']),
    "wordpiece": train_tokenizer("wordpiece", KOREAN * 10),
}


DRAWN = {"sampler": Sample(1.3), "seed": 5, "stop": ("다", "e"), "max_tokens": 7}


@pytest.mark.parametrize("options", [{}, DRAWN, {"sampler": Beam(2)}, {"long_prompts": "slide", "max_tokens": 30}])
def test_long_texts_are_written_by_one_graph_as_short_ones_are_without(monkeypatch, options):
    run = language_model(TOKENIZERS["character"])
    texts = ["나는 사과", "너", "사과가 좋니?", "나는"]
    asked, respond = [], run.kind.respond
    monkeypatch.setattr(run.kind, "respond", lambda *model, **given: asked.append(given) or respond(*model, **given))
    without = predict(run, texts, batch_size=2, **options)
    assert len(asked) == 2
    monkeypatch.setattr("zoo.prediction.FEW_TOKENS", 0)
    assert predict(run, texts, batch_size=1, **options) == without
    assert len(asked) == 3


def test_without_a_seed_a_graph_draws_another_text_for_each_batch(monkeypatch):
    run = language_model(TOKENIZERS["character"])
    monkeypatch.setattr("zoo.prediction.FEW_TOKENS", 0)
    assert len({str(answer) for answer in predict(run, ["나는"] * 5, batch_size=1, sampler=Sample(2.0))}) > 1


@pytest.mark.parametrize("name", TOKENIZERS)
def test_what_is_streamed_is_what_is_predicted(name):
    run = language_model(TOKENIZERS[name])
    for seed, stop in ((1, ()), (2, ("다", "e", "\n"))):
        options = {"sampler": Sample(temperature=1.5), "seed": seed, "stop": stop}
        pieces = list(stream(run, "나는", **options))
        assert "".join(pieces) == answer(run, "나는", **options)
        assert all(pieces[:-1])
        assert not stop or not any(string in "".join(pieces) for string in stop)


def test_a_syllable_of_three_tokens_is_said_when_it_is_whole():
    tokenizer = ByteTokenizer()
    written = [5 + byte for byte in (*"가b".encode(), 0xEA, 0x41)]  # the last but one begins a letter that never comes
    said = [tokenizer.settled(written[:count]) for count in range(len(written) + 1)]
    assert said == ["", "", "", "가", "가b", "가b", "가b\ufffdA"]


def test_what_is_said_of_words_no_further_words_change():
    """Rules for quotes, hyphens, numbers and short forms look back."""
    draw = random.Random(0)
    marks = "\"'’„“”‘-_/.,:;!?()[]¿$%~…«»、\n"
    pool = [*marks, "a", "und", "s", "ll", "l", "qu", "o", "1", "23", "000", "민수는", "은", "이"]
    texts = [[draw.choice(some) for _ in range(7)] for some in (draw.sample(pool, 4) for _ in range(60))]
    beginnings = [[" ".join(text[:count]) for count in range(len(text) + 1)] for text in texts]
    for text in beginnings:
        final = [each.decode() for each in glue(tf.constant(text)).numpy()]
        said = [settled(beginning) for beginning in text]
        for count, later in itertools.combinations_with_replacement(range(len(text)), 2):
            assert final[later].startswith(said[count]), (text[later], said[count])
    # A particle that grows is none.
    for text, word in (('" 서울 " 은', "행"), ("50 % 이", "것"), ("( 문성 ) 이", "야기")):
        grown = glue(tf.constant([f"{text}{word} a"])).numpy()[0].decode()
        assert grown.startswith(settled(text)), (text, grown)
    assert settled("Emma went , and") == "Emma went, and"
    assert settled('he said " well') == 'he said "'  # if the quote is the first of two, "well" will stick to it


def test_streaming_needs_a_kind_that_writes_and_no_beam():
    run = language_model(TOKENIZERS["character"])
    with pytest.raises(ValueError, match="known at the end only"):
        list(stream(run, "나", sampler=Beam(2)))


@pytest.mark.parametrize("sampler", [Greedy(), Sample(), Beam(2)], ids=["greedy", "sample", "beam"])
def test_an_answer_ends_before_the_first_of_the_strings(sampler):
    run = language_model(TOKENIZERS["byte-level-bpe"], size=30)
    whole = answer(run, "나는", sampler=sampler, seed=5)
    cut = whole[len(whole) // 2 : len(whole) // 2 + 2]
    assert len(cut) == 2
    assert answer(run, "나는", sampler=sampler, seed=5, stop=(cut, "never this")) == whole[: whole.index(cut)]


def test_texts_are_drawn_alike_whatever_is_answered_together():
    run = language_model(TOKENIZERS["character"], size=30)
    texts = ["나는", "너", "나는 사과", "나는"]
    options = {"sampler": Sample(), "seed": 3, "max_tokens": 9}
    together = predict(run, texts, **options)
    assert predict(run, texts, batch_size=1, **options) == together
    assert together[0] != together[3]  # the same text drawn twice


def test_repetition_is_penalized_in_the_greedy_choice_too():
    run = language_model(TOKENIZERS["character"], size=40)
    once = answer(run, "나", sampler=Greedy(repetition_penalty=1e6), max_tokens=8)
    assert len(set("나" + once)) == len("나" + once)
    with pytest.raises(ValueError, match="repetition_penalty=0 is not possible"):
        Greedy(repetition_penalty=0)


@pytest.mark.parametrize("boundaries", [True, False])
def test_a_prompt_longer_than_the_window_is_refused_or_the_window_slides(boundaries):
    run = language_model(TOKENIZERS["character"], "gpt", boundaries, size=16)
    fits = 16 - 5 - boundaries
    long = ("나는 사과를 먹었다." * 9)[: 41 - boundaries]  # 41 tokens, [START] included
    assert len(answer(run, long[:fits], max_tokens=5)) <= 5
    room = "4 fit behind this text. Ask for so many (--max-tokens 4), shorten the text"
    for text, advice in ((long, f"none fits behind this text. Shorten it to {fits}"), (long[: fits + 1], room)):
        begun = "16 at once, its [START] included, and 5" if boundaries else "16 at once, and 5"
        said = f"text 2 has {len(text)} tokens, but this model reads {begun} more are asked for: {advice}, or let the"
        with pytest.raises(ValueError, match=re.escape(said) + ".*long_prompts='slide'"):
            predict(run, ["나", text], max_tokens=5)
    with pytest.raises(ValueError, match=f"text 1 has 1 tokens, .*: {fits + 4} fit behind this text"):
        predict(run, ["나"], max_tokens=100_000)
    slid = answer(run, long, max_tokens=5, long_prompts="slide")
    if boundaries:
        assert slid == "".join(stream(run, long, max_tokens=5, long_prompts="slide"))
    # Windows of 16 that overlap by 8: the last one that reads the prompt begins at token 32.
    read = 32 - boundaries
    without_start = language_model(TOKENIZERS["character"], "gpt", boundaries=False, size=16)
    assert answer(without_start, long[read:], max_tokens=5) == slid
    with pytest.raises(ValueError, match="unknown way with long prompts 'cut'"):
        predict(run, [long], long_prompts="cut")


def test_a_recurrent_network_needs_no_window():
    run = language_model(TOKENIZERS["character"], family="rnn", size=16)
    long = ("나는 사과를 먹었다." * 9)[:40]
    assert answer(run, long, max_tokens=30) == answer(run, long, max_tokens=30, long_prompts="slide")


def test_a_source_longer_than_any_the_run_reads_is_refused():
    tokenizer = WordTokenizer([*SPECIAL_TOKENS, *"ab"])
    facts = {"max_length": 3, "lowercase": False, "target_language": None}
    run = run_of(TextToText("decoder", {"source": tokenizer, "target": tokenizer}, facts), "rnn")
    assert isinstance(answer(run, "a b a"), str)
    with pytest.raises(ValueError, match="text 1 has 4 tokens, but this run reads 3 at most"):
        predict(run, ["a b a b"])


@pytest.mark.parametrize("name", ["character", "word"])
def test_a_text_of_which_nothing_is_known_is_refused(name):
    run = language_model(TOKENIZERS[name])
    with pytest.raises(ValueError, match=rf"text 2 has nothing in it that this run knows.*{name}"):
        predict(run, ["나는", "🙂 🙂"[:: 2 if name == "character" else 1]])


def test_bytes_know_every_text():
    tokenizer = ByteLevelBPETokenizer(*(getattr(TOKENIZERS["byte-level-bpe"], part) for part in ("tokens", "merges")))
    assert isinstance(answer(language_model(tokenizer), "🙂"), str)
