"""The batches of a training as a ``tf.data.Dataset``: Python is asked once an epoch, the graph picks the rows."""

from types import SimpleNamespace

import tensorflow as tf

from zoo.packing import pick

plain = tf.autograph.experimental.do_not_convert  # no Python control flow is translated
AT_ONCE = 4  # batches, in their order: so many hide what starting the graph anew for each of them costs
GRAPH = SimpleNamespace(take=tf.gather, max=tf.reduce_max, maximum=tf.maximum, arange=tf.range, where=tf.where)


def dataset(batches, start=0):
    """What ``batches.stream(start)`` yields, without end, with what ``batches.finish`` makes of it.

    Args:
        batches: :class:`zoo.batching.Batches`.
        start: int, number of the first batch.
    """
    signature = tf.nest.map_structure(_spec, next(batches.plan()))

    @plain
    def epoch(packed, rows, counts):
        order = tf.data.Dataset.from_tensor_slices((rows, counts))
        return order.map(lambda *of_batch: pick(packed, *of_batch, batches.multiple, GRAPH), num_parallel_calls=AT_ONCE)

    plan = tf.data.Dataset.from_generator(lambda: batches.plan(start), output_signature=signature)
    picked = plan.flat_map(epoch)
    if batches.finish is None:
        return picked
    finished = plain(lambda number, batch: batches.finish(number, *batch))
    return picked.enumerate(start).map(finished, num_parallel_calls=AT_ONCE)


def shares(dataset, replicas, first, count):
    """Batches in equal parts for ``replicas``, one part after the other: those from number ``first`` on, ``count``."""

    @plain
    def cut(*batch):
        parts = tf.nest.map_structure(lambda x: tf.stack(tf.split(x, replicas)[first : first + count]), batch)
        return tf.data.Dataset.from_tensor_slices(parts)

    return dataset.flat_map(cut) if replicas > 1 else dataset


def _spec(array):
    return tf.TensorSpec([None, *array.shape[1:]], array.dtype)  # B is fixed, and so is the first axis of a batch
