"""BERT's and GPT-2's published tokenization: the ids of the ``tokenizers`` library, for any text."""

import json
import os
import subprocess
import sys
import unicodedata

import numpy as np
import pytest
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer as Trainee
from tokenizers import pre_tokenizers, trainers
from tokenizers.models import BPE

from tests import reference_tokenizers as references
from tests.reference_tokenizers import TRICKY, Echo
from zoo.registry import KINDS
from zoo.tokenizers import BertTokenizer, ByteLevelBPETokenizer, TokenizerFileError, load_tokenizer
from zoo.tokenizers.byte_level_bpe import BYTE_OF_LETTER, split_for_merging

CASES = {  # lowercase, strip_accents, split_chinese
    "uncased": (True, None, True),
    "cased": (False, None, True),
    "lowercase with accents": (True, False, True),
    "without accents": (False, True, True),
    "Chinese words": (False, None, False),
}


def bert_vocabulary():
    """Every letter of the tricky texts, whole words, and special tokens where one does not expect them."""
    forms = [form for text in TRICKY for form in (text, text.lower(), unicodedata.normalize("NFD", text.lower()))]
    letters = sorted({letter for form in forms for letter in form if letter != "\0" and not letter.isspace()})
    words = ["hello", "hell", "##o", "##ing", "space", "un", "##aff", "##able", "aaaa", "##aaaa", "한한", "##한한"]
    pieces = ["[PAD]", "[unused0]", "[UNK]", *letters, *(f"##{letter}" for letter in letters), *words]
    return list(dict.fromkeys([*pieces, "[CLS]", "[SEP]", "[MASK]"]))


def gpt2_vocabulary():
    """Merges learned from the tricky texts, <|endoftext|> behind them, as in GPT-2's files."""
    trainee = Trainee(BPE())
    trainee.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    alphabet = sorted(BYTE_OF_LETTER)
    trainee.train_from_iterator(
        TRICKY * 3, trainers.BpeTrainer(vocab_size=600, initial_alphabet=alphabet, show_progress=False)
    )
    merges = [" ".join(merge) for merge in json.loads(trainee.to_str())["model"]["merges"]]
    return {**trainee.get_vocab(), "<|endoftext|>": trainee.get_vocab_size()}, merges


@pytest.fixture(scope="module", params=CASES)
def bert(request):
    rules = CASES[request.param]
    return BertTokenizer.from_vocabulary(bert_vocabulary(), *rules), references.bert(bert_vocabulary(), *rules)


@pytest.fixture(scope="module")
def gpt2():
    return ByteLevelBPETokenizer.from_vocabulary(*gpt2_vocabulary()), references.gpt2(*gpt2_vocabulary())


def strings(tensor):
    return [text.decode("utf-8") for text in tensor.numpy()]


# Any text, but for the letters that the library's tables of Unicode see differently.
any_letter = st.characters(exclude_categories=["Cs", "Cn"]).filter(references.is_old)
hard_letter = st.sampled_from(sorted(set("".join(TRICKY))))
any_text = st.lists(st.text(any_letter | hard_letter, max_size=20), max_size=4)
thorough = settings(max_examples=60, deadline=None)


def test_bert_gives_the_ids_of_the_reference(bert):
    ours, reference = bert
    assert ours.encode(TRICKY).to_list() == references.ids(reference, TRICKY)


def test_bert_gives_the_words_and_ids_of_the_reference_for_any_text(bert):
    ours, reference = bert

    @thorough
    @given(any_text)
    def check(texts):
        assert ours.encode(texts).to_list() == references.ids(reference, texts)
        words = ours.split(ours.normalize(tf.constant(texts, tf.string)))
        for text, row in zip(texts, words.to_list(), strict=True):
            expected = reference.pre_tokenizer.pre_tokenize_str(reference.normalizer.normalize_str(text))
            assert [word.decode() for word in row] == [word for word, _ in expected]

    check()


def test_bert_writes_texts_as_the_reference_does(bert):
    ours, reference = bert
    ids = references.ids(reference, TRICKY)
    special = np.flatnonzero(ours.is_special)
    plain = [[index for index in row if index not in special] for row in ids]
    assert strings(ours.decode(ids)) == reference.decode_batch(plain)


def test_hangul_stays_whole_unless_accents_are_stripped():
    # As in the published tokenizers: "uncased" vocabularies hold the letters one by one.
    vocabulary = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "각", "ᄀ", "##ᅡ", "##ᆨ"]
    assert BertTokenizer(vocabulary).encode(["각"]).to_list() == [[5]]
    assert BertTokenizer(vocabulary, lowercase=True).encode(["각"]).to_list() == [[6, 7, 8]]
    assert BertTokenizer(vocabulary, lowercase=True, strip_accents=False).encode(["각"]).to_list() == [[5]]


def assert_same_stretches(reference, texts):
    """GPT-2's words are those of the reference, which writes a letter for each byte."""
    for text, row in zip(texts, split_for_merging(tf.constant(texts, tf.string)).to_list(), strict=True):
        assert b"".join(row).decode() == text
        words = reference.pre_tokenizer.pre_tokenize_str(text)
        assert [len(word) for word in row] == [len(word) for word, _ in words]


def test_gpt2_gives_the_ids_of_the_reference_and_the_text_back(gpt2):
    ours, reference = gpt2
    expected = references.ids(reference, TRICKY)
    assert ours.encode(TRICKY).to_list() == expected
    assert tf.function(ours.encode)(tf.constant(TRICKY)).to_list() == expected
    assert strings(ours.decode(expected)) == TRICKY
    assert_same_stretches(reference, TRICKY)


def test_gpt2_gives_the_ids_of_the_reference_and_the_text_back_for_any_text(gpt2):
    ours, reference = gpt2
    in_graph = tf.function(ours.encode, input_signature=[tf.TensorSpec([None], tf.string)])

    @thorough
    @given(any_text)
    def check(texts):
        expected = references.ids(reference, texts)
        assert ours.encode(texts).to_list() == expected
        assert in_graph(tf.constant(texts, tf.string)).to_list() == expected
        assert strings(ours.decode(ours.encode(texts))) == texts
        assert_same_stretches(reference, texts)

    check()


def test_of_much_white_space_the_last_character_belongs_to_what_follows():
    # By hand, from GPT-2's pattern ... ?\p{L}+ ... |\s+(?!\S)|\s+
    texts = ["a  b", "a \n b\n\nc \n", "  x", "\u3000\u3000y", " 's  's"]
    assert [[word.decode() for word in row] for row in split_for_merging(tf.constant(texts)).to_list()] == [
        ["a", " ", " b"],
        ["a", " \n", " b", "\n", "\n", "c", " \n"],
        [" ", " x"],
        ["\u3000", "\u3000", "y"],
        [" '", "s", " ", " '", "s"],
    ]


# Special tokens, files, exports


def test_special_ids_are_read_from_the_vocabulary(gpt2):
    tokens = bert_vocabulary()
    bert = BertTokenizer.from_vocabulary(tokens, lowercase=False)
    ids = (bert.padding_id, bert.unknown_id, bert.start_id, bert.end_id, bert.mask_id)
    assert ids == (0, 2, len(tokens) - 3, len(tokens) - 2, len(tokens) - 1)
    assert np.flatnonzero(bert.is_special).tolist() == sorted(ids)
    end = gpt2[0].vocabulary_size - 1
    assert [gpt2[0].padding_id, gpt2[0].start_id, gpt2[0].end_id] == [end] * 3
    assert gpt2[0].unknown_id is None and gpt2[0].mask_id is None
    assert gpt2[0].encode_words(tf.ragged.constant([["", "a"]])).to_list()[0][0] == [end]
    assert strings(gpt2[0].decode([[end, *gpt2[0].encode(["a b"]).to_list()[0], end]])) == ["a b"]
    names = {"padding": "<pad>", "unknown": "<unk>"}
    other = BertTokenizer.from_vocabulary(["<pad>", "<unk>", "x"], True, special_tokens=names)
    assert other.encode(["X y"]).to_list() == [[2, 1]]
    assert other.start_id is None


def test_a_saved_one_is_the_same(bert, gpt2, tmp_path):
    for tokenizer in (bert[0], gpt2[0]):
        tokenizer.save(tmp_path)
        again = load_tokenizer(tmp_path)
        assert again.settings() == tokenizer.settings()
        assert again.encode(TRICKY).to_list() == tokenizer.encode(TRICKY).to_list()
        assert (again.is_special == tokenizer.is_special).all()
    content = json.loads((tmp_path / "tokenizer.json").read_text(encoding="utf-8"))
    content["special_tokens"]["end"] = "</s>"
    (tmp_path / "tokenizer.json").write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(TokenizerFileError, match="no '</s>', which is to serve for end"):
        load_tokenizer(tmp_path)


def test_published_files_are_read(tmp_path):
    tokens = [*bert_vocabulary(), "a\u2028b", "c\u0085d"]
    (tmp_path / "vocab.txt").write_text("\n".join(tokens) + "\n", encoding="utf-8")
    assert BertTokenizer.from_file(tmp_path / "vocab.txt", lowercase=True).tokens == tokens
    vocabulary, merges = gpt2_vocabulary()
    (tmp_path / "vocab.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    (tmp_path / "merges.txt").write_text("\n".join(["#version: 0.2", *merges, ""]), encoding="utf-8")
    read = ByteLevelBPETokenizer.from_files(tmp_path / "vocab.json", tmp_path / "merges.txt")
    assert (read.tokens, read.merges) == (sorted(vocabulary, key=vocabulary.get), merges)


def test_files_that_do_not_fit_are_refused():
    with pytest.raises(ValueError, match=r"no '\[UNK\]', which is to serve for unknown"):
        BertTokenizer.from_vocabulary(["[PAD]", "[CLS]", "[SEP]", "[MASK]", "a"], lowercase=True)
    with pytest.raises(ValueError, match="of the 3 tokens 1 stand twice and 0 are empty"):
        BertTokenizer.from_vocabulary(["a", "b", "a"], lowercase=True)
    with pytest.raises(ValueError, match=r"\['begin'\] are no roles"):
        BertTokenizer.from_vocabulary(["[PAD]", "a"], True, special_tokens={"begin": "[PAD]"})
    vocabulary, merges = gpt2_vocabulary()
    with pytest.raises(ValueError, match="'q qq' merges nothing of this vocabulary"):
        ByteLevelBPETokenizer.from_vocabulary(vocabulary, [*merges, "q qq"])
    with pytest.raises(ValueError, match="not the numbers 0 to"):
        ByteLevelBPETokenizer.from_vocabulary({**vocabulary, "new": 9999}, merges)
    with pytest.raises(ValueError, match="no '</s>'"):
        ByteLevelBPETokenizer.from_vocabulary(vocabulary, merges, end_of_text="</s>")


# Of tensorflow-text; TensorFlow Serving 2.20 links these.
SERVED = {"NormalizeUTF8", "RegexSplitWithOffsets", "FastWordpieceTokenizeWithOffsets"}
LOADER = """
import json, sys
import tensorflow as tf
from tensorflow.core.protobuf.saved_model_pb2 import SavedModel
from tensorflow.python.framework import op_def_registry
answers = {}
for name in ("uncased", "accents", "gpt2"):
    graph = SavedModel.FromString(open(name + "/saved_model.pb", "rb").read()).meta_graphs[0].graph_def
    nodes = [*graph.node, *(node for function in graph.library.function for node in function.node_def)]
    functions = {function.signature.name for function in graph.library.function}
    operations = {node.op for node in nodes} - functions
    answers[name] = {"foreign": sorted(op for op in operations if op_def_registry.get(op) is None)}
import tensorflow_text
for name, answer in answers.items():
    said = tf.saved_model.load(name).echo(tf.constant(json.loads(sys.argv[1])))
    answer |= {"ids": said["ids"].numpy().tolist(), "texts": [text.decode() for text in said["texts"].numpy()]}
assert not [name for name in sys.modules if name.split(".")[0] in ("zoo", "keras_hub", "tokenizers")]
print(json.dumps(answers))
"""


def test_an_export_needs_only_what_is_served_and_answers_alike_in_any_locale(gpt2, tmp_path):
    uncased = BertTokenizer.from_vocabulary(bert_vocabulary(), lowercase=True)
    accents = BertTokenizer.from_vocabulary(bert_vocabulary(), lowercase=True, strip_accents=False)
    tokenizers = {"uncased": uncased, "accents": accents, "gpt2": gpt2[0]}
    for name, tokenizer in tokenizers.items():
        tf.saved_model.save(Echo(tokenizer), str(tmp_path / name))
    command, environment = [sys.executable, "-c", LOADER, json.dumps(TRICKY)], {**os.environ, "LC_ALL": "tr_TR.UTF-8"}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr[-2000:]
    for name, answer in json.loads(done.stdout).items():
        token_ids = tokenizers[name].encode(TRICKY)
        assert answer["ids"] == token_ids.values.numpy().tolist()
        assert answer["texts"] == strings(tokenizers[name].decode(token_ids))
        assert set(answer["foreign"]) <= SERVED
        assert "RegexSplitWithOffsets" in answer["foreign"]


# Kinds of task use the ids of the tokenizer


def test_kinds_frame_texts_by_the_special_tokens_of_the_vocabulary(gpt2):
    tokens = ["[PAD]", "a", "[SEP]", "b", "[UNK]", "[MASK]", "[CLS]"]
    bert = {"tokenizer": BertTokenizer.from_vocabulary(tokens, lowercase=True)}
    facts = {"max_length": 8, "max_question_length": 8, "max_answer_tokens": 3}
    facts |= {"labels": ["x", "y"], "fields": ["text", "text_pair"], "tags": ["O"], "document_boundaries": True}
    classification = KINDS.get("classification")("encoder", bert, facts)
    assert classification.ragged_inputs(["a"], ["B c"])["token_ids"].to_list() == [[6, 1, 2, 3, 4, 2]]
    tagging = KINDS.get("tagging")("encoder", bert, facts)
    assert tagging.word_inputs(tf.ragged.constant([["b", "a"]]))[0]["token_ids"].to_list() == [[6, 3, 1, 2]]
    spans = KINDS.get("span-answering")("encoder", bert, facts)
    columns = spans.columns([{"question": "a", "context": "b a", "answers": ["a"], "starts": [2]}])
    assert (columns.inputs["token_ids"][0].tolist(), columns.labels[0].tolist()) == ([6, 1, 2, 3, 1, 2], [4, 4])

    end, (a,), (b,) = gpt2[0].end_id, *gpt2[0].encode(["a", "b"]).to_list()
    modelling = KINDS.get("language-modelling")("decoder", {"tokenizer": gpt2[0]}, facts)
    assert modelling.document_ids(["a"]).to_list() == [[end, a, end]]
    both = {"source": gpt2[0], "target": gpt2[0]}
    columns = KINDS.get("text-to-text")("decoder", both, facts).columns([{"source": "a", "target": "b"}])
    assert columns.inputs["token_ids"][0].tolist() == [end, a, end, b]
    assert columns.labels[0].tolist() == [a, end, b, end]
    columns = KINDS.get("text-to-text")("encoder_decoder", both, facts).columns([{"source": "a", "target": "b"}])
    assert columns.inputs["encoder_token_ids"][0].tolist() == [a, end]
    assert columns.inputs["decoder_token_ids"][0].tolist() == [end, b]
