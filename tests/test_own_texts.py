"""Language models of the user's own texts: several files, by characters or by pieces of bytes."""

import pytest

from zoo.kinds.language_modelling import LanguageModelling
from zoo.registry import UnknownNameError
from zoo.tasks import find
from zoo.tokenizers import SPECIAL_TOKENS

# Written into a.txt, b.txt, ...; so many that each part has some.
# Written into a00.txt, a01.txt, ...: enough that they are not cut.
TEXTS = [f"{number} 🍎 the apple!\n\n사과는 {number}.\n" for number in range(30)]


@pytest.fixture
def files(tmp_path):
    paths = [tmp_path / f"a{number:02}.txt" for number in range(len(TEXTS))]
    for path, text in zip(paths, TEXTS, strict=True):
        path.write_text(text, encoding="utf-8")
    return paths


def read(data, **text):
    task = find("language-modelling", data=data)
    task.adjust(text, LanguageModelling.text_settings)
    examples = {split: [example["text"] for example in task.examples(split)] for split in task.splits}
    return examples, LanguageModelling.fit(task, "decoder", task.examples("train")).tokenizer


def test_each_of_several_files_is_a_document_named_one_by_one_or_by_their_folder(files, tmp_path):
    one_by_one, _ = read(list(map(str, files)))
    assert sorted(text for texts in one_by_one.values() for text in texts) == sorted(text.strip() for text in TEXTS)
    assert all(one_by_one.values())
    assert read(str(tmp_path))[0] == one_by_one
    assert read(",".join(map(str, files)))[0] == one_by_one


def test_of_few_texts_each_is_cut_in_order(tmp_path):
    """Ten lines of ten characters each: eight for training, one to measure, one to test."""
    for name in "abc":
        lines = "\n".join(f"{name} line no {digit}"[-9:] for digit in range(10))
        (tmp_path / f"{name}.txt").write_text(lines, encoding="utf-8")
    parts, _ = read(str(tmp_path))
    assert [[text.strip()[-1] for text in texts] for texts in parts.values()] == [["7"] * 3, ["8"] * 3, ["9"] * 3]
    assert [text.count("\n") for texts in parts.values() for text in texts] == [8] * 3 + [1] * 3 + [0] * 3


def test_a_tokenizer_of_characters_knows_those_of_training(files):
    examples, tokenizer = read(list(map(str, files)), tokenizer="character")
    assert set(tokenizer.tokens) == {*SPECIAL_TOKENS, *"".join(examples["train"])}


def test_a_tokenizer_of_bytes_has_the_size_asked_for_and_gives_every_text_back(files):
    """256 bytes and five special tokens are there at least; the rest are merges of frequent neighbours."""
    _, tokenizer = read(list(map(str, files)), tokenizer="byte-level-bpe", vocabulary_size="270")
    assert tokenizer.vocabulary_size == 270
    strange = "새 글자 뷁, 🍐, \t tabs\n\nand Ωmega"
    assert tokenizer.decode(tokenizer.encode([strange])).numpy()[0].decode() == strange
    with pytest.raises(ValueError, match=r"vocabulary_size of at least 261"):
        read(str(files[0].parent), vocabulary_size=200)
    with pytest.raises(UnknownNameError, match=r"byte-level-bpe"):
        read(str(files[0].parent), tokenizer="byte-level")
