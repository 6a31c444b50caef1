"""Many models: ``zoo compare``."""

from pathlib import Path

import click

from zoo.cli.checks import check_names
from zoo.cli.output import answers_with, console


def comma_separated(convert):
    """Click callback: ``"0,1,2"`` -> ``(0, 1, 2)``."""

    def split(context, parameter, given):
        if given is None:
            return None
        try:
            found = tuple(convert(part.strip()) for part in given.split(",") if part.strip())
        except ValueError:
            raise click.BadParameter(f"{given!r}; expected {convert.__name__} values with commas between.") from None
        if not found:
            raise click.BadParameter(f"{given!r} names nothing; expected values with commas between.")
        return found

    return split


def show_comparison(comparison):
    """Prints the tables of all tasks, what they say in words, and where the report is."""
    from zoo.comparison.report.terminal import print_comparison

    print_comparison(comparison, console())
    click.echo(f"Report: {comparison['report']}")


@click.command(
    epilog="""\b
Examples:
  zoo compare tiny-translation
  zoo compare tiny-translation tiny-sentiment tiny-stories --seeds 0 --steps 500 --at-once 2
  zoo compare shakespeare --models gpt:shakespeare,rnn:shakespeare-lstm --minutes 5
  zoo compare nsmc --models bag_of_words,birnn,bert --examples 2000 --steps 2000
  zoo compare translation --data pairs.tsv --models transformer,attention_seq2seq --out runs/mine"""
)
@click.argument("tasks", nargs=-1, required=True, metavar="TASK...")
@click.option(
    "--models", metavar="A,B,C", callback=comma_separated(str),
    help="Families, or FAMILY:PRESET; by default those made for the kind of task; 'all': all that can take it.",
)  # fmt: skip
@click.option(
    "--seeds", default="0,1,2", show_default=True, metavar="N,N,...", callback=comma_separated(int),
    help="Each model is trained once with each of them.",
)  # fmt: skip
@click.option("--steps", type=click.IntRange(1), metavar="N", help="Budget of a training; each task's own by default.")
@click.option("--minutes", type=click.FloatRange(0, min_open=True), metavar="X", help="Budget of a training.")
@click.option(
    "--examples", type=click.IntRange(1), metavar="N", help="Learn from N examples of each training split."
)
@click.option("--batch-size", type=click.IntRange(1), metavar="N", help="Examples of one step.")
@click.option("--learning-rate", type=float, metavar="X", help="One for all, in place of each family's own.")
@click.option("--data", multiple=True, metavar="FILE", type=click.Path(), help="Your own data, as for 'zoo train'.")
@click.option(
    "--bad-lines", type=click.Choice(["refuse", "skip"]), default="refuse", show_default=True,
    help="What to do where a line of --data is malformed.",
)  # fmt: skip
@click.option("--out", metavar="DIR", help="Folder of runs, results.json and report.html.")
@click.option("--overwrite", is_flag=True, help="Replace runs in that folder that were made with other settings.")
@click.option(
    "--isolate/--no-isolate", default=True, show_default=True,
    help="A process for each model, so that peak memory is its own.",
)  # fmt: skip
@click.option(
    "--at-once", type=click.IntRange(1), default=1, show_default=True, metavar="N",
    help="Train N models at a time, which share the cores: sooner done, but not comparable in speed with other N.",
)  # fmt: skip
@answers_with(show_comparison)
def compare(tasks, models, data, **options):
    """Trains many models on TASKs, writes a report.

    Same data, tokenizer, seeds and budget for all; mean and standard deviation
    over the seeds. What is interrupted goes on where it stopped.
    """
    if options["steps"] and options["minutes"]:
        raise click.UsageError("--steps and --minutes were given; choose one budget.")
    models = "all" if models == ("all",) else models
    check_names(models=models if isinstance(models, tuple) else (), tasks=tasks)
    from zoo.quiet import load_tensorflow

    load_tensorflow()
    import zoo

    out = Path(options.pop("out") or Path("runs", f"comparison-{'+'.join(tasks)}".replace(":", "-")))
    comparison = zoo.compare(list(tasks), models=models, data=list(data) or None, out=out, **options)
    return {"report": str(out / "report.html"), **comparison}


COMMANDS = (compare,)
