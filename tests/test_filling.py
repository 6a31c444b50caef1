"""Blanks are filled in the text as it was typed: nothing of it is lost, changed or spaced anew."""

import pytest
import tensorflow as tf

from tests.untrained_runs import run_of
from zoo.kinds.pretraining import Pretraining
from zoo.prediction import predict
from zoo.ragged import plain
from zoo.tokenizers import SPECIAL_TOKENS, train_tokenizer
from zoo.tokenizers.byte import ByteTokenizer
from zoo.tokenizers.byte_level_bpe import BYTE_OF_LETTER, ByteLevelBPETokenizer
from zoo.tokenizers.word import WordTokenizer
from zoo.tokenizers.wordpiece import WordPieceTokenizer

WORDS = WordTokenizer([*SPECIAL_TOKENS, "학교", "a", "."])
PIECES = WordPieceTokenizer([*SPECIAL_TOKENS, "재미", "학교", "##링"])
BYTES = ByteTokenizer()
BPE = ByteLevelBPETokenizer([*SPECIAL_TOKENS, *BYTE_OF_LETTER, "ba", "bag", "Ġbag"], ["b a", "ba g", "Ġ bag"])
CHARACTERS = train_tokenizer("character", ["a b"])
GA = [f"<0x{byte:02X}>" for byte in "가".encode()]

# Tokenizer, a text, the tokens for its blanks, the text with them.
FILLED = {
    "unknown words": (WORDS, "민수는 [MASK]에 갔다.", ["학교"], "민수는 학교에 갔다."),
    "white space": (WORDS, "  Tom's\t [MASK] ,And\n\n[MASK]  ", ["a", "학교"], "  Tom's\t a ,And\n\n학교  "),
    "beginning and end": (WORDS, "[MASK] b [MASK]", ["a", "."], "a b ."),
    "side by side": (WORDS, "[MASK][MASK][MASK]", ["a", "학교", "."], "a학교."),
    "cut behind the first": (WORDS, "[MASK] b [MASK] c", ["a"], "a b [MASK] c"),
    "nothing but the blank": (WORDS, "[MASK]", ["a"], "a"),
    "no blank": (WORDS, "b 🙂", [], "b 🙂"),
    "no text": (WORDS, "", [], ""),
    "a piece": (PIECES, "재미 [MASK] 다, 재미[MASK]다", ["##링", "##링"], "재미링 다, 재미링다"),
    "a word between letters": (PIECES, "나[MASK]에", ["학교"], "나학교에"),
    "a piece behind a blank": (PIECES, "[MASK] [MASK]!", ["재미", "##링"], "재미링!"),
    "a piece at the beginning": (PIECES, " [MASK] 다 ##링", ["##링"], "링 다 ##링"),
    "a word that has its space": (BPE, "the [MASK] in", ["Ġbag"], "the bag in"),
    "a word that needs its space": (BPE, "the[MASK][MASK]", ["Ġbag", "Ġbag"], "the bag bag"),
    "its space at the beginning": (BPE, "[MASK] is\n[MASK]", ["Ġbag", "Ġbag"], "bag is\nbag"),
    "a space": (CHARACTERS, "a[MASK]b [MASK]", [" ", " "], "a b  "),
    "a syllable of three tokens": (BYTES, "[MASK][MASK][MASK] 🙂", GA, "가 🙂"),
    "a part of a syllable": (BYTES, "[MASK] 🙂", GA[:1], "\ufffd 🙂"),
}


def filled(tokenizer, rows):
    """The texts of rows (text, tokens) with the tokens in their blanks."""
    kind = Pretraining("encoder", {"tokenizer": tokenizer}, {"max_length": 20})
    texts, tokens = zip(*rows, strict=True)
    best = tf.ragged.constant([[tokenizer.tokens.index(t) for t in row] for row in tokens], tf.int32, ragged_rank=1)
    fill = tf.function(kind.filled, autograph=False)
    said = [plain(function(tf.constant(texts), best.to_tensor(-1))) for function in (kind.filled, fill)]
    assert said[0] == said[1]  # in a graph, as in an export
    return said[0]


@pytest.mark.parametrize("name", FILLED)
def test_all_else_stays_as_it_was_typed(name):
    tokenizer, text, tokens, expected = FILLED[name]
    assert filled(tokenizer, [(text, tokens)]) == [expected]


def test_texts_are_filled_together_as_they_are_alone():
    rows = [(text, tokens) for tokenizer, text, tokens, _ in FILLED.values() if tokenizer is WORDS]
    assert filled(WORDS, rows) == [expected for tokenizer, *_, expected in FILLED.values() if tokenizer is WORDS]


def test_a_run_and_its_export_fill_blanks_of_the_text_as_it_is():
    facts = {"max_length": 7, "masking_rate": 0.15, "mask_share": 0.8, "random_share": 0.1, "whole_words": False}
    run = run_of(Pretraining("encoder", {"tokenizer": PIECES}, facts), "bert")
    texts = ["학교  [MASK]에 갔다.", "재미 [MASK]"]
    answers = predict(run, texts)
    for text, answer in zip(texts, answers, strict=True):
        token = answer["token"][0]
        written = text.replace("[MASK]", token)
        assert token and answer["filled"] == written.replace("  ##", "").replace(" ##", "")
    long = texts[0] + " 재미 재미 [MASK]"  # 5 tokens are read; an export cuts
    served = run.kind.signatures(run.model)["serving_default"].traced()(tf.constant([*texts, long]))
    assert plain(served["filled"])[:2] == [answer["filled"] for answer in answers]
    assert plain(served["token"])[2][0] and plain(served["filled"])[2].endswith(" 갔다. 재미 재미 [MASK]")
