"""Kinds of task, one file each: how examples become tensors, which head answers, how answers are scored.

A kind is the text side of a run. It owns the tokenizers (trained on the
training split only), knows which inputs the kind of backbone wants, and turns
what the model says into an answer. Because it works on string tensors with
operations of the graph, the very same code reads a training set, answers
``zoo predict`` and is exported for serving.
"""

import json
from functools import lru_cache
from pathlib import Path

import tensorflow as tf

from zoo.batching import Batches
from zoo.kinds._exporting import Exporting
from zoo.kinds._reading import Reading
from zoo.likelihood import mean_loss
from zoo.metrics import perplexity
from zoo.ragged import plain
from zoo.registry import KINDS
from zoo.tokenizers import check_tokenizer, load_tokenizer, train_tokenizer

FILE = "kind.json"
TOKENIZER_SETTINGS = ("tokenizer", "vocabulary_size", "lowercase", "min_frequency")


class Kind(Exporting, Reading):
    """Base class of all kinds of task.

    Args:
        backbone_kind: "encoder", "decoder" or "encoder_decoder".
        tokenizers: name -> :class:`zoo.tokenizers.Tokenizer`.
        facts: what else must be known to repeat the work, plain JSON values:
            ``max_length`` (tokens of one text at most), labels, ...; ``metric`` if the
            task is ranked by another than the kind's own.
    """

    backbone_kinds = ()  # which kinds of backbone can take this kind of task
    fields = ("text",)  # the strings of an example that a prediction is made from
    tokenizer_names = ("tokenizer",)
    text_settings = (*TOKENIZER_SETTINGS, "max_length")  # what of a task may be changed for a training
    own_data_task = None  # the task that reads a user's own files of this kind
    metric = None  # key of the figures that ranks models, unless the task names another (`facts`)
    higher_is_better = True
    loss_name = "nll"  # key of the figures for the mean loss: "nll" is nats per target token

    def __init__(self, backbone_kind, tokenizers, facts):
        self.backbone_kind = backbone_kind
        self.tokenizers = tokenizers
        self.facts = facts
        self.metric = facts.get("metric", self.metric)

    # -- before any text is read ------------------------------------------------------------------------------

    @classmethod
    def check_task(cls, task, backbone_kind):
        """Refuses settings of the text side that are not possible, whatever the texts are.

        Raises:
            UnknownNameError, ValueError: names the setting, and what is possible.
        """
        check_tokenizer(task.tokenizer, task.vocabulary_size)

    @classmethod
    def shortest_sequence(cls, task, backbone_kind):
        """How many tokens an input of the backbone must be able to hold at least, whatever the texts are."""
        return cls(backbone_kind, {}, cls.task_facts(task)).sequence_length

    # -- made once, from the training split -------------------------------------------------------------------

    @classmethod
    def fit(cls, task, backbone_kind, examples, tokenizers=None):
        """The kind for a task: trains tokenizers and collects labels on training ``examples`` alone.

        ``tokenizers`` of an earlier run are used instead of new ones, so that its weights keep their meaning.
        """
        raise NotImplementedError

    @classmethod
    def task_facts(cls, task):
        """The facts that every kind takes from its task."""
        return {"max_length": task.max_length, "metric": task.metric or cls.metric}

    @classmethod
    def train_tokenizer(cls, task, texts):
        """A tokenizer as the task asks for, see :func:`zoo.tokenizers.train_tokenizer`."""
        return train_tokenizer(
            task.tokenizer,
            texts,
            vocabulary_size=task.vocabulary_size,
            lowercase=task.lowercase,
            min_frequency=task.min_frequency,
        )

    def save(self, folder):
        """Writes the facts and the tokenizers into ``folder``."""
        folder = Path(folder)
        folder.mkdir(parents=True, exist_ok=True)
        for name, tokenizer in self.tokenizers.items():
            tokenizer.save(folder / name)
        record = {
            "kind": self.registered_name,
            "backbone_kind": self.backbone_kind,
            "tokenizers": sorted(self.tokenizers),
            "facts": self.facts,
        }
        (folder / FILE).write_text(json.dumps(record, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")

    # -- the model's side -------------------------------------------------------------------------------------

    def settings(self):
        """Settings of the backbone that follow from the text: vocabulary size(s) and ``max_sequence_length``."""
        return {
            "vocabulary_size": self.tokenizers["tokenizer"].vocabulary_size,
            "max_sequence_length": self.sequence_length,
        }

    @property
    def sequence_length(self):
        """How many tokens one input of the backbone can hold."""
        raise NotImplementedError

    def head(self, backbone):
        """A new head layer for ``backbone``, see :mod:`zoo.layers.heads`."""
        raise NotImplementedError

    # -- examples to tensors ----------------------------------------------------------------------------------

    def columns(self, examples):
        """Examples as :class:`zoo.batching.Columns`."""
        raise NotImplementedError

    def batches(self, examples, batch_size, seed=None):
        """Examples as padded batches; ``seed`` None keeps their order (evaluation)."""
        return Batches(self.columns(examples), batch_size, seed)

    def ragged_inputs(self, **fields):
        """Strings [B] (one for each of ``fields``) -> the backbone's inputs as ragged rows."""
        raise NotImplementedError

    # -- tensors to answers -----------------------------------------------------------------------------------

    def respond(self, model, **fields):
        """Answers in the graph: string tensors [B] (one for each of ``fields``) -> dictionary of tensors [B, ...]."""
        raise NotImplementedError

    # -- scores -----------------------------------------------------------------------------------------------

    def answers(self, model, examples, batch_size=64):
        """One answer for each example, in the form that :meth:`score` compares."""
        raise NotImplementedError

    def score(self, examples, answers):
        """The metrics of the task: a dictionary of numbers (and signatures)."""
        raise NotImplementedError

    def likelihood(self, examples, totals, counts):
        """The figures that follow from the loss on examples: nats per target token, and more.

        Args:
            totals, counts: float64 [rows], nats and target tokens of each row (:func:`zoo.likelihood.likelihoods`).
        """
        nll = mean_loss(totals, counts)
        return {"nll": nll, "perplexity": perplexity(nll)}

    def input_length(self, example):
        """Words of an example's input, by which results are grouped."""
        return sum(len(example[field].split()) for field in self.fields)

    def samples(self, model, examples, answers):
        """Some answers beside what was expected, for people to read."""
        return [
            {"input": self.show_input(example), "expected": self.expected(example), "answer": answer}
            for example, answer in zip(examples, answers, strict=True)
        ]

    def show_input(self, example):
        """What the model is given of an example: field -> text."""
        return {field: example[field] for field in self.fields}

    def expected(self, example):
        """The right answer of an example, in the form of :meth:`answers`."""
        raise NotImplementedError

    @property
    def known_labels(self):
        """The labels that an example may have, a set; None: any."""
        return None

    def in_batches(self, model, examples, batch_size, function=None):
        """``respond`` over all examples, a batch at a time: dictionary of lists, in the order of the examples."""
        respond = _traced(function, self.fields) if function else _responder(self, model)
        parts = []
        for first in range(0, len(examples), batch_size):
            chunk = examples[first : first + batch_size]
            fields = {name: tf.constant([example[name] for example in chunk], tf.string) for name in self.fields}
            parts.append(respond(**fields))
        return {name: [row for part in parts for row in plain(part[name])] for name in parts[0]}


def load(folder):
    """The kind saved in ``folder``."""
    folder = Path(folder)
    record = json.loads((folder / FILE).read_text(encoding="utf-8"))
    tokenizers = {name: load_tokenizer(folder / name) for name in record["tokenizers"]}
    return KINDS.get(record["kind"])(record["backbone_kind"], tokenizers, record["facts"])


@lru_cache(maxsize=1)  # each split asks it again: tracing it takes longer than a small split
def _responder(kind, model):
    return _traced(lambda **fields: kind.respond(model, **fields), kind.fields)


def _traced(function, fields):
    """``function`` of string tensors, compiled once for batches of any size."""
    texts = {name: tf.TensorSpec([None], tf.string) for name in fields}
    return tf.function(function, autograph=False).get_concrete_function(**texts)
