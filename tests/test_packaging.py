"""The wheel holds all of the package: a folder or file that setup.cfg forgets would be missing without a word."""

import configparser
from fnmatch import fnmatch
from importlib.metadata import entry_points, metadata
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"zoo": "zoo", "models": "zoo.models", "cli": "zoo.cli"}


def setup():
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    return parser


def package_of(folder):
    """Name of the package that a folder of the repository is."""
    top, *rest = folder.relative_to(ROOT).parts
    return ".".join([FOLDERS[top], *rest])


def files():
    """All files of the package except what Python makes itself."""
    for folder in FOLDERS:
        yield from (file for file in (ROOT / folder).rglob("*") if file.is_file() and "__pycache__" not in file.parts)


def test_every_package_is_listed():
    folders = {package_of(file.parent) for file in files() if file.name == "__init__.py"}
    listed = set(setup()["options"]["packages"].split())
    assert folders == listed


def test_every_python_file_lies_in_a_package():
    for file in files():
        if file.suffix == ".py":
            assert (file.parent / "__init__.py").exists(), f"{file.parent} has no __init__.py"


def test_every_data_file_is_listed():
    patterns = setup()["options.package_data"]
    for file in files():
        if file.suffix != ".py":
            listed = patterns.get(package_of(file.parent), "").replace(",", " ").split()
            assert any(fnmatch(file.name, pattern) for pattern in listed), f"{file} would be missing from the wheel"


def test_metadata_of_the_distribution():
    described = metadata("keras-nlp-zoo")
    assert "Apache-2.0" in (described["License-Expression"], described["License"])
    (script,) = [script for script in entry_points(group="console_scripts") if script.value.startswith("zoo.")]
    assert (script.name, script.value) == ("zoo", "zoo.cli.main:main")


def test_licence_is_there_in_full():
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    for part in ("Apache License", "Version 2.0, January 2004", "9. Accepting Warranty", "END OF TERMS AND CONDITIONS"):
        assert part in text
