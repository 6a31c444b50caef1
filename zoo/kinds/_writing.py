"""Kinds whose answer is a text that the model writes, token by token: what they share.

A subclass says what is read first (``prompts``), what the answer is called and which tokenizer writes it. Decoding,
limits, stop strings, windows that slide, and streaming are here, once; what an export of it can be asked besides:
:mod:`zoo.kinds._writing_signatures`.
"""

import dataclasses
import re

import tensorflow as tf

from zoo import decoding, stopping
from zoo.kinds import Kind
from zoo.kinds._writing_signatures import writing_signatures
from zoo.ragged import dense
from zoo.windows import SlidingWindow


@dataclasses.dataclass(frozen=True)
class Prompts:
    """What a model reads before it writes.

    Args:
        inputs: dictionary, what the model's ``start`` takes.
        token_ids: int [B, P], padded on the right.
        lengths: int [B].
        room: int [B], how many tokens each row may write.
    """

    inputs: dict
    token_ids: object
    lengths: object
    room: object


class WritingKind(Kind):
    """Base class of kinds that write a text."""

    continues = None  # the field that the answer goes on from, if it does: it begins with the space between

    @property
    def output(self):
        """Name of the answer."""
        (name,) = self.outputs
        return name

    @property
    def reader(self):
        """The tokenizer of what is read."""
        raise NotImplementedError

    @property
    def writer(self):
        """The tokenizer of the answer."""
        raise NotImplementedError

    def prompts(self, inputs, max_tokens):
        """What is read before the answer begins.

        Args:
            inputs: dense inputs of the backbone.
            max_tokens: as for :meth:`respond`, see :func:`limited`.

        Returns:
            :class:`Prompts`.
        """
        raise NotImplementedError

    def window(self, model):
        """How many tokens the model can read at once, if its windows may slide; None: it needs no window."""
        return None

    def respond(self, model, max_tokens=None, sampler=None, seed=None, stop=(), **fields):
        """Answers in the graph.

        Args:
            max_tokens: int, or int32 [B] for each row: tokens of the longest answer; None or 0: as many as there is
                room for.
            sampler: see :func:`zoo.decoding.generate`; the greedy choice by default.
            seed: for samplers that draw.
            stop: strings before which an answer ends.
            **fields: string tensors [B].

        Returns:
            Dictionary with one entry, string tensor [B].
        """
        token_ids = self.write(model, dense(self.ragged_inputs(**fields)), max_tokens, sampler, seed, stop)
        texts = self.writer.decode(token_ids, fields.get(self.continues))
        return {self.output: _before(texts, stop) if stop else texts}

    def write(self, model, inputs, max_tokens=None, sampler=None, seed=None, stop=()):
        """The answers' tokens, ragged int32 [B, None], of each with its end where it has one.

        Args:
            inputs: dense inputs of the backbone.
            model, max_tokens, sampler, seed, stop: as for :meth:`respond`.
        """
        prompts = self.prompts(inputs, max_tokens)
        token_ids, lengths = decoding.generate(**self._walk(model, prompts, stop), sampler=sampler, seed=seed)
        positions = tf.range(tf.shape(token_ids)[1])
        written = (positions >= prompts.lengths[:, None]) & (positions < lengths[:, None])
        return tf.ragged.boolean_mask(token_ids, written)

    def stream(self, model, max_tokens=None, sampler=None, seed=None, stop=(), **fields):
        """Yields what :meth:`respond` answers to one text, in pieces, as soon as no further token can change them.

        A piece is a str of whole characters: of a Hangul syllable of three byte tokens, nothing is said before the
        last of them. Arguments as for :meth:`respond`, with string tensors [1].
        """
        prompts = self.prompts(dense(self.ragged_inputs(**fields)), max_tokens)
        walk, behind = self._walk(model, prompts, stop), fields.get(self.continues)
        begin, written, said = int(prompts.lengths[0]), [], ""
        compiled = tf.function(reduce_retracing=True, autograph=False)
        for token_ids, lengths in decoding.stream(**walk, sampler=sampler, seed=seed, compiled=compiled):
            written = token_ids[0, begin : int(lengths[0])].numpy().tolist()
            settled = self.writer.settled(written, behind)
            certain = stopping.certain(settled, stop)
            if len(certain) > len(said):
                yield certain[len(said) :]
                said = certain
            if stopping.has_stopped(settled, stop):
                return
        text = self.writer.decode([written], behind).numpy()[0].decode()
        yield stopping.before(text, stop)[len(said) :]

    def check_input(self, records, model, stop=(), **options):
        stopping.check_strings(stop)
        super().check_input(records, model, **options)

    def signatures(self, model):
        return {**super().signatures(model), **writing_signatures(self, model)}

    def _walk(self, model, prompts, stop):
        """The arguments of :func:`zoo.decoding.generate` that say who writes, and between which limits."""
        row_lengths = prompts.lengths + prompts.room
        max_length = tf.reduce_max(row_lengths)
        window, known = self.window(model), tf.get_static_value(max_length)
        if window is not None and (known is None or known > window):
            model = SlidingWindow(model, window)
        writer = self.writer
        if stop and writer.is_exact:  # of other tokenizers the text alone tells, and it is cut afterwards
            model = stopping.StopAt(model, stop, writer.spellings, writer.end_id, prompts.lengths)
        return {
            "model": model,
            "inputs": prompts.inputs,
            "prompt_ids": prompts.token_ids,
            "prompt_lengths": prompts.lengths,
            "max_length": max_length,
            "row_lengths": row_lengths,
            "end_id": writer.end_id,
            "padding_id": writer.padding_id,
        }


def prompt_lengths(inputs):
    """How many real tokens stand in each row of ``token_ids``, int32 [B]."""
    return tf.reduce_sum(tf.cast(inputs["padding_mask"], tf.int32), axis=1)


def limited(room, max_tokens):
    """The longest answer of each row, int32 [B]: ``room`` [B] where ``max_tokens`` says nothing (None, or 0)."""
    if max_tokens is None:
        return room
    max_tokens = tf.broadcast_to(max_tokens, tf.shape(room))
    return tf.where(max_tokens > 0, max_tokens, room)


def _before(texts, stop):
    """What stands before the first of the strings: string [B] -> string [B]."""
    pattern = "|".join(re.escape(string) for string in stop)
    return tf.strings.regex_replace(texts, rf"(?s)(?:{pattern}).*", "")
