"""Who may import whom: the arrows of CONTRIBUTING.md, read from the source files."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
FOLDERS = {"zoo": ROOT / "zoo", "zoo.models": ROOT / "models", "zoo.cli": ROOT / "cli"}
HEAVY = ("keras", "tensorflow", "tensorflow_text", "keras_hub", "keras_nlp", "matplotlib", "rich", "numpy", "sacrebleu")
NOUNS = ("zoo.base", "zoo.layers", "zoo.registry", "zoo.settings")
# Package or module -> all that it may import from zoo, and from elsewhere (None: anything).
MAY_IMPORT = {
    "zoo.registry": ((), ()),
    "zoo.settings": (("zoo.registry",), ()),
    "zoo.base": (("zoo.growing", "zoo.inputs", "zoo.registry"), ("keras",)),
    "zoo.inputs": ((), ()),
    "zoo.task_model": (("zoo.base", "zoo.layers"), ("keras",)),
    "zoo.prompt_tuning": (("zoo.base",), ("keras", "numpy")),
    "zoo.layers": (("zoo.layers", "zoo.registry"), ("keras", "numpy")),
    "zoo.models": (NOUNS, ("keras", "numpy")),
    "zoo.samplers": ((), ("keras",)),
    "zoo.growing": ((), ("keras",)),
    "zoo.beams": (("zoo.growing", "zoo.samplers"), ("keras",)),
    "zoo.decoding": (("zoo.beams", "zoo.growing", "zoo.samplers"), ("keras",)),
    "zoo.stopping": (("zoo.samplers",), ("keras", "numpy")),
    "zoo.windows": (("zoo.growing",), ("keras",)),
    "zoo.signatures": ((), ("tensorflow",)),
    "zoo.composed": ((), ()),
    "zoo.records": (("zoo.composed",), ()),
    "zoo.serving": (("zoo.serving", "zoo.records", "zoo.registry", "zoo.samplers"), None),
    "zoo.world": (("zoo.world",), ()),
    "zoo.prompts": ((), ()),
    "zoo.tasks": (
        ("zoo.tasks", "zoo.composed", "zoo.datasets", "zoo.prompts", "zoo.registry", "zoo.settings", "zoo.world"),
        (),
    ),
    "zoo.datasets": (("zoo.datasets", "zoo.registry"), ("keras",)),
    "zoo.tokenizers": (("zoo.tokenizers", "zoo.registry"), None),
    "zoo.pretrained": (
        ("zoo.pretrained", "zoo.datasets.files", "zoo.registry", "zoo.settings", "zoo.runs", "zoo.tokenizers"),
        None,
    ),
    "zoo.packing": ((), ("numpy",)),
    "zoo.batching": (("zoo.packing",), ("numpy",)),
    "zoo.pipeline": (("zoo.packing",), ("tensorflow",)),
    "zoo.ragged": (("zoo.packing",), ("numpy", "tensorflow")),
    "zoo.optimization": (("zoo.registry",), ("keras",)),
    "zoo.optimizer": (("zoo.optimization",), ("keras", "tensorflow")),
    "zoo.likelihood": (("zoo.optimization",), None),
    "zoo.strategies": (("zoo.pipeline", "zoo.progress", "zoo.registry", "zoo.settings"), None),
    "zoo.disk": ((), ()),
    "zoo.checkpoints": (("zoo.disk",), ("numpy",)),
    "zoo.step": (("zoo.optimization",), ("tensorflow",)),
    "zoo.trainer": (
        ("zoo.likelihood", "zoo.optimization", "zoo.optimizer", "zoo.settings", "zoo.step", "zoo.strategies"),
        None,
    ),
    "zoo.learning": (
        ("zoo.checkpoints", "zoo.disk", "zoo.history", "zoo.memory", "zoo.progress", "zoo.strategies"),
        None,
    ),
    "zoo.initialization": (
        ("zoo.datasets.splits", "zoo.pretrained", "zoo.prompt_tuning", "zoo.run_folder", "zoo.runs"),
        (),
    ),
    "zoo.history": (("zoo.disk", "zoo.run_folder"), ("tensorflow",)),
    "zoo.run_folder": (("zoo.checkpoints", "zoo.disk"), ()),
    "zoo.kinds": (
        (
            "zoo.kinds",
            "zoo.batching",
            "zoo.decoding",
            "zoo.layers.auxiliary",
            "zoo.layers.heads",
            "zoo.layers.pretraining",
            "zoo.likelihood",
            "zoo.metrics",
            "zoo.packing",
            "zoo.ragged",
            "zoo.records",
            "zoo.registry",
            "zoo.samplers",
            "zoo.signatures",
            "zoo.stopping",
            "zoo.tokenizers",
            "zoo.windows",
        ),
        None,
    ),
}


def modules():
    """Name of each module -> its syntax tree."""
    found = {}
    for package, folder in FOLDERS.items():
        for file in folder.rglob("*.py"):
            parts = [part for part in file.relative_to(folder).with_suffix("").parts if part != "__init__"]
            found[".".join([package, *parts])] = ast.parse(file.read_text(encoding="utf-8"))
    return found


MODULES = modules()


def imports(tree):
    """All modules that a syntax tree imports, wherever it does."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield "." * node.level + (node.module or "")
            yield from (f"{node.module}.{name.name}" for name in node.names if node.module in ("zoo", "zoo.models"))


def inside(name, packages):
    return any(name == package or name.startswith(f"{package}.") for package in packages)


@pytest.mark.parametrize("package", MAY_IMPORT)
def test_layers_of_the_house(package):
    of_zoo, others = MAY_IMPORT[package]
    members = {name: tree for name, tree in MODULES.items() if inside(name, [package])}
    assert members, f"{package} is gone: correct MAY_IMPORT"
    for name, tree in members.items():
        for imported in imports(tree):
            if inside(imported, ["zoo"]) and imported != "zoo":
                assert inside(imported, of_zoo), f"{name} must not import {imported}"
            elif others is not None and inside(imported, HEAVY):
                assert inside(imported, others), f"{name} must not import {imported}"


def test_only_absolute_imports_and_public_keras():
    for name, tree in MODULES.items():
        for imported in imports(tree):
            assert not imported.startswith("."), f"{name}: relative import {imported}"
            assert not inside(imported, ["keras.src"]), f"{name}: {imported} is private"
            assert not inside(imported, ["models", "cli"]), f"{name}: import zoo.{imported} instead"


def at_import(tree):
    """The imports that run when a module is imported: those outside of functions."""
    functions = {child for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for child in ast.walk(node)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom) and node not in functions:
            yield from imports(ast.Module([node], []))


def test_command_line_imports_nothing_heavy_until_a_command_runs():
    for name, tree in MODULES.items():
        if inside(name, ["zoo.cli"]) or name == "zoo":
            for imported in at_import(tree):
                allowed = ("zoo.cli", "zoo.registry", "zoo.datasets.files", "zoo.datasets.catalogue", "zoo.quiet")
                assert not inside(imported, HEAVY), f"{name} imports {imported} at once"
                assert not inside(imported, ["zoo"]) or inside(imported, allowed), f"{name} imports {imported} at once"


def test_no_graph_translates_the_control_flow_of_python():
    for name, tree in MODULES.items():
        nodes = list(ast.walk(tree))
        calls = [node for node in nodes if isinstance(node, ast.Call)]
        plain = [call.func for call in calls if "autograph=False" in map(ast.unparse, call.keywords)]
        for node in nodes:
            if isinstance(node, ast.Attribute) and ast.unparse(node) == "tf.function":
                assert node in plain, f"{name}, line {node.lineno}: tf.function without autograph=False"


def test_nobody_imports_the_command_line():
    for name, tree in MODULES.items():
        if not inside(name, ["zoo.cli"]):
            assert not any(inside(imported, ["zoo.cli"]) for imported in imports(tree)), name


# Written in keras.ops alone: a test of nothing else can run on every backend.
ON_ANY_BACKEND = ("zoo.base", "zoo.beams", "zoo.decoding", "zoo.layers", "zoo.models", "zoo.parameters", "zoo.samplers",
                  "zoo.task_model")  # fmt: skip


def test_tests_of_models_alone_run_on_every_backend():
    """`make test-backends` names its files: a new one is easily forgotten."""
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for file in sorted((ROOT / "tests").glob("test_*.py")):
        tree = ast.parse(file.read_text(encoding="utf-8"))
        of_zoo = [name for name in imports(tree) if inside(name, ["zoo"]) and name not in ("zoo", "zoo.registry")]
        if of_zoo and all(inside(name, ON_ANY_BACKEND) for name in of_zoo):
            name = file.name.removeprefix("test_")
            assert f" {name}" in makefile or f",{name}" in makefile, f"add {name} to OF_MODELS in the Makefile"
