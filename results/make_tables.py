"""Writes the tables of README.md from the result files in this folder; no number is ever typed by hand.

    python results/make_tables.py                write them
    python results/make_tables.py --check        exit status 1 if README.md does not say what the files say
    python results/make_tables.py --add FOLDER   keep the figures of a run, or of a comparison, in this folder first

A table stands between ``<!-- table: NAME -->`` and ``<!-- end table -->``. NAME is a task: its runs
(``results/<task>/*.json``) are shown beside the figures others published (``published.json``);
or, with ``comparison:`` before it, a task of a comparison (``comparisons/*.json``); or, with ``shots:``, a task that
language models were asked with examples in the prompt (``zoo evaluate --shots``; ``results/*/*.json``); or, with
``labels:``, tasks joined by "+", each learned from few and from many examples (``zoo train --examples``), with and
without pre-training (``--init``); or, with ``tuning:``, tasks of ``prompt-tuning/``, of which more or less of a
pre-trained model was trained. ``pretraining`` are all runs that fill blanks, ``fine-tuning`` those of
``fine-tuning/``. ``benchmarks`` are the races between the zoo and its peers (``benchmarks/*.json``), ``latencies``
those of them that answer requests; ``pipeline``, ``startup`` and ``growth`` show the file of that name.
"""

import re
import sys
from pathlib import Path

import click
import experiment_tables as experiments
import result_tables as tables
from result_files import HERE, TableError, add, find_compared, read_measured, read_races

README = HERE.parent / "README.md"
MEASURED = {"pipeline": tables.pipeline_table, "startup": tables.startup_table, "growth": tables.growth_table}
MARKED = re.compile(r"(<!-- table: (?P<name>\S+) -->\n).*?(<!-- end table -->)", re.DOTALL)


def fill(text, folder=HERE):
    """``text`` with every table between markers made anew from the result files in ``folder``."""
    if text.count("<!-- table:") != len(MARKED.findall(text)):
        raise TableError("a table has no '<!-- end table -->' behind it.")
    return MARKED.sub(lambda found: f"{found[1]}\n{make(found['name'], Path(folder))}\n\n{found[3]}", text)


def make(name, folder):
    """The Markdown of one table."""
    if name.startswith("comparison:"):
        return tables.comparison_table(find_compared(name.partition(":")[2], folder))
    if name.startswith("shots:"):
        return tables.shots_table(name.partition(":")[2], folder)
    if name.startswith("labels:"):
        return experiments.labels_table(name.partition(":")[2].split("+"), folder)
    if name.startswith("tuning:"):
        return experiments.tuning_table(name.partition(":")[2].split("+"), folder / "prompt-tuning")
    if name == "pretraining":
        return experiments.pretraining_table(folder)
    if name == "fine-tuning":
        return experiments.fine_tuning_table(folder / "fine-tuning")
    if name in ("benchmarks", "latencies"):
        found = read_races(folder / "benchmarks", timed=name == "latencies")
        return tables.latencies_table(found) if name == "latencies" else tables.races_table(found)
    if name in MEASURED:
        return MEASURED[name](read_measured(folder / "benchmarks" / f"{name}.json"))
    return tables.runs_table(name, folder)


@click.command(help=__doc__.partition("\n")[0])
@click.option("--check", is_flag=True, help="Change nothing; exit status 1 if README.md is stale.")
@click.option("--add", "sources", multiple=True, type=click.Path(exists=True), help="Folder of a run or a comparison.")
def main(check, sources):
    for source in sources:
        click.echo(f"added {add(source)}")
    text = README.read_text(encoding="utf-8")
    try:
        filled = fill(text)
    except TableError as error:
        raise click.ClickException(str(error)) from error
    if check and filled != text:
        click.echo("README.md does not say what the result files say: run 'python results/make_tables.py'.", err=True)
        sys.exit(1)
    if not check:
        README.write_text(filled, encoding="utf-8")


if __name__ == "__main__":
    main()
