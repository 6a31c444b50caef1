"""What a run is worth: ``zoo evaluate``."""

import click

from zoo.cli.checks import run_config
from zoo.cli.output import answers_with, figure, print_facts, print_table

MOST_LINES, MOST_LETTERS = 8, 400  # of a sample in the table; --json has all


def show_evaluation(evaluation):
    """Prints the figures of a split, by length, and some answers."""
    shown = {name: figure(value) for name, value in evaluation.items() if isinstance(value, (int, float, str))}
    print_facts({"nats a token (nll)" if name == "nll" else name: value for name, value in shown.items()})
    if evaluation["by_length"]:
        figures = dict.fromkeys(name for group in evaluation["by_length"] for name in group)
        names = [name for name in figures if name not in ("low", "high")]
        rows = [
            (f"{group['low']} to {group['high']}", *(figure(group.get(name, "")) for name in names))
            for group in evaluation["by_length"]
        ]
        print_table(("length of the input", *(f">{name}" for name in names)), rows, title="By length")
    rows = [
        ("\n".join(map(_shown, sample["input"].values())), _shown(sample["expected"]), _shown(sample["answer"]))
        for sample in evaluation["samples"]
    ]
    print_table(("input", "expected", "answer"), rows, title="Samples")


def _shown(answer):
    """An answer as a text that leaves room for others: a language model that learned little may never end."""
    text = " ".join(map(str, answer)) if isinstance(answer, list) else str(answer)
    start = "\n".join(text.split("\n")[:MOST_LINES])[:MOST_LETTERS]
    return text if start == text else f"{start} …"


@click.command(
    epilog="""\b
Examples:
  zoo evaluate runs/tiny-translation-en-ko/transformer-tiny-seed0
  zoo evaluate runs/tiny-translation-en-ko/transformer-tiny-seed0 --split test_long
  zoo evaluate runs/talks --data other.tsv --json"""
)
@click.argument("run", type=click.Path())
@click.option("--split", default="test", show_default=True, help="A split of the run's task, see 'zoo tasks'.")
@click.option("--data", multiple=True, metavar="FILE", type=click.Path(), help="Your own data in place of the split.")
@click.option("--batch-size", type=click.IntRange(1), default=64, show_default=True, metavar="N")
@answers_with(show_evaluation)
def evaluate(run, split, data, batch_size):
    """Scores a run on a split.

    The figures of a split are recorded in its results.json, those of --data
    are not. nll is teacher-forced, without label smoothing; the metrics of
    the task are those of what the model decodes on its own.
    """
    run_config(run)
    from zoo.quiet import load_tensorflow

    load_tensorflow()
    import zoo

    return zoo.evaluate(run, split, data=list(data) or None, batch_size=batch_size)


COMMANDS = (evaluate,)
