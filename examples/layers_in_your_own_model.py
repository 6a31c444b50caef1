"""The zoo's layers in a Keras model of your own: a classifier with one encoder block, trained by ``fit``.

Run it: python examples/layers_in_your_own_model.py

Nothing of the zoo but two layers and two functions is used here; everything around
them is ordinary Keras. The task: does a sequence of digits hold the same digit
twice? A token must look at all others to know, which is what attention does.
"""

# %%
import keras
import numpy as np

from zoo.layers import EncoderBlock, TokenEmbedding, padding_to_attention_mask, pool

LENGTH, HIDDEN_DIM = 4, 64
random = np.random.default_rng(0)


def sequences(count):
    """``count`` rows of digits 1 to 9, every other one with a repetition; 0 stands behind short rows as padding."""
    token_ids = np.stack([random.permutation(9)[:LENGTH] + 1 for _ in range(count)])
    token_ids[::2, 3] = token_ids[::2, 0]  # these hold a digit twice
    token_ids[::4, 3] = token_ids[::4, 1]
    lengths = np.full(count, LENGTH)
    lengths[1::4] = 3  # shorter ones, without a repetition
    token_ids[np.arange(LENGTH) >= lengths[:, None]] = 0
    return token_ids, (np.arange(count) % 2 == 0).astype("float32")


# %% A functional model: the mask, True for real tokens, is an explicit input of all that looks at several places.
token_ids = keras.Input(shape=(None,), dtype="int32", name="token_ids")
is_real = keras.ops.not_equal(token_ids, 0)  # [B, T]
x = TokenEmbedding(10, HIDDEN_DIM)(token_ids)  # [B, T, D]
x = EncoderBlock(num_heads=4, hidden_dim=HIDDEN_DIM, intermediate_dim=2 * HIDDEN_DIM)(
    x, padding_to_attention_mask(is_real)
)
x = pool(x, is_real, "mean")  # [B, D]; Keras' own pooling would count the padding
answer = keras.layers.Dense(1, activation="sigmoid", name="answer")(x)
model = keras.Model(token_ids, answer)

# %%
model.compile(optimizer=keras.optimizers.Adam(2e-3), loss="binary_crossentropy", metrics=["accuracy"])
model.fit(*sequences(4000), batch_size=64, epochs=12, verbose=0)
_, accuracy = model.evaluate(*sequences(1000), verbose=0)
print(f"accuracy on new sequences: {accuracy:.3f}")
assert accuracy > 0.9, "attention should find the repetition"

# %% Padding changes no answer.
alone, padded = model(np.array([[3, 4, 5]])), model(np.array([[3, 4, 5, 0]]))
print(f"3 4 5: {float(alone[0, 0]):.4f}, with padding behind it: {float(padded[0, 0]):.4f}")
assert abs(alone - padded) < 1e-5, "the block and the pooling should leave padding out"
