"""The optimizer: Adam with decoupled weight decay, as the recipe asks."""

import keras
import tensorflow as tf

from zoo.optimization import Schedule


def make_optimizer(recipe, total_steps, variables, depths=None):
    """Adam with decoupled weight decay on the matrices among ``variables``.

    Clipping is not its business: under tf.distribute an optimizer would clip each
    replica's share before they are summed. :mod:`zoo.trainer` clips the sum.

    Args:
        recipe: a :class:`zoo.optimization.Recipe`.
        total_steps: as for :class:`zoo.optimization.Schedule`.
        variables: what is trained.
        depths: for each of them an int, how many layers lie above it; needed where ``recipe.layer_decay`` is not 1.
    """
    return AdamW(
        shares=[recipe.layer_decay**depth for depth in depths] if depths else [1.0] * len(variables),
        decays=[recipe.weight_decay if len(variable.shape) > 1 else 0.0 for variable in variables],
        learning_rate=Schedule(recipe, total_steps),
        beta_1=recipe.beta_1,
        beta_2=recipe.beta_2,
        epsilon=recipe.epsilon,
        use_ema=recipe.ema > 0,
        ema_momentum=recipe.ema,
    )


class AdamW(keras.optimizers.Adam):
    """Adam with decoupled weight decay and a share of the learning rate for each variable, which the decay takes, too.

    A variable is moved by TensorFlow's one operation for it, which reads and writes weight and moments once. Keras'
    own takes 19: they were a quarter of all operations of a small Transformer's step, and of a large model's they
    went over all weights again and again.

    Args:
        shares: for each variable, its share of the learning rate.
        decays: for each variable, its weight decay.
        **settings: those of ``keras.optimizers.Adam``.
    """

    def __init__(self, shares, decays, **settings):
        super().__init__(**settings)
        self.shares = shares
        self.decays = decays

    def apply(self, grads, trainable_variables=None):
        """One step of all variables."""
        step = tf.cast(self.iterations.value + 1, tf.float32)
        # The moments begin at zero: both are too small at first, by these powers (Kingma 2015, section 3).
        self.powers = tf.pow(self.beta_1, step), tf.pow(self.beta_2, step)
        super().apply(grads, trainable_variables)

    def update_step(self, gradient, variable, learning_rate):
        """One step of one variable."""
        index = self._get_variable_index(variable)  # what every optimizer of Keras asks for its slots by
        share, decay = self.shares[index], self.decays[index]
        rate = tf.cast(learning_rate if share == 1 else learning_rate * share, variable.dtype)
        if decay:
            self.assign_sub(variable, variable * (rate * decay))
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            beta1_power=tf.cast(self.powers[0], variable.dtype),
            beta2_power=tf.cast(self.powers[1], variable.dtype),
            lr=rate,
            beta1=self.beta_1,
            beta2=self.beta_2,
            epsilon=self.epsilon,
            grad=gradient,
        )
