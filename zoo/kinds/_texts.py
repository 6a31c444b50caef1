"""Kinds that read one text or a pair of texts as a whole: what they share (Devlin 2019, figure 4 a and b).

==================  ============================================  ================================
backbone            input                                         segment ids
==================  ============================================  ================================
encoder             [START] text [END] (pair [END])               0 for the text, 1 for the pair
decoder             [START] text [END] (pair [END])               none
==================  ============================================  ================================

A decoder may go on to predict the text while it learns to answer (``language_modelling``): the auxiliary
objective of Radford et al. 2018, section 3.2.
"""

import numpy as np
import tensorflow as tf

from zoo.batching import Batches, Columns
from zoo.kinds import Kind
from zoo.layers.auxiliary import ANSWER, TEXT, WithLanguageModelling
from zoo.ragged import frame, in_chunks


class TextsKind(Kind):
    """Base class: ``facts["fields"]`` says whether there are one or two texts."""

    backbone_kinds = ("encoder", "decoder")
    text_settings = (*Kind.text_settings, "language_modelling")

    @classmethod
    def check_task(cls, task, backbone_kind):
        """As in the base class; also ``language_modelling`` for a backbone that sees what it would have to predict."""
        super().check_task(task, backbone_kind)
        if not task.language_modelling >= 0 or (task.language_modelling and backbone_kind != "decoder"):
            raise ValueError(
                f"language_modelling={task.language_modelling:g}: a weight from 0 on, and for decoders, which do not "
                f"see the next token; this model is of kind {backbone_kind!r}."
            )

    @classmethod
    def shortest_sequence(cls, task, backbone_kind):
        return 1 + task.max_length + 1  # of a single text

    @classmethod
    def read_texts(cls, task, backbone_kind, examples, tokenizers):
        """Tokenizers and facts of a task, from its training examples."""
        cls.check_task(task, backbone_kind)
        fields = ("text", "text_pair") if "text_pair" in examples[0] else ("text",)
        texts = [example[field] for field in fields for example in examples]
        facts = {**cls.task_facts(task), "fields": fields, "language_modelling": task.language_modelling}
        return tokenizers or {"tokenizer": cls.train_tokenizer(task, texts)}, facts

    @property
    def fields(self):
        return tuple(self.facts["fields"])

    @property
    def sequence_length(self):
        return 1 + len(self.fields) * (self.facts["max_length"] + 1)

    def head(self, backbone):
        head = self.answering_head(backbone)
        if not self._predicts_text:
            return head
        vocabulary_size = self.tokenizers["tokenizer"].vocabulary_size
        return WithLanguageModelling(head, vocabulary_size, backbone.tied_embedding, self.facts["language_modelling"])

    def answering_head(self, backbone):
        """The head that answers, whatever else is learned beside it."""
        raise NotImplementedError

    @property
    def _predicts_text(self):
        return bool(self.facts.get("language_modelling"))  # older runs had no such setting

    def batches(self, examples, batch_size, seed=None):
        columns = self.columns(examples)
        if seed is not None and self._predicts_text:
            columns = _with_next_tokens(columns)
        return Batches(columns, batch_size, seed)

    def ragged_inputs(self, text, text_pair=None):
        """Strings [B] -> the backbone's inputs as ragged rows."""
        parts = [self._cut(text, "text")] + ([] if text_pair is None else [self._cut(text_pair, "text pair")])
        tokenizer = self.tokenizers["tokenizer"]
        first = frame(tokenizer.start_id, parts[0], tokenizer.end_id)
        rows = [first] + [frame(part, tokenizer.end_id) for part in parts[1:]]
        inputs = {"token_ids": tf.concat(rows, axis=1)}
        if self.backbone_kind == "encoder":
            inputs["segment_ids"] = tf.concat([tf.ones_like(row) * i for i, row in enumerate(rows)], axis=1)
        return inputs

    def longest(self, field, model, **options):
        most = self.facts["max_length"]
        return most, f"this run reads {most} at most: shorten it, or train with longer texts (--text max_length=N)."

    def _cut(self, texts, what):
        return self.cut(self.tokenizers["tokenizer"].encode(texts), self.facts["max_length"], what)

    def input_columns(self, examples):
        """The inputs of :class:`zoo.batching.Columns`."""
        # Texts and pairs must stay side by side in chunks, so they travel as one string tensor [B, fields].
        texts = [[example[field] for field in self.fields] for example in examples]
        names = ("token_ids", "segment_ids") if self.backbone_kind == "encoder" else ("token_ids",)
        return {
            name: in_chunks(lambda chunk, name=name: self.ragged_inputs(*tf.unstack(chunk, axis=1))[name], texts)
            for name in names
        }


def _with_next_tokens(columns):
    """Columns of one label a text, and for each token but the last the next one as a label, too."""
    rows = columns.inputs["token_ids"]
    following = [np.append(row[1:], np.int32(0)) for row in rows]
    counted = [(np.arange(1, len(row) + 1) < len(row)).astype(np.float32) for row in rows]
    labels, weights = {ANSWER: columns.labels, TEXT: following}, {ANSWER: columns.weights, TEXT: counted}
    return Columns(columns.inputs, labels, weights, columns.examples)
