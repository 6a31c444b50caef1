"""What a replica computes of a training step: losses, gradients, and the update that all replicas share.

Losses are normalised by the *global* number of target tokens. An average of the
replicas' averages would be another number as soon as they hold unequal numbers
of tokens; so the count is summed over the replicas first. Gradients are summed
over the replicas, then clipped: the clipped step is that of one big device.

A model may have several outputs (a dictionary of logits, with labels and
weights of the same keys): each loss has a count of its own, and they are added,
each times what the head's ``loss_weights`` say, if it has any.
"""

from functools import partial

import tensorflow as tf

from zoo.optimization import losses, smoothed


class Step:
    """A step of a training.

    Args:
        model: a :class:`zoo.task_model.TaskModel`.
        recipe: a :class:`zoo.optimization.Recipe`; of it label smoothing and clipping.
        optimizer: a Keras optimizer that is built.
        accumulation: int, in how many parts, one after the other, a replica's rows are computed.
        replicas: int, how many there are.
    """

    def __init__(self, model, recipe, optimizer, accumulation=1, replicas=1):
        self.model = model
        self.recipe = recipe
        self.optimizer = optimizer
        self.accumulation = accumulation
        self.replicas = replicas
        self.loss_weights = getattr(getattr(model, "head", None), "loss_weights", {})

    def run(self, inputs, labels, weights):
        """Moves the weights by one step; all replicas call it together, each with its rows of a batch.

        Returns:
            nll, tokens: floats, the same for all replicas: the batch's mean loss in nats per target token (without
            label smoothing), its number of target tokens.
        """
        replica = tf.distribute.get_replica_context()
        counts = replica.all_reduce(tf.distribute.ReduceOp.SUM, tf.nest.map_structure(tf.reduce_sum, weights))
        if self.accumulation == 1:
            gradients, nll = self._gradients(inputs, labels, weights, counts)
        else:
            gradients, nll = self._accumulated(inputs, labels, weights, counts)
        gradients = replica.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        if self.recipe.clip_norm:
            gradients = self._clip(gradients)
        if self.replicas > 1:  # the optimizer sums over them once more
            gradients = [gradient / self.replicas for gradient in gradients]
        self.optimizer.apply(gradients, self.model.trainable_variables)
        nll = replica.all_reduce(tf.distribute.ReduceOp.SUM, nll)
        return nll, tf.add_n(tf.nest.flatten(counts))

    def _gradients(self, inputs, labels, weights, counts):
        """Dense gradients of this replica's part of the loss, and that part without smoothing.

        An embedding's gradient comes as rows, some of them twice: only the dense sum has the norm that is clipped.
        """
        with tf.GradientTape() as tape:
            outputs = self.model(inputs, training=True)
            nll = losses(labels, outputs)
            smooth = partial(smoothed, label_smoothing=self.recipe.label_smoothing)
            trained = tf.nest.map_structure(smooth, nll, outputs)
            loss = self.optimizer.scale_loss(_normalised(trained, weights, counts, self.loss_weights))
        variables = [variable.value for variable in self.model.trainable_variables]
        gradients = [tf.convert_to_tensor(gradient) for gradient in tape.gradient(loss, variables)]
        return gradients, _normalised(nll, weights, counts, self.loss_weights)

    def _accumulated(self, inputs, labels, weights, counts):
        """The same, computed in parts one after the other."""
        parts = tf.nest.map_structure(
            lambda x: tf.reshape(x, tf.concat([[self.accumulation, -1], tf.shape(x)[1:]], 0)), (inputs, labels, weights)
        )
        gradients = [tf.zeros(variable.shape, variable.dtype) for variable in self.model.trainable_variables]

        def add(i, gradients, nll):
            more, more_nll = self._gradients(*tf.nest.map_structure(lambda x: x[i], parts), counts)
            return i + 1, [gradient + other for gradient, other in zip(gradients, more, strict=True)], nll + more_nll

        start = tf.constant(0), gradients, tf.constant(0.0)
        _, gradients, nll = tf.while_loop(lambda i, *_: i < self.accumulation, add, start)
        return gradients, nll

    def _clip(self, gradients):
        """Makes gradients shorter, all by one factor, where their norm without the loss's scale is above the limit."""
        scale = getattr(self.optimizer, "dynamic_scale", None)
        norm = tf.linalg.global_norm(gradients) / (1.0 if scale is None else scale.value)
        factor = self.recipe.clip_norm / tf.maximum(norm, self.recipe.clip_norm)
        return [gradient * factor for gradient in gradients]


def _normalised(losses, weights, counts, loss_weights):
    """The weighted sum of the losses of each output, divided by its count; all outputs added, each with its weight."""

    def share(loss, weight, count):
        # No token counts where every answer of a batch was cut off.
        return tf.math.divide_no_nan(tf.reduce_sum(loss * weight), count)

    shares = tf.nest.map_structure(share, losses, weights, counts)
    if isinstance(shares, dict):
        shares = {name: loss_weights.get(name, 1.0) * of_output for name, of_output in shares.items()}
    return tf.add_n(tf.nest.flatten(shares))
