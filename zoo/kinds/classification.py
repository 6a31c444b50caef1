"""Classification: one label for a text, or for a pair of texts (Devlin 2019, figure 4 a and b; Radford 2018, figure 1).

==================  ============================================  ================================
backbone            input                                         segment ids
==================  ============================================  ================================
encoder             [START] text [END] (pair [END])               0 for the text, 1 for the pair
decoder             [START] text [END] (pair [END])               none
==================  ============================================  ================================
"""

import numpy as np
import tensorflow as tf

from zoo import metrics
from zoo.batching import Columns
from zoo.kinds import Kind, dense, frame, in_chunks
from zoo.layers.heads import ClassificationHead
from zoo.registry import register_kind


@register_kind("classification")
class Classification(Kind):
    """Text(s) in, label out. Examples: ``{"text": str, ["text_pair": str], "label": str}``."""

    backbone_kinds = ("encoder", "decoder")
    own_data_task = "classification"
    metric = "accuracy"

    @classmethod
    def fit(cls, task, backbone_kind, examples, tokenizers=None):
        fields = ("text", "text_pair") if "text_pair" in examples[0] else ("text",)
        texts = [example[field] for field in fields for example in examples]
        labels = sorted({example["label"] for example in examples})
        if len(labels) < 2:
            raise ValueError(f"task {task.name} has but one label in its training split: {labels}; two are needed.")
        facts = {**cls.task_facts(task), "labels": labels, "fields": fields}
        return cls(backbone_kind, tokenizers or {"tokenizer": cls.train_tokenizer(task, texts)}, facts)

    @property
    def fields(self):
        return tuple(self.facts["fields"])

    @property
    def sequence_length(self):
        return 1 + len(self.fields) * (self.facts["max_length"] + 1)

    def head(self, backbone):
        return ClassificationHead(len(self.facts["labels"]), pooling=backbone.pooling, dropout=backbone.dropout_rate)

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
        return self.tokenizers["tokenizer"].encode(texts)[:, : self.facts["max_length"]]

    def columns(self, examples):
        # Texts and pairs must stay side by side in chunks, so they travel as one string tensor [B, fields].
        texts = [[example[field] for field in self.fields] for example in examples]
        names = ("token_ids", "segment_ids") if self.backbone_kind == "encoder" else ("token_ids",)
        inputs = {
            name: in_chunks(lambda chunk, name=name: self.ragged_inputs(*tf.unstack(chunk, axis=1))[name], texts)
            for name in names
        }
        known = {label: i for i, label in enumerate(self.facts["labels"])}
        unknown = sorted({example["label"] for example in examples} - set(known))
        if unknown:
            raise ValueError(f"label(s) {unknown} do not occur in training; known: {self.facts['labels']}.")
        labels = [np.array(known[example["label"]], np.int32) for example in examples]
        return Columns(inputs, labels, [np.array(1.0, np.float32) for _ in examples])

    def respond(self, model, **fields):
        """Strings [B] -> ``{"label": strings [B], "probabilities": [B, C]}``, classes in the order of ``labels``."""
        logits = model(dense(self.ragged_inputs(*[fields[name] for name in self.fields])), training=False)
        labels = tf.constant(self.facts["labels"])
        return {
            "label": tf.gather(labels, tf.argmax(logits, axis=-1)),
            "probabilities": tf.nn.softmax(tf.cast(logits, tf.float32)),
        }

    def answers(self, model, examples, batch_size=64):
        return self.in_batches(model, examples, batch_size)["label"]

    def expected(self, example):
        return example["label"]

    def score(self, examples, answers):
        return metrics.accuracy_and_macro_f1([example["label"] for example in examples], answers)
