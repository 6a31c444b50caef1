"""``zoo.train``: a family, a task, a budget -> a run (:mod:`zoo.resuming` goes on with one that was stopped)."""

import contextlib
import dataclasses
import math
from pathlib import Path

import keras

from zoo import compilation
from zoo.arguments import check_budget, check_choices, check_settings, check_start, find_task, make_recipe
from zoo.base import computing_in
from zoo.datasets.splits import draw
from zoo.initialization import check_vocabulary, start_from
from zoo.kinds import TOKENIZER_SETTINGS
from zoo.learning import learn
from zoo.machine import machine
from zoo.needs import check_batch, check_weights
from zoo.optimization import Recipe
from zoo.progress import announce, announce_skipped, hint, say
from zoo.registry import KINDS
from zoo.run_folder import RunError, check_folder, check_free, clear_folder, locked
from zoo.runs import Run, build_model, model_settings, parse_model, versions
from zoo.settings import convert_all
from zoo.strategies import check_shares, describe, is_chief, is_multi_worker, make_strategy
from zoo.trainer import Trainer, check_learns

HOPELESS = 100.0  # nats a token: no vocabulary is so large that guessing would cost so much

MEASUREMENTS = 10  # of the validation loss in one training, unless said otherwise


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
    examples=None,
    text=None,
    bad_lines="refuse",
    init=None,
    prompt_length=None,
    out=None,
    overwrite=False,
    strategy="none",
    precision="float32",
    accumulation=1,
    compile="auto",
    evaluate_every=None,
    checkpoint_steps=None,
    checkpoint_minutes=5,
    tensorboard=False,
    progress=True,
):
    """Trains a model on a task and stores the run; the weights kept are those of the best validation loss.

    >>> run = zoo.train("gpt", "tiny-stories", steps=100, settings={"dropout": 0.0}, out="runs/first")

    Args:
        model: str, name of a family, or ``"family:preset"``; ``zoo list`` tells them.
        task: str, name of a task, or ``"task:variant"``; ``zoo tasks`` tells them.
        preset: str, preset of the family; the first one by default.
        settings: dict, settings of the family that differ from the preset; ``zoo show MODEL`` tells them.
        steps, epochs, minutes: numbers, the budget; at most one of them, else the task's own ``steps``. In a budget in
            minutes, a family's schedule that would have to know its last step stays constant.
        batch_size: int, examples of one step, over all replicas together; the task's own by default.
        learning_rate: float, short for ``recipe={"learning_rate": ...}``.
        recipe: dict, fields of :class:`zoo.optimization.Recipe` that differ from the family's.
        seed: int, decides weights, dropout and the order of the examples.
        data: path or list of paths of the user's own files, for the tasks that read them; ``zoo tasks TASK`` tells
            which files a task takes.
        examples: int, learn from so many examples of the training split, drawn by the seed, and choose the weights by
            as many of the validation split; all by default. Vocabulary and labels are still those of the whole
            training split: texts are cheap, what is scarce are texts that somebody labelled.
        text: dict, settings of the text side that differ from the task's: ``max_length``, ``tokenizer``,
            ``vocabulary_size``, ...; of pre-training ``masking_rate`` and others, see :class:`zoo.tasks.Task`.
        bad_lines: what to do where a line of the user's own files is malformed: "refuse" the data, or "skip" the line;
            ``config["skipped_lines"]`` counts those.
        init: what the training starts from, of the same family: a run (or its folder), or published weights (a
            folder or hub name, see :func:`zoo.pretrained.read`). Settings, tokenizers and backbone weights are its
            own; a run's head, too, where it has the same form, of published ones BERT's pooler. Published weights are
            trained with learning rate 5e-5 unless said otherwise, and of the settings only ``dropout`` may change.
        prompt_length: int, prompt tuning: so many vectors before each text are trained, and nothing else of what
            ``init`` names, a run (or weights) of a decoder; see :mod:`zoo.prompt_tuning`. None: all weights learn.
        out: path, folder of the run; ``runs/<task>/<model>-<preset>-seed<seed>`` by default.
        overwrite: bool, whether a run in that folder may be replaced.
        strategy: one of ``zoo.strategies.STRATEGIES``, or a ``tf.distribute.Strategy``.
        precision: one of ``zoo.arguments.PRECISIONS``: what layers compute in; weights are float32 in each.
        accumulation: in how many parts, one after the other, each batch is computed: less memory, the same step.
        compile: one of ``zoo.compilation.COMPILE``: whether XLA compiles the step; "auto" does where that was measured
            to be faster. The numbers are the same up to rounding.
        evaluate_every: int, steps between two measurements of the validation loss; a tenth of the budget by default,
            40 if that is in minutes.
        checkpoint_steps, checkpoint_minutes: numbers, how often a checkpoint is written; steps, if given.
        tensorboard: bool, whether to write the history for TensorBoard, too.
        progress: bool, whether to show a progress bar.

    Returns:
        A :class:`zoo.runs.Run`: ``run.folder``; ``run.model``, a Keras model; ``run.kind``, which has the tokenizers;
        ``run.config``, whose "status" is "interrupted" after Ctrl-C; ``run.history()``, the losses.

    Raises:
        UnknownNameError, SettingError, RunError, PretrainedError: the arguments do not fit; says what does.
        DataError: the examples are not there, too few, or malformed; says where.
        zoo.trainer.DivergedError: the loss is not finite. (All of these are ValueErrors.)
    """
    # First of all: workers must find each other before anything is computed.
    strategy = make_strategy(strategy, progress=progress)
    chosen = preset or str(model).partition(":")[2]
    settings, text, recipe = settings or {}, text or {}, recipe or {}
    family, preset, config = parse_model(model, preset)
    task = find_task(task, family, data, text, bad_lines)
    check_choices(precision, compile, examples, seed, family, strategy)
    check_start(init, prompt_length, family, set(text) & set(TOKENIZER_SETTINGS))
    convert_all(family.Config, settings)
    schedule = make_recipe(family, {}, prompt_length, recipe, learning_rate, minutes).schedule
    check_budget(steps, epochs, minutes, schedule, strategy)
    batch_size = batch_size or task.batch_size
    check_shares(batch_size, strategy, accumulation)
    if init is not None:
        announce("reading the weights to start from", progress)
    start = start_from(init, family, chosen, dropout=settings.get("dropout"))
    preset = start.preset if start else preset
    recipe = make_recipe(family, start.recipe if start else {}, prompt_length, recipe, learning_rate, minutes)
    learns = not (recipe.frozen or prompt_length)
    check_settings(family, config, task, start, settings, learns)
    if recipe.frozen and not start:
        hint("frozen=true without --init (init=RUN): random weights stay, and the head learns from them.", progress)
    chief = is_chief(strategy)
    folder = Path(out or _default_folder(task, family, preset, seed))
    if chief:
        check_free(folder)
        check_folder(folder, overwrite)

    keras.utils.set_random_seed(seed)
    announce(f"reading the examples of {task.name}", progress)
    found = task.examples("train")
    if not start:
        announce(f"making the vocabulary from {len(found):,} examples", progress)
    kind_class = KINDS.get(task.kind)
    kind = kind_class.fit(task, family.kind, found, tokenizers=start.tokenizers(kind_class) if start else None)
    task.reads_with(kind)
    found = task.examples("train")
    if examples is not None and examples > len(found):
        raise RunError(f"{examples} examples were asked for; task {task.name} has {len(found):,} for training.")
    if start and not task.takes_data:
        check_vocabulary(kind, found, task.name, start.source)
    if task.takes_data:
        task.examples("validation")  # for what is skipped there
        announce_skipped(task.skipped, progress)
        say(task.sizes(), progress)
        for what in task.hints():
            hint(what, progress)
    config = start.settings(kind.settings(), settings) if start else model_settings(config, kind, settings)
    check_weights(family, config, learns)
    with strategy.scope(), computing_in(precision):
        task_model = build_model(family.registered_name, dataclasses.asdict(config), kind, prompt_length)
        if start:
            start.fill(task_model)
    check_learns(task_model, recipe)  # before it costs a run that is to be replaced

    learned = draw(found, examples, seed)
    batches = kind.batches(learned, batch_size, seed)
    workers = strategy.num_replicas_in_sync if is_multi_worker(strategy) else 1
    check_batch(config, batch_size // accumulation // workers, batches.longest(), precision)
    if epochs is not None:
        steps = math.ceil(epochs * len(batches))
    steps = None if minutes is not None else steps or task.steps
    if steps is not None and recipe.warmup_steps >= steps / 2:
        rising = f"the learning rate rises in {min(recipe.warmup_steps, steps):,} of {steps:,} steps"
        hint(f"{rising}: more steps, or --recipe warmup_steps=N (recipe), leave more for learning.", progress and chief)
    compiled = compilation.decide(compile, task_model, batches, steps, strategy, precision)

    run = Run(
        folder,
        {
            "model": family.registered_name,
            "preset": preset,
            "settings": dataclasses.asdict(config),
            "task": task.name,
            "data": task.data or None,
            "text": {name: getattr(task, name) for name in text},
            "bad_lines": bad_lines,
            "skipped_lines": len(task.skipped),
            "kind": task.kind,
            "recipe": dataclasses.asdict(recipe),
            "steps": steps,
            "minutes": minutes,
            "batch_size": batch_size,
            "accumulation": accumulation,
            "compiled": compiled,
            "seed": seed,
            "init": start.source if start else None,
            "prompt_length": prompt_length,
            "precision": precision,
            "strategy": describe(strategy),
            "evaluate_every": evaluate_every or max(1, (steps or 400) // MEASUREMENTS),
            "checkpoint_steps": checkpoint_steps,
            "checkpoint_minutes": checkpoint_minutes,
            "tensorboard": tensorboard,
            "parameters": task_model.count_params(),
            "backbone_parameters": task_model.backbone.count_params(),
            "examples": len(learned),
            "drawn": examples,
            "versions": versions(),
            "machine": machine(),
            "status": "running",
        },
        task_model,
        kind,
        task,
    )
    with locked(folder) if chief else contextlib.nullcontext():
        if chief:
            check_folder(folder, overwrite)  # once more: another training may have begun meanwhile
            run.save_config()  # first: whatever happens from here on, the folder is not that of the old, complete run
            clear_folder(folder)  # only now: a training that cannot begin costs no old run
            run.save()
        carry_out(run, strategy, batches, None, progress)
    return run


def carry_out(run, strategy, batches, checkpoint, progress):
    """The part that a new training and a resumed one share: learns until the budget of ``run`` is spent."""
    config = run.config
    if config["compiled"]:
        batches.multiple = batches.longest()
    recipe, steps = Recipe(**config["recipe"]), config["steps"] or 1
    trainer = Trainer(run.model, recipe, steps, strategy, config["accumulation"], config["compiled"])
    config["trained_parameters"] = sum(math.prod(variable.shape) for variable in run.model.trainable_variables)
    chosen_by = draw(run.task.examples("validation"), config.get("drawn"), config["seed"])
    validation = run.kind.batches(chosen_by, config["batch_size"])
    learn(run, trainer, batches, validation, is_chief(strategy), progress, checkpoint)
    best = run.results().get("training", {}).get("best_validation_loss") or 0.0
    if best > HOPELESS and is_chief(strategy):
        hint(f"a loss of {best:,.0f} is worse than guessing: a smaller learning rate or clip_norm may help.", progress)


def _default_folder(task, family, preset, seed):
    return Path("runs") / task.name.replace(":", "-") / f"{family.registered_name}-{preset}-seed{seed}"
