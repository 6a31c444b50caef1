"""``zoo.train``: a family, a task, a budget -> a run."""

import dataclasses
import functools
import math
from pathlib import Path

import keras
import tensorflow as tf

from zoo import settings as settings_module
from zoo.initialization import start_from
from zoo.learning import learn
from zoo.machine import machine
from zoo.optimization import Recipe
from zoo.progress import announce
from zoo.registry import KINDS
from zoo.runs import (
    Run,
    RunError,
    build_model,
    check_folder,
    clear_folder,
    model_settings,
    parse_model,
    versions,
)
from zoo.tasks import find
from zoo.trainer import Trainer

MEASUREMENTS = 20  # of the validation loss in one training, unless said otherwise


def train(
    model,
    task,
    *,
    preset=None,
    settings=None,
    steps=None,
    epochs=None,
    minutes=None,
    batch_size=None,
    learning_rate=None,
    recipe=None,
    seed=0,
    data=None,
    init=None,
    out=None,
    overwrite=False,
    strategy="none",
    evaluate_every=None,
    progress=True,
):
    """Trains a model on a task and stores the run; the weights kept are those of the best validation loss.

    Args:
        model: name of a family, or ``"family:preset"``.
        task: name of a task, or ``"task:variant"``.
        preset: preset of the family; the first one by default.
        settings: settings of the family that differ from the preset, name -> value.
        steps, epochs, minutes: the budget; at most one, else the task's own ``steps``.
        batch_size: examples of one step, over all replicas together.
        learning_rate: short for ``recipe={"learning_rate": ...}``.
        recipe: fields of :class:`zoo.optimization.Recipe` that differ from the family's.
        seed: decides weights, dropout and the order of the examples.
        data: path(s) of the user's own files, for the tasks that read them.
        init: what the training starts from, of the same family: a run (or its folder), or published weights (a
            folder or hub name, see :func:`zoo.pretrained.read`). Settings, tokenizers and backbone weights are its
            own, those of the head where it has the same form. Published weights are trained with learning rate
            5e-5 unless said otherwise, and of the settings only ``dropout`` may change.
        out: folder of the run; ``runs/<task>/<model>-<preset>-seed<seed>`` by default.
        overwrite: whether a run in that folder may be replaced.
        strategy: "none", "mirrored" (all local devices), or a ``tf.distribute.Strategy``.
        evaluate_every: steps between two measurements of the validation loss.
        progress: whether to show a progress bar.

    Returns:
        A :class:`zoo.runs.Run`; its ``config["status"]`` is "interrupted" after Ctrl-C.

    Raises:
        UnknownNameError, SettingError, RunError, PretrainedError: the arguments do not fit; says what does.
        zoo.trainer.DivergedError: the loss is not finite.
    """
    chosen = preset or str(model).partition(":")[2]
    family, preset, config = parse_model(model, preset)
    task = find(task, data=data)
    kind_class = KINDS.get(task.kind)
    if family.kind not in kind_class.backbone_kinds:
        raise RunError(
            f"{family.registered_name} is of kind {family.kind!r}; task {task.name} ({task.kind}) takes models "
            f"of kind {' or '.join(kind_class.backbone_kinds)}. 'zoo list' shows which."
        )
    if sum(budget is not None for budget in (steps, epochs, minutes)) > 1:
        raise RunError("give one budget: steps, epochs or minutes.")
    if init is not None:
        announce("reading the weights to start from", progress)
    start = start_from(init, family, chosen, dropout=(settings or {}).get("dropout"))
    preset = start.preset if start else preset
    changes = {**family.recipe, **(start.recipe if start else {}), **(recipe or {})}
    if learning_rate is not None:
        changes["learning_rate"] = learning_rate
    recipe = settings_module.replace(Recipe(), changes)
    folder = check_folder(out or _default_folder(task, family, preset, seed), overwrite)

    keras.utils.set_random_seed(seed)
    strategy = _strategy(strategy)
    announce(f"reading the examples of {task.name}", progress)
    examples = task.examples("train")
    if not start:
        announce(f"making the vocabulary from {len(examples):,} examples", progress)
    kind = kind_class.fit(task, family.kind, examples, tokenizers=start.tokenizers(kind_class) if start else None)
    config = start.settings(kind, settings or {}) if start else model_settings(config, kind, settings or {})
    with strategy.scope():
        task_model = build_model(family.registered_name, dataclasses.asdict(config), kind)
        if start:
            start.fill(task_model)

    batch_size = batch_size or task.batch_size
    batches = kind.batches(examples, batch_size, seed)
    if epochs is not None:
        steps = math.ceil(epochs * len(batches))
    # A budget in minutes has no known number of steps: schedules that end need one, so they are refused.
    if minutes is not None and recipe.schedule in ("linear", "cosine"):
        raise RunError(
            f"the schedule {recipe.schedule!r} ends at the last step, which a budget in minutes does not know: "
            "choose schedule=constant or inverse-sqrt, or give steps."
        )
    steps = None if minutes is not None else steps or task.steps

    clear_folder(folder)  # only now: a training that cannot begin costs no old run
    run = Run(
        folder,
        {
            "model": family.registered_name,
            "preset": preset,
            "settings": dataclasses.asdict(config),
            "task": task.name,
            "data": task.data or None,
            "kind": task.kind,
            "recipe": dataclasses.asdict(recipe),
            "steps": steps,
            "minutes": minutes,
            "batch_size": batch_size,
            "seed": seed,
            "init": start.source if start else None,
            "precision": keras.config.dtype_policy().name,
            "strategy": f"{type(strategy).__name__} ({strategy.num_replicas_in_sync})",
            "parameters": task_model.count_params(),
            "backbone_parameters": task_model.backbone.count_params(),
            "examples": len(examples),
            "versions": versions(),
            "machine": machine(),
            "status": "running",
        },
        task_model,
        kind,
        task,
    )
    run.save()
    trainer = Trainer(task_model, recipe, steps or 1, strategy)
    validation = kind.batches(task.examples("validation"), batch_size)
    every = evaluate_every or max(1, (steps or 20 * MEASUREMENTS) // MEASUREMENTS)
    trainer.feed(batches)
    learn(run, trainer, validation, every, progress)
    return run


def _default_folder(task, family, preset, seed):
    return Path("runs") / task.name.replace(":", "-") / f"{family.registered_name}-{preset}-seed{seed}"


def _strategy(strategy):
    if isinstance(strategy, tf.distribute.Strategy):
        return strategy
    if strategy in (None, "none"):
        return tf.distribute.get_strategy()
    if strategy == "mirrored":
        return _mirrored()
    raise settings_module.SettingError(f"unknown strategy {strategy!r}. Possible: none, mirrored.")


@functools.cache  # a second MirroredStrategy in one process mixes up its collectives with those of the first
def _mirrored():
    devices = tf.config.list_logical_devices("GPU") or tf.config.list_logical_devices("CPU")
    return tf.distribute.MirroredStrategy([device.name for device in devices])
