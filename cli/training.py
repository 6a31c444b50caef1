"""One model: ``zoo train``."""

import click

from zoo.cli.checks import check_names, run_config
from zoo.cli.output import answers_with, count, figure, print_facts


def name_and_value(context, parameter, given):
    """Click callback: ``("a=1", "b=2")`` -> ``{"a": "1", "b": "2"}``; types are checked where the names are known."""
    pairs = [text.partition("=") for text in given]
    for name, equals, value in pairs:
        if not (name and equals and value):
            raise click.BadParameter(f"{name + equals + value!r}; expected name=value, such as dropout=0.1.")
    return {name: value for name, _, value in pairs}


def show_training(run):
    """Prints what came of a training, and what can be done next."""
    if "training" not in run:
        click.echo(f"worker {run['worker']}: {run['status']}")
        return
    training, learns = run["training"], run["trained_parameters"]
    best = training["best_validation_loss"]  # None where the training was interrupted before the first measurement
    print_facts(
        {
            "run": run["run"],
            "model": f"{run['model']}:{run['preset']}",
            "task": run["task"],
            "parameters": count(run["parameters"]),
            "of which learn": count(learns) if learns != run["parameters"] else None,
            "skipped lines": run["skipped_lines"] or None,
            "steps": figure(training["steps"]),
            "seconds": f"{training['seconds']:.1f}",
            "tokens a second": figure(training["tokens_per_second"]),
            "peak memory": f"{training['peak_memory_bytes'] / 1e6:,.0f} MB",
            "best validation loss": "not measured yet" if best is None else figure(best),
            "at step": None if best is None else figure(training["best_step"]),
            "status": run["status"],
        }
    )
    if run["status"] == "interrupted" and run["resumable"]:
        click.echo(f"To go on: zoo train --resume {run['run']}")
    elif run["status"] == "interrupted":
        click.echo(f"No checkpoint was written. To go on from its weights: zoo train ... --init {run['run']}")
    last = run["splits"][-1]
    click.echo(f"Next: zoo evaluate {run['run']}" + ("" if "test" in run["splits"] else f" --split {last}"))


@click.command(
    epilog="""\b
Examples:
  zoo train transformer tiny-translation
  zoo train gpt shakespeare --steps 2000 --learning-rate 1e-3
  zoo train bert tiny-sentiment --preset mini --set dropout=0.2 --recipe warmup_steps=200
  zoo train gpt shakespeare --recipe schedule=cosine --recipe ema=0.999 --recipe patience=5
  zoo train bert sst2 --init google-bert/bert-base-uncased --epochs 3 --recipe layer_decay=0.9
  zoo train bert tiny-sentiment --init runs/pretrained --examples 200
  zoo train bert banking77 --init runs/pretrained --recipe frozen=true
  zoo train gpt tiny-translation:ko-en --init runs/tiny-translation-en-ko/gpt-tiny-seed0 --prompt-length 20
  zoo train attention_seq2seq translation --data pairs.tsv --epochs 10
  zoo train transformer translation --data talks.en --data talks.ko --out runs/talks
  zoo train --resume runs/talks
  zoo train gpt shakespeare --strategy multi-worker --workers 10.0.0.1:4000,10.0.0.2:4000 --worker 0"""
)
@click.argument("model", required=False)
@click.argument("task", required=False)
@click.option("--preset", metavar="P", help="Size of the model, see 'zoo show MODEL'; the first one by default.")
@click.option(
    "--set", "settings", multiple=True, metavar="NAME=VALUE", callback=name_and_value,
    help="A setting of the model that differs from the preset; repeatable.",
)  # fmt: skip
@click.option(
    "--recipe", multiple=True, metavar="NAME=VALUE", callback=name_and_value,
    help="A setting of the optimization: learning_rate; schedule, which is constant, inverse-sqrt, linear or cosine; "
    "warmup_steps, label_smoothing, weight_decay, clip_norm; beta_1, beta_2, epsilon of Adam; ema, the decay of "
    "averaged weights, which are kept in place of the last ones; patience, after how many measurements without a "
    "better one the training ends; of fine-tuning layer_decay, frozen; repeatable.",
)  # fmt: skip
@click.option(
    "--text", multiple=True, metavar="NAME=VALUE", callback=name_and_value,
    help="A setting of the text side that differs from the task's: max_length, tokenizer, vocabulary_size, lowercase, "
    "min_frequency; of pre-training masking_rate, mask_share, random_share, whole_words, next_sentence; of question "
    "answering stride; of classification and regression by decoders language_modelling; repeatable.",
)  # fmt: skip
@click.option("--steps", type=click.IntRange(1), metavar="N", help="Budget in steps; the task's own by default.")
@click.option("--epochs", type=click.FloatRange(0, min_open=True), metavar="N", help="Budget in passes over the data.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), metavar="X", help="Budget in minutes of training.")
@click.option("--batch-size", type=click.IntRange(1), metavar="N", help="Examples of one step.")
@click.option("--learning-rate", type=float, metavar="X", help="Short for --recipe learning_rate=X.")
@click.option("--seed", type=int, default=0, show_default=True, help="Decides weights, dropout, order of the data.")
@click.option(
    "--data", multiple=True, metavar="FILE", type=click.Path(),
    help="Your own data, for a kind of task (translation, classification, ...): a file; twice for two parallel ones; a "
    "folder with train.*, validation.*, test.*. 'zoo tasks TASK' tells which files it takes.",
)  # fmt: skip
@click.option(
    "--examples", type=click.IntRange(1), metavar="N",
    help="Learn from N examples of the training split, drawn by the seed, and choose the weights by as many of the "
    "validation split; all by default.",
)
@click.option(
    "--bad-lines", type=click.Choice(["refuse", "skip"]), default="refuse", show_default=True,
    help="What to do where a line of --data is malformed.",
)  # fmt: skip
@click.option(
    "--init", metavar="RUN|SOURCE",
    help="Start from the weights, settings and tokenizer of a run, or of published weights (bert, gpt): a folder or "
    "a name on the Hugging Face hub.",
)  # fmt: skip
@click.option(
    "--prompt-length", type=click.IntRange(1), metavar="N",
    help="Prompt tuning: train N vectors before each text, and nothing else of what --init names.",
)  # fmt: skip
@click.option("--out", metavar="DIR", help="Folder of the run; runs/TASK/MODEL-PRESET-seedN by default.")
@click.option("--overwrite", is_flag=True, help="Replace the run in that folder, if there is one.")
@click.option("--resume", metavar="RUN", help="Go on with a training that was stopped or killed.")
@click.option(
    "--precision", type=click.Choice(["float32", "mixed_bfloat16", "mixed_float16"]), default="float32",
    show_default=True, help="What layers compute in; weights are float32 in each.",
)  # fmt: skip
@click.option(
    "--accumulation", type=click.IntRange(1), default=1, metavar="N",
    help="Compute each batch in N parts, one after the other: less memory, the same step.",
)  # fmt: skip
@click.option(
    "--compile", type=click.Choice(["auto", "on", "off"]), default="auto", show_default=True,
    help="Whether XLA compiles the training step; auto: where that was measured to be faster.",
)  # fmt: skip
@click.option("--checkpoint-steps", type=click.IntRange(1), metavar="N", help="Write a checkpoint every N steps.")
@click.option(
    "--checkpoint-minutes", type=click.FloatRange(0), default=5, show_default=True, metavar="X",
    help="Write a checkpoint every X minutes, unless --checkpoint-steps is given.",
)  # fmt: skip
@click.option("--tensorboard", is_flag=True, help="Write losses and learning rate into RUN/tensorboard.")
@click.option(
    "--strategy", type=click.Choice(["none", "mirrored", "multi-worker", "tpu"]), default="none", show_default=True,
    help="Share each batch among: mirrored, all local devices; multi-worker, several machines; "
    "tpu, the cores of a TPU (not tested on hardware).",
)  # fmt: skip
@click.option("--devices", metavar="NAME,...", help="For mirrored: which devices, such as GPU:0,GPU:1.")
@click.option(
    "--workers", metavar="HOST:PORT,...", help="For multi-worker: all of them, the chief first; or set TF_CONFIG."
)
@click.option("--worker", type=click.IntRange(0), metavar="N", help="For multi-worker: which one this is, from 0.")
@click.option("--tpu", default="", metavar="NAME", help="For tpu: its name; the one of this machine by default.")
@click.pass_context
@answers_with(show_training)
def train(context, model, task, data, resume, strategy, devices, workers, worker, tpu, **options):
    """Trains MODEL on TASK; stores the run in a folder.

    The weights kept are those of the best validation loss. Ctrl-C ends the
    training early; what it leaves is a run like any other, and --resume goes
    on with it.
    """
    if resume:
        given = [name for name in (*options, "data") if context.get_parameter_source(name).name == "COMMANDLINE"]
        if model or given:
            what = f"--{given[0].replace('_', '-')}" if given else f"MODEL {model!r}"
            raise click.UsageError(f"--resume takes everything from {resume}; {what} cannot be given with it.")
        run_config(resume)
    elif not (model and task):
        raise click.UsageError("MODEL and TASK are needed, such as 'zoo train gpt tiny-stories'; or --resume RUN.")
    budgets = [name for name in ("steps", "epochs", "minutes") if options[name] is not None]
    if len(budgets) > 1:
        raise click.UsageError(f"--{' and --'.join(budgets)} were given; choose one budget.")
    if not resume:
        check_names(models=[model], tasks=[task])
    from zoo.quiet import load_tensorflow

    load_tensorflow()
    import zoo
    from zoo import checkpoints
    from zoo.strategies import is_chief, make_strategy

    strategy = make_strategy(strategy, _names(devices), _names(workers), worker, tpu)
    if resume:
        run = zoo.resume(resume, strategy=strategy)
    else:
        run = zoo.train(model, task, data=list(data) or None, strategy=strategy, **options)
    if not is_chief(strategy):  # the results are the chief's to write and to tell
        return {"run": str(run.folder), "worker": worker, "status": run.config["status"]}
    return {
        "run": str(run.folder),
        **run.config,
        "resumable": checkpoints.newest(run.folder) is not None,
        "splits": list(run.task.splits),
        "training": run.results()["training"],
    }


def _names(text):
    return [name.strip() for name in (text or "").split(",") if name.strip()]


COMMANDS = (train,)
