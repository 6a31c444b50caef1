"""A head beside which a text is predicted, too, while a model is trained.

Shapes: B batch, T length, D hidden_dim, V vocabulary.
"""


from zoo.layers.heads import LanguageModelHead
from zoo.layers.saving import Layer

ANSWER, TEXT = "answer", "text"


class WithLanguageModelling(Layer):
    """A head whose decoder goes on to predict each next token of its input (Radford et al. 2018, "GPT-1", section 3.2).

    In training it has two outputs, whose losses are added with ``loss_weights``: the paper's L3 = L2 + weight * L1.
    Otherwise it is the head alone.

    Args:
        head: the layer that answers, see :mod:`zoo.layers.heads`.
        vocabulary_size: int, V.
        tied_to: as for :class:`zoo.layers.heads.LanguageModelHead`.
        weight: float, of the loss of the text; the paper's lambda, there 0.5.
    """

    def __init__(self, head, vocabulary_size, tied_to=None, weight=0.5, **kwargs):
        super().__init__(**kwargs)
        self.head = head
        self.language_model = LanguageModelHead(vocabulary_size, tied_to)
        self.loss_weights = {ANSWER: 1.0, TEXT: weight}

    def build(self, hidden_states_shape, padding_mask_shape=None):
        self.head.build(hidden_states_shape)
        self.language_model.build(hidden_states_shape)

    def call(self, hidden_states, padding_mask=None, training=None):
        """Args: hidden_states [B, T, D]; padding_mask [B, T], True = a real token.

        Returns:
            What the head returns; in training ``{"answer": that, "text": logits [B, T, V] of each next token}``.
        """
        answer = self.head(hidden_states, padding_mask)
        return {ANSWER: answer, TEXT: self.language_model(hidden_states)} if training else answer
