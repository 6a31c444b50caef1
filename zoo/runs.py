"""A run is a folder: everything needed to repeat it, and everything that came of it.

============================  ==================================================================
config.json                   model, settings, task, recipe, budget, seed, versions, status
text/                         the kind of task: tokenizers, labels (:mod:`zoo.kinds`)
model.weights.h5              the weights of the best validation loss
checkpoints/                  what a training that was stopped needs to go on (:mod:`zoo.checkpoints`)
tensorboard/                  the same for TensorBoard, if asked for
history.csv                   one line a measurement: step, seconds, tokens, losses
results.json                  training speed and the scores of each evaluated split
============================  ==================================================================
"""

import contextlib
import csv
import dataclasses
import json
import platform
import shutil
from importlib.metadata import version
from pathlib import Path

import filelock

from zoo import kinds, settings
from zoo.checkpoints import FOLDER as CHECKPOINTS
from zoo.registry import MODELS, unknown_name
from zoo.task_model import TaskModel
from zoo.tasks import find

CONFIG, TEXT, WEIGHTS, HISTORY, RESULTS = "config.json", "text", "model.weights.h5", "history.csv", "results.json"
LOCK, TENSORBOARD = ".lock", "tensorboard"
HISTORY_COLUMNS = ("step", "seconds", "tokens", "train_loss", "learning_rate", "validation_loss")


class RunError(ValueError):
    """A folder that holds no run, or one that must not be overwritten."""


@dataclasses.dataclass
class Run:
    """A trained model with its text side and its task.

    Args:
        folder: where it is stored.
        config: the contents of ``config.json``.
        model: the :class:`zoo.task_model.TaskModel`.
        kind: the :class:`zoo.kinds.Kind`, tokenizers included.
        task: the :class:`zoo.tasks.Task`.
    """

    folder: Path
    config: dict
    model: TaskModel
    kind: kinds.Kind
    task: object

    @classmethod
    def load(cls, folder):
        """Reads a run back, weights included.

        Raises:
            RunError: the folder holds no complete run; says what is missing.
        """
        folder = Path(folder)
        missing = [name for name in (CONFIG, TEXT, WEIGHTS) if not (folder / name).exists()]
        if missing:
            raise RunError(f"{folder} is not a run: {', '.join(missing)} not found in it. 'zoo train' makes one.")
        config = read_config(folder)
        kind = kinds.load(folder / TEXT)
        model = build_model(config["model"], config["settings"], kind)
        model.load_weights(folder / WEIGHTS)
        return cls(folder, config, model, kind, find(config["task"], data=config["data"]))

    def history(self):
        """The measurements of ``history.csv``: a list of dictionaries of numbers (None where nothing was measured)."""
        with open(self.folder / HISTORY, encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return [{name: float(value) if value else None for name, value in row.items()} for row in rows]

    def results(self):
        """The contents of ``results.json``: ``{"training": {...}, "splits": {name: {...}}}``."""
        path = self.folder / RESULTS
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"splits": {}}

    def record(self, part, figures):
        """Puts ``figures`` into ``results.json`` under ``part``: "training", or the name of a split."""
        results = self.results()
        if part == "training":
            results["training"] = figures
        else:
            results["splits"][part] = figures
        write_json(self.folder / RESULTS, results)

    def save_config(self):
        """Writes ``config.json``."""
        write_json(self.folder / CONFIG, self.config)

    def save(self):
        """Writes configuration, text side and weights."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.save_config()
        self.kind.save(self.folder / TEXT)
        self.save_weights()

    def save_weights(self):
        """Writes the weights so that an interruption leaves the old ones or the new ones, never a part."""
        partial = self.folder / f"partial.{WEIGHTS}"
        self.model.save_weights(partial)
        partial.replace(self.folder / WEIGHTS)


def load(folder):
    """The run in ``folder``, see :meth:`Run.load`."""
    return Run.load(folder)


def is_run(folder):
    """Whether a folder holds a run. Others, too, call a file config.json."""
    try:
        config = json.loads((Path(folder) / CONFIG).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and {"model", "settings", "kind"} <= set(config)


def read_config(folder):
    """The contents of a run's ``config.json``.

    Raises:
        RunError: there is none, or not a run's.
    """
    if not is_run(folder):
        raise RunError(f"{folder} is not a run: it has no {CONFIG} of one. 'zoo train' makes one.")
    return json.loads((Path(folder) / CONFIG).read_text(encoding="utf-8"))


def parse_model(name, preset=None):
    """``"gpt"``, ``"gpt:gpt2-small"`` -> family class, name of the preset, its configuration.

    Raises:
        UnknownNameError: no such family or preset.
    """
    family_name, _, named = str(name).partition(":")
    family = MODELS.get(family_name)
    preset = preset or named or next(iter(family.presets))
    if preset not in family.presets:
        raise unknown_name(f"preset of model {family_name}", preset, family.presets)
    return family, preset, family.presets[preset]


def create(model, preset=None, *, weights=None, **changes):
    """A new backbone, with random weights or published ones.

    Args:
        model: name of a family, or ``"family:preset"``.
        preset: name of one of its presets; the first one ("tiny") by default.
        weights: published weights, a folder or hub name (see :func:`zoo.pretrained.read`), for ``bert`` and
            ``gpt``: all settings are read from there, none has to be given.
        **changes: settings that differ from the preset; with ``weights`` only ``dropout`` may.

    Raises:
        UnknownNameError, SettingError: list what is possible.
        PretrainedError: the weights cannot be read, or contradict the other arguments.
    """
    family, _, config = parse_model(model, preset)
    if weights is None:
        return family(settings.replace(config, changes))
    from zoo import pretrained  # the tables of all layouts: for those who ask

    if preset or ":" in str(model):  # said, not the default: it must be what the weights are
        sizes = {name: value for name, value in dataclasses.asdict(config).items() if name != "dropout"}
        changes = {**sizes, **changes}
    return pretrained.create(family.registered_name, weights, changes)


def model_settings(config, kind, changes):
    """A preset's settings with the vocabulary of a kind of task, room for its longest input, and the user's changes."""
    fitted = {name: value for name, value in kind.settings().items() if hasattr(config, name)}
    if "max_sequence_length" in fitted:
        fitted["max_sequence_length"] = max(fitted["max_sequence_length"], config.max_sequence_length)
    return settings.replace(config, {**fitted, **changes})


def build_model(name, values, kind):
    """The model of a run from the settings in its ``config.json``."""
    family = MODELS.get(name)
    backbone = family(family.Config(**values))
    return TaskModel(backbone, kind.head(backbone))


def check_folder(folder, overwrite):
    """Refuses, by a RunError, a folder that holds a run unless ``overwrite``, and one that holds anything else."""
    if is_run(folder):
        if not overwrite:
            raise RunError(f"{folder} already holds a run. Choose another folder, or say --overwrite (overwrite=True).")
    elif folder.exists() and (not folder.is_dir() or any(path.name != LOCK for path in folder.iterdir())):
        raise RunError(f"{folder} is not an empty folder and holds no run: choose another.")


def clear_folder(folder):
    """Deletes the run, and nothing else, in a folder that :func:`check_folder` has passed and :func:`locked` holds."""
    for name in (CONFIG, TEXT, WEIGHTS, HISTORY, RESULTS, CHECKPOINTS, TENSORBOARD):
        path = folder / name
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)


@contextlib.contextmanager
def locked(folder):
    """While this context is active, no other process trains into ``folder``; the system frees the lock of a dead one.

    Raises:
        RunError: another process does.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with filelock.FileLock(folder / LOCK, timeout=0):
            yield
    except filelock.Timeout:
        raise RunError(
            f"another training writes into {folder} at this moment: choose another folder, or wait."
        ) from None


def versions():
    """The versions that a run depends on."""
    packages = ("keras-nlp-zoo", "keras", "keras-hub", "tensorflow", "tensorflow-text")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}


def write_json(path, value):
    """Writes JSON so that a reader sees the old file or the new one, never a part."""
    partial = path.with_suffix(".partial")
    partial.write_text(json.dumps(value, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    partial.replace(path)
