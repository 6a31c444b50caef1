"""Token embeddings, which can also turn hidden states back into tokens.

Shapes: B batch, T length, D hidden_dim, V vocabulary.
"""

from keras import ops

from zoo.layers.dense import by_row
from zoo.layers.initializers import fresh
from zoo.layers.saving import Layer


class TokenEmbedding(Layer):
    """A matrix [V, D] with one row for each token of the vocabulary.

    Called with ids it looks up their rows. :meth:`logits` uses the same matrix
    the other way round and compares a hidden state with every row ("tied"
    output weights: Press and Wolf 2017, "Using the Output Embedding to Improve
    Language Models", arXiv:1608.05859).

    Args:
        vocabulary_size: int, V.
        hidden_dim: int, D.
        initializer: name or instance of a Keras initializer.
    """

    def __init__(self, vocabulary_size, hidden_dim, initializer="uniform", **kwargs):
        super().__init__(**kwargs)
        self.vocabulary_size = vocabulary_size
        self.hidden_dim = hidden_dim
        # Stays in float32 (autocast=False): casting the rows found is cheaper than casting the whole matrix.
        self.embeddings = self.add_weight(
            name="embeddings", shape=(vocabulary_size, hidden_dim), initializer=fresh(initializer), autocast=False
        )

        self.more_rows = None

    def extend(self, more_rows):
        """Gives the ids from V on vectors that belong to another layer (:mod:`zoo.prompt_tuning`).

        Args:
            more_rows: function without arguments that returns them, [P, D]; :meth:`logits` does not know of them.
        """
        self.more_rows = more_rows

    def call(self, token_ids):
        """Args: token_ids [any shape], int. Returns: [any shape, D]."""
        if self.more_rows is None:
            rows = ops.take(self.embeddings, token_ids, axis=0)
        else:
            # Two look-ups: to join the two matrices would copy the whole vocabulary.
            known = ops.take(self.embeddings, ops.minimum(token_ids, self.vocabulary_size - 1), axis=0)
            more = ops.take(self.more_rows(), ops.maximum(token_ids - self.vocabulary_size, 0), axis=0)
            rows = ops.where((token_ids < self.vocabulary_size)[..., None], known, more)
        return ops.cast(rows, self.compute_dtype)

    def logits(self, hidden_states):
        """The inner product of each hidden state with each row.

        Args:
            hidden_states: [B, T, D] or [B, D].

        Returns:
            [B, T, V] or [B, V], in the dtype of ``hidden_states``.
        """
        matrix = ops.cast(self.embeddings, hidden_states.dtype)
        return by_row(lambda rows: ops.matmul(rows, ops.transpose(matrix)), hidden_states)
