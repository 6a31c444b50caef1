"""Where the user's own data lie: mistakes in names are told, not guessed at."""

from pathlib import Path

import pytest

from tests.command_line import zoo as command
from zoo.datasets import DataError
from zoo.tasks import find


@pytest.mark.parametrize("again", ["a.de", "./a.de", "linked.de", "b.de,a.de"])
def test_a_file_given_twice_is_refused(again, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.de").write_text("eins\nzwei\n", encoding="utf-8")
    Path("linked.de").symlink_to("a.de")
    done = command("train", "transformer", "translation", "--data", "a.de", "--data", again)
    assert done.exit_code == 2 and "a.de twice: give each file once" in done.stderr.replace("linked", "a")
    assert len(done.stderr.strip().splitlines()) == 1


@pytest.mark.parametrize("given", [("a", "b"), 3, b"a.tsv"])
def test_what_is_no_path_is_told_to_be_none(given):
    with pytest.raises(DataError, match=r"data takes paths of files or of a folder, and .* is no path"):
        find("translation", data=[given])
    assert [Path(path).name for path in find("translation", data=["a.tsv", Path("b.tsv")]).data] == ["a.tsv", "b.tsv"]


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (["train.csv", "dev.csv", "test.csv"], "no file validation.*; .* Rename dev.csv to validation.csv."),
        (["train.en", "train.ko", "valid.en.gz", "valid.ko", "test.en", "test.ko"],
         "no file validation.*; .* Rename valid.en.gz to validation.en.gz, valid.ko to validation.ko."),
        (["Train.tsv", "validation.tsv", "test.tsv"], "no file train.*; .* Rename Train.tsv to train.tsv."),
        (["train.csv", "val.csv"], "no file validation.* and no file test.*; .* Rename val.csv to validation.csv."),
        (["train.csv", "test.csv", "devices.csv"], "no file validation.*; expected train.*, validation.* and test.*."),
    ],
)  # fmt: skip
def test_a_part_by_another_name_is_recognized(names, said, tmp_path):
    for name in names:
        (tmp_path / name).touch()
    with pytest.raises(DataError) as error:
        find("classification", data=tmp_path).examples("train")
    begin, _, end = said.partition(" .* ")
    assert str(error.value).startswith(f"{tmp_path} has {begin}") and str(error.value).endswith(end)
    assert ("Rename" in str(error.value)) == ("Rename" in said)
