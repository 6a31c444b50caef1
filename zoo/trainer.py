"""The training loop: one path for one device and for many.

Losses are normalised by the *global* number of target tokens. An average of the
replicas' averages would be another number as soon as they hold unequal numbers
of tokens; so the count is summed over the replicas first. Gradients are summed
over the replicas, then clipped: the clipped step is that of one big device.
"""

import math
import time

import tensorflow as tf

from zoo.evaluation import likelihood_function, likelihoods
from zoo.optimization import Schedule, cross_entropy, make_optimizer, smoothed

SECONDS_PER_CALL = 0.5  # a call into the graph runs as many steps as fit into about this time
MOST_STEPS_PER_CALL = 50


class DivergedError(ValueError):
    """The loss is no number any more."""


class Trainer:
    """Trains a model on batches.

    Args:
        model: a :class:`zoo.task_model.TaskModel`, created in the strategy's scope.
        recipe: a :class:`zoo.optimization.Recipe`.
        total_steps: the length of the training, for the learning-rate schedule.
        strategy: a ``tf.distribute.Strategy``; the default one runs on one device.
    """

    def __init__(self, model, recipe, total_steps, strategy=None):
        self.model = model
        self.recipe = recipe
        self.schedule = Schedule(recipe, total_steps)
        self.strategy = strategy or tf.distribute.get_strategy()
        with self.strategy.scope():
            self.optimizer = make_optimizer(recipe, total_steps, model.trainable_variables)
            self.optimizer.build(model.trainable_variables)
        self.step = 0
        self.tokens = 0
        self._measure = likelihood_function(model)
        self._steps_per_call = 1

    def feed(self, batches):
        """Opens the stream of training batches; each is shared evenly among the replicas.

        Raises:
            ValueError: the batch size cannot be divided by the number of replicas.
        """
        replicas = self.strategy.num_replicas_in_sync
        if batches.batch_size % replicas:
            raise ValueError(f"batch size {batches.batch_size} cannot be shared evenly by {replicas} replicas.")
        dataset = tf.data.Dataset.from_generator(batches.stream, output_signature=_signature(batches)).prefetch(8)
        options = tf.data.Options()
        options.autotune.enabled = False  # its threads can stall the end of a short run
        options.experimental_distribute.auto_shard_policy = tf.data.experimental.AutoShardPolicy.OFF
        self._iterator = iter(self.strategy.experimental_distribute_dataset(dataset.with_options(options)))

    def advance(self, most_steps):
        """Trains for some steps, at most ``most_steps``; as many as run in about half a second.

        Returns:
            steps, nll: how many were run, and their mean loss in nats per token (without label smoothing).

        Raises:
            DivergedError: the loss is not finite; names the step.
        """
        count = min(most_steps, self._steps_per_call)
        started = time.perf_counter()
        nll, tokens = (part.numpy() for part in self._run(self._iterator, tf.constant(count)))
        seconds = time.perf_counter() - started
        for i, value in enumerate(nll):
            if not math.isfinite(value):
                rate = float(self.schedule(self.step + i))
                raise DivergedError(
                    f"the loss is {value} at step {self.step + i + 1}. A smaller learning rate, a longer warm-up "
                    f"or clipping (clip_norm) may help; the learning rate was {rate:.3g}."
                )
        if self.step:  # the first call has traced the graph: its time says nothing
            fitting = int(SECONDS_PER_CALL / max(seconds / count, 1e-6))
            self._steps_per_call = max(1, min(MOST_STEPS_PER_CALL, fitting))
        self.step += count
        self.tokens += int(tokens.sum())
        return count, float((nll * tokens).sum() / max(tokens.sum(), 1))

    @property
    def learning_rate(self):
        """That of the last step (the optimizer's own is already that of the next)."""
        return float(self.schedule(max(self.step - 1, 0)))

    def validate(self, batches):
        """Teacher-forced negative log-likelihood in nats per target token over all of ``batches``."""
        totals, counts = likelihoods(self._measure, batches)
        nll = float(totals.sum() / counts.sum())
        if not math.isfinite(nll):
            raise DivergedError(f"the validation loss is {nll} at step {self.step}. A smaller learning rate may help.")
        return nll

    @tf.function(reduce_retracing=True)
    def _run(self, iterator, count):
        nll = tf.TensorArray(tf.float32, count)
        tokens = tf.TensorArray(tf.float32, count)
        for i in tf.range(count):
            step_nll, step_tokens = self.strategy.run(self._replica_step, args=next(iterator))
            # Every replica holds the same global figures.
            nll = nll.write(i, self.strategy.experimental_local_results(step_nll)[0])
            tokens = tokens.write(i, self.strategy.experimental_local_results(step_tokens)[0])
        return nll.stack(), tokens.stack()

    def _replica_step(self, inputs, labels, weights):
        replica = tf.distribute.get_replica_context()
        variables = self.model.trainable_variables
        tokens = replica.all_reduce(tf.distribute.ReduceOp.SUM, tf.reduce_sum(weights))
        with tf.GradientTape() as tape:
            logits = self.model(inputs, training=True)
            nll = cross_entropy(labels, logits)
            loss = tf.reduce_sum(smoothed(nll, logits, self.recipe.label_smoothing) * weights)
            loss = tf.math.divide_no_nan(loss, tokens)  # no token counts where every answer of a batch was cut off
        # An embedding's gradient comes as rows, some of them twice: only the dense sum has the norm that is clipped.
        gradients = [tf.convert_to_tensor(g) for g in tape.gradient(loss, [variable.value for variable in variables])]
        gradients = replica.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        if self.recipe.clip_norm:
            gradients, _ = tf.clip_by_global_norm(gradients, self.recipe.clip_norm)
        # The optimizer sums over the replicas once more.
        replicas = self.strategy.num_replicas_in_sync
        if replicas > 1:
            gradients = [gradient / replicas for gradient in gradients]
        self.optimizer.apply(gradients, variables)
        nll = replica.all_reduce(tf.distribute.ReduceOp.SUM, tf.reduce_sum(nll * weights))
        return tf.math.divide_no_nan(nll, tokens), tokens


def _signature(batches):
    """The types of a batch, every length unknown, so that all batches share one graph."""
    inputs, labels, weights = next(batches.stream())

    def spec(array):
        return tf.TensorSpec([batches.batch_size] + [None] * (array.ndim - 1), array.dtype)

    return tf.nest.map_structure(spec, (inputs, labels, weights))
