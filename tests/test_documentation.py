"""What people read is true: the README's commands and Python, its tree of files, `make help`, `help(zoo.train)`."""

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import zoo
from tests import command_line
from tests.command_line import document
from zoo.cli.main import main
from zoo.registry import TASKS

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
# Task -> words that its help must have: the columns and keys of its files, as the README's table has them.
FILES = {
    "classification": ["a header", "text, label", "text, text_pair,", "labels as strings or integers"],
    "regression": ["a header", "text, score", "text, text_pair,"],
    "translation": ["a header", "source and target", "two files whose lines belong"],
    "tagging": ["IOB2", "B-X", "tokens", "tags"],
    "question-answering": ["context", "question", "answers", "starts", "SQuAD"],
    "language-modelling": ["blank", "folder", '{"text": ...}'],
    "pretraining": ["blank", "folder"],
}


def code():
    """Everything in the README that is to be typed: lines of code blocks, and code in the text."""
    blocks = re.findall(r"^```\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    lines = [line for block in blocks for line in block.splitlines()]
    text = re.sub(r"^```.*?^```", "", README, flags=re.MULTILINE | re.DOTALL)
    return [*lines, *(" ".join(span.split()) for span in re.findall(r"`([^`]+)`", text))]


def test_the_commands_of_the_readme_have_these_options():
    commands = [part for line in code() for part in re.split(r" [;|] |(?:^|\s)\w+=\S+ (?=zoo )", line)]
    found = [match for part in commands for match in re.findall(r"^zoo ([a-z]+)\b(.*)", part)]
    assert {"train", "evaluate", "predict", "attend", "compare", "export", "serve", "convert"} <= dict(found).keys()
    for name, rest in found:
        options = {option for parameter in main.commands[name].params for option in parameter.opts}
        assert set(re.findall(r"(?<!\S)--[a-z-]+", rest)) - {"--help"} <= options, f"zoo {name}{rest}"


def test_the_python_of_the_readme_can_be_run_twice(tmp_path):
    (block,) = re.findall(r"^```python\n(.*?)^```", README, re.MULTILINE | re.DOTALL)
    short = re.sub(r"steps=\d+", "steps=2", block)
    assert short != block
    done = subprocess.run(
        [sys.executable, "-c", short + short], cwd=tmp_path, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert len(done.stdout.splitlines()) == 6  # three lines, twice


def test_the_tree_of_the_readme_has_every_module_and_no_other():
    tree = README.split("## Read it")[1].split("```")[1]
    named = set(re.findall(r"\b[a-z_]+\.py\b", tree))
    modules = {path.name for path in (ROOT / "zoo").glob("[!_]*.py")}
    assert modules <= named
    assert all(list((ROOT / "zoo").rglob(name)) for name in named - {"test_contract.py"})
    folders = {path.name for path in (ROOT / "zoo").iterdir() if (path / "__init__.py").exists()}
    assert folders <= set(re.findall(r"^  ([a-z_]+)/ ", tree, re.MULTILINE))


def test_dir_lists_what_is_public():
    assert [name for name in dir(zoo) if not name.startswith("__")] == zoo.__all__


def test_make_help_tells_every_target():
    targets = re.search(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)[1].split()
    # Below another make, as the tests themselves may be, make would name the folder that it enters.
    command = ["make", "--no-print-directory", "help"]
    told = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    assert [line.split()[1] for line in told] == targets
    assert all(len(line.split()) > 2 for line in told)


@pytest.mark.parametrize("name", zoo.__all__)
def test_the_help_of_a_public_function_names_its_arguments_what_comes_back_and_errors(name):
    function = getattr(zoo, name)
    text = inspect.getdoc(function)
    if name.startswith("register_"):  # one argument, which its first line tells
        return
    arguments = re.split(r"^(?:Args|Returns|Yields|Raises):\n", text, flags=re.MULTILINE)[1]
    told = " ".join(re.findall(r"^    (\S.*?):", arguments, re.MULTILINE))
    for argument in inspect.signature(function).parameters:
        assert re.search(rf"\b{argument}\b", told), argument
    assert re.search(r"^(Returns|Yields):", text, re.MULTILINE) and "\nRaises:\n" in text


@pytest.mark.parametrize("task", [name for name in TASKS.names() if TASKS.get(name).takes_data])
def test_a_task_tells_which_files_of_yours_it_takes(task):
    everywhere = ("UTF-8", "train.*, validation.* and test.*", "zoo evaluate RUN --data FILE")
    shown = " ".join(command_line.zoo("tasks", task).stdout.split())
    for piece in (*everywhere, *FILES[task]):
        assert piece in shown, piece


def test_a_task_is_told_in_full():
    told = document(command_line.zoo("tasks", "tiny-translation:ko-en", "--json"))
    assert (told["task"], told["steps"]) == ("tiny-translation", TASKS.get("tiny-translation").steps)
    assert {"max_length", "tokenizer", "vocabulary_size"} <= told["text"].keys()
    assert "UTF-8" not in command_line.zoo("tasks", "tiny-translation").stdout
    done = command_line.zoo("tasks", "clasification")
    assert done.exit_code == 2 and "Did you mean 'classification'" in done.stderr
