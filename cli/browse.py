"""What there is: ``zoo list``, ``zoo show``, ``zoo tasks``, ``zoo data``."""

import dataclasses
import fnmatch
import inspect
import re

import click

from zoo.cli.checks import check_names
from zoo.cli.output import answers_with, count, print_facts, print_table
from zoo.registry import MODELS, TASKS, unknown_name

BACKBONE_KINDS = ("encoder", "decoder", "encoder_decoder")  # see zoo.base


def show_models(models):
    """Prints the families: one row each, one line for each preset."""
    rows = []
    for model in models:
        presets = "\n".join(model["presets"])
        parameters = "\n".join(count(number) for number in model["presets"].values())
        rows.append((model["model"], model["kind"], presets, parameters, ", ".join(model["tasks"]), model["paper"]))
        rows.append([""] * 6)
    print_table(("=model", "=kind", "=presets", ">parameters", "tasks it suits", "paper"), rows[:-1])
    click.echo("'zoo show MODEL' tells more about one of them; 'zoo train MODEL TASK' trains it.")


@click.command("list", epilog="\b\nExamples:\n  zoo list\n  zoo list 'seq*'\n  zoo list decoder --json")
@click.argument("pattern", default="*")
@answers_with(show_models)
def list_models(pattern):
    """Families: kind, presets, parameters, tasks, paper.

    PATTERN is a kind, or part of a name or kind; * and ? stand for any characters.
    """
    from zoo.cli.summaries import family_summary

    # Names are looked at first: nothing is collected about families that nobody asked for.
    names = fnmatch.filter(MODELS.names(), f"*{pattern}*")
    if names:
        return [family_summary(name) for name in names]
    # "decoder" is a kind, and means no encoder_decoder.
    kinds = [pattern] if pattern in BACKBONE_KINDS else fnmatch.filter(BACKBONE_KINDS, f"*{pattern}*")
    if not kinds:
        raise unknown_name("model or kind", pattern, [*MODELS.names(), *BACKBONE_KINDS])
    return [model for model in map(family_summary, MODELS.names()) if model["kind"] in kinds]


def show_family(family):
    """Prints a family in one of its presets."""
    click.echo(f"{family['description']}\n")
    facts = ("model", "kind", "preset", "paper")
    print_facts({name: family[name] for name in facts} | {"tasks it suits": ", ".join(family["tasks"])})
    columns = ("=setting", "type", ">default", "meaning")
    rows = [(s["name"], s["type"], s["default"], s["meaning"]) for s in family["settings"]]
    print_table(columns, rows, title=f"Settings of preset {family['preset']} (--set name=value)")
    rows = [(part, f"{number:,}") for part, number in family["parameters_by_part"].items()]
    rows.append(("all, without a head", f"{family['parameters']:,}"))
    print_table(("=part", ">parameters"), rows, title="Parameters")
    rows = [(name, count(number)) for name, number in family["presets"].items()]
    print_table(("=preset", ">parameters"), rows, title="Presets (--preset NAME)")
    if family["recipe"]:
        print_facts(family["recipe"], title="Recipe of its training (--recipe name=value)")


@click.command(
    "show",
    short_help="One family: settings, parameters by part, paper.",
    epilog="\b\nExamples:\n  zoo show transformer\n  zoo show bert --preset base --json",
)
@click.argument("model")
@click.option("--preset", metavar="P", help="The preset whose values are shown; the first one by default.")
@answers_with(show_family)
def show_model(model, preset):
    """One family: settings with types and defaults, parameters by part, paper."""
    check_names(models=[model])
    from zoo.cli.summaries import family_summary
    from zoo.quiet import load_tensorflow

    load_tensorflow()
    from zoo.parameters import count_by_part
    from zoo.runs import parse_model

    family, preset, config = parse_model(model, preset)
    parts = count_by_part(family, config)
    return {
        **family_summary(family.registered_name),
        "preset": preset,
        "description": inspect.getdoc(inspect.getmodule(family)),
        "settings": _settings(config),
        "recipe": dict(family.recipe),
        "parameters": sum(parts.values()),
        "parameters_by_part": parts,
    }


def _settings(config):
    """The fields of a configuration: name, type, value, and the comment that stands behind it in the source."""
    source = inspect.getsource(type(config))
    comments = dict(re.findall(r"^\s+(\w+):[^#\n]*#\s*(.+)$", source, re.MULTILINE))
    return [
        {
            "name": field.name,
            "type": field.type.__name__ if isinstance(field.type, type) else str(field.type).replace("typing.", ""),
            "default": getattr(config, field.name),
            "meaning": comments.get(field.name, ""),
        }
        for field in dataclasses.fields(config)
    ]


def show_tasks(tasks):
    """Prints the tasks."""
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
    click.echo("A variant is named behind a colon: tiny-translation:ko-en. 'zoo data' tells about the corpora.")


@click.command("tasks", epilog="\b\nExamples:\n  zoo tasks\n  zoo tasks --json")
@answers_with(show_tasks)
def list_tasks():
    """Tasks: kind, metric, data, variants."""
    from zoo.cli.summaries import kind_summaries, summary_line

    kinds = kind_summaries()
    tasks = []
    for name in TASKS.names():
        task = TASKS.get(name)
        made = "yours (--data)" if getattr(task, "takes_data", False) else "made here"
        tasks.append(
            {
                "task": name,
                "kind": task.kind,
                "metric": task.metric or kinds[task.kind]["metric"],
                "splits": list(task.splits),
                "data": list(task.corpora) or [made],
                "variants": list(task.variants) if isinstance(task.variants, tuple) else [],
                "summary": summary_line(task),
                "citation": task.citation,
            }
        )
    return tasks


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


COMMANDS = (list_models, show_model, list_tasks, list_data)
