"""What can be learned, and from which data: ``zoo tasks``, ``zoo data``."""

import inspect

import click

from zoo.cli.checks import check_names
from zoo.cli.output import answers_with, figure, print_facts, print_table
from zoo.registry import TASKS

YOURS = "yours (--data)"
COLUMNS = """\
In a .tsv or .csv file, a first line that holds all names of columns is a header: columns may then stand in any order,
others among them. Without it the number of columns decides.
"""
OWN_FILES = """\
Files are in UTF-8; .gz is unpacked. One file is divided by its texts into training (80 %), validation (10 %) and
test (10 %), each time alike; what shares a text stays together. A folder with train.*, validation.* and test.* is
taken as it is. 'zoo evaluate RUN --data FILE' scores any other file."""


def show_tasks(tasks):
    """Prints the tasks; of a single one all that there is to say."""
    if isinstance(tasks, dict):
        _show_task(tasks)
        return
    columns = ("=task", "=kind", "=metric", "=data", "=variants", "what it is")
    rows = [
        (
            task["task"],
            task["kind"],
            task["metric"],
            "\n".join(task["data"]),
            "\n".join(task["variants"]),
            task["summary"],
        )
        for task in tasks
    ]
    print_table(columns, rows)
    click.echo("A variant is named behind a colon: tiny-translation:ko-en. 'zoo tasks TASK' tells more about one of")
    click.echo("them, and which files those that read yours take; 'zoo data' tells about the corpora.")


def _show_task(task):
    click.echo(f"{task['description']}\n")
    if task["files"]:
        click.echo(f"{task['files']}\n")
    names = ("task", "kind", "metric", "splits", "data", "variants", "steps", "batch_size", "citation")
    facts = {name.replace("_", " "): task[name] for name in names}
    print_facts({name: ", ".join(fact) if isinstance(fact, list) else figure(fact) for name, fact in facts.items()})
    print_facts(task["text"], title="Text side (--text name=value)")


@click.command("tasks", epilog="\b\nExamples:\n  zoo tasks\n  zoo tasks classification\n  zoo tasks --json")
@click.argument("task", required=False)
@answers_with(show_tasks)
def list_tasks(task):
    """Tasks: kind, metric, data, variants.

    With TASK all about that one; if it reads your own data, which files it takes.
    """
    from zoo.cli.summaries import kind_summaries

    kinds = kind_summaries()
    if task is None:
        return [_summary(name, kinds) for name in TASKS.names()]
    check_names(tasks=[task])
    name = task.partition(":")[0]
    found = TASKS.get(name)
    return {
        **_summary(name, kinds),
        "description": inspect.getdoc(found).replace("``", ""),
        "files": (f"{COLUMNS}\n" if found.layouts else "") + OWN_FILES if found.takes_data else None,
        "steps": found.steps,
        "batch_size": found.batch_size,
        "text": {setting: getattr(found, setting) for setting in kinds[found.kind]["text_settings"]},
    }


def _summary(name, kinds):
    from zoo.cli.summaries import summary_line

    task = TASKS.get(name)
    made = YOURS if getattr(task, "takes_data", False) else "made here"
    return {
        "task": name,
        "kind": task.kind,
        "metric": task.metric or kinds[task.kind]["metric"],
        "splits": list(task.splits),
        "data": list(task.corpora) or [made],
        "variants": list(task.variants) if isinstance(task.variants, tuple) else [],
        "summary": summary_line(task),
        "citation": task.citation,
    }


def show_corpora(corpora):
    """Prints the corpora, and one line for each file that is corrupt."""
    columns = ("=corpus", "what it is", "languages", "examples", ">size", "licence", "=present")
    rows = [
        (
            corpus["name"],
            corpus["title"],
            ", ".join(corpus["languages"]),
            corpus["examples"],
            f"{corpus['bytes'] / 1e6:.1f} MB",
            corpus["licence"],
            corpus["present"],
        )
        for corpus in corpora
    ]
    print_table(columns, rows)
    for problem in (problem for corpus in corpora for problem in corpus["problems"]):
        click.echo(f"corrupt: {problem}")
    click.echo("Files are looked for in the folder ZOO_DATA and in the cache, else downloaded and verified.")


@click.command("data", epilog="\b\nExamples:\n  zoo data\n  ZOO_DATA=~/corpora zoo data\n  zoo data --json")
@answers_with(show_corpora)
def list_data():
    """Corpora: size, licence, whether they are present."""
    from zoo.datasets.files import corpora_status

    return corpora_status()


COMMANDS = (list_tasks, list_data)
