"""A run for other programs: ``zoo export``, ``zoo convert``."""

import click

from zoo.cli.checks import run_config
from zoo.cli.output import answers_with


def show_export(exported):
    """Prints where the SavedModel is and how it is asked."""
    click.echo(exported["folder"])
    inputs, outputs = (", ".join(exported[side]) for side in ("inputs", "outputs"))
    click.echo(f"serving_default takes strings ({inputs}) and returns {outputs}; there are also "
               f"{', '.join(name for name in exported['signatures'] if name != 'serving_default')}")  # fmt: skip
    click.echo(f"Requests to copy: {exported['readme']}. To serve it: zoo serve {exported['directory']}")


@click.command(
    epilog="""\b
Examples:
  zoo export runs/mine serving/translator && zoo serve serving/translator
  zoo export runs/mine out --too-long refuse --json"""
)
@click.argument("run", type=click.Path())
@click.argument("directory", metavar="DIR", type=click.Path())
@click.option(
    "--too-long", type=click.Choice(["cut", "refuse"]), default="cut", show_default=True,
    help="What becomes of a text longer than the model reads.",
)  # fmt: skip
@answers_with(show_export)
def export(run, directory, too_long):
    """Writes RUN as a SavedModel for TF Serving.

    It goes into DIR/<version>/. Strings go in; texts, labels, tags or answers come out. The next free
    version is taken: 1, 2, 3, ... A new version must be of the same task as those before, for a server goes over to
    it. Beside them: a README.md with requests to copy, and TF Serving's configuration.
    In Python, import tensorflow_text before tf.saved_model.load.
    """
    run_config(run)
    from zoo.quiet import load_tensorflow

    load_tensorflow()
    import zoo
    from zoo.serving.facts import read_metadata
    from zoo.serving.instructions import README

    folder = zoo.export(run, directory, too_long=too_long)
    signatures = read_metadata(folder)["signatures"]
    return {
        "folder": str(folder),
        "directory": str(directory),
        "readme": str(folder.parent / README),
        "inputs": list(signatures["serving_default"]["inputs"]),
        "outputs": list(signatures["serving_default"]["outputs"]),
        "signatures": list(signatures),
    }


def show_conversion(converted):
    """Prints what was written, and how it is read elsewhere."""
    click.echo(converted["folder"])
    click.echo(f"{converted['architecture']} in transformers; its files: {', '.join(converted['files'])}")
    click.echo(f"In Python: transformers.{converted['architecture']}.from_pretrained({converted['folder']!r})")


@click.command(
    epilog="""\b
Examples:
  zoo convert runs/shakespeare/gpt-tiny-seed0 --to shakespeare-gpt
  zoo convert runs/mine --to mine --format huggingface --overwrite --json"""
)
@click.argument("run", type=click.Path())
@click.option("--to", "directory", required=True, metavar="DIR", type=click.Path(), help="Where it is written.")
@click.option(
    "--format", type=click.Choice(["huggingface"]), default="huggingface", show_default=True,
    help="model.safetensors, config.json, tokenizer files.",
)  # fmt: skip
@click.option("--overwrite", is_flag=True, help="Replace weights that were converted into that folder before.")
@answers_with(show_conversion)
def convert(run, directory, format, overwrite):
    """Writes RUN for other libraries.

    For runs of bert and of gpt: transformers loads them and gives the same logits. keras-hub reads GPT-2; of BERT
    it reads backbone and pooler of runs that classify. 'zoo train --init DIR' reads the folder, too.
    """
    run_config(run)
    from zoo.quiet import load_tensorflow

    load_tensorflow()
    import json

    import zoo

    folder = zoo.convert(run, directory, format=format, overwrite=overwrite)
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    return {
        "folder": str(folder),
        "format": format,
        "architecture": config["architectures"][0],
        "files": sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()),
    }


COMMANDS = (export, convert)
