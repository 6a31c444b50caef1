"""What a run is worth: ``zoo evaluate``."""

import click

from zoo.cli.checks import run_config
from zoo.cli.output import answers_with, figure, print_facts, print_table

MOST_LINES, MOST_LETTERS = 8, 400  # of a sample in the table; --json has all


def numbers(context, parameter, given):
    """Click callback: ``"0,1,4"`` -> ``[0, 1, 4]``."""
    try:
        return given and [int(text) for text in given.split(",")]
    except ValueError as error:
        raise click.BadParameter(f"{given!r}; expected numbers with commas between them, such as 0,1,4,16.") from error


def show_evaluation(evaluation):
    """Prints the figures of a split, by length, and some answers."""
    if "by_shots" in evaluation:
        show_shots(evaluation)
        return
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
    _show_samples(evaluation["samples"])


def show_shots(evaluation):
    """Prints the figures for each number of examples in the prompt, and some answers."""
    title = f"{evaluation['task']}, {evaluation['split']}: {evaluation['questions']:,} questions"
    names = [name for name, value in evaluation["by_shots"][0].items() if isinstance(value, (int, float))]
    rows = [[figure(row[name]) for name in names] for row in evaluation["by_shots"]]
    print_table([f">{name}" for name in names], rows, title=title)
    _show_samples([{**each, "input": {"prompt": _end(each["input"]["prompt"])}} for each in evaluation["samples"]])


def _end(prompt):
    """The last lines of a prompt: the question stands there."""
    return "\n".join(prompt.split("\n")[-MOST_LINES:])


def _show_samples(samples):
    rows = [
        ("\n".join(map(_shown, sample["input"].values())), _shown(sample["expected"]), _shown(sample["answer"]))
        for sample in samples
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
  zoo evaluate runs/talks --data other.tsv --json
  zoo evaluate runs/tiny-shots-en/gpt-tiny-seed0 --shots 0,1,4,16
  zoo evaluate runs/my-texts --shots 0,4 --task classification --data reviews.csv"""
)
@click.argument("run", type=click.Path())
@click.option("--split", default="test", show_default=True, help="A split of the run's task, see 'zoo tasks'.")
@click.option("--data", multiple=True, metavar="FILE", type=click.Path(), help="Your own data in place of the split.")
@click.option(
    "--bad-lines", type=click.Choice(["refuse", "skip"]), default="refuse", show_default=True,
    help="What to do where a line of --data is malformed.",
)  # fmt: skip
@click.option("--batch-size", type=click.IntRange(1), default=64, show_default=True, metavar="N")
@click.option(
    "--shots", metavar="K,...", callback=numbers,
    help="Few-shot, for language models: ask with so many examples in the prompt, such as 0,1,4,16.",
)  # fmt: skip
@click.option("--task", metavar="TASK", help="With --shots: what to ask; the run's own task, if it has questions.")
@click.option("--seed", type=click.IntRange(0), metavar="N", help="With --shots: decides which examples; 0 by default.")
@click.option("--questions", type=click.IntRange(1), metavar="N", help="With --shots: how many to ask; all by default.")
@answers_with(show_evaluation)
def evaluate(run, split, data, bad_lines, batch_size, shots, **few_shot):
    """Scores a run on a split.

    The figures of a split are recorded in its results.json, those of --data
    are not. nll is teacher-forced, without label smoothing; the metrics of
    the task are those of what the model decodes on its own.

    With --shots, a language model is asked with examples of the training
    split in the prompt, one a line, "text => label"; the label that is most
    probable there is its answer. Of other tasks (text-to-text) it is what
    the model writes up to the end of the line. Its tokenizer must spell
    labels that it never saw: byte-level-bpe, byte or character; to one of
    words they are unknown.
    """
    run_config(run)
    given = {name: value for name, value in few_shot.items() if value is not None}
    if given and not shots:
        raise click.UsageError(f"--{', --'.join(given)}: only with --shots, such as --shots 0,1,4,16.")
    from zoo.quiet import load_tensorflow

    load_tensorflow()
    import zoo

    options = {"data": list(data) or None, "batch_size": batch_size, "bad_lines": bad_lines}
    if shots:
        return zoo.few_shot(run, shots, split=split, **options, **given)
    return zoo.evaluate(run, split, **options)


COMMANDS = (evaluate,)
