"""The command line before any training: help and lists."""

import resource
import subprocess
import sys

import pytest

from tests import command_line
from tests.command_line import document
from zoo.cli.output import print_table
from zoo.registry import TASKS

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
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
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


@pytest.mark.parametrize("command", ["tasks", "data"])
def test_a_page_that_is_too_narrow_for_a_table_has_all_of_it(zoo, command, monkeypatch):
    monkeypatch.setenv("COLUMNS", "60")
    shown = zoo(command).stdout
    for line in document(zoo(command, "--json")):
        texts = (line[name] for name in ("summary", "variants", "licence", "metric") if name in line)
        for word in " ".join(" ".join(text) if isinstance(text, list) else str(text) for text in texts).split():
            assert word in shown, word


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
