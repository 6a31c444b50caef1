"""A run: a trained model with its text side and its task, stored in a folder (:mod:`zoo.run_folder`)."""

import dataclasses
import json
import math
import platform
from importlib.metadata import version
from pathlib import Path

from zoo import kinds, settings
from zoo.disk import naming, replacing, reserve
from zoo.memory import keep_freed_memory
from zoo.prompt_tuning import Prompted
from zoo.registry import MODELS, unknown_name
from zoo.run_folder import CONFIG, RESULTS, TEXT, WEIGHTS, RunError, read_config, read_history, write_json
from zoo.task_model import TaskModel
from zoo.tasks import find

HEADERS = 4096  # bytes, more than HDF5 writes beside the numbers of an array


@dataclasses.dataclass(repr=False)
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

    def __repr__(self):
        """One line: ``<Run gpt:tiny on tiny-stories, complete, in runs/tiny-stories/gpt-tiny-seed0>``."""
        model, preset, task, status = (self.config.get(name) for name in ("model", "preset", "task", "status"))
        return f"<Run {model}:{preset} on {task}, {status}, in {self.folder}>"

    @classmethod
    def load(cls, folder):
        """Reads a run back, weights included.

        Raises:
            RunError: the folder holds no complete run; says what is missing.
        """
        folder = Path(folder)
        config = read_config(folder)
        missing = [name for name in (TEXT, WEIGHTS) if not (folder / name).exists()]
        if missing:
            raise RunError(f"{folder} is not a whole run: there is no {' and no '.join(missing)} in it. Train it anew.")
        kind = kinds.load(folder / TEXT)
        model = build_model(config["model"], config["settings"], kind, config.get("prompt_length"))
        model.load_weights(folder / WEIGHTS)
        task = find(config["task"], data=config["data"])
        task.adjust(config.get("text") or {}, kind.text_settings)
        if task.takes_data:
            task.bad_lines = config.get("bad_lines", task.bad_lines)
            task.reads_with(kind)
        return cls(folder, config, model, kind, task)

    def history(self):
        """The measurements of ``history.csv``: a list of dictionaries of numbers (None where nothing was measured)."""
        return read_history(self.folder)

    def results(self):
        """The contents of ``results.json``: ``{"training": {...}, "splits": {name: {...}}, "shots": {task: {...}}}``.

        ``shots`` is there for runs that were asked with examples in the prompt (:mod:`zoo.prompting`).
        """
        path = self.folder / RESULTS
        return json.loads(path.read_text(encoding="utf-8")) if path.exists() else {"splits": {}}

    def record(self, part, figures, group="splits"):
        """Puts ``figures`` into ``results.json`` under ``part``: "training", or a split; a task, of group "shots"."""
        results = self.results()
        if part == "training":
            results["training"] = figures
        else:
            results.setdefault(group, {})[part] = figures
        write_json(self.folder / RESULTS, results)

    def save_config(self):
        """Writes ``config.json``."""
        write_json(self.folder / CONFIG, self.config)

    def save(self):
        """Writes configuration, text side and weights."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self.save_config()
        with naming(self.folder / TEXT):
            self.kind.save(self.folder / TEXT)
        self.save_weights()

    def save_weights(self):
        """Writes the weights so that an interruption leaves the old ones or the new ones, never a part.

        Raises:
            NotWrittenError: there is no room for them, for example.
        """
        partial = self.folder / f"partial.{WEIGHTS}"
        with replacing(self.folder / WEIGHTS, partial):
            # On a full disk HDF5 can crash the process; so it is asked before. Each number has 4 bytes.
            numbers = sum(math.prod(variable.shape) for variable in self.model.variables)
            reserve(partial, 4 * numbers + HEADERS * (len(self.model.variables) + 4))
            self.model.save_weights(partial)


def load(folder):
    """The run in a folder, as it was trained.

    >>> zoo.load("runs/first").config["parameters"]

    Args:
        folder: path, as ``zoo.train`` and ``zoo train`` name it.

    Returns:
        A :class:`Run`: its ``model`` with the trained weights, ``kind``, ``task``, ``config``, ``history()`` and
        ``results()``.

    Raises:
        RunError: the folder holds no complete run; says what is missing.
    """
    return Run.load(folder)


def parse_model(name, preset=None):
    """``"gpt"``, ``"gpt:gpt2-small"`` -> family class, name of the preset, its configuration.

    Raises:
        UnknownNameError: no such family or preset.
        SettingError: two presets are named.
    """
    family_name, colon, named = str(name).partition(":")
    family = MODELS.get(family_name)
    if preset and named and preset != named:
        raise settings.SettingError(f"{name} names the preset {named!r}, --preset the preset {preset!r}: choose one.")
    preset = preset or (named if colon else next(iter(family.presets)))
    if preset not in family.presets:
        raise unknown_name(f"preset of model {family_name}", preset, family.presets)
    return family, preset, family.presets[preset]


def create(model, preset=None, *, weights=None, **changes):
    """A new backbone, with random weights or published ones.

    >>> model = zoo.create("gpt", num_layers=6, vocabulary_size=500)
    >>> token_ids = np.array([[3, 1, 4]])  # [B, T]
    >>> hidden_states = model({"token_ids": token_ids, "padding_mask": token_ids > 0})  # [B, T, D]

    Args:
        model: str, name of a family, or ``"family:preset"``.
        preset: str, name of one of its presets; the first one ("tiny") by default.
        weights: published weights, a folder or hub name (see :func:`zoo.pretrained.read`), for ``bert`` and
            ``gpt``: all settings are read from there, none has to be given.
        **changes: settings that differ from the preset (``zoo show MODEL`` tells them); with ``weights`` only
            ``dropout`` may.

    Returns:
        A :class:`zoo.base.Encoder`, ``Decoder`` or ``EncoderDecoder``: a Keras model that is built, takes the
        dictionary of its kind and returns hidden states; ``config`` holds its settings.

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
    return fitted_settings(config, kind.settings(), changes)


def fitted_settings(config, wanted, changes):
    """A preset's settings with those that the texts want, and the user's changes.

    Args:
        config: the preset's.
        wanted: :meth:`zoo.kinds.Kind.settings`, or what is known of them; the family need not have all of them.
        changes: name -> value.

    Raises:
        UnknownNameError, SettingError: no such setting, or a value that is not possible with these texts.
    """
    fitted = {name: value for name, value in wanted.items() if hasattr(config, name)}
    if "max_sequence_length" in fitted:
        fitted["max_sequence_length"] = max(fitted["max_sequence_length"], config.max_sequence_length)
    chosen = settings.replace(config, {**fitted, **changes})
    needed = fitted.get("max_sequence_length") and wanted["max_sequence_length"]
    if needed and chosen.max_sequence_length < needed:
        raise settings.SettingError(
            f"max_sequence_length must be at least {needed}, the longest input of this task, not "
            f"{chosen.max_sequence_length}."
        )
    return chosen


def build_model(name, values, kind, prompt_length=None):
    """The model of a run from the settings in its ``config.json``; with a prompt, that alone can be trained.

    Raises:
        SettingError: there is no room for the prompt.
    """
    keep_freed_memory()
    family = MODELS.get(name)
    backbone = family(family.Config(**values))
    head = kind.head(backbone)
    if prompt_length:
        backbone = Prompted(backbone, prompt_length)
        head.trainable = False
        if backbone.max_sequence_length is not None and backbone.max_sequence_length < kind.sequence_length:
            raise settings.SettingError(
                f"a prompt of {prompt_length} vectors leaves room for {backbone.max_sequence_length} tokens; texts of "
                f"this task have up to {kind.sequence_length}: choose a shorter prompt, or a smaller max_length."
            )
    return TaskModel(backbone, head)


def versions():
    """The versions that a run depends on."""
    packages = ("keras-nlp-zoo", "keras", "keras-hub", "tensorflow", "tensorflow-text")
    return {"python": platform.python_version(), **{name: version(name) for name in packages}}
