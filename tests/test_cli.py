"""The command line before any training: help, lists, errors, silence."""

import json
import resource
import subprocess
import sys
from concurrent.futures import Future
from unittest.mock import Mock

import pytest

from tests import command_line
from tests.command_line import document
from zoo.cli.output import print_table
from zoo.registry import MODELS, TASKS, UnknownNameError

COMMANDS = (
    "list", "show", "tasks", "data", "train", "evaluate", "compare", "predict", "attend", "export", "serve", "convert",
)  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def own_cache(tmp_path_factory):
    """Nothing is taken from the user's cache, nothing written to it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ZOO_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture
def zoo(tmp_path, monkeypatch):
    """Calls a command in an empty folder: ``zoo("list", "--json")``."""
    monkeypatch.chdir(tmp_path)
    return command_line.zoo


def python(code):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)


# -- help -----------------------------------------------------------------------------------------------------------


def test_help_imports_nothing_heavy():
    code = f"""
import sys
from zoo.cli.main import main
for command in [[], *([name] for name in {COMMANDS!r})]:
    try:
        main([*command, "--help"])
    except SystemExit as end:
        assert end.code == 0
heavy = {{"keras", "tensorflow", "numpy", "matplotlib", "rich", "zoo.tasks", "zoo.runs"}} & set(sys.modules)
assert not heavy, heavy
"""
    done = python(code)
    assert done.returncode == 0, done.stderr


def processor_seconds(*command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *command], capture_output=True, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


@pytest.mark.parametrize("command", ["--help", "list"])
def test_help_and_list_answer_within_a_fifth_of_a_second(command):
    """Time of the processor, the best of ten: other programs on the machine do not count, but for its caches.

    How much those and an older processor cost is seen beside it, by the start of Python with click, which takes
    0.04 seconds where the promise was made; only what such a start takes longer is granted.
    """
    processor_seconds("-m", "zoo.cli", command)  # `zoo list` keeps what it counted
    turns = [(processor_seconds("-m", "zoo.cli", command), processor_seconds("-c", "import click")) for _ in range(10)]
    assert any(ours < 0.2 * max(1, bare / 0.04) for ours, bare in turns)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help_with_examples(zoo, command):
    text = zoo(command, "--help").stdout
    assert "Examples:" in text
    assert f"zoo {command}" in text.split("Examples:")[1]
    assert "--json" in text


def test_no_command_shows_the_help(zoo):
    done = zoo()
    assert done.exit_code == 0
    assert all(command in done.stdout for command in COMMANDS)


# -- what there is --------------------------------------------------------------------------------------------------


def test_list(zoo):
    (family,) = document(zoo("list", "bag*", "--json"))
    assert (family["model"], family["kind"]) == ("bag_of_words", "encoder")
    assert "Joulin et al. 2016" in family["paper"]
    # An embedding is all there is: 30,000 tokens of 300 numbers.
    assert family["presets"]["large"] == 30_000 * 300
    assert {"tiny-sentiment", "sst2", "classification"} <= set(family["tasks"])
    assert "tiny-translation" not in family["tasks"]
    table = zoo("list", "bag*").stdout
    for text in ("bag_of_words", "large", "9 M", "tiny-sentiment", "Joulin"):
        assert text in table
    assert max(map(len, table.splitlines())) <= 120


def test_the_name_of_a_kind_means_that_kind(zoo, monkeypatch):
    monkeypatch.setattr("zoo.parameters.count_parameters", lambda family, config: 0)  # of large ones it takes a while
    kinds = {family["kind"] for family in document(zoo("list", "decoder", "--json"))}
    assert kinds == {"decoder"}


def test_a_narrow_table_loses_no_letter(monkeypatch, capsys):
    """A space behind letters of double width must not cost the last of them."""
    monkeypatch.setenv("COLUMNS", "40")
    text = "안나가 부엌에서 수진을 보기 전에 유나는 박물관에서 잤고, 민수는 슬펐다."
    print_table(("input", "expected"), [("가나다라 마바사아 자차카타 파하", text)])
    shown = capsys.readouterr().out
    assert "…" not in shown
    assert all(word in shown for word in text.split())


def test_list_is_remembered_until_a_file_changes(zoo, tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_CACHE", str(tmp_path / "cache"))
    counted = "counting the parameters of bag_of_words"
    assert counted in zoo("list", "bag*").stderr
    assert counted not in zoo("list", "bag*").stderr
    (kept,) = (tmp_path / "cache" / "summaries").glob("model-bag_of_words-*.json")
    kept.write_text("half a file", encoding="utf-8")
    assert counted in zoo("list", "bag*").stderr


def test_show(zoo):
    family = document(zoo("show", "bag_of_words", "--preset", "large", "--json"))
    settings = {setting["name"]: (setting["type"], setting["default"]) for setting in family["settings"]}
    assert settings["vocabulary_size"] == ("int", 30_000)
    assert settings["dropout"] == ("float", 0.2)
    assert family["parameters_by_part"] == {"embedding": 30_000 * 300}
    assert "9,000,000" in zoo("show", "bag_of_words", "--preset", "large").stdout


def test_tasks(zoo):
    tasks = {task["task"]: task for task in document(zoo("tasks", "--json"))}
    assert sorted(tasks) == TASKS.names()
    assert tasks["copy"]["metric"] == "exact_match"
    assert tasks["multi30k"]["data"] == ["multi30k"]
    assert "de-en" in tasks["multi30k"]["variants"]
    assert "test_long" in tasks["tiny-translation"]["splits"]
    assert all(name in zoo("tasks").stdout for name in tasks)


def test_data(zoo, tmp_path, monkeypatch):
    monkeypatch.setenv("ZOO_DATA", str(tmp_path))
    corpora = document(zoo("data", "--json"))
    assert {"multi30k", "shakespeare", "nsmc"} <= {corpus["name"] for corpus in corpora}
    assert {corpus["present"] for corpus in corpora} == {"no"}
    table = zoo("data").stdout
    assert all(corpus["name"] in table for corpus in corpora)


# -- errors ---------------------------------------------------------------------------------------------------------

# Arguments -> what the line must contain: what was given, what is possible or nearest.
MISTAKES = [
    (["lst"], ["'lst'", "Did you mean 'list'", "evaluate"]),
    (["list", "nothing-like-it"], ["'nothing-like-it'", "transformer"]),
    (["show", "transformr"], ["'transformr'", "Did you mean 'transformer'", "seq2seq"]),
    (["show", "gpt", "--preset", "gpt2-smal"], ["'gpt2-smal'", "Did you mean 'gpt2-small'", "tiny"]),
    (["train", "gtp", "copy"], ["'gtp'", "Did you mean 'gpt'"]),
    (["train", "gpt", "cpy"], ["'cpy'", "Did you mean 'copy'", "shakespeare"]),
    (["train", "gpt", "tiny-translation:de-en"], ["'de-en'", "en-ko"]),
    (["train", "gpt:tinny", "copy"], ["'tinny'", "Did you mean 'tiny'"]),
    (["train", "gpt", "copy", "--set", "num_layer=3"], ["'num_layer'", "Did you mean 'num_layers'", "hidden_dim"]),
    (["train", "gpt", "copy", "--set", "num_layers=three"], ["num_layers", "int", "'three'"]),
    (["train", "gpt", "copy", "--set", "num_heads=7"], ["7", "hidden_dim"]),
    (["train", "gpt", "copy", "--set", "num_layers"], ["'num_layers'", "name=value"]),
    (["train", "gpt", "copy", "--recipe", "schedule=cosin"], ["'cosin'", "Did you mean 'cosine'", "linear"]),
    (["train", "gpt", "copy", "--steps", "0"], ["--steps", "0", "x>=1"]),
    (["train", "gpt", "copy", "--step", "1"], ["--step", "--steps"]),
    (["train", "gpt", "copy", "--steps", "1", "--minutes", "1"], ["--steps", "--minutes", "one budget"]),
    (["train", "gpt", "copy", "--epochs", "nan"], ["epochs", "nan", "finite"]),
    (["train", "gpt", "copy", "--epochs", "inf"], ["epochs", "inf", "finite"]),
    (["train", "gpt", "copy", "--seed", "-1"], ["seed", "-1", "4294967295"]),
    (["train", "gpt:tiny", "copy", "--preset", "gpt1"], ["'tiny'", "'gpt1'", "choose one"]),
    (["train", "ngram", "copy", "--out", "bad.tsv/run"], ["bad.tsv/run cannot be made", "is a file"]),
    (["train", "ngram", "copy", "--out", "/proc/run"], ["/proc/run cannot be made"]),
    (["train", "gpt", "copy", "--set", "max_sequence_length=3"], ["max_sequence_length", "at least", "not 3"]),
    (["train", "gpt", "translation", "--data", ""], ["data", "''"]),
    (["train", "gpt", "copy", "--strategy", "mirrored", "--devices", "CPU:0,CPU:0"], ["CPU:0,", "once"]),
    (["train", "gpt", "copy", "--strategy", "mirored"], ["'mirored'", "mirrored"]),
    (["train", "gpt"], ["TASK"]),
    (["train"], ["MODEL", "--resume"]),
    (["train", "--resume", "nowhere"], ["nowhere is not a run"]),
    (["train", "--resume", "nowhere", "--steps", "9"], ["--resume", "--steps"]),
    (["train", "gpt", "copy", "--resume", "nowhere"], ["--resume", "'gpt'"]),
    (["train", "gpt", "copy", "--strategy", "mirrored", "--devices", "GPU:77"], ["GPU:77", "CPU:0"]),
    (["train", "gpt", "copy", "--devices", "GPU:0"], ["devices", "mirrored"]),
    (["train", "gpt", "copy", "--strategy", "multi-worker"], ["--workers", "TF_CONFIG"]),
    (["train", "gpt", "copy", "--strategy", "multi-worker", "--workers", "a:1,b:1"], ["worker", "2 workers"]),
    (["train", "gpt", "copy", "--accumulation", "3", "--batch-size", "4"], ["batch size 4", "multiple of 3"]),
    (["train", "bert", "copy"], ["bert", "encoder", "text-to-text"]),
    (["train", "gpt", "copy", "--data", "a.tsv"], ["copy", "translation"]),
    (["train", "gpt", "translation"], ["translation", "--data"]),
    (["train", "gpt", "translation", "--data", "a.tsv"], ["a.tsv", "no such file"]),
    (["train", "gpt", "translation", "--data", "bad.tsv"], ["bad.tsv:2"]),
    (["train", "gpt:", "copy"], ["unknown preset of model gpt"]),
    (["train", "gpt", "copy:"], ["unknown variant of task copy"]),
    (["train", "gpt", "copy", "--init", "nowhere"], ["nowhere is no folder here", "Hugging Face hub"]),
    (["train", "gpt", "copy", "--out", "full"], ["full", "not an empty folder"]),
    (["evaluate", "nowhere"], ["nowhere is not a run", "zoo train"]),
    (["predict", "full"], ["full is not a run", "no config.json"]),
    (["predict", "other", "a text"], ["other is not a run", "its config.json is not that of a run"]),
    (["evaluate", "half"], ["half is not a run", "its config.json is damaged"]),
    (["attend", "nowhere", "text", "--out", "a.png"], ["nowhere is not a run"]),
    (["attend", "nowhere", "text", "--out", "a.png", "--head", "x"], ["--head", "'x'", "all"]),
    (["export", "nowhere", "out"], ["nowhere is not a run"]),
    (["compare", "cpy"], ["'cpy'", "Did you mean 'copy'"]),
    (["compare", "copy", "--models", "gpt,transfomer"], ["'transfomer'", "Did you mean 'transformer'"]),
    (["compare", "copy", "--seeds", "a"], ["--seeds", "'a'", "int"]),
    (["compare", "copy", "--models", ","], ["--models", "','", "nothing"]),
    (["compare", "copy", "--models", "bert"], ["bert", "encoder"]),
]


@pytest.mark.parametrize(("args", "pieces"), MISTAKES, ids=[" ".join(args) for args, _ in MISTAKES])
def test_a_mistake_is_answered_in_one_line(zoo, tmp_path, args, pieces):
    (tmp_path / "bad.tsv").write_text("a\tb\nonly one column\n", encoding="utf-8")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "something").touch()
    for folder, config in (("other", '{"model_type": "bert"}'), ("half", '{"model": "be')):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "config.json").write_text(config, encoding="utf-8")
    done = zoo(*args)
    assert done.exit_code == 2
    assert done.stdout == ""
    said = [line for line in done.stderr.splitlines() if not line.endswith(" ...")]  # signs of life
    assert len(said) == 1 and "Traceback" not in said[0], said
    for piece in pieces:
        assert piece in said[0]
    # What could not begin leaves nothing behind.
    assert sorted(path.name for path in tmp_path.iterdir()) == ["bad.tsv", "full", "half", "other"]


def test_standard_input_that_is_not_utf8_is_refused_with_its_line(zoo, tmp_path):
    config = {"model": "gpt", "settings": {}, "task": "copy", "kind": "text-to-text"}
    (tmp_path / "config.json").write_text(json.dumps(config), encoding="utf-8")
    done = zoo("predict", ".", input="a\n정말\n".encode("cp949"))
    assert (done.exit_code, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert "standard input:2" in line and "UTF-8" in line


def test_a_mistake_of_ours_keeps_its_traceback(zoo, monkeypatch):
    def broken():
        return int("this ValueError is no message for users")

    monkeypatch.setattr(MODELS, "names", broken)
    with pytest.raises(ValueError):
        zoo("show", "gpt", catch_exceptions=False)


def test_a_mistake_told_by_another_process_is_one_line_too(zoo, monkeypatch):
    """As in ``zoo compare``, which trains each model in a process of its own."""

    def elsewhere():
        future = Future()
        future.set_exception(UnknownNameError("it is told elsewhere."))
        return future.result()

    monkeypatch.setattr(MODELS, "names", elsewhere)
    done = zoo("show", "gpt")
    assert (done.exit_code, done.stderr) == (2, "zoo: it is told elsewhere.\n")


def test_an_error_of_the_system_names_the_file(zoo, monkeypatch):
    def full():
        raise OSError(28, "No space left on device", "runs/mine/history.csv")

    monkeypatch.setattr(MODELS, "names", full)
    done = zoo("show", "gpt")
    assert (done.exit_code, done.stderr) == (1, "zoo: runs/mine/history.csv: No space left on device\n")


def test_what_went_wrong_on_the_way_has_another_status_than_what_was_asked_wrongly(zoo, monkeypatch):
    from zoo.checkpoints import CheckpointError
    from zoo.disk import NotWrittenError
    from zoo.learning import WorkerLostError

    for error, status in ((NotWrittenError, 1), (WorkerLostError, 1), (CheckpointError, 2)):
        monkeypatch.setattr(MODELS, "names", Mock(side_effect=error("it is told.")))
        done = zoo("show", "gpt")
        assert (done.exit_code, done.stderr) == (status, "zoo: it is told.\n")
