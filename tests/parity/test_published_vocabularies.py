"""Published vocabularies on every line of the real corpora: the ids of ``tokenizers`` and of ``tiktoken``.

Exceptions: none among the lines. Single characters on which the libraries' tables of Unicode differ from
TensorFlow's are counted below, each set with its reason.
"""

import gzip
import io
import json
import tarfile
import unicodedata
import zipfile
from functools import cache

import numpy as np
import pytest
import tensorflow as tf

from tests import reference_tokenizers as references
from tests.reference_tokenizers import TRICKY
from zoo.tokenizers import BertTokenizer, ByteLevelBPETokenizer
from zoo.tokenizers.byte_level_bpe import split_for_merging

pytestmark = pytest.mark.usefixtures("live")

CHUNK = 50_000
UNCASED = ("bert-base-uncased", True)
CASED = ("bert-base-multilingual-cased", False)
KOREAN = ("kcbert-base", False)


# The lines


def contents(path):
    """The bytes of the text files in a file, which may be compressed or an archive."""
    content = path.read_bytes()
    if path.name.endswith(".tar.gz"):
        with tarfile.open(fileobj=io.BytesIO(content)) as archive:
            yield from (archive.extractfile(member).read() for member in archive if member.isfile())
    elif path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            # What macOS adds to archives is no text.
            yield from (archive.read(name) for name in archive.namelist() if not name.startswith("__MACOSX"))
    else:
        yield gzip.decompress(content) if path.suffix == ".gz" else content


def strings_in(value):
    """All strings in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from strings_in(item)


@cache
def all_lines(zoo_data):
    """Every line of every file (of JSON: every string), as it stands there; equal ones once."""
    count, lines = 0, {}
    folders = [folder for folder in sorted(zoo_data.iterdir()) if folder.is_dir()]
    for folder in folders:
        if folder.name in ("vocabs", "tokenizer_refs"):
            continue
        for path in sorted(folder.iterdir()):
            for content in contents(path):
                try:
                    text = content.decode("utf-8")
                except UnicodeDecodeError:  # a few old speeches
                    text = content.decode("latin-1")
                found = list(strings_in(json.loads(text))) if path.suffix == ".json" else text.split("\n")
                count += len(found)
                lines |= dict.fromkeys(found)
    lines = [*TRICKY, *lines]
    print(f"{count:,} lines, {len(lines):,} different ones, {sum(map(len, lines)):,} characters")
    return lines


def chunks(zoo_data):
    lines = all_lines(zoo_data)
    for first in range(0, len(lines), CHUNK):
        yield lines[first : first + CHUNK]


def strings(tensor):
    return [text.decode("utf-8") for text in tensor.numpy()]


def assert_equal(lines, ours, expected):
    """Equal for each line; says which differ."""
    different = [line for line, one, other in zip(lines, ours, expected, strict=True) if one != other]
    assert not different, f"{len(different)} of {len(lines)} lines differ, first {different[:5]}"


# WordPiece


@pytest.mark.parametrize(("name", "lowercase"), [UNCASED, CASED, KOREAN])
def test_bert_gives_the_ids_of_the_library_on_every_line_and_writes_as_it_does(name, lowercase, zoo_data):
    file = zoo_data / "vocabs" / name / "vocab.txt"
    ours = BertTokenizer.from_file(file, lowercase)
    reference = references.bert(ours.tokens, lowercase)
    special = {reference.token_to_id(token) for token in ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")}
    assert set(np.flatnonzero(ours.is_special)) == special
    unknown = 0
    for lines in chunks(zoo_data):
        token_ids = ours.encode(lines)
        ids = token_ids.to_list()
        assert_equal(lines, ids, references.ids(reference, lines))

        written = strings(ours.decode(token_ids))
        plain = [[index for index in row if index not in special] for row in ids]
        assert_equal(lines, written, reference.decode_batch(plain))
        # Where every piece is known, the text comes back but for white space, in its normalised form.
        known = [i for i, row in enumerate(ids) if ours.unknown_id not in row]
        normalised = [reference.normalizer.normalize_str(lines[i]) for i in known]
        assert_equal([lines[i] for i in known], [spaceless(written[i]) for i in known], map(spaceless, normalised))
        unknown += len(lines) - len(known)
    print(f"{name}: {unknown:,} lines with [UNK]")


def spaceless(text):
    return "".join(text.split())


# Byte-level BPE


def test_gpt2_gives_the_ids_of_both_libraries_on_every_line_and_the_text_back(zoo_data):
    tiktoken = pytest.importorskip("tiktoken")
    files = zoo_data / "vocabs" / "gpt2" / "encoder.json", zoo_data / "vocabs" / "gpt2" / "vocab.bpe"
    ours = ByteLevelBPETokenizer.from_files(*files)
    reference = references.gpt2(json.loads(files[0].read_text(encoding="utf-8")), ours.merges)
    openai = tiktoken.Encoding("gpt2", **tiktoken_settings(*files))
    for lines in chunks(zoo_data):
        ids = ours.encode(lines)
        rows = ids.to_list()
        assert_equal(lines, rows, references.ids(reference, lines))
        assert_equal(lines, rows, openai.encode_ordinary_batch(lines, num_threads=2))
        assert_equal(lines, strings(ours.decode(ids)), lines)


def test_gpt2_gives_every_different_word_of_the_lines_the_ids_of_the_library_in_the_graph_too(zoo_data):
    # Lines are cut by the same operations in the graph and outside; only the merging is another.
    files = zoo_data / "vocabs" / "gpt2" / "encoder.json", zoo_data / "vocabs" / "gpt2" / "vocab.bpe"
    ours = ByteLevelBPETokenizer.from_files(*files)
    in_graph = tf.function(ours.encode, input_signature=[tf.TensorSpec([None], tf.string)])
    reference = references.gpt2(json.loads(files[0].read_text(encoding="utf-8")), ours.merges)
    words = {word for lines in chunks(zoo_data) for word in split_for_merging(tf.constant(lines)).values.numpy()}
    words = sorted((word.decode() for word in words), key=lambda word: (len(word), word))  # alike in length: faster
    print(f"{len(words):,} different words")
    for first in range(0, len(words), CHUNK):
        part = words[first : first + CHUNK]
        assert_equal(part, in_graph(tf.constant(part)).to_list(), references.ids(reference, part))


def tiktoken_settings(encoder_json, vocab_bpe):
    from tiktoken.load import data_gym_to_mergeable_bpe_ranks
    from tiktoken_ext.openai_public import r50k_pat_str

    ranks = data_gym_to_mergeable_bpe_ranks(str(vocab_bpe), str(encoder_json))
    return {"pat_str": r50k_pat_str, "mergeable_ranks": ranks, "special_tokens": {"<|endoftext|>": 50256}}


# transformers, from files


def test_transformers_reads_the_same_from_the_published_files(zoo_data, tmp_path):
    transformers = pytest.importorskip("transformers")
    for name, lowercase in (UNCASED, CASED, KOREAN):
        file = zoo_data / "vocabs" / name / "vocab.txt"
        ours = BertTokenizer.from_file(file, lowercase)
        theirs = transformers.BertTokenizer.from_pretrained(copied(tmp_path / name, {"vocab.txt": file}, lowercase))
        plain = [text for text in TRICKY if "[CLS]" not in text]  # it reads special tokens from texts
        assert theirs(plain, add_special_tokens=False)["input_ids"] == ours.encode(plain).to_list()
        ids = (theirs.pad_token_id, theirs.unk_token_id, theirs.cls_token_id, theirs.sep_token_id, theirs.mask_token_id)
        assert ids == (ours.padding_id, ours.unknown_id, ours.start_id, ours.end_id, ours.mask_id)
    folder = zoo_data / "vocabs" / "gpt2"
    ours = ByteLevelBPETokenizer.from_files(folder / "encoder.json", folder / "vocab.bpe")
    files = {"vocab.json": folder / "encoder.json", "merges.txt": folder / "vocab.bpe"}
    theirs = transformers.GPT2Tokenizer.from_pretrained(copied(tmp_path / "gpt2", files, False))
    plain = [text for text in TRICKY if "<|endoftext|>" not in text]
    assert theirs(plain)["input_ids"] == ours.encode(plain).to_list()
    assert (theirs.bos_token_id, theirs.eos_token_id) == (ours.start_id, ours.end_id) == (50256, 50256)


def copied(folder, files, lowercase):
    """A folder in the layout of the hub."""
    folder.mkdir()
    for name, source in files.items():
        (folder / name).write_bytes(source.read_bytes())
    (folder / "tokenizer_config.json").write_text(json.dumps({"do_lower_case": lowercase}))
    return str(folder)


# Every character there is

CHARACTERS = [chr(code) for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF]


def is_young(character):
    """Whether Unicode 3.2, which Python keeps, did not have a character, or in another class than today's."""
    then, now = unicodedata.ucd_3_2_0.category(character), unicodedata.category(character)
    return then == "Cn" or then != now


def test_bert_treats_every_character_as_the_library_does_but_for_young_ones(zoo_data):
    ours = BertTokenizer.from_file(zoo_data / "vocabs" / UNCASED[0] / "vocab.txt", lowercase=True)
    reference = references.bert(ours.tokens, lowercase=True)
    texts = [f"a{character}b" for character in CHARACTERS]
    different = []
    for first in range(0, len(texts), CHUNK):
        part = texts[first : first + CHUNK]
        for text, row in zip(part, ours.split(ours.normalize(tf.constant(part))).to_list(), strict=True):
            words = reference.pre_tokenizer.pre_tokenize_str(reference.normalizer.normalize_str(text))
            if [word for word, _ in words] != [word.decode() for word in row]:
                different.append(text[1])
    # Marks, punctuation and formats that Unicode took up (or moved) after version 8, and capitals after version 13.
    assert all(map(is_young, different))
    assert len(different) <= 684
    for name, _ in (UNCASED, CASED, KOREAN):
        letters = set((zoo_data / "vocabs" / name / "vocab.txt").read_text(encoding="utf-8"))
        assert not letters & set(different)


def test_gpt2_cuts_every_character_as_the_library_does_but_for_young_ones():
    reference = references.gpt2({}, []).pre_tokenizer
    texts = [f"a{character}!{character}1{character} {character}" for character in CHARACTERS]
    different = []
    for first in range(0, len(texts), CHUNK):
        part = texts[first : first + CHUNK]
        for text, row in zip(part, split_for_merging(tf.constant(part)).to_list(), strict=True):
            lengths = [len(word) for word, _ in reference.pre_tokenize_str(text)]  # one letter for each byte
            if lengths != [len(word) for word in row]:
                different.append(text[1])
    # Letters and digits that Unicode took up after version 15.0.
    assert all(map(is_young, different))
    assert len(different) <= 5004
