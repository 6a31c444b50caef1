"""Where a run looks: ``zoo attend``."""

import click

from zoo.cli.checks import run_config
from zoo.cli.output import answers_with
from zoo.cli.prediction import fields_of


def show_picture(picture):
    """Prints where the picture is."""
    click.echo(picture["file"])


@click.command(
    epilog="""\b
Examples:
  zoo attend RUN "Emma put the book in the bag." --out attention.png
  zoo attend RUN "Emma put the book in the bag." --out heads.svg --layer 0 --head all
  zoo attend RUN "Emma put the book in the bag." --out source.svg --part encoder"""
)
@click.argument("run", type=click.Path())
@click.argument("text")
@click.option(
    "--out", required=True, metavar="FILE", type=click.Path(),
    help="PNG, SVG or PDF, by its ending. For Korean, a Korean font must be installed (Debian: fonts-nanum), "
    "but for SVG, which keeps letters as letters.",
)  # fmt: skip
@click.option("--layer", type=int, metavar="N", help="Layer, from 0; the last one by default.")
@click.option("--head", metavar="N|all", help="Head, from 0, or all side by side; by default the mean of all.")
@click.option(
    "--part", type=click.Choice(["cross", "encoder", "decoder", "self"]),
    help="Encoder-decoders: cross (default), encoder or decoder; others have self-attention only.",
)  # fmt: skip
@answers_with(show_picture)
def attend(run, text, out, layer, head, part):
    """Draws where a run looks while it reads TEXT.

    A row for each token that looks, a column for each that is looked at. A TEXT
    of two parts (a pair; question and context) has a tab between them.
    """
    if head not in (None, "all") and not head.isdecimal():
        raise click.BadParameter(f"{head!r}; expected a number from 0, or 'all'.", param_hint="--head")
    run_config(run)
    import warnings

    from zoo.quiet import load_tensorflow

    load_tensorflow()
    import zoo

    run = zoo.load(run)
    with warnings.catch_warnings(record=True) as notes:
        warnings.simplefilter("always", UserWarning)
        file = zoo.attend(
            run,
            fields_of(text, run.kind.fields, 1),
            out,
            layer=layer,
            head=head if head in (None, "all") else int(head),
            part=part,
        )
    for note in notes:
        click.echo(f"zoo: {note.message}", err=True)
    return {"file": str(file)}


COMMANDS = (attend,)
