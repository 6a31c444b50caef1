"""Files are found, downloaded and verified; parts share no text."""

import dataclasses
import hashlib
import json
import os
import random
import subprocess
import sys
from pathlib import Path

import pytest

from zoo.datasets import DataError, catalogue
from zoo.datasets.catalogue import CORPORA
from zoo.datasets.corpus import Corpus, CorpusFile
from zoo.datasets.files import corpora_status, locate
from zoo.datasets.splits import divide, draw
from zoo.registry import UnknownNameError

CONTENT = b"one\ntwo\nthree\n"
UNREACHABLE = "http://127.0.0.1:9/numbers.txt"  # nothing listens there: what being offline looks like


@pytest.fixture
def folders(tmp_path, monkeypatch):
    """An empty ZOO_DATA and an empty cache, and a corpus of one file that is nowhere."""
    data, cache = tmp_path / "data", tmp_path / "cache"
    data.mkdir()
    monkeypatch.setenv("ZOO_DATA", str(data))
    monkeypatch.setenv("ZOO_CACHE", str(cache))
    monkeypatch.setitem(CORPORA, "numbers", fake_corpus(UNREACHABLE))
    return data, cache


def fake_corpus(address):
    file = CorpusFile("numbers/numbers.txt", address, len(CONTENT), hashlib.sha256(CONTENT).hexdigest())
    return Corpus("numbers", "Numbers", ("en",), "3 lines", "none", "nobody", (file,))


def put(folder, content=CONTENT):
    path = folder / "numbers" / "numbers.txt"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_data_folder_comes_before_the_cache(folders):
    data, cache = folders
    in_cache = put(cache)
    assert locate("numbers", "numbers.txt") == in_cache
    in_data = put(data)
    assert locate("numbers", "numbers.txt") == in_data


@pytest.mark.parametrize("place", [0, 1], ids=["ZOO_DATA", "cache"])
def test_a_truncated_file_is_refused_with_both_sizes(folders, place):
    path = put(folders[place], CONTENT[:-1])
    with pytest.raises(DataError) as error:
        locate("numbers", "numbers.txt")
    assert str(path) in str(error.value)
    assert "expected 14 bytes, found 13" in str(error.value)


def test_a_corrupt_file_is_refused_with_both_checksums(folders):
    changed = CONTENT.replace(b"two", b"tow")
    path = put(folders[0], changed)
    with pytest.raises(DataError) as error:
        locate("numbers", "numbers.txt")
    for part in (str(path), hashlib.sha256(CONTENT).hexdigest(), hashlib.sha256(changed).hexdigest(), UNREACHABLE):
        assert part in str(error.value)


def test_a_file_that_is_damaged_later_is_noticed(folders):
    path = put(folders[0])
    locate("numbers", "numbers.txt")
    path.write_bytes(CONTENT.replace(b"two", b"tow"))
    os.utime(path, ns=(1, 1))  # clocks may be too coarse to show the change
    with pytest.raises(DataError, match="sha256"):
        locate("numbers", "numbers.txt")


def test_without_network_the_error_says_what_where_from_and_where_to(folders):
    with pytest.raises(DataError) as error:
        locate("numbers", "numbers.txt")
    for part in ("numbers/numbers.txt", UNREACHABLE, str(folders[1] / "numbers" / "numbers.txt"), "ZOO_DATA"):
        assert part in str(error.value)
    assert list((folders[1] / "numbers").iterdir()) == []  # and nothing half-done is left


def test_a_download_is_verified_and_kept(folders, tmp_path, monkeypatch, capsys):
    source = tmp_path / "published.txt"
    source.write_bytes(CONTENT)
    monkeypatch.setitem(CORPORA, "numbers", fake_corpus(source.as_uri()))
    path = locate("numbers", "numbers.txt")
    assert path == folders[1] / "numbers" / "numbers.txt"
    assert path.read_bytes() == CONTENT
    assert capsys.readouterr().out == ""  # the progress bar is not part of a command's output
    source.unlink()
    assert locate("numbers", "numbers.txt") == path  # no second download
    assert [entry.name for entry in path.parent.iterdir()] == ["numbers.txt"]


def test_a_download_with_other_bytes_is_not_kept(folders, tmp_path, monkeypatch):
    source = tmp_path / "published.txt"
    source.write_bytes(CONTENT + b"four\n")
    monkeypatch.setitem(CORPORA, "numbers", fake_corpus(source.as_uri()))
    with pytest.raises(DataError, match="cannot be downloaded"):
        locate("numbers", "numbers.txt")
    assert list((folders[1] / "numbers").iterdir()) == []


def test_a_wrong_data_folder_is_not_passed_over(folders, monkeypatch):
    monkeypatch.setenv("ZOO_DATA", "/nowhere/at/all")
    with pytest.raises(DataError, match="'/nowhere/at/all', which is not a folder"):
        locate("numbers", "numbers.txt")


def test_unknown_names_list_the_known_ones(folders):
    with pytest.raises(UnknownNameError, match=r"Did you mean 'multi30k'.*tatoeba"):
        locate("multi30", "train.de.gz")
    with pytest.raises(UnknownNameError, match=r"file of corpus numbers .*Possible: numbers\.txt"):
        locate("numbers", "letters.txt")


def test_status_tells_present_from_missing_from_corrupt(folders):
    def status():
        return {entry["name"]: entry for entry in corpora_status()}

    missing = status()
    assert {entry["present"] for entry in missing.values()} == {"no"}
    assert missing["multi30k"]["licence"] and missing["multi30k"]["citation"]
    path = put(folders[1])
    assert status()["numbers"]["present"] == "yes"
    assert status()["numbers"]["places"] == [str(path.parent)]
    path.write_bytes(b"")
    assert status()["numbers"]["present"] == "corrupt"
    assert str(path) in status()["numbers"]["problems"][0]


def test_looking_for_files_imports_no_keras():
    code = "import sys; from zoo.datasets import files; files.corpora_status(); assert 'keras' not in sys.modules"
    environment = {name: value for name, value in os.environ.items() if name != "ZOO_DATA"}
    subprocess.run([sys.executable, "-c", code], check=True, env=environment)


def test_addresses_name_a_commit():
    files = [file for corpus in CORPORA.values() for file in corpus.files if file.path not in UNPUBLISHED]
    for file in files:
        commits = [part for part in file.address.split("/") if len(part) == 40]
        assert commits and all(set(commit) <= set("0123456789abcdef") for commit in commits), file.address
        assert file.address.endswith(file.name)


# Made from the pages of SQuAD's publisher: found in a ZOO_DATA that has them, nowhere else.
UNPUBLISHED = {"squad_v11/dev-v1.1.reconstructed.json", "squad_v11/uncertain_answer_starts.json"}
# Large files that ZOO_DATA need not have.
LARGE = {"squad_v11/train-v1.1.json", "squad_v11/dev-v1.1.json", "korquad1/KorQuAD_v1.0_train.json"}


@pytest.mark.skipif(not os.environ.get("ZOO_DATA"), reason="ZOO_DATA is not set")
def test_the_catalogue_agrees_with_the_manifest_of_the_data_folder():
    manifest = Path(os.environ["ZOO_DATA"]) / "MANIFEST.json"
    if not manifest.exists():
        pytest.skip("ZOO_DATA holds no MANIFEST.json")
    known = {entry["file"]: entry for entry in json.loads(manifest.read_text(encoding="utf-8"))}
    files = {file.path: file for corpus in catalogue.CORPORA.values() for file in corpus.files}
    assert set(files) - set(known) <= LARGE
    for path in set(files) & set(known):
        file, entry = files[path], known[path]
        assert (file.bytes, file.sha256, file.address) == (entry["bytes"], entry["sha256"], entry.get("url"))


def test_one_file_may_stand_in_for_another(folders, monkeypatch):
    data, _ = folders
    (file,) = fake_corpus(UNREACHABLE).files
    copy = dataclasses.replace(file, path="numbers/copy.txt", address=None)
    monkeypatch.setitem(CORPORA, "numbers", dataclasses.replace(fake_corpus(UNREACHABLE), files=(file, copy)))
    with pytest.raises(DataError, match=r"copy\.txt is not here, and nobody publishes it"):
        locate("numbers", "copy.txt")
    with pytest.raises(DataError, match="cannot be downloaded"):
        locate("numbers", "numbers.txt", "copy.txt")
    (data / "numbers").mkdir()
    (data / "numbers" / "copy.txt").write_bytes(CONTENT)
    assert locate("numbers", "numbers.txt", "copy.txt").name == "copy.txt"
    assert locate("numbers", "numbers.txt", "copy.txt") != put(data) == locate("numbers", "numbers.txt", "copy.txt")
    (data / "numbers" / "copy.txt").write_bytes(b"")
    with pytest.raises(DataError, match="Put a good copy in its place"):
        locate("numbers", "copy.txt")


# -- parts --------------------------------------------------------------------------------------------------------


def random_pairs(count, seed=0):
    """Pairs of numbers written as words: small ranges, so that many share a side."""
    draw = random.Random(seed)
    return [(f"source {draw.randrange(count)}", f"target {draw.randrange(count)}") for _ in range(count)]


def test_no_text_of_either_side_stands_in_two_parts():
    pairs = random_pairs(400)
    parts = divide(pairs, pairs)
    assert sorted(pair for part in parts.values() for pair in part) == sorted(pairs)
    names = list(parts)
    for side in (0, 1):
        for i, one in enumerate(names):
            for other in names[i + 1 :]:
                assert not {pair[side] for pair in parts[one]} & {pair[side] for pair in parts[other]}


def test_a_chain_of_shared_texts_stays_together():
    chain = [("a", "1"), ("b", "1"), ("b", "2"), ("C", "2"), ("c ", "3")]  # case and space make no difference
    others = [(f"x{i}", f"y{i}") for i in range(30)]
    parts = divide(chain + others, chain + others)
    assert sum(set(chain) <= set(part) for part in parts.values()) == 1


def test_shares_are_kept_about():
    texts = [str(i) for i in range(10_000)]
    sizes = [len(part) for part in divide(texts, [[text] for text in texts]).values()]
    # Binomial: standard deviations of 40, 30 and 30; five of them are allowed.
    assert sum(sizes) == 10_000
    assert abs(sizes[0] - 8000) < 200 and abs(sizes[1] - 1000) < 150 and abs(sizes[2] - 1000) < 150


def test_order_does_not_matter_and_growth_moves_nothing():
    texts = [str(i) for i in range(300)]
    small = divide(texts[:200], [[text] for text in texts[:200]])
    turned = divide(texts[199::-1], [[text] for text in texts[199::-1]])
    large = divide(texts, [[text] for text in texts])
    for name in small:
        assert sorted(small[name]) == sorted(turned[name])
        assert set(small[name]) <= set(large[name])


def test_three_examples_are_enough_and_two_are_not():
    for texts in (["a", "b", "c"], ["1", "2", "3", "4"]):
        assert all(divide(texts, [[text] for text in texts]).values())
    with pytest.raises(DataError, match="2 different example"):
        divide(["a", "b", "b"], [["a"], ["b"], ["b"]])


def test_a_rare_label_is_put_where_it_can_be_learnt():
    texts = [str(i) for i in range(200)]
    contents = [[text] for text in texts]
    in_test = divide(texts, contents)["test"][0]
    labels = [["rare" if text == in_test else "common"] for text in texts]
    assert in_test in divide(texts, contents, labels=labels)["train"]


def test_drawn_examples_are_the_same_for_a_seed_keep_their_order_and_are_among_those_of_a_larger_draw():
    examples = list(range(100))
    few, more = draw(examples, 10, seed=3), draw(examples, 30, seed=3)
    assert len(few) == 10 and few == sorted(few) == draw(examples, 10, seed=3)
    assert set(few) < set(more) < set(examples)
    assert draw(examples, 10, seed=4) != few
    assert draw(examples, None, seed=3) == draw(examples, 100, seed=3) == draw(examples, 200, seed=3) == examples
