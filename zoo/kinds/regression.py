"""Regression: a number for a text, or for a pair of texts, such as how similar two sentences are.

As on STS-B in BERT's paper (Devlin et al. 2018, arXiv:1810.04805, section 4.1) the
head of classification gives one number. It is trained by its squared error, in
standard deviations of the training scores around their mean: so the same recipe
fits scores from 0 to 1 and from 0 to 100. Answers are in the scores' own unit.
What a model reads is said in :mod:`zoo.kinds._texts`.
"""

import numpy as np
import tensorflow as tf

from zoo import metrics
from zoo.batching import Columns
from zoo.kinds._texts import TextsKind
from zoo.layers.heads import RegressionHead
from zoo.likelihood import mean_loss
from zoo.ragged import dense
from zoo.registry import register_kind
from zoo.signatures import Signature


@register_kind("regression")
class Regression(TextsKind):
    """Text(s) in, number out. Examples: ``{"text": str, ["text_pair": str], "score": float}``."""

    outputs = {"score": "float32 [B]: the number, in the unit of the training data"}
    own_data_task = "regression"
    metric = "spearman"
    loss_name = "squared_error"  # in standard deviations of the training scores

    @classmethod
    def fit(cls, task, backbone_kind, examples, tokenizers=None):
        scores = np.array([example["score"] for example in examples], np.float64)
        if not scores.std():
            raise ValueError(f"task {task.name} has one score only in its training split, {scores[0]:g}: give two.")
        tokenizers, facts = cls.read_texts(task, backbone_kind, examples, tokenizers)
        return cls(backbone_kind, tokenizers, {**facts, "mean": float(scores.mean()), "deviation": float(scores.std())})

    def answering_head(self, backbone):
        return RegressionHead(pooling=backbone.pooling, dropout=backbone.dropout_rate)

    def columns(self, examples):
        mean, deviation = self.facts["mean"], self.facts["deviation"]
        labels = [np.array((example["score"] - mean) / deviation, np.float32) for example in examples]
        return Columns(self.input_columns(examples), labels, [np.array(1.0, np.float32) for _ in examples])

    def respond(self, model, **fields):
        """Strings [B] -> ``{"score": float32 [B]}``."""
        return self._measure(model, dense(self.ragged_inputs(**fields)))

    def _measure(self, model, inputs):
        """Dense inputs of the backbone -> ``{"score": float32 [B]}``."""
        numbers = tf.cast(model(inputs, training=False), tf.float32)  # [B]
        return {"score": numbers * self.facts["deviation"] + self.facts["mean"]}

    def signatures(self, model):
        def measure(**ids):
            return self._measure(model, self.inputs_from_ids(ids))

        tokens = Signature("The same from token ids.", measure, self.id_inputs(), self.outputs)
        return {**super().signatures(model), "tokens": tokens}

    def answers(self, model, examples, batch_size=64):
        return self.in_batches(model, examples, batch_size)["score"]

    def expected(self, example):
        return example["score"]

    def score(self, examples, answers):
        return metrics.correlations([example["score"] for example in examples], answers)

    def likelihood(self, examples, totals, counts):
        """The loss, and the root of the mean squared error in the scores' own unit."""
        loss = mean_loss(totals, counts)
        return {self.loss_name: loss, "rmse": self.facts["deviation"] * loss**0.5}
