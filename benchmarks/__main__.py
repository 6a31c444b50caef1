"""The zoo beside its peers: each race runs both in turn; what it finds goes into results/benchmarks."""

import importlib
import json
import os
import pkgutil
from pathlib import Path

import click

import benchmarks
from benchmarks import race as racing
from zoo.cli.output import print_table

RESULTS = Path(__file__).parent.parent / "results" / "benchmarks"


def races():
    """Name of each race -> (module, race); a race stands in ``RACES`` of a module of this folder."""
    modules = [f"benchmarks.{module.name}" for module in pkgutil.iter_modules(benchmarks.__path__)]
    return {
        name: (module, race)
        for module in modules
        if module != "benchmarks.__main__"
        for name, race in getattr(importlib.import_module(module), "RACES", {}).items()
    }


def rows(name, result):
    """The lines of the table for one race, one a peer."""
    for peer, goal in result["goals"].items():
        if peer in result["missing"]:
            yield [name, peer, "-", "-", f"{goal:g}", result["missing"][peer][:40]]
            continue
        ratio, cpu = result["ratios"][peer], result["cpu_ratios"][peer]
        spread = f"{ratio['low']:.2f} to {ratio['high']:.2f}"
        yield [name, peer, f"{ratio['median']:.2f}", spread, f"{goal:g}", f"{cpu['median']:.2f}"]


@click.command(
    epilog="\b\nExamples:\n  python -m benchmarks --list\n  python -m benchmarks gpt-small transformer --rounds 3"
)
@click.argument("names", nargs=-1, metavar="[RACE...]")
@click.option("--rounds", type=click.IntRange(1), default=5, show_default=True, help="Turns of each contestant.")
@click.option("--out", type=click.Path(path_type=Path), default=RESULTS, help="Folder of the result files.")
@click.option("--list", "listed", is_flag=True, help="Say which races there are.")
def main(names, rounds, out, listed):
    """Runs all races, or those named, and prints the zoo's speed over that of each peer."""
    known = races()
    unknown = [name for name in names if name not in known]
    if unknown:
        raise click.UsageError(f"no race {unknown[0]!r}; there are {', '.join(known)}.")
    if listed:
        print_table(["=race", "work"], [[name, race.title] for name, (_, race) in known.items()])
        return
    lines = []
    for name in names or known:
        module, race = known[name]
        click.echo(f"{name}: {race.title}", err=True)
        result = racing.run(module, name, rounds, lambda text: click.echo(f"  {text}", err=True))
        result = {"title": race.title, "unit": race.unit, "rounds": rounds, "goals": race.goals, **result, **measured()}
        out.mkdir(parents=True, exist_ok=True)
        (out / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
        lines += rows(name, result)
        ours = result["answers"].get(racing.ZOO)
        for each, answer in result["answers"].items():
            if answer not in (None, ours):
                click.echo(f"  {each} gave another answer than the zoo: {answer}, not {ours}", err=True)
    print_table(["=race", "=peer", ">zoo / peer", "=range", ">goal", ">by processor time"], lines)


def measured():
    """On what machine, with what versions."""
    from importlib.metadata import PackageNotFoundError, version

    from zoo.quiet import load_tensorflow

    load_tensorflow()
    from zoo.machine import machine

    versions = {}
    for package in ("tensorflow", "keras", "keras-hub", "torch", "transformers", "ctranslate2"):
        try:
            versions[package] = version(package)
        except PackageNotFoundError:
            continue
    onednn = os.environ.get("TF_ENABLE_ONEDNN_OPTS", "as TensorFlow decides")
    return {"machine": machine(), "versions": versions, "onednn": onednn}


if __name__ == "__main__":
    main()
