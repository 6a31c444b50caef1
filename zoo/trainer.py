"""The training loop: one path for one device and for many."""

import contextlib
import math
import time

import keras
import numpy as np
import tensorflow as tf

from zoo.likelihood import likelihood_function, likelihoods, mean_loss
from zoo.optimization import Schedule
from zoo.optimizer import make_optimizer
from zoo.settings import SettingError
from zoo.step import Step
from zoo.strategies import check_shares, distribute, is_multi_worker

SECONDS_PER_CALL = 0.5  # a call into the graph runs as many steps as fit into about this time
MOST_STEPS_PER_CALL = 50


class DivergedError(ValueError):
    """The loss is no number any more."""

    exit_status = 3  # of a program: the same training would end so again, so that no scheduler need repeat it


def check_learns(model, recipe):
    """Raises SettingError where the recipe leaves a model no weight to train."""
    if recipe.frozen and not model.head.trainable_weights:
        raise SettingError("frozen=true leaves nothing to learn: the head has no weights but those of the backbone.")


class Trainer:
    """Trains a model on batches.

    Args:
        model: a :class:`zoo.task_model.TaskModel`, created in the strategy's scope.
        recipe: a :class:`zoo.optimization.Recipe`.
        total_steps: the length of the training, for the learning-rate schedule.
        strategy: a ``tf.distribute.Strategy``; the default one runs on one device.
        accumulation: int, in how many parts, one after the other, a replica's share of a batch is computed;
            the step is the same, the memory less.
        compiled: bool, whether XLA compiles the step, see :mod:`zoo.compilation`.
    """

    def __init__(self, model, recipe, total_steps, strategy=None, accumulation=1, compiled=False):
        if keras.config.backend() != "tensorflow":
            raise ValueError(
                f"training needs Keras' TensorFlow backend, not {keras.config.backend()!r}: unset KERAS_BACKEND."
            )
        self.model = model
        self.recipe = recipe
        self.schedule = Schedule(recipe, total_steps)
        self.strategy = strategy or tf.distribute.get_strategy()
        self.accumulation = accumulation
        check_learns(model, recipe)
        if recipe.frozen:
            model.backbone.trainable = False
        with self.strategy.scope():
            depths = model.depths() if recipe.layer_decay != 1 else None
            self.optimizer = make_optimizer(recipe, total_steps, model.trainable_variables, depths)
            # float16 has few small numbers: the loss is made large, and gradients that overflow are left out.
            if model.compute_dtype == "float16":
                self.optimizer = keras.optimizers.LossScaleOptimizer(self.optimizer)
            self.optimizer.build(model.trainable_variables)
        replicas = self.strategy.num_replicas_in_sync
        self._run_replica = Step(model, recipe, self.optimizer, accumulation, replicas).run
        if compiled:
            self._run_replica = tf.function(self._run_replica, jit_compile=True, reduce_retracing=True, autograph=False)
        self.step = 0
        self.tokens = 0
        self._calls = 0
        self._measure = likelihood_function(model)
        # What workers send to each other gets stuck in a loop inside the graph (TensorFlow 2.21): one call a step.
        self._most_steps_per_call = 1 if is_multi_worker(self.strategy) else MOST_STEPS_PER_CALL
        self._steps_per_call = 1

    def feed(self, batches):
        """Opens the stream of training batches at the step that comes next; replicas share each evenly.

        Raises:
            ValueError: the batch size cannot be divided by the number of replicas and of parts.
        """
        check_shares(batches.batch_size, self.strategy, self.accumulation)
        self._iterator = distribute(batches, self.strategy, self.step)

    def advance(self, most_steps):
        """Trains for some steps, at most ``most_steps``: as many as run in half a second, with several workers for one.

        Returns:
            nll, tokens: float arrays with an entry for each step that was run: its mean loss in nats per token
            (without label smoothing), its number of target tokens.

        Raises:
            DivergedError: the loss is not finite; names the step.
        """
        count = min(most_steps, self._steps_per_call)
        started = time.perf_counter()
        nll, tokens = (part.numpy() for part in self._run(count))
        seconds = time.perf_counter() - started
        for i, value in enumerate(nll):
            if not math.isfinite(value):
                rate = float(self.schedule(self.step + i))
                raise DivergedError(
                    f"the loss is {value} at step {self.step + i + 1}. A smaller learning rate, a longer warm-up "
                    f"or clipping (clip_norm) may help; the learning rate was {rate:.3g}."
                )
        if self._calls:  # the first call has traced the graph: its time says nothing
            fitting = int(SECONDS_PER_CALL / max(seconds / count, 1e-6))
            self._steps_per_call = max(1, min(self._most_steps_per_call, fitting))
        self._calls += 1
        self.step += count
        self.tokens += int(tokens.sum())
        return nll, tokens

    def anyone(self, asked):
        """Whether this process, or any other of several workers, is ``asked``; all of them call this after a step."""
        return bool(self._sum(tf.constant(float(asked)))) if is_multi_worker(self.strategy) else asked

    @tf.function(autograph=False)
    def _sum(self, value):
        """The sum of a value of each replica."""

        def of_replica():
            # TensorFlow adds what lies on a device, which `identity` takes it to.
            return tf.distribute.get_replica_context().all_reduce(tf.distribute.ReduceOp.SUM, tf.identity(value))

        return self.strategy.experimental_local_results(self.strategy.run(of_replica))[0]

    def state(self):
        """All that the next step depends on, as a list of arrays: weights, random seeds, the optimizer's memory."""
        return [np.array(variable) for variable in self._variables()]

    def restore(self, state, step, tokens):
        """Takes up the training where :meth:`state` was asked; call it before :meth:`feed`.

        Raises:
            ValueError: the state belongs to another model or optimizer.
        """
        variables = self._variables()
        if [tuple(v.shape) for v in variables] != [array.shape for array in state]:
            raise ValueError("the checkpoint was made for a model or an optimizer of another form.")
        for variable, array in zip(variables, state, strict=True):
            variable.assign(array)
        self.step, self.tokens = step, tokens

    def _variables(self):
        return [*self.model.variables, *self.optimizer.variables]

    @contextlib.contextmanager
    def averaged(self):
        """While this context is active, the model has the moving average of its weights (``Recipe.ema``), if any."""
        averages = [variable for variable in self.optimizer.variables if variable.name.endswith("average")]
        if not (self.recipe.ema and self._updates()):
            yield
            return
        trained = [np.array(variable) for variable in self.model.trainable_variables]
        for variable, average in zip(self.model.trainable_variables, averages, strict=True):
            variable.assign(average.value)
        try:
            yield
        finally:
            for variable, array in zip(self.model.trainable_variables, trained, strict=True):
                variable.assign(array)

    @property
    def learning_rate(self):
        """That of the last step (the optimizer's own is already that of the next); steps it left out do not count."""
        return float(self.schedule(max(self._updates() - 1, 0)))

    def _updates(self):
        """Steps in which the weights have moved; float16 leaves some out."""
        return int(np.array(self.optimizer.iterations))

    def validate(self, batches):
        """Teacher-forced negative log-likelihood in nats per target token over all of ``batches``."""
        nll = mean_loss(*likelihoods(self._measure, batches))
        if not math.isfinite(nll):
            raise DivergedError(f"the validation loss is {nll} at step {self.step}. A smaller learning rate may help.")
        return nll

    def _run(self, count):
        """Runs ``count`` steps; their losses and numbers of tokens, float [count] each."""
        if is_multi_worker(self.strategy):
            return tuple(figure[None] for figure in self._step(self._iterator))
        return self._loop(self._iterator, tf.constant(count))

    @tf.function(reduce_retracing=True, autograph=False)
    def _loop(self, iterator, count):
        def step(i, nll, tokens):
            step_nll, step_tokens = self._step(iterator)
            return i + 1, nll.write(i, step_nll), tokens.write(i, step_tokens)

        start = tf.constant(0), tf.TensorArray(tf.float32, count), tf.TensorArray(tf.float32, count)
        _, nll, tokens = tf.while_loop(lambda i, *_: i < count, step, start)
        return nll.stack(), tokens.stack()

    @tf.function(reduce_retracing=True, autograph=False)
    def _step(self, iterator):
        figures = self.strategy.run(self._run_replica, args=iterator.get_next())
        # Every replica holds the same global figures.
        return tuple(self.strategy.experimental_local_results(figure)[0] for figure in figures)
