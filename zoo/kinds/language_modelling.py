"""Language modelling: predict each token of a document from those before it.

A document becomes ``[START] tokens [END]`` (without the two where the task says
that a document is a mere stretch of text) and is read in windows of at most
``max_length`` tokens that overlap by one token: each token is predicted exactly
once, the first of a later window from one token of context. Training shifts
the windows of long documents anew in each epoch; evaluation never does.
"""

import numpy as np
import tensorflow as tf

from zoo import metrics
from zoo.batching import Batches, Columns
from zoo.kinds._writing import Prompts, WritingKind, limited, prompt_lengths
from zoo.layers.heads import LanguageModelHead
from zoo.ragged import frame, in_chunks
from zoo.registry import register_kind


@register_kind("language-modelling")
class LanguageModelling(WritingKind):
    """A text and how it goes on. Examples: ``{"text": str}``, a document each."""

    backbone_kinds = ("decoder",)
    outputs = {"continuation": "string [B]: how the text goes on, to be put right behind it"}
    continues = "text"
    when_cut = "read in windows that overlap by half"
    own_data_task = "language-modelling"
    metric = "perplexity"
    higher_is_better = False

    @classmethod
    def fit(cls, task, backbone_kind, examples, tokenizers=None):
        tokenizers = tokenizers or {"tokenizer": cls.train_tokenizer(task, [example["text"] for example in examples])}
        facts = {**cls.task_facts(task), "document_boundaries": task.document_boundaries}
        return cls(backbone_kind, tokenizers, facts)

    @property
    def tokenizer(self):
        return self.tokenizers["tokenizer"]

    @property
    def sequence_length(self):
        return self.facts["max_length"]

    def head(self, backbone):
        return LanguageModelHead(self.tokenizer.vocabulary_size, tied_to=backbone.tied_embedding)

    def document_ids(self, texts):
        """Documents [B] -> ragged ids [B, None], with boundaries where the task has them."""
        ids = self.tokenizer.encode(texts)
        return frame(self.tokenizer.start_id, ids, self.tokenizer.end_id) if self.facts["document_boundaries"] else ids

    def ragged_inputs(self, text):
        ids = self.tokenizer.encode(text)
        ids = frame(self.tokenizer.start_id, ids) if self.facts["document_boundaries"] else ids
        return {"token_ids": self.cut(ids, self.question_length)}

    @property
    def question_length(self):
        """A window with room for one token."""
        return self.facts["max_length"] - 1

    def cut(self, rows, most, what="text"):
        """All ids: a window slides over texts that are longer, unless the export was told to refuse them."""
        self.refuse_above(rows, most, what)
        return rows

    def columns(self, examples):
        return self._windows(in_chunks(self.document_ids, [example["text"] for example in examples]))

    def batches(self, examples, batch_size, seed=None):
        if seed is None:
            return super().batches(examples, batch_size)
        documents = in_chunks(self.document_ids, [example["text"] for example in examples])
        if max(map(len, documents)) <= self.facts["max_length"] + 1:
            return Batches(self._windows(documents), batch_size, seed)

        def shifted(epoch):
            shift = np.random.default_rng((seed, epoch, 1)).integers(self.facts["max_length"])
            return self._windows(documents, shift)

        return Batches(shifted, batch_size, seed)

    def _windows(self, documents, shift=0):
        """Cuts documents into windows; the first window of a long document ends after ``shift`` tokens, if not 0."""
        size = self.facts["max_length"]
        windows, examples = [], []
        for example, document in enumerate(documents):
            if len(document) < 2:  # nothing to predict
                continue
            first = shift if len(document) > size + 1 else 0
            starts = [*([0] if first else []), *range(first, len(document) - 1, size)]
            ends = [*starts[1:], len(document) - 1]
            windows += [document[start : end + 1] for start, end in zip(starts, ends, strict=True)]
            examples += [example] * len(starts)
        return Columns(
            {"token_ids": [window[:-1] for window in windows]},
            [window[1:] for window in windows],
            [np.ones(len(window) - 1, np.float32) for window in windows],
            examples,
        )

    @property
    def reader(self):
        return self.tokenizer

    @property
    def writer(self):
        return self.tokenizer

    def prompts(self, inputs, max_tokens):
        lengths, size = prompt_lengths(inputs), self.facts["max_length"]
        # Without a limit the window is filled; where it slides, half of it.
        room = limited(tf.maximum(size - lengths, size // 2), max_tokens)
        # Nothing follows an empty prompt; a column more than the longest makes a batch of them no special case.
        prompt_ids = tf.pad(inputs["token_ids"], [[0, 0], [0, 1]])
        return Prompts(inputs, prompt_ids, lengths, tf.where(lengths > 0, room, 0))

    def window(self, model):
        # A recurrent network reads texts of any length; a Transformer knows the positions it was trained with.
        return self.facts["max_length"] if model.max_sequence_length else None

    @property
    def may_be_empty(self):
        """A document can be written from its [START] on."""
        return self.facts["document_boundaries"]

    when_empty = "this model knows no beginning of a document: give it something to continue."

    def longest(self, field, model, length=0, max_tokens=None, slides=False, **options):
        window, answer = self.window(model), 1 if max_tokens is None else max_tokens
        if slides or window is None:
            return None, ""
        begins = self.facts["document_boundaries"]
        room = window - int(begins)
        at_once = f"this model reads {window} at once{', its [START] included' if begins else ''}"
        if answer == 0:
            return room, f"{at_once}: shorten it."
        behind = room - length
        advice = (
            f"{behind} fit behind this text. Ask for so many (--max-tokens {behind}), shorten the text"
            if behind > 0
            else f"none fits behind this text. Shorten it to {max(room - answer, 1)}"
        )
        return room - answer, (
            f"{at_once}, and {answer} more are asked for: {advice}, or let the window slide (--long-prompts slide; in "
            "Python long_prompts='slide')."
        )

    def answers(self, model, examples, batch_size=64):
        """Language models are measured by likelihood alone: nothing is decoded."""
        return []

    def likelihood(self, examples, totals, counts):
        """Also bits per character: comparable over tokenizers, unlike perplexity per token."""
        characters = sum(len(example["text"]) for example in examples)
        bits = metrics.bits_per_character(float(totals.sum()), characters)
        return {**super().likelihood(examples, totals, counts), "bits_per_character": bits}

    def samples(self, model, examples, answers):
        """How the model goes on after the first line (of a long one: the first 20 characters) of some documents."""
        texts = [example["text"] for example in examples]
        lines = [text[: text.find("\n") + 1] for text in texts]
        begun = [line if 0 < len(line) <= 80 else text[:20] for line, text in zip(lines, texts, strict=True)]
        answers = self.in_batches(model, [{"text": start} for start in begun], len(begun))["continuation"]
        return [
            {"input": {"text": start}, "expected": text[len(start) : len(start) + 200], "answer": answer}
            for start, text, answer in zip(begun, texts, answers, strict=True)
        ]
