"""Classification: one label for a text, or for a pair of texts (Devlin 2019, figure 4 a and b; Radford 2018, figure 1).

What a model reads is said in :mod:`zoo.kinds._texts`.
"""

import numpy as np
import tensorflow as tf

from zoo import metrics
from zoo.batching import Columns
from zoo.kinds._texts import TextsKind
from zoo.layers.heads import ClassificationHead
from zoo.ragged import dense
from zoo.registry import register_kind
from zoo.signatures import Signature


@register_kind("classification")
class Classification(TextsKind):
    """Text(s) in, label out. Examples: ``{"text": str, ["text_pair": str], "label": str}``."""

    outputs = {
        "label": "string [B]: the most probable label",
        "label_names": "string [B, C]: all labels",
        "probabilities": "float32 [B, C]: the probability of each of them",
    }
    own_data_task = "classification"
    metric = "accuracy"

    @classmethod
    def fit(cls, task, backbone_kind, examples, tokenizers=None):
        labels = sorted({example["label"] for example in examples})
        if len(labels) < 2:
            raise ValueError(f"task {task.name} has but one label in its training split: {labels}; two are needed.")
        tokenizers, facts = cls.read_texts(task, backbone_kind, examples, tokenizers)
        return cls(backbone_kind, tokenizers, {**facts, "labels": labels})

    @property
    def known_labels(self):
        return set(self.facts["labels"])

    def answering_head(self, backbone):
        return ClassificationHead(len(self.facts["labels"]), pooling=backbone.pooling, dropout=backbone.dropout_rate)

    def columns(self, examples):
        known = {label: i for i, label in enumerate(self.facts["labels"])}
        unknown = sorted({example["label"] for example in examples} - set(known))
        if unknown:
            raise ValueError(f"label(s) {unknown} do not occur in training; known: {self.facts['labels']}.")
        labels = [np.array(known[example["label"]], np.int32) for example in examples]
        return Columns(self.input_columns(examples), labels, [np.array(1.0, np.float32) for _ in examples])

    def respond(self, model, **fields):
        """Strings [B] -> ``{"label": strings [B], "label_names": strings [B, C], "probabilities": [B, C]}``."""
        best, probabilities = self._classify(model, dense(self.ragged_inputs(**fields)))
        labels = tf.constant(self.facts["labels"])
        names = tf.broadcast_to(labels, tf.shape(probabilities))
        return {"label": tf.gather(labels, best), "label_names": names, "probabilities": probabilities}

    def _classify(self, model, inputs):
        """Dense inputs of the backbone -> the most probable class int32 [B], all probabilities [B, C]."""
        logits = tf.cast(model(inputs, training=False), tf.float32)
        return tf.argmax(logits, axis=-1, output_type=tf.int32), tf.nn.softmax(logits)

    def signatures(self, model):
        def classify(**ids):
            best, probabilities = self._classify(model, self.inputs_from_ids(ids))
            return {"label_id": best, "probabilities": probabilities}

        about = "The same from token ids."
        outputs = {
            "label_id": "int32 [B]: the place of the label among all",
            "probabilities": self.outputs["probabilities"],
        }
        return {**super().signatures(model), "tokens": Signature(about, classify, self.id_inputs(), outputs)}

    def answers(self, model, examples, batch_size=64):
        return self.in_batches(model, examples, batch_size)["label"]

    def expected(self, example):
        return example["label"]

    def score(self, examples, answers):
        return metrics.accuracy_and_macro_f1([example["label"] for example in examples], answers)
