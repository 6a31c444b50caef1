"""How a model is trained: the recipe, its learning-rate schedule, its loss."""

import math
from dataclasses import dataclass
from typing import Literal, get_args, get_type_hints

import keras
from keras import ops

from zoo.registry import unknown_name


@dataclass(frozen=True)
class Recipe:
    """Settings of the optimization; each family names its own (``Backbone.recipe``), users override.

    Args:
        learning_rate: the peak.
        schedule: after the warm-up: "constant"; "inverse-sqrt" (Vaswani 2017, section 5.3, with
            the peak at the end of the warm-up); "linear" or "cosine" down to zero, which the step
            after the last one would have: every step learns something.
        warmup_steps: steps in which the learning rate rises linearly from zero.
        label_smoothing: share of the probability that is spread over all classes (Szegedy 2015);
            in the trained loss only, never in a reported one.
        weight_decay: decoupled (Loshchilov 2019); spares biases and normalization (all 1-D weights).
        clip_norm: largest norm of all gradients together (Pascanu 2013); 0 does not clip.
        beta_1, beta_2, epsilon: Adam's (Kingma 2015). As in Keras, epsilon is added before the bias is corrected,
            the second form of section 2; at step t PyTorch's means the same at epsilon / sqrt(1 - beta_2^t).
        ema: decay of the moving average of all weights, which is then measured and kept in their place
            (Polyak 1992); 0 keeps the weights themselves.
        layer_decay: fine-tuning: the head learns with the learning rate, the top layer of the backbone with this share
            of it, the one below with that share of the share, down to the embeddings (Howard and Ruder 2018, "ULMFiT",
            arXiv:1801.06146, section 3.2); 1 treats all alike. A backbone that is no stack counts as one layer.
        frozen: whether the backbone stays as it is and only the head learns ("feature-based", Devlin 2018, section
            5.3). Dropout is off in it, so that a text always has the same features.
        patience: after how many measurements of the validation loss without a better one the
            training ends; 0 trains to the end of the budget.
    """

    learning_rate: float = 1e-3
    schedule: Literal["constant", "inverse-sqrt", "linear", "cosine"] = "constant"
    warmup_steps: int = 0
    label_smoothing: float = 0.0
    weight_decay: float = 0.0
    clip_norm: float = 1.0
    beta_1: float = 0.9
    beta_2: float = 0.999
    epsilon: float = 1e-8
    ema: float = 0.0
    layer_decay: float = 1.0
    frozen: bool = False
    patience: int = 0

    def __post_init__(self):
        # "not ... <" and the like: every comparison with nan is false, so that nan is refused, too.
        for name in ("learning_rate", "epsilon"):
            if not 0 < getattr(self, name) < math.inf:
                raise ValueError(f"{name} must be positive and finite, not {getattr(self, name)}.")
        for name in ("label_smoothing", "beta_1", "beta_2", "ema"):
            if not 0 <= getattr(self, name) < 1:
                raise ValueError(f"{name} must lie in [0, 1), not {getattr(self, name)}.")
        for name in ("warmup_steps", "weight_decay", "clip_norm", "patience"):
            if not getattr(self, name) >= 0:
                raise ValueError(f"{name} must not be negative, it is {getattr(self, name)}.")
        if not 0 < self.layer_decay <= 1:
            raise ValueError(f"layer_decay must lie in (0, 1], not {self.layer_decay}.")
        schedules = get_args(get_type_hints(type(self))["schedule"])
        if self.schedule not in schedules:
            raise unknown_name("schedule", self.schedule, schedules)


class Schedule(keras.optimizers.schedules.LearningRateSchedule):
    """Linear warm-up, then the decay that the recipe names.

    Args:
        recipe: a :class:`Recipe`.
        total_steps: how many steps there are; the one after them is where "linear" and "cosine" reach zero.
    """

    def __init__(self, recipe, total_steps):
        super().__init__()
        self.recipe = recipe
        self.total_steps = total_steps

    def __call__(self, step):
        """The learning rate of step ``step``, the first one being 0."""
        # Without a warm-up these are PyTorch's LinearLR and CosineAnnealingLR. With one they are the schedules of
        # Hugging Face's transformers from their second step on: their first one has the rate 0.
        step = ops.cast(step, "float32") + 1.0
        warmup = max(self.recipe.warmup_steps, 1)
        progress = ops.clip((step - warmup) / max(self.total_steps + 1 - warmup, 1), 0.0, 1.0)
        decay = {
            "constant": lambda: ops.ones_like(step),
            "inverse-sqrt": lambda: ops.sqrt(warmup / ops.maximum(step, warmup)),
            "linear": lambda: 1.0 - progress,
            "cosine": lambda: 0.5 * (1.0 + ops.cos(math.pi * progress)),
        }[self.recipe.schedule]()
        return self.recipe.learning_rate * ops.minimum(step / warmup, decay)


def losses(labels, outputs):
    """The loss at each place, not reduced: the cross-entropy of classes, the squared error of numbers.

    Args:
        labels: int [...] for classes, float [...] for numbers; a dictionary of such for a model with several outputs.
        outputs: logits [..., C], or numbers [...]; a dictionary with the same keys.

    Returns:
        float32 [...], or a dictionary of such.
    """
    if isinstance(labels, dict):
        return {name: losses(labels[name], outputs[name]) for name in labels}
    if keras.backend.is_float_dtype(labels.dtype):
        return ops.square(ops.cast(outputs, "float32") - labels)
    return cross_entropy(labels, outputs)


def cross_entropy(labels, logits):
    """Negative log-likelihood in nats at each position, not reduced.

    Args:
        labels: int [...].
        logits: float [..., C].

    Returns:
        float32 [...].
    """
    return ops.sparse_categorical_crossentropy(labels, ops.cast(logits, "float32"), from_logits=True)


def smoothed(nll, logits, label_smoothing):
    """The cross-entropy with a smoothed target: ``1 - label_smoothing`` on the label and
    ``label_smoothing / C`` on every class (Szegedy 2015, section 7).

    Args:
        nll: float32 [...], from :func:`losses`.
        logits: float [..., C]; or numbers [...], which have no classes: their loss stays as it is.
    """
    if not label_smoothing or len(logits.shape) == len(nll.shape):
        return nll
    logits = ops.cast(logits, "float32")
    uniform = ops.logsumexp(logits, axis=-1) - ops.mean(logits, axis=-1)
    return (1.0 - label_smoothing) * nll + label_smoothing * uniform
