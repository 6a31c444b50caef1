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


def test_transformer_base_by_the_equations_of_its_paper():
    # Vaswani et al. 2017: W_Q, W_K, W_V, W_O of each attention (3.2.2), W_1 and W_2 (3.3), one matrix of about 37,000
    # tokens for both languages and the output (3.4), no weights for positions (3.5). The biases of the attention
    # are the authors' code's and everybody's; the paper writes none.
    d, f, v = 512, 2048, 37_000
    attention, feed_forward, norm = 4 * (d * d + d), (d * f + f) + (f * d + d), 2 * d
    encoder = 6 * (attention + feed_forward + 2 * norm)
    decoder = 6 * (2 * attention + feed_forward + 3 * norm)
    transformer = MODELS.get("transformer")
    assert count_parameters(transformer, transformer.presets["base"]) == v * d + encoder + decoder == 63_082_496


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
