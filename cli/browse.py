"""Families: ``zoo list``, ``zoo show``."""

import dataclasses
import fnmatch
import inspect
import re

import click

from zoo.cli.checks import check_names
from zoo.cli.output import answers_with, count, print_facts, print_table
from zoo.registry import MODELS, unknown_name

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


COMMANDS = (list_models, show_model)
