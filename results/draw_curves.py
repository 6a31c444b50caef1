"""Draws how the validation loss of a task's runs fell, from the result files in this folder.

    python results/draw_curves.py shakespeare   writes shakespeare/curves.svg
"""

from pathlib import Path

import click
from result_files import HERE, read_all

from zoo import plots


def draw(task, folder=HERE):
    """A figure: losses over the tokens trained on, for each run whose result file has its measurements."""
    runs = [run for run in read_all(Path(folder) / task, "*.json") if run.get("history")]
    if not runs:
        raise click.ClickException(f"no result file in {Path(folder) / task} has a history: add a run anew.")
    figure = plots.learning_curves({f"{run['model']}:{run['preset']}": run["history"] for run in runs}, "tokens")
    figure.axes[0].legend(frameon=False)
    return figure


@click.command(help=__doc__.partition("\n")[0])
@click.argument("task")
def main(task):
    path = HERE / task / "curves.svg"
    with plots.style():
        draw(task).savefig(path, facecolor="white", metadata={"Date": None})
    click.echo(path)


if __name__ == "__main__":
    main()
