"""Runs of every family on every kind of task, trained for a few steps and exported; each is made once."""

import itertools
import json
from dataclasses import dataclass
from pathlib import Path

import keras
import tensorflow as tf
from tensorflow.core.protobuf import saved_model_pb2

import zoo
from zoo.optimization import losses
from zoo.registry import KINDS, MODELS
from zoo.runs import Run, build_model, model_settings, parse_model
from zoo.saved_model import short_records
from zoo.tasks import find

# One task for each kind of task.
TASKS = (
    "tiny-translation:en-ko", "tiny-stories", "tiny-pretraining", "tiny-inference", "tiny-names", "tiny-questions",
    "regression",
)  # fmt: skip
# The user's own files: task -> ending and lines.
PEOPLE = ("Ada", "Bea", "Cem", "Dan", "Eva", "민수", "지은", "하늘")
ASKED = {"question": "Where?", "answers": ["table"], "starts": [11]}
OWN_DATA = {
    "classification": (".csv", [f"the {a},{n % 2}" for n, a in enumerate("abcdefghijklmnopqrst")]),
    "language-modelling": (".txt", [f"나는 사과가 {n}개 있다.\n" for n in range(20)]),
    "pretraining": (".txt", [f"Mia has {n} apples.\nShe ate {n} of them.\n" for n in range(20)]),
    "question-answering": (".jsonl", [json.dumps({"context": f"Look: on a table {a}.", **ASKED}) for a in "abcdefghi"]),
    "regression": (".tsv", [f"the {a}\tthe {b}\t{n}" for a in "abcd" for n, b in enumerate("abcd")]),
    "tagging": (".conll", [f"{name}\tB-PER\nwent\tO\nhome\tO\n" for name in PEOPLE]),
    "translation": (".tsv", [f"I have {n} apples.\t나는 사과가 {n}개 있다." for n in range(20)]),
}
LONGEST = 24  # tokens of a text: no test waits for long answers
LONGEST_RECORD = 50  # characters of a text that is asked about
LONGEST_EXAMPLE = 2000  # characters, or sentences: some documents are books
PAIRS = [
    (family, task)
    for task in TASKS
    for family in MODELS.names()
    if MODELS.get(family).kind in KINDS.get(find(task).kind).backbone_kinds
]


@dataclass(frozen=True)
class Export:
    """An exported run.

    Args:
        run: the run itself.
        folder: the version's folder.
        records: some texts of the task, field -> text.
    """

    run: Run
    folder: Path
    records: list


def operations(folder):
    """The operations of all graphs of a SavedModel, those of its functions included."""
    model = saved_model_pb2.SavedModel.FromString((folder / "saved_model.pb").read_bytes())
    nodes = [node for graph in model.meta_graphs for node in graph.graph_def.node]
    functions = [function for graph in model.meta_graphs for function in graph.graph_def.library.function]
    return {node.op for node in [*nodes, *(node for function in functions for node in function.node_def)]}


def trained_run(family, task_name, folder):
    """A run after two steps: what it says makes no sense, but must be said by the export too."""
    keras.utils.set_random_seed(7)
    data = None
    if task_name in OWN_DATA:
        ending, lines = OWN_DATA[task_name]
        data = folder.parent / f"{task_name}{ending}"
        data.parent.mkdir(parents=True, exist_ok=True)
        data.write_text("\n".join(lines) + "\n", encoding="utf-8")
    task = find(task_name, data=data)
    task.max_length = min(task.max_length, LONGEST)
    family, preset, config = parse_model(family)
    examples = [shortened(example) for example in task.examples("train")[:200]]
    kind = KINDS.get(task.kind).fit(task, family.kind, examples)
    config = model_settings(config, kind, {"num_layers": 1} if hasattr(config, "num_layers") else {})
    model = build_model(family.registered_name, vars(config), kind)
    optimizer = keras.optimizers.Adam(3e-3)
    for batch in itertools.islice(kind.batches(examples, 8).epoch(0), 2):
        inputs, labels, weights = tf.nest.map_structure(tf.constant, batch[:3])
        with tf.GradientTape() as tape:
            weighted = tf.nest.map_structure(tf.multiply, losses(labels, model(inputs, training=True)), weights)
            loss = sum(tf.reduce_sum(values) for values in tf.nest.flatten(weighted))
        values = [variable.value for variable in model.trainable_variables]
        optimizer.apply(tape.gradient(loss, values), model.trainable_variables)
    return Run(folder, {"model": family.registered_name, "preset": preset, "task": task_name}, model, kind, task)


def shortened(example):
    """An example without what would take long to read."""
    longest = {"text": LONGEST_EXAMPLE, "sentences": LONGEST_EXAMPLE // 100}
    return {name: value[: longest[name]] if name in longest else value for name, value in example.items()}


class Exports:
    """All exports that the tests of a session have asked for."""

    def __init__(self, folder):
        self.folder = folder
        self.made = {}

    def __call__(self, family, task):
        """The export of a family on a task."""
        if (family, task) not in self.made:
            name = f"{family}-{task.replace(':', '-')}"
            run = trained_run(family, task, self.folder / "runs" / name)
            folder = zoo.export(run, self.folder / "exports" / name)
            unseen = "test" if "test" in run.task.splits else "validation"
            records = short_records(run.kind, run.task.examples(unseen), 30, LONGEST_RECORD)
            records = [record for record in records if is_understood(run, record)][:3]
            self.made[family, task] = Export(run, folder, records)
        return self.made[family, task]


def is_understood(run, record):
    """Whether the run, which has read little and reads little at once, answers a record at all."""
    try:
        run.kind.check_input([record], run.model)
    except ValueError:
        return False
    return True
