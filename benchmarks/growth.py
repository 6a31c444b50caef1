"""How time and memory of a training step grow with length, layers and batch, beside what theory says.

Theory counts what each model multiplies, and the numbers that it keeps for the backward pass. A recurrent layer reads
token after token: both grow with the length. Attention compares each token with each: both have a part that grows with
its square. One constant for each model and picture, taken at the largest size, turns counts into seconds and bytes.
"""

import gc
import itertools
import json
import math
import statistics
import subprocess
import sys
import time
from pathlib import Path

import click

from benchmarks.__main__ import RESULTS, measured
from zoo.cli.output import print_table

DIM, HEADS, WIDE, VOCABULARY = 128, 4, 512, 128
USUAL = {"length": 256, "layers": 2, "batch": 1}
SIZES = {"length": (256, 512, 1024, 2048, 4096), "layers": (1, 2, 4, 8), "batch": (1, 2, 4, 8, 16)}
MODELS = ("rnn", "transformer", "gpt")
SECONDS, STEPS = 2.0, 3  # at least, of the steps whose median counts


def model(name, length, layers):
    """A model of a family with as many layers as asked for, whose texts have ``length`` tokens on each side."""
    from zoo.layers.heads import LanguageModelHead
    from zoo.runs import create
    from zoo.task_model import TaskModel

    if name == "rnn":
        sizes = {"cell": "lstm", "vocabulary_size": VOCABULARY}
    else:
        sizes = {"num_heads": HEADS, "intermediate_dim": WIDE, "max_sequence_length": length}
        both = {"encoder_vocabulary_size": VOCABULARY, "decoder_vocabulary_size": VOCABULARY}
        sizes |= both if name == "transformer" else {"vocabulary_size": VOCABULARY}
    backbone = create(name, num_layers=layers, hidden_dim=DIM, dropout=0.0, **sizes)
    return TaskModel(backbone, LanguageModelHead(VOCABULARY))


def multiplications(name, length, layers, batch):
    """What a forward pass multiplies, without embedding and head."""
    each = {"rnn": 8 * DIM**2, "gpt": 4 * DIM**2 + 2 * DIM * WIDE, "transformer": 12 * DIM**2 + 4 * DIM * WIDE}
    pairs = {"rnn": 0, "gpt": 2 * DIM, "transformer": 3 * 2 * DIM}  # scores and weighted sums, of each attention
    return batch * layers * length * (each[name] + pairs[name] * length)


def kept_numbers(name, length, layers, batch):
    """What the backward pass needs of the forward pass."""
    each = {"rnn": 8 * DIM, "gpt": 8 * DIM + 2 * WIDE, "transformer": 20 * DIM + 4 * WIDE}
    pairs = {"rnn": 0, "gpt": 2 * HEADS, "transformer": 3 * 2 * HEADS}  # before and after the softmax
    return batch * layers * length * (each[name] + pairs[name] * length)


def point(name, length, layers, batch):
    """Seconds of a training step, and the bytes that training takes beyond those of the model: run in a new process."""
    from zoo.quiet import load_tensorflow

    load_tensorflow()
    import numpy as np

    from zoo.batching import Batches, Columns
    from zoo.memory import PeakMemory
    from zoo.optimization import Recipe
    from zoo.trainer import Trainer

    rows = list(np.random.default_rng(0).integers(0, VOCABULARY, (batch, length), np.int32))
    sides = ("encoder_token_ids", "decoder_token_ids") if name == "transformer" else ("token_ids",)
    network = model(name, length, layers)
    trainer = Trainer(network, Recipe(), 1000)
    trainer.feed(Batches(Columns(dict.fromkeys(sides, rows), rows, [np.ones(length, np.float32)] * batch), batch))
    gc.collect()
    memory = PeakMemory()
    before, times = memory.bytes(), []
    trainer.advance(1)  # traces
    while len(times) < STEPS or sum(times) < SECONDS:
        started = time.perf_counter()
        trainer.advance(1)
        times.append(time.perf_counter() - started)
    return {"seconds": statistics.median(times), "bytes": memory.bytes() - before}


def measure(name, sizes):
    """:func:`point` in a process of its own, whose memory nothing else has touched."""
    arguments = [name, *(str(sizes[each]) for each in USUAL)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.growth", "--point", *arguments], capture_output=True, text=True
    )
    if done.returncode:
        raise click.ClickException(f"{' '.join(arguments)}: {done.stderr.strip().splitlines()[-1]}")
    return json.loads(done.stdout.splitlines()[-1])


def draw(points):
    """A figure: seconds above, memory below; over length, layers and batch; theory dashed."""
    from matplotlib.figure import Figure

    from zoo.plots import COLORS, style

    with style("#333333"):
        figure = Figure(figsize=(9.0, 5.6), layout="constrained")
        axes = figure.subplots(2, len(SIZES))
        kinds = (("seconds", "seconds a step", 1, multiplications), ("bytes", "MB a step", 1e-6, kept_numbers))
        for (row, kind), (column, grows) in itertools.product(enumerate(kinds), enumerate(SIZES)):
            (what, label, scale, count), here = kind, axes[row][column]
            for name, color in zip(MODELS, COLORS, strict=False):
                line = [each for each in points if each["model"] == name and each["grows"] == grows]
                counts = [count(name, *(each[key] for key in USUAL)) for each in line]
                over, last = [each[grows] for each in line], line[-1][what] * scale
                here.plot(over, [each[what] * scale for each in line], "o-", color=color, ms=4, label=name)
                here.plot(over, [last * number / counts[-1] for number in counts], "--", color=color, lw=1)
            here.set(xscale="log", yscale="log", xlabel=grows, xticks=SIZES[grows], xticklabels=SIZES[grows])
            here.minorticks_off()
            if column == 0:
                here.set_ylabel(label)
        axes[0][0].plot([], [], "--", color="#333333", lw=1, label="theory")
        figure.legend(*axes[0][0].get_legend_handles_labels(), loc="outside upper center", ncols=4, frameon=False)
        return figure


def exponent(points, what, count=None):
    """By which power of the size the last doubling grew; with ``count``, that of theory."""
    value = (lambda each: count(each["model"], *(each[key] for key in USUAL))) if count else (lambda each: each[what])
    one, two = points[-2:]
    return math.log(value(two) / value(one), two[one["grows"]] / one[one["grows"]])


@click.command(epilog="\b\nExample:\n  python -m benchmarks.growth")
@click.option("--point", "single", nargs=4, type=(str, int, int, int), hidden=True)
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, help="Folder of growth.json and growth.svg.")
def main(single, out):
    """Measures training steps of growing size; each in a process of its own."""
    if single:
        click.echo(json.dumps(point(*single)))
        return
    points = []
    for name, (grows, sizes) in itertools.product(MODELS, SIZES.items()):
        for size in sizes:
            chosen = {**USUAL, grows: size}
            click.echo(f"{name}, {grows} {size} ...", err=True)
            points.append({"model": name, "grows": grows, **chosen, **measure(name, chosen)})
    out.mkdir(parents=True, exist_ok=True)
    (out / "growth.json").write_text(json.dumps({"points": points, **measured()}, indent=1) + "\n", encoding="utf-8")
    draw(points).savefig(out / "growth.svg")
    lines = []
    for name, grows in itertools.product(MODELS, SIZES):
        line = [each for each in points if each["model"] == name and each["grows"] == grows]
        cells = [f"{line[0][what]:.3g} to {line[-1][what]:.3g}" for what in ("seconds", "bytes")]
        powers = [
            f"{exponent(line, what):.2f} ({exponent(line, what, count):.2f})"
            for what, count in (("seconds", multiplications), ("bytes", kept_numbers))
        ]
        lines.append([name, grows, *itertools.chain(*zip(cells, powers, strict=True))])
    print_table(["=model", "=grows", ">seconds", ">power (theory)", ">bytes", ">power (theory)"], lines)


if __name__ == "__main__":
    main()
