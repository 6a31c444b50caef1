"""Kinds that read one text or a pair of texts as a whole: what they share (Devlin 2019, figure 4 a and b).

==================  ============================================  ================================
backbone            input                                         segment ids
==================  ============================================  ================================
encoder             [START] text [END] (pair [END])               0 for the text, 1 for the pair
decoder             [START] text [END] (pair [END])               none
==================  ============================================  ================================
"""

import tensorflow as tf

from zoo.kinds import Kind, frame, in_chunks


class TextsKind(Kind):
    """Base class: ``facts["fields"]`` says whether there are one or two texts."""

    backbone_kinds = ("encoder", "decoder")

    @classmethod
    def read_texts(cls, task, examples, tokenizers):
        """Tokenizers and facts of a task, from its training examples."""
        fields = ("text", "text_pair") if "text_pair" in examples[0] else ("text",)
        texts = [example[field] for field in fields for example in examples]
        return tokenizers or {"tokenizer": cls.train_tokenizer(task, texts)}, {**cls.task_facts(task), "fields": fields}

    @property
    def fields(self):
        return tuple(self.facts["fields"])

    @property
    def sequence_length(self):
        return 1 + len(self.fields) * (self.facts["max_length"] + 1)

    def ragged_inputs(self, text, text_pair=None):
        """Strings [B] -> the backbone's inputs as ragged rows."""
        parts = [self._cut(text)] if text_pair is None else [self._cut(text), self._cut(text_pair)]
        tokenizer = self.tokenizers["tokenizer"]
        first = frame(tokenizer.start_id, parts[0], tokenizer.end_id)
        rows = [first] + [frame(part, tokenizer.end_id) for part in parts[1:]]
        inputs = {"token_ids": tf.concat(rows, axis=1)}
        if self.backbone_kind == "encoder":
            inputs["segment_ids"] = tf.concat([tf.ones_like(row) * i for i, row in enumerate(rows)], axis=1)
        return inputs

    def _cut(self, texts):
        return self.cut(self.tokenizers["tokenizer"].encode(texts), self.facts["max_length"])

    def input_columns(self, examples):
        """The inputs of :class:`zoo.batching.Columns`."""
        # Texts and pairs must stay side by side in chunks, so they travel as one string tensor [B, fields].
        texts = [[example[field] for field in self.fields] for example in examples]
        names = ("token_ids", "segment_ids") if self.backbone_kind == "encoder" else ("token_ids",)
        return {
            name: in_chunks(lambda chunk, name=name: self.ragged_inputs(*tf.unstack(chunk, axis=1))[name], texts)
            for name in names
        }
