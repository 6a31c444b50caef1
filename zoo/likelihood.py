"""How probable a model finds what is true: the one measure of all families, in training and in evaluation.

Labels, weights, nats and counts are arrays; of a model with several outputs, dictionaries of arrays.
"""

from functools import lru_cache

import numpy as np
import tensorflow as tf

from zoo.optimization import losses


@lru_cache(maxsize=1)  # validation and each split ask it again: tracing it takes longer than a small split
def likelihood_function(model):
    """A compiled function ``(inputs, labels, weights) -> nats [B], target tokens [B]``.

    For labels that are numbers, the squared error takes the place of the nats.
    """

    def measure(inputs, labels, weights):
        nll = losses(labels, model(inputs, training=False))
        weighted = tf.nest.map_structure(tf.multiply, nll, weights)
        return tf.nest.map_structure(_sum_of_row, weighted), tf.nest.map_structure(_sum_of_row, weights)

    return of_any_size(measure)


def of_any_size(function):
    """A function of nested tensors, compiled once for tensors of any size."""
    compiled = tf.function(function, autograph=False)

    def call(*tensors):
        # One trace for all sizes, found again by its signature.
        specs = tf.nest.map_structure(lambda x: tf.TensorSpec([None] * len(x.shape), x.dtype), tensors)
        return compiled.get_concrete_function(*specs)(*tensors)

    return call


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
        parts.append((rows, *tf.nest.map_structure(lambda x: x.numpy()[: len(rows)], (total, count))))  # noqa: B023
    rows, totals, counts = zip(*parts, strict=True)
    order = np.argsort(np.concatenate(rows))

    def in_order(*columns):
        return np.concatenate(columns)[order].astype(np.float64)

    return tf.nest.map_structure(in_order, *totals), tf.nest.map_structure(in_order, *counts)


def mean_loss(totals, counts):
    """Nats per target token; of several outputs the sum of their means, as they are trained."""
    means = tf.nest.map_structure(lambda total, count: total.sum() / count.sum(), totals, counts)
    return float(sum(tf.nest.flatten(means)))


def _sum_of_row(values):
    """[B, ...] -> [B]."""
    return tf.reduce_sum(values, list(range(1, len(values.shape))))
