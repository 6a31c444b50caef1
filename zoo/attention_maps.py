"""``zoo.attend``: where a run looks while it reads a text or writes its answer, as a picture.

A model reads what a user gives, answers, and is then shown text and answer
together once more; while it computes, each attention layer leaves its weights
(:func:`zoo.layers.attention.recording`).

Shapes: T target or query length, S source or key length, H heads.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from zoo import plots
from zoo.batching import Batches
from zoo.layers.attention import recording
from zoo.prediction import predict
from zoo.ragged import dense
from zoo.records import records_of
from zoo.registry import unknown_name
from zoo.runs import Run

FORMATS = (".png", ".svg", ".pdf")
MOST_PARTS = 8  # tokens of a letter, before it is given up
FONT_ADVICE = (
    "no installed font has all letters of this text, some will be boxes: write SVG, for which the reader's own fonts "
    "are taken, or install a Korean one (fonts-nanum or fonts-noto-cjk on Debian and Ubuntu, "
    "google-noto-sans-cjk-fonts on Fedora, noto-fonts-cjk on Arch)."
)


class AttendError(ValueError):
    """There is no such map: the model does not attend, or has no such layer or head."""


@dataclass(frozen=True)
class AttentionMap:
    """The weights of one attention layer on one text.

    Args:
        part: "cross" (from the target to the source), "encoder" or "decoder" (a side of an
            encoder-decoder to itself), or "self" (the text of any other model to itself).
        layer: number among the layers of its part, from 0.
        weights: float array [H, T, S]; each row sums to 1.
        queries: T tokens that look: in "cross" those being written, else those being read.
        keys: S tokens that are looked at.
    """

    part: str
    layer: int
    weights: np.ndarray
    queries: list
    keys: list


def attend(run, text, out, layer=None, head=None, part=None):
    """Draws where a run looks.

    >>> zoo.attend("runs/translator", "Minsu went to the garden.", "map.svg", head="all")

    Args:
        run: a :class:`zoo.runs.Run` or the path of one.
        text: a string, or a dictionary with the keys ``run.kind.fields``.
        out: path of the file to write, ``.png``, ``.svg`` or ``.pdf``; for Korean, a Korean font must be installed,
            but for an ``.svg``, which keeps letters as letters.
        layer: int from 0, or from -1 backwards; None: the last one.
        head: int from 0, "all" for each head beside the others, or None for their mean.
        part: "cross", "encoder", "decoder" or "self", see :class:`AttentionMap`; None: the first that there is.

    Returns:
        Path of the file.

    Raises:
        AttendError, UnknownNameError: no such part, layer, head or format; the message says which there are.
        ValueError: a text that the run cannot read, as for :func:`zoo.predict`.
    """
    run = run if isinstance(run, Run) else Run.load(run)
    out = Path(out)
    if out.suffix not in FORMATS:
        raise unknown_name("format of a picture", out.suffix or out.name, FORMATS)
    chosen = choose(attention_maps(run, text), part, layer)
    # An SVG holds text as text, which its reader's fonts draw.
    if out.suffix != ".svg" and not plots.can_draw("".join([*chosen.queries, *chosen.keys])):
        warnings.warn(FONT_ADVICE, stacklevel=2)
    weights, titles, place = _heads(chosen, head)
    figure = plots.attention_map(weights, chosen.queries, chosen.keys, titles, ink="black")
    out.parent.mkdir(parents=True, exist_ok=True)
    with plots.style("black"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")  # said above, in words that help
        figure.suptitle(place)
        figure.savefig(out, dpi=200, bbox_inches="tight", pad_inches=0.1)
    return out


def attention_maps(run, text):
    """All attention maps of a run on a text, see :func:`attend`: a list of :class:`AttentionMap`, "cross" first."""
    (fields,) = records_of([text], run.kind.fields)
    run.kind.check_texts([fields], run.model, max_tokens=0)
    if run.kind.registered_name in ("language-modelling", "pretraining"):  # they read the text, and no answer with it
        inputs, labels = dense(run.kind.ragged_inputs([fields["text"]])), None
        if run.kind.registered_name == "pretraining":
            inputs, _ = run.kind.blanks(inputs)
        inputs = {name: np.asarray(tensor) for name, tensor in inputs.items()}
    else:
        inputs, labels, _, _ = next(Batches(run.kind.columns([_with_answer(run, fields)]), 1).epoch(0))
    axes = _axes(run.kind, inputs, labels, run.config.get("prompt_length") or 0)
    if run.kind.backbone_kind == "encoder_decoder":
        _make_lengths_differ(inputs)
    with recording() as recorded, warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="You are using a softmax over axis")  # one token can look at one only
        run.model(inputs, training=False)
    maps = []
    for weights in recorded.values():  # [1, H, T, S]
        part = _part(run.kind.backbone_kind, inputs, weights.shape[2:])
        queries, keys = axes[part]
        layer = sum(other.part == part for other in maps)
        kept = np.asarray(weights[0, :, : len(queries), : len(keys)], np.float32)
        maps.append(AttentionMap(part, layer, kept, queries, keys))
    if not maps:
        raise AttendError(
            f"{run.config['model']} does not attend to anything: no layer of it computes attention. "
            "Models that do: attention_seq2seq, transformer, gpt, bert."
        )
    return sorted(maps, key=lambda m: list(axes).index(m.part))


def choose(maps, part=None, layer=None):
    """The map of a part and a layer, see :func:`attend`."""
    parts = list(dict.fromkeys(m.part for m in maps))
    if part is not None and part not in parts:
        raise unknown_name("part of the model", part, parts)
    layers = [m for m in maps if m.part == (part or parts[0])]
    number = -1 if layer is None else layer
    if not -len(layers) <= number < len(layers):
        last = len(layers) - 1
        raise AttendError(f"layer {layer} does not exist; {layers[0].part} attention has layers 0 to {last}.")
    return layers[number]


def _heads(chosen, head):
    """Weights to draw, [T, S] or [H, T, S], their title(s), and the title of the whole."""
    place = f"{chosen.part} attention, layer {chosen.layer}"
    count = len(chosen.weights)
    if head == "all":
        return chosen.weights, [f"head {i}" for i in range(count)], place
    if head is None:
        return chosen.weights.mean(axis=0), "", place + (f", mean of {count} heads" if count > 1 else "")
    if not 0 <= head < count:
        raise AttendError(f"head {head} does not exist; layer {chosen.layer} has heads 0 to {count - 1}.")
    return chosen.weights[head], "", f"{place}, head {head}"


def _with_answer(run, fields):
    """A text with the run's own answer, in the form of an example of its kind."""
    answer = predict(run, [fields])[0]
    kind = run.kind.registered_name
    if kind == "tagging":
        words = {"tokens": answer["word"], "tags": answer["tag"]}
        return {name: [text for text in texts if text] for name, texts in words.items()}
    answered = {
        "text-to-text": lambda: {"target": answer["target"]},
        "classification": lambda: {"label": answer["label"]},
        "regression": lambda: {"score": answer["score"]},
        "span-answering": lambda: {"answers": [answer["answer"]], "starts": [answer["start"]]},
    }
    return {**fields, **answered[kind]()}


def _axes(kind, inputs, labels, prompt_length=0):
    """Part -> the labels of its rows and columns; a tuned prompt stands before the tokens."""
    if kind.backbone_kind == "encoder_decoder":
        source = readable(kind.tokenizers["source"], inputs["encoder_token_ids"][0])
        target = kind.tokenizers["target"]
        read, written = readable(target, inputs["decoder_token_ids"][0]), readable(target, labels[0])
        return {"cross": (written, source), "encoder": (source, source), "decoder": (read, read)}
    tokenizer = kind.tokenizers.get("target") or kind.tokenizers["tokenizer"]
    prompt = [f"[prompt {i}]" for i in range(1, prompt_length + 1)]
    tokens = prompt + readable(tokenizer, inputs["token_ids"][0])
    return {"self": (tokens, tokens)}


def _make_lengths_differ(inputs):
    """Pads the source by one place if it is as long as the target: then the shape of a map tells its part."""
    ids, mask = inputs["encoder_token_ids"], inputs["encoder_padding_mask"]
    if ids.shape[1] == inputs["decoder_token_ids"].shape[1]:
        inputs["encoder_token_ids"] = np.pad(ids, ((0, 0), (0, 1)))
        inputs["encoder_padding_mask"] = np.pad(mask, ((0, 0), (0, 1)))


def _part(backbone_kind, inputs, shape):
    if backbone_kind != "encoder_decoder":
        return "self"
    source, target = inputs["encoder_token_ids"].shape[1], inputs["decoder_token_ids"].shape[1]
    return {(target, source): "cross", (source, source): "encoder", (target, target): "decoder"}[tuple(shape)]


def readable(tokenizer, token_ids):
    """Tokens as people write them: a letter stands at the token with its last byte ("·" before), blanks are visible."""
    labels, begun = [], []  # begun: tokens of a letter whose last byte has not come
    for token_id in map(int, token_ids):
        if tokenizer.is_special[token_id]:  # ends a letter that never came whole
            labels.append(tokenizer.tokens[token_id])
            begun = []
            continue
        begun.append(token_id)
        text = tokenizer.decode([begun]).numpy()[0].decode("utf-8", errors="replace")
        if "\ufffd" in text and len(begun) < MOST_PARTS:
            labels.append("·")
            continue
        shown = tokenizer.tokens[token_id] if "\ufffd" in text or not text else text
        labels.append(shown.replace("\n", "⏎").replace("\t", "⇥").replace(" ", "␣"))
        begun = []
    return labels
