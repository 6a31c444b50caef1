"""The user's own files that are not UTF-8: what they are likely to be is said, and the command that converts them."""

import subprocess

import pytest

from zoo.datasets import DataError
from zoo.tasks import find

KOREAN = "이 영화는 정말 재미있었어요\t긍정\n쫌 아쉽고 지루했습니다 ㅋㅋ\t부정\n됬다 뷁\t부정\n"
GERMAN = "Ein schöner Film über Übermut\tgut\nGrüße aus Köln, das war gräßlich\tschlecht\n"
FRENCH = "Une très bonne idée, ça m’a plu\tbon\nL’été dernier, hélas\tmauvais\n"
ENGLISH = "It’s great, and I’m glad\tgood\nDidn’t like it — “boring”\tbad\n"
# As CP949 valid as well, but of rare syllables: 0x92 and the letter behind it.
APOSTROPHES = "It’s great, and I’m glad\tgood\nI didn’t like it\tbad\n"


@pytest.mark.parametrize(
    ("text", "encoding"),
    [(KOREAN, "CP949"), *((text, "Windows-1252") for text in (GERMAN, FRENCH, ENGLISH, APOSTROPHES))],
    ids=["korean", "german", "french", "english", "apostrophes"],
)
@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.txt"])
def test_the_command_that_is_named_makes_the_text_readable(text, encoding, name, tmp_path):
    text = text.replace("\t", "|") if name == "a.csv" else text
    path = tmp_path / name
    path.write_bytes(text.encode(encoding))
    with pytest.raises(DataError) as error:
        find("language-modelling" if name == "a.txt" else "classification", data=path).all_examples()
    command = f"iconv -f {encoding} -t UTF-8"
    assert f"{encoding}: {command} FILE > NEW)" in str(error.value) and "\n" not in str(error.value)
    converted = subprocess.run([*command.split(), path], capture_output=True, check=True).stdout
    assert converted.decode("utf-8") == text


def test_a_damaged_letter_is_no_other_encoding(tmp_path):
    path = tmp_path / "a.tsv"
    path.write_bytes((KOREAN * 5).encode("cp949") + b"\xc0\n")
    with pytest.raises(DataError, match="looks like CP949"):
        find("classification", data=path).all_examples()


def test_of_a_file_that_is_utf8_but_for_a_place_the_rest_is_not_to_be_converted(tmp_path):
    path = tmp_path / "a.tsv"
    for text in (GERMAN, KOREAN):
        path.write_bytes(text.encode() + b"caf\xe9\tgut\n")
        with pytest.raises(DataError, match=r"a\.tsv:\d: byte 0xe9 .* as the rest of the file is: mend this place"):
            find("classification", data=path).all_examples()


def test_a_converted_file_is_judged_anew(tmp_path):
    path = tmp_path / "a.tsv"
    for text, encoding in ((KOREAN, "CP949"), (GERMAN, "Windows-1252")):
        path.write_bytes(text.encode(encoding))
        with pytest.raises(DataError, match=f"iconv -f {encoding}"):
            find("classification", data=path).all_examples()
