"""``zoo.predict``: what a run says to a text; ``zoo.stream``: the same while it is being written."""

from functools import partial
from inspect import signature

import tensorflow as tf

from zoo.composed import composed
from zoo.kinds._writing import WritingKind
from zoo.ragged import plain
from zoo.records import records_of
from zoo.registry import unknown_name
from zoo.runs import Run

LONG_PROMPTS = ("refuse", "slide")
OF_SAMPLERS = {"beam": "sampler=zoo.decoding.Beam(4)"} | {
    name: f"sampler=zoo.decoding.Sample({name}=...)" for name in ("temperature", "top_k", "top_p", "repetition_penalty")
}
FEW_TOKENS = 150  # one after the other: to write more, a graph saves more time than tracing it takes


def predict(run, inputs, batch_size=64, long_prompts="refuse", **options):
    """Translates, continues, classifies, tags, answers or fills blanks, by the run's kind of task.

    >>> zoo.predict("runs/translator", ["Minsu went to the garden."])[0]["target"]

    Args:
        run: a :class:`zoo.runs.Run` or the path of one.
        inputs: list of dictionaries with the keys ``run.kind.fields``, or of strings if there is but one field; one
            of either by itself is a list of one.
        batch_size: how many are answered together.
        long_prompts: what to do where a language model cannot read prompt and continuation at once: "refuse", or
            "slide": whenever the window is full, it goes on from the last half of it (:mod:`zoo.windows`).
        **options: for kinds that write: ``max_tokens``, int, the longest answer; ``sampler``,
            :class:`zoo.decoding.Greedy` (the default), ``Sample(temperature=0.8)`` or ``Beam(4)`` from there; ``seed``,
            int, decides what is drawn; ``stop``, strings before which an answer ends.

    Returns:
        A list with one dictionary for each input:

        ==================  ==============================================================
        kind                keys
        ==================  ==============================================================
        text-to-text        target: str
        language-modelling  continuation: str
        pretraining         filled: str; token, probability: of each blank
        classification      label: str; label_names, probabilities: of all labels
        regression          score: float
        tagging             word, tag, start, end: of each word, offsets in characters
        span-answering      answer: str; start, end: its offsets; score: its probability
        ==================  ==============================================================

        Offsets count the characters of the text in NFC (:mod:`zoo.composed`). In lists over words or blanks, a shorter
        text than others has ``""`` (of numbers 0 or -1) behind its own.

    Raises:
        UnknownNameError: the kind has no such option; says which there are.
        ValueError: an input that cannot be answered: no text, an empty one (unless a language model has a [START] to
            begin with), one that is too long, or of which nothing is known; says which and why.
    """
    run, records = _checked(run, inputs, long_prompts, options)
    respond = _responder(run, options, batches=-(-len(records) // batch_size))
    answers = []
    for first in range(0, len(records), batch_size):
        chunk = records[first : first + batch_size]
        response = respond(**_tensors(chunk, run.kind.fields), **_seeds(options, first, len(chunk)))
        response = {name: plain(value) for name, value in response.items()}
        answers += [dict(zip(response, row, strict=True)) for row in zip(*response.values(), strict=True)]
    return answers


def stream(run, text, long_prompts="refuse", **options):
    """Yields the answer of a run that writes, in pieces, while it is being written.

    Args:
        run, long_prompts, options: as for :func:`predict`; the pieces together are its answer, also where a seed
            decides. Beam search knows its answer at the end only, and is refused.
        text: a string, or a dictionary with the keys ``run.kind.fields``.

    Yields:
        str: whole characters; what has been said is never changed.

    Raises:
        ValueError: the run does not write texts, or as for :func:`predict`.
    """
    run, records = _checked(run, [text], long_prompts, options)
    if not isinstance(run.kind, WritingKind):
        raise ValueError(f"{run.folder} is of kind {run.kind.registered_name!r}, which writes no text: use predict.")
    yield from run.kind.stream(run.model, **{**options, **_tensors(records, run.kind.fields), **_seeds(options, 0, 1)})


def _checked(run, inputs, long_prompts, options):
    """The run, and its inputs as dictionaries that it can answer."""
    run = run if isinstance(run, Run) else Run.load(run)
    if long_prompts not in LONG_PROMPTS:
        raise unknown_name("way with long prompts", long_prompts, LONG_PROMPTS)
    answering = signature(type(run.kind).respond).parameters.values()
    known = [parameter.name for parameter in answering if parameter.default is not parameter.empty]
    for name in options:
        if name not in known:
            of_samplers = "sampler" in known and name in OF_SAMPLERS
            hint = f" What says how words are chosen is a sampler: {OF_SAMPLERS[name]}." if of_samplers else ""
            error = unknown_name(f"option of a run of kind {run.kind.registered_name}", name, known)
            raise type(error)(f"{error}{hint}")
    if "stop" in options:
        options["stop"] = composed(options["stop"])
    records = records_of(inputs, run.kind.fields)
    run.kind.check_input(records, run.model, slides=long_prompts == "slide", **options)
    return run, records


def _tensors(records, fields):
    return {field: tf.constant([record[field] for record in records], tf.string) for field in fields}


def _seeds(options, first, count):
    """A seed for each text, that of text i being ``seed + i``: what is answered together does not matter."""
    seed = options.get("seed")
    return {} if seed is None else {"seed": tf.range(first, first + count) + seed}


def _responder(run, options, batches):
    """``respond`` with these options but the seed; where much is to be written, traced once for batches of any size.

    Other kinds ask their model once a batch: there a graph saves little, and numbers would differ in the last bit.
    """
    respond = partial(run.kind.respond, run.model, **{name: options[name] for name in options if name != "seed"})
    longest = options.get("max_tokens") or run.kind.facts["max_length"]
    if not isinstance(run.kind, WritingKind) or batches * longest <= FEW_TOKENS:
        return respond
    specs = {name: tf.TensorSpec([None], tf.string) for name in run.kind.fields}
    specs |= {name: tf.TensorSpec([None], seeds.dtype) for name, seeds in _seeds(options, 0, 1).items()}
    return tf.function(lambda **given: respond(**given), autograph=False).get_concrete_function(**specs)
