"""How fast batches come, beside how fast they are learned from: the input pipeline must never be what one waits for.

For each task, two models: a usual one, and the smallest that there is, whose steps are the hardest to keep up with.
"""

import dataclasses
import json
import resource
import statistics
import time
from pathlib import Path

import click

from benchmarks.__main__ import RESULTS, measured
from zoo.cli.output import print_table

MODELS = {  # kind of task -> a usual model, the one with the cheapest steps
    "text-to-text": ("transformer", "seq2seq"),
    "language-modelling": ("gpt", "ngram"),
    "classification": ("bert", "bag_of_words"),
    "regression": ("bert", "bag_of_words"),
    "tagging": ("bert", "bag_of_words"),
    "span-answering": ("bert", "bag_of_words"),
    "pretraining": ("bert", "birnn"),  # pairs are drawn anew in each epoch, masks in each step
}
GOAL, LIMIT = 20, 5


def race(task, model, rounds, seconds):
    """Reads batches and trains on them, in turn.

    Args:
        task: a :class:`zoo.tasks.Task`.
        model: name of a family; its first preset is taken.
        rounds: int, turns of each.
        seconds: how long a turn of training lasts, about.

    Returns:
        Dictionary: target tokens per second of both (medians), and their ratio by the clock and by processor time.
    """
    import tensorflow as tf

    from zoo import compilation
    from zoo.optimization import Recipe
    from zoo.registry import KINDS
    from zoo.runs import build_model, model_settings, parse_model
    from zoo.strategies import distribute
    from zoo.trainer import Trainer

    family, _, config = parse_model(model)
    examples = task.examples("train")
    kind = KINDS.get(task.kind).fit(task, family.kind, examples)
    batches = kind.batches(examples, task.batch_size, 0)
    network = build_model(model, dataclasses.asdict(model_settings(config, kind, {})), kind)
    strategy = tf.distribute.get_strategy()
    compiled = compilation.decide("auto", network, batches, task.steps, strategy, "float32")
    if compiled:
        batches.multiple = batches.longest()
    trainer = Trainer(network, Recipe(**family.recipe), task.steps, compiled=compiled)
    trainer.feed(batches)
    iterator = distribute(batches, strategy)

    @tf.function(reduce_retracing=True)
    def read(iterator, count):
        tokens = tf.constant(0.0)
        for _ in tf.range(count):
            _, _, weights = next(iterator)
            tokens += tf.add_n([tf.reduce_sum(weight) for weight in tf.nest.flatten(weights)])
        return tokens

    def learn(steps):
        tokens = 0.0
        while steps > 0:
            _, counts = trainer.advance(steps)
            steps, tokens = steps - len(counts), tokens + float(counts.sum())
        return tokens

    turns = {"pipeline": lambda n: float(read(iterator, tf.constant(n))), "training": learn}
    for turn in turns.values():
        turn(3)  # traces
    steps = max(5, int(seconds / (timed(learn, 5)["seconds"] / 5)))
    counts = {"pipeline": min(20 * steps, 2000), "training": steps}
    taken = [{name: timed(turn, counts[name]) for name, turn in turns.items()} for _ in range(rounds)]

    def ratio(of):
        return statistics.median(speed(each["pipeline"], of) / speed(each["training"], of) for each in taken)

    return {
        "model": model,
        "compiled": compiled,
        **{name: statistics.median(speed(each[name], "seconds") for each in taken) for name in turns},
        "ratio": ratio("seconds"),
        "cpu_ratio": ratio("cpu_seconds"),
    }


def timed(turn, count):
    """A turn's tokens, seconds and processor seconds."""
    clock, used = time.perf_counter(), processor_seconds()
    tokens = turn(count)
    return {"tokens": tokens, "seconds": time.perf_counter() - clock, "cpu_seconds": processor_seconds() - used}


def speed(turn, of):
    """Tokens a second."""
    return turn["tokens"] / turn[of]


def processor_seconds():
    """What all threads of this process have used, user and system."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def known_tasks():
    """Names of the tasks that have data of their own, at hand on this machine."""
    from zoo.datasets import DataError
    from zoo.registry import TASKS
    from zoo.tasks import find

    for name in TASKS.names():
        if TASKS.get(name).takes_data or TASKS.get(name).kind not in MODELS:
            continue
        try:
            find(name).examples("validation")
        except (DataError, OSError) as error:
            click.echo(f"{name} is left out: {' '.join(str(error).split())[:100]}", err=True)
        else:
            yield name


@click.command(epilog="\b\nExample:\n  python -m benchmarks.pipeline tiny-stories nsmc --rounds 3")
@click.argument("tasks", nargs=-1, metavar="[TASK...]")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Turns of pipeline and training.")
@click.option("--seconds", type=click.FloatRange(0.01), default=1.0, show_default=True, help="Of a turn of training.")
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, help="Folder of the result file.")
def main(tasks, rounds, seconds, out):
    """Measures the input pipeline of all tasks at hand, or of those named, which replace their old lines."""
    facts = measured()
    from zoo.tasks import find

    file = out / "pipeline.json"
    lines = json.loads(file.read_text(encoding="utf-8"))["tasks"] if tasks and file.exists() else {}
    for name in tasks or known_tasks():
        task = find(name)
        lines[task.name] = []
        for model in MODELS[task.kind]:
            click.echo(f"{task.name}, {model} ...", err=True)
            lines[task.name].append(race(task, model, rounds, seconds))
        out.mkdir(parents=True, exist_ok=True)
        result = {"goal": GOAL, "limit": LIMIT, "rounds": rounds, "tasks": lines, **facts}
        file.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    headings = ["=task", "=model", ">pipeline, tokens/s", ">training, tokens/s", ">ratio", ">by CPU time"]
    print_table(headings, [row(name, line) for name in lines for line in lines[name]])


def row(name, line):
    """A line of the table."""
    speeds = [f"{line[part]:,.0f}" for part in ("pipeline", "training")]
    return [name, line["model"], *speeds, f"{line['ratio']:.1f}", f"{line['cpu_ratio']:.1f}"]


if __name__ == "__main__":
    main()
