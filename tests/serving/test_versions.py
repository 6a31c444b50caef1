"""The versions of an export's folder: what may follow what, what counts as one, and what lies beside them."""

import copy
import shutil

import filelock
import pytest

import zoo
from tests.command_line import zoo as command
from zoo import saved_model
from zoo.run_folder import BusyError
from zoo.saved_model import ExportError
from zoo.serving import facts
from zoo.serving.instructions import README
from zoo.serving.places import versions


@pytest.fixture(scope="module")
def export(exports):
    return exports("bag_of_words", "tiny-inference")


@pytest.fixture
def folder(export, tmp_path):
    """A folder with version 1."""
    return shutil.copytree(export.folder.parent, tmp_path / "model")


def names(folder):
    return {path.name for path in folder.iterdir()}


def test_the_next_version_is_of_the_same_task_and_of_any_family(folder, export, exports, capfd):
    other = exports("birnn", "tiny-inference").run
    capfd.readouterr()
    assert zoo.export(other, folder).name == "2"
    assert capfd.readouterr() == ("", "")
    assert facts.read_metadata(folder / "2")["model"] == "birnn"
    assert "version 2" in (folder / README).read_text(encoding="utf-8")


def test_another_task_is_refused_and_nothing_is_written(folder, exports):
    before = {path: path.stat().st_mtime_ns for path in folder.rglob("*")}
    with pytest.raises(ExportError) as caught:
        zoo.export(exports("birnn", "tiny-names").run, folder)
    assert str(caught.value) == (
        f"{folder} holds version 1, bag_of_words:tiny for tiny-inference (classification). birnn:tiny for tiny-names "
        "(tagging) cannot be the next one, for its task is another, and a server would switch its clients to it: "
        "choose another folder."
    )
    assert {path: path.stat().st_mtime_ns for path in folder.rglob("*")} == before


def less(document):
    del document["signatures"]["embed"]


def more(document):
    document["signatures"]["rank"] = document["signatures"]["embed"]
    document["facts"]["max_length"] = 9
    document["signatures"]["embed"]["about"] = "said in other words"
    document["signatures"]["embed"]["outputs"]["mean"] = "float32 [B, D]: in other words"


def other_inputs(document):
    del document["signatures"]["tokens"]["inputs"]["segment_ids"]


def other_outputs(document):
    document["signatures"]["embed"]["outputs"]["mean"] = "float64 [B, D]: the mean of a text's vectors"


def other_labels(document):
    document["facts"]["labels"] = ("ham", "spam")


def other_kind(document):
    document["kind"] = "regression"


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (less, "it has no signature embed"),
        (more, None),
        (
            other_inputs,
            "the inputs of its signature tokens would be token_ids int32 [B, T] in place of segment_ids int32 [B, T], "
            "token_ids int32 [B, T]",
        ),
        (
            other_outputs,
            "the outputs of its signature embed would be hidden_states float32 [B, T, D], mean float64 [B, D], "
            "token_ids int32 [B, T] in place of hidden_states float32 [B, T, D], mean float32 [B, D], "
            "token_ids int32 [B, T]",
        ),
        (other_labels, "its labels would be ham, spam in place of contradicted, entailed, neutral"),
        (other_kind, "its kind is another"),
    ],
)
def test_a_new_version_can_be_asked_whatever_the_one_before_could(export, change, difference):
    there = facts.read_metadata(export.folder)
    new = copy.deepcopy(there)
    change(new)
    assert facts.difference(there, new) == difference


def test_a_default_value_belongs_to_what_clients_send(exports):
    there = facts.read_metadata(exports("gpt", "tiny-stories").folder)
    new = copy.deepcopy(there)
    new["signatures"]["generate"]["inputs"]["top_p"]["default"] = None
    assert "top_p float32 [B] in place of" in facts.difference(there, new)
    assert "top_p float32 [B] = 1.0" in facts.difference(there, new)


def test_a_model_of_others_is_followed_by_none(export, folder):
    shutil.rmtree(folder / "1" / "assets.extra")
    with pytest.raises(ExportError, match=r"model/1 does not say what it is for, as an export does: choose another"):
        zoo.export(export.run, folder)


def test_strays_and_halves_are_no_versions(export, folder):
    (folder / ".DS_Store").touch()
    (folder / "notes.txt").write_text("mine")
    (folder / "empty").mkdir()
    (folder / ".partial-killed" / "made").mkdir(parents=True)  # what an export leaves that was killed
    shutil.copytree(folder / "1", folder / "2")
    (folder / "2" / "variables" / "variables.index").unlink()  # a copy that was killed
    label = zoo.predict(export.run, export.records[:1])[0]["label"]
    line = "\t".join(export.records[0].values())
    assert command("predict", folder, line).stdout.split("\t")[0] == label  # of version 1
    assert zoo.export(export.run, folder).name == "3"  # what lies in the place of a version is not replaced
    assert {"1", "2", "3", ".DS_Store", "notes.txt", "empty"} < names(folder)
    assert ".partial-killed" not in names(folder)
    shutil.rmtree(folder / "1")
    shutil.rmtree(folder / "3")
    for verb in (("serve",), ("predict", line)):
        done = command(verb[0], folder, *verb[1:])
        (said,) = done.stderr.splitlines()
        assert done.exit_code == 2 and "model holds no exported version; 2 lacks files of a SavedModel" in said


def test_files_of_others_are_not_replaced(export, folder, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / README).write_text("mine")
    with pytest.raises(ExportError, match=r"mine holds no export, but a README\.md, which would be replaced"):
        zoo.export(export.run, tmp_path / "mine")
    assert names(tmp_path / "mine") == {README}
    shutil.rmtree(folder / "1")  # our own files may be
    assert zoo.export(export.run, folder).name == "1"


def test_a_run_a_version_and_a_file_hold_no_versions(export, folder, run, tmp_path):
    with pytest.raises(ExportError, match=r"is a version of an export: choose the folder that holds it"):
        zoo.export(export.run, folder / "1")
    with pytest.raises(ExportError, match=r"is a run, and 'zoo predict' would not ask it any more"):
        zoo.export(export.run, run)
    with pytest.raises(ExportError, match=r"is a file; an export needs a folder"):
        zoo.export(export.run, folder / README)
    done = command("serve", run)
    assert done.exit_code == 2 and f"{run} is a run: 'zoo export {run} DIR' makes what can be served" in done.stderr


@pytest.fixture
def run(tmp_path):
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "config.json").write_text('{"model": "gpt", "settings": {}, "kind": "language-modelling"}')
    return tmp_path / "run"


def test_two_exports_at_once_do_not_take_the_same_number(export, folder):
    with filelock.FileLock(folder / ".lock"), pytest.raises(BusyError, match=r"another export writes into .*model"):
        zoo.export(export.run, folder)
    assert BusyError.exit_status == 1


@pytest.fixture
def while_texts_are_read(monkeypatch):
    """Does something once, at the beginning of the long work of an export."""

    def do(what):
        texts = saved_model._texts

        def read(run):
            monkeypatch.setattr(saved_model, "_texts", texts)
            what()
            return texts(run)

        monkeypatch.setattr(saved_model, "_texts", read)

    return do


def test_an_export_that_ends_while_another_reads_its_texts_has_the_number_before(export, folder, while_texts_are_read):
    while_texts_are_read(lambda: zoo.export(export.run, folder))
    assert zoo.export(export.run, folder).name == "3"
    assert {path.name for path in versions(folder).values()} == {"1", "2", "3"}
    assert [facts.read_metadata(folder / name)["version"] for name in "123"] == [1, 2, 3]
    assert "version 3" in (folder / README).read_text(encoding="utf-8")


def test_an_export_of_another_task_that_ends_first_is_not_followed(export, exports, tmp_path, while_texts_are_read):
    names = exports("birnn", "tiny-names").run
    while_texts_are_read(lambda: zoo.export(names, tmp_path))
    with pytest.raises(ExportError, match=r"holds version 1, birnn:tiny for tiny-names .* its task is another"):
        zoo.export(export.run, tmp_path)
    assert list(versions(tmp_path)) == [1]


def test_the_help_says_what_may_follow_what():
    assert "A new version must be of the same task" in " ".join(command("export", "--help").stdout.split())
