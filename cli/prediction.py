"""What a run, an export or a server says to a text: ``zoo predict``."""

import sys

import click

from zoo.cli.checks import run_config
from zoo.cli.output import answers_with

GENERATING = ("text-to-text", "language-modelling")
OF_EXPORTS = ("max_tokens", "temperature", "top_k", "top_p", "seed")  # the options that an export has, too


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
        elif "answer" in answer:
            click.echo(f"{answer['answer']}\t{answer['score']:.3f}")
        else:
            click.echo(f"{answer['score']:.4g}")


@click.command(
    epilog="""\b
Examples:
  zoo predict runs/tiny-translation-en-ko/transformer-tiny-seed0 "Emma put the book in the bag."
  zoo predict RUN --beam 4 < sentences.txt > translations.txt
  zoo predict RUN "KING:" --temperature 0.8 --top-k 20 --max-tokens 60
  zoo predict RUN "KING:" --stream --top-p 0.9 --stop '\\n\\n' --max-tokens 2000 --long-prompts slide
  printf 'a text\\tits pair\\n' | zoo predict RUN - --json
  zoo predict DIR "KING:" --top-p 0.9 --seed 1
  zoo predict grpc://localhost:8500/NAME "KING:" --json"""
)
@click.argument("run", metavar="RUN|DIR|ADDRESS", type=click.Path())
@click.argument("texts", nargs=-1, metavar="[TEXT... | -]")
@click.option("--temperature", type=float, metavar="X", help="Draw at random; below 1 bolder, above 1 wilder.")
@click.option("--top-k", type=click.IntRange(1), metavar="N", help="Draw from the N most probable tokens only.")
@click.option("--top-p", type=float, metavar="X", help="Draw from the fewest tokens of probability X together.")
@click.option("--beam", type=click.IntRange(1), metavar="N", help="Beam search, N wide, in place of the greedy choice.")
@click.option("--seed", type=int, metavar="N", help="Draw at random; the same seed gives the same text.")
@click.option("--repetition-penalty", type=float, metavar="X", help="Above 1: tokens read before are less probable.")
@click.option("--max-tokens", type=click.IntRange(1), metavar="N", help="The longest answer.")
@click.option(
    "--stop", multiple=True, metavar="TEXT",
    help="End an answer before TEXT, too; \\n stands for the end of a line; repeatable.",
)  # fmt: skip
@click.option("--stream", is_flag=True, help="Print answers while they are being written.")
@click.option(
    "--long-prompts", type=click.Choice(["refuse", "slide"]),
    help="Where a language model cannot read prompt and continuation at once: refuse (default), or slide: whenever "
    "its window is full, it goes on from the last half of it.",
)  # fmt: skip
@answers_with(show_answers)
def predict(run, texts, stream, **options):
    """Translates, continues, classifies, tags, answers, fills blanks.

    RUN is what 'zoo train' made. DIR, of 'zoo export', and the ADDRESS of a server that has it, http://HOST:PORT/NAME
    or grpc://HOST:PORT/NAME, answer alike; of what chooses words they take --max-tokens, --temperature, --top-k,
    --top-p and --seed. But a RUN refuses a text that is too long, is empty (unless a language model can begin with
    nothing) or holds nothing that it knows; these answer each text, too long ones as 'zoo export --too-long' said.

    Without TEXT, or with -, one text is read from each line of standard input.
    Where a text has two parts (a pair to classify; a question and its context)
    they stand on one line with a tab between them.
    """
    from zoo.serving.places import is_address, is_export

    given = {name: value for name, value in options.items() if value not in (None, ())}
    given |= {"stream": True} if stream else {}
    if is_address(run) or is_export(run):
        return _answers_of_export(run, texts, given)
    config = run_config(run)
    if given and config["kind"] not in GENERATING:
        raise click.UsageError(
            f"{_names(given)}: a run of kind {config['kind']} writes no text; leave out what chooses words."
        )
    if "beam" in given and {"temperature", "top_k", "top_p", "seed", "repetition_penalty", "stream"} & set(given):
        raise click.UsageError(
            "--beam searches: it draws nothing (leave out --temperature, --top-k, --top-p, --seed, "
            "--repetition-penalty) and knows its answer at the end only (leave out --stream)."
        )
    if stream and click.get_current_context().params["as_json"]:
        raise click.UsageError("--stream prints pieces of text, --json one document: choose one.")
    texts = _given_or_read(texts)
    from zoo.quiet import load_tensorflow

    load_tensorflow()
    import zoo

    run = zoo.load(run)
    inputs = [fields_of(text, run.kind.fields, i) for i, text in enumerate(texts, 1)]
    if stream:
        _stream(run, inputs, _decoding(given))
        return []
    return _document(inputs, zoo.predict(run, inputs, **_decoding(given)) if inputs else [])


def _answers_of_export(place, texts, given):
    """What an export answers, or a server at an address."""
    impossible = [name for name in given if name not in OF_EXPORTS]
    if impossible:
        raise click.UsageError(
            f"{_names(impossible)}: only a run can do that; an export takes {_names(OF_EXPORTS)}."
        )
    texts = _given_or_read(texts)
    from zoo.quiet import load_tensorflow

    load_tensorflow()
    from zoo.serving import asking, clients

    with clients.connect(place) as client:
        inputs = [fields_of(text, asking.fields(client), i) for i, text in enumerate(texts, 1)]
        return _document(inputs, asking.predict(client, inputs, **given))


def _document(inputs, answers):
    """Inputs beside their answers; probabilities by the names of their labels."""
    for answer in answers:
        if "label_names" in answer:
            answer["probabilities"] = dict(zip(answer.pop("label_names"), answer["probabilities"], strict=True))
    return [{"input": fields, **answer} for fields, answer in zip(inputs, answers, strict=True)]


def _names(options):
    """Options as they are written on the command line."""
    return ", ".join(f"--{name.replace('_', '-')}" for name in options)


def _stream(run, inputs, options):
    """Prints answers while they are being written."""
    import zoo

    continues = run.config["kind"] == "language-modelling"
    for given in inputs:
        (text,) = given.values()
        pieces = zoo.stream(run, text, **options)
        first = next(pieces, "")  # before anything is printed: the text may be refused
        click.echo((text if continues else "") + first, nl=False)
        for piece in pieces:
            click.echo(piece, nl=False)
        click.echo()


def _given_or_read(texts):
    """The texts of the command line, or the lines of standard input."""
    return texts if texts and texts != ("-",) else _lines()


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


def fields_of(text, names, number):
    """The parts of a text, named as the kind of task names them."""
    parts = text.split("\t") if len(names) > 1 else [text]
    if len(parts) != len(names):
        wanted = " <tab> ".join(names)
        raise click.UsageError(f"text {number} has {len(parts)} parts; this run needs {len(names)}: {wanted}.")
    return dict(zip(names, parts, strict=True))


def _decoding(given):
    """Options of the command line -> options of ``zoo.predict``."""
    from zoo.decoding import Beam, Greedy, Sample

    options = {name: given[name] for name in ("max_tokens", "seed", "long_prompts") if name in given}
    if "stop" in given:
        options["stop"] = [text.replace("\\n", "\n") for text in given["stop"]]
    penalty = {"repetition_penalty": given["repetition_penalty"]} if "repetition_penalty" in given else {}
    drawing = {name: given[name] for name in ("temperature", "top_k", "top_p") if name in given}
    if "beam" in given:
        options["sampler"] = Beam(given["beam"])
    elif drawing or "seed" in given:
        options["sampler"] = Sample(**drawing, **penalty)
    elif penalty:
        options["sampler"] = Greedy(**penalty)
    return options


COMMANDS = (predict,)
