"""What a run says, and where it looks: ``zoo predict``, ``zoo attend``."""

import sys

import click

from zoo.cli.checks import run_config
from zoo.cli.output import answers_with

GENERATING = ("text-to-text", "language-modelling")


def show_answers(answers):
    """Prints one answer after the other, each as its kind of task is read."""
    for answer in answers:
        if "target" in answer:
            click.echo(answer["target"])
        elif "continuation" in answer:
            click.echo(f"{answer['input']['text']}{answer['continuation']}")
        elif "probabilities" in answer:
            click.echo(f"{answer['label']}\t{answer['probabilities'][answer['label']]:.3f}")
        elif "filled" in answer:
            click.echo(answer["filled"])
        elif "tag" in answer:
            words = [(word, tag) for word, tag in zip(answer["word"], answer["tag"], strict=True) if word]
            click.echo(" ".join(word if tag == "O" else f"{word}/{tag}" for word, tag in words))
        else:
            click.echo(f"{answer['answer']}\t{answer['score']:.3f}")


@click.command(
    epilog="""\b
Examples:
  zoo predict runs/tiny-translation-en-ko/transformer-tiny-seed0 "Emma put the book in the bag."
  zoo predict RUN --beam 4 < sentences.txt > translations.txt
  zoo predict RUN "KING:" --temperature 0.8 --top-k 20 --max-tokens 60
  printf 'a text\\tits pair\\n' | zoo predict RUN - --json"""
)
@click.argument("run", type=click.Path())
@click.argument("texts", nargs=-1, metavar="[TEXT... | -]")
@click.option("--temperature", type=float, metavar="X", help="Draw at random; below 1 bolder, above 1 wilder.")
@click.option("--top-k", type=int, metavar="N", help="Draw from the N most probable tokens only.")
@click.option("--top-p", type=float, metavar="X", help="Draw from the fewest tokens of probability X together.")
@click.option("--beam", type=int, metavar="N", help="Beam search, N wide, in place of the greedy choice.")
@click.option("--seed", type=int, metavar="N", help="Draw at random; the same seed gives the same text.")
@click.option("--max-tokens", type=click.IntRange(1), metavar="N", help="The longest answer.")
@answers_with(show_answers)
def predict(run, texts, **options):
    """Translates, continues, classifies, tags, answers.

    Without TEXT, or with -, one text is read from each line of standard input.
    Where a text has two parts (a pair to classify; a question and its context)
    they stand on one line with a tab between them.
    """
    config = run_config(run)
    given = {name: value for name, value in options.items() if value is not None}
    if given and config["kind"] not in GENERATING:
        names = ", ".join(f"--{name.replace('_', '-')}" for name in given)
        raise click.UsageError(f"{names}: a run of kind {config['kind']} writes no text; leave out what chooses words.")
    if "beam" in given and {"temperature", "top_k", "top_p", "seed"} & set(given):
        raise click.UsageError("--beam searches and draws nothing: leave out --temperature, --top-k, --top-p, --seed.")
    texts = texts if texts and texts != ("-",) else _lines()
    from zoo.quiet import load_tensorflow

    load_tensorflow()
    import zoo

    run = zoo.load(run)
    inputs = [_fields(text, run.kind.fields, i) for i, text in enumerate(texts, 1)]
    answers = zoo.predict(run, inputs, **_decoding(given)) if inputs else []
    if config["kind"] == "classification":
        labels = run.kind.facts["labels"]
        for answer in answers:
            answer["probabilities"] = dict(zip(labels, answer["probabilities"], strict=True))
    return [{"input": fields, **answer} for fields, answer in zip(inputs, answers, strict=True)]


def _lines():
    """The lines of standard input, UTF-8."""
    if sys.stdin.isatty():
        click.echo("one text a line; Ctrl-D ends", err=True)
    lines = []
    for number, line in enumerate(click.get_binary_stream("stdin"), 1):
        try:
            lines.append(line.decode("utf-8-sig" if number == 1 else "utf-8").rstrip("\r\n"))
        except UnicodeDecodeError as error:
            raise click.UsageError(f"standard input:{number}: this is not UTF-8; expected text in UTF-8.") from error
    return lines


def _fields(text, names, number):
    """The parts of a text, named as the kind of task names them."""
    if any("\ud800" <= letter <= "\udfff" for letter in text):  # so Python keeps bytes that are no letters
        raise click.UsageError(f"text {number} is {text!a}, which is not UTF-8; expected text in UTF-8.")
    parts = text.split("\t") if len(names) > 1 else [text]
    if len(parts) != len(names):
        wanted = " <tab> ".join(names)
        raise click.UsageError(f"text {number} has {len(parts)} parts; this run needs {len(names)}: {wanted}.")
    return dict(zip(names, parts, strict=True))


def _decoding(given):
    """Options of the command line -> options of ``zoo.predict``."""
    from zoo.decoding import Beam, Sample

    options = {name: given[name] for name in ("max_tokens", "seed") if name in given}
    drawing = {name: given[name] for name in ("temperature", "top_k", "top_p") if name in given}
    if "beam" in given:
        options["sampler"] = Beam(given["beam"])
    elif drawing or "seed" in given:
        options["sampler"] = Sample(**drawing)
    return options


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
@click.option("--out", required=True, metavar="FILE", type=click.Path(), help="PNG, SVG or PDF, by its ending.")
@click.option("--layer", type=int, metavar="N", help="Layer, from 0; the last one by default.")
@click.option("--head", metavar="N|all", help="Head, from 0, or all side by side; by default the mean of all.")
@click.option(
    "--part", type=click.Choice(["cross", "encoder", "decoder", "self"]),
    help="Encoder-decoders: cross (default), encoder or decoder; others have self-attention only.",
)  # fmt: skip
@answers_with(show_picture)
def attend(run, text, out, layer, head, part):
    """Draws where a run looks while it reads TEXT.

    A row for each token that looks, a column for each that is looked at.
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
        warnings.filterwarnings("ignore", message="You are using a softmax over axis")  # one token can look at one only
        file = zoo.attend(
            run,
            _fields(text, run.kind.fields, 1),
            out,
            layer=layer,
            head=head if head in (None, "all") else int(head),
            part=part,
        )
    for note in notes:
        click.echo(f"zoo: {note.message}", err=True)
    return {"file": str(file)}


COMMANDS = (predict, attend)
