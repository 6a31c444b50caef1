"""``zoo.train``: a family, a task, a budget -> a run."""

import csv
import dataclasses
import functools
import math
import time
from pathlib import Path

import keras
import tensorflow as tf

from zoo import settings as settings_module
from zoo.memory import PeakMemory
from zoo.optimization import Recipe
from zoo.progress import TrainingProgress
from zoo.registry import KINDS
from zoo.runs import (
    HISTORY,
    HISTORY_COLUMNS,
    WEIGHTS,
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
        init: a run (or its folder) of the same family whose text side, settings and weights are the start.
        out: folder of the run; ``runs/<task>/<model>-<preset>-seed<seed>`` by default.
        overwrite: whether a run in that folder may be replaced.
        strategy: "none", "mirrored" (all local devices), or a ``tf.distribute.Strategy``.
        evaluate_every: steps between two measurements of the validation loss.
        progress: whether to show a progress bar.

    Returns:
        A :class:`zoo.runs.Run`; its ``config["status"]`` is "interrupted" after Ctrl-C.

    Raises:
        UnknownNameError, SettingError, RunError: the arguments do not fit; the message says what does.
        zoo.trainer.DivergedError: the loss is not finite.
    """
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
    changes = {**family.recipe, **(recipe or {})}
    if learning_rate is not None:
        changes["learning_rate"] = learning_rate
    recipe = settings_module.replace(Recipe(), changes)
    folder = check_folder(out or _default_folder(task, family, preset, seed), overwrite)

    keras.utils.set_random_seed(seed)
    strategy = _strategy(strategy)
    examples = task.examples("train")
    source = None if init is None else init if isinstance(init, Run) else Run.load(init)
    kind = kind_class.fit(task, family.kind, examples, tokenizers=source.kind.tokenizers if source else None)
    config = model_settings(_initial_settings(config, family, source), kind, settings or {})
    with strategy.scope():
        task_model = build_model(family.registered_name, dataclasses.asdict(config), kind)
        if source:
            _copy_weights(source.model, task_model)

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
            "init": str(source.folder) if source else None,
            "precision": keras.config.dtype_policy().name,
            "strategy": f"{type(strategy).__name__} ({strategy.num_replicas_in_sync})",
            "parameters": task_model.count_params(),
            "backbone_parameters": task_model.backbone.count_params(),
            "examples": len(examples),
            "versions": versions(),
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
    _train_loop(run, trainer, validation, steps, minutes, every, progress)
    return run


def _train_loop(run, trainer, validation, steps, minutes, every, progress):
    """Trains until the budget is spent or Ctrl-C; keeps history, speed and the best weights in the run's folder."""
    best, best_step, status = math.inf, 0, "complete"
    history = open(run.folder / HISTORY, "w", encoding="utf-8", newline="")  # noqa: SIM115 - closed in `finally`
    writer = csv.DictWriter(history, HISTORY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    memory = PeakMemory()
    training_seconds = 0.0  # validation excluded
    first_call = None  # (seconds, tokens) of the call that traced the graph: excluded from the speed
    title = f"{run.config['model']}:{run.config['preset']} on {run.config['task']}"
    try:
        with TrainingProgress(title, run.config, progress) as show:
            while (steps is None or trainer.step < steps) and (minutes is None or training_seconds < 60 * minutes):
                until_measured = every - trainer.step % every
                started = time.perf_counter()
                _, loss = trainer.advance(min(until_measured, (steps or math.inf) - trainer.step))
                training_seconds += time.perf_counter() - started
                first_call = first_call or (training_seconds, trainer.tokens)
                row = {
                    "step": trainer.step,
                    "seconds": f"{training_seconds:.3f}",
                    "tokens": trainer.tokens,
                    "train_loss": f"{loss:.6f}",
                    "learning_rate": f"{trainer.learning_rate:.6g}",
                }
                is_over = trainer.step == steps or (minutes is not None and training_seconds >= 60 * minutes)
                if trainer.step % every == 0 or is_over:
                    validation_loss = trainer.validate(validation)
                    row["validation_loss"] = f"{validation_loss:.6f}"
                    if validation_loss < best:
                        best, best_step = validation_loss, trainer.step
                        run.model.save_weights(run.folder / WEIGHTS)
                writer.writerow(row)
                history.flush()
                show(trainer.step, training_seconds, loss, best, trainer.tokens)
    except KeyboardInterrupt:
        status = "interrupted"
    except BaseException:
        status = "failed"
        raise
    finally:
        history.close()
        run.config["status"] = status
        run.save_config()
    if best < math.inf:
        run.model.load_weights(run.folder / WEIGHTS)
    else:  # nothing was measured: the last weights are all there is
        run.model.save_weights(run.folder / WEIGHTS)
    first_seconds, first_tokens = first_call or (0.0, 0)
    seconds, tokens = training_seconds - first_seconds, trainer.tokens - first_tokens
    run.record(
        "training",
        {
            "steps": trainer.step,
            "seconds": training_seconds,
            "tokens": trainer.tokens,
            "tokens_per_second": tokens / seconds if seconds else trainer.tokens / (training_seconds or 1.0),
            "peak_memory_bytes": memory.bytes(),
            "best_step": best_step,
            "best_validation_loss": best if best < math.inf else None,
        },
    )


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


def _initial_settings(config, family, source):
    """The preset's settings, or those of the run that training starts from."""
    if source is None:
        return config
    if source.config["model"] != family.registered_name:
        raise RunError(
            f"{source.folder} is a run of {source.config['model']!r}: it cannot start a {family.registered_name!r}."
        )
    return family.Config(**source.config["settings"])


def _copy_weights(source, target):
    """Backbone weights, and those of the head where it has the same form."""
    for part in ("backbone", "head"):
        old, new = getattr(source, part), getattr(target, part)
        shapes = [[tuple(weight.shape) for weight in layer.weights] for layer in (old, new)]
        if shapes[0] == shapes[1]:
            new.set_weights(old.get_weights())
        elif part == "backbone":
            raise RunError("the settings of the run given as init make weights of other shapes: change no sizes.")
