"""How probable a model finds what is true: the one measure of all families, in training and in evaluation."""

import numpy as np
import tensorflow as tf

from zoo.optimization import cross_entropy


def likelihood_function(model):
    """A compiled function ``(inputs, labels, weights) -> nats [B], target tokens [B]``."""

    @tf.function(reduce_retracing=True)
    def measure(inputs, labels, weights):
        nll = cross_entropy(labels, model(inputs, training=False)) * weights
        axes = list(range(1, len(weights.shape)))
        return tf.reduce_sum(nll, axes), tf.reduce_sum(weights, axes)

    return measure


def likelihoods(measure, batches):
    """Teacher-forced negative log-likelihood of each row of ``batches``.

    Args:
        measure: from :func:`likelihood_function`.
        batches: :class:`zoo.batching.Batches` in the order of the examples.

    Returns:
        totals, counts: float64 [N], nats and target tokens of each row, in the order of the rows.
    """

    parts = []
    for inputs, labels, weights, rows in batches.epoch(0):
        total, count = measure(*tf.nest.map_structure(tf.constant, (inputs, labels, weights)))
        parts.append((rows, total.numpy()[: len(rows)], count.numpy()[: len(rows)]))
    rows, totals, counts = (np.concatenate(column) for column in zip(*parts, strict=True))
    order = np.argsort(rows)
    return totals[order].astype(np.float64), counts[order].astype(np.float64)
