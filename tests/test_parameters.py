"""Parameters are counted from shapes: right, by part, and without the memory."""

import keras

from zoo.parameters import count_by_part, count_parameters
from zoo.registry import MODELS


def test_gpt2_small_by_part():
    gpt = MODELS.get("gpt")
    parts = count_by_part(gpt, gpt.presets["gpt2-small"])
    # 50,257 tokens and 1,024 positions of 768; the sum is that of the published model.
    assert parts["embedding"] == 50_257 * 768
    assert parts["positions"] == 1024 * 768
    assert parts["final_norm"] == 2 * 768
    assert sum(parts.values()) == 124_439_808


def test_no_memory_is_needed_then_or_later():
    def make(config):
        layer = keras.layers.Embedding(10**9, 1000)  # four terabytes in float32
        layer.build()
        return layer

    assert count_parameters(make, None) == 10**12
    # Keras fills weights without values when the next scope ends: these must be forgotten by then.
    with keras.StatelessScope():
        small = keras.layers.Dense(2)
        small.build((None, 3))
    assert small.kernel.numpy().shape == (3, 2)


def test_a_shared_weight_counts_once():
    def make(config):
        inner = keras.layers.Embedding(7, 5)

        class Twice(keras.Model):
            def __init__(self):
                super().__init__()
                self.source, self.target = inner, inner
                self.scale = self.add_weight(shape=(11,))
                inner.build()

        return Twice()

    assert count_by_part(make, None) == {"source": 35, "own": 11}
