"""Prompt tuning: a few trained vectors before the text, in front of a model that stays as it is.

Paper: Lester et al. 2021, "The Power of Scale for Parameter-Efficient Prompt Tuning", arXiv:2104.08691. As there, the
vectors begin as those of tokens drawn from the vocabulary (section 3.2), and nothing else is trained. Deviations: the
model may be any decoder, not T5 alone, and Adam trains the vectors, not Adafactor. Dropout is off in the frozen model.

Shapes: B batch, P prompt_length, T length, D hidden_dim.
"""

import numpy as np
from keras import ops

from zoo.base import Decoder

# No weights but the vectors, which are many small steps away from those of tokens: no decay, and a large rate.
PROMPT_TUNING = {"learning_rate": 0.03, "weight_decay": 0.0}


def check_decoder(backbone):
    """Raises ValueError for a backbone, or a family, that is no decoder."""
    if backbone.kind != "decoder":
        raise ValueError(
            f"a prompt stands before what a decoder reads, and {backbone.registered_name} is of kind "
            f"{backbone.kind!r}: choose gpt, rnn or ngram."
        )


class Prompted(Decoder):
    """A frozen decoder with trained vectors before each text; for others a decoder like any.

    Its inputs and outputs are those of the decoder, without the prompt.

    Args:
        backbone: a :class:`zoo.base.Decoder`; its ``embedding`` is a :class:`zoo.layers.embeddings.TokenEmbedding`.
        prompt_length: int P, at least 1.

    Raises:
        ValueError: another kind of backbone, or one that has no room for the prompt.
    """

    def __init__(self, backbone, prompt_length):
        check_decoder(backbone)
        limit = backbone.max_sequence_length
        if limit is not None and prompt_length >= limit:
            raise ValueError(f"a prompt of {prompt_length} vectors leaves no room for a text among {limit} positions.")
        super().__init__(backbone.config)
        self.backbone = backbone
        self.backbone.trainable = False
        self.prompt_length = prompt_length
        embedding = backbone.embedding
        # In float32 whatever layers compute in, as the embeddings beside which they stand.
        self.vectors = self.add_weight(name="vectors", shape=(prompt_length, embedding.hidden_dim), autocast=False)
        embedding.extend(lambda: self.vectors)
        self.prompt_ids = range(embedding.vocabulary_size, embedding.vocabulary_size + prompt_length)
        self.build_from_inputs()

    @property
    def registered_name(self):
        return self.backbone.registered_name

    @property
    def max_sequence_length(self):
        limit = self.backbone.max_sequence_length
        return limit and limit - self.prompt_length

    @property
    def tied_embedding(self):
        return self.backbone.tied_embedding

    @property
    def pooling(self):
        return self.backbone.pooling

    @property
    def compiles(self):
        return self.backbone.compiles

    def get_config(self):
        raise NotImplementedError(
            "Keras saves no decoder with a trained prompt: zoo.load reads its run, zoo.export serves it, and "
            "save_weights keeps its weights."
        )

    def begin(self):
        """Gives the vectors the values of tokens drawn from the vocabulary, by NumPy's random numbers."""
        embeddings = np.array(self.backbone.embedding.embeddings)
        self.vectors.assign(embeddings[np.random.choice(len(embeddings), self.prompt_length)])

    def call(self, inputs):
        token_ids = ops.cast(inputs["token_ids"], "int32")
        prompt_ids = self._prompt_for(token_ids)
        longer = {
            "token_ids": ops.concatenate([prompt_ids, token_ids], axis=1),
            "padding_mask": ops.concatenate([ops.ones_like(prompt_ids, "bool"), inputs["padding_mask"]], axis=1),
        }
        return self.backbone(longer, training=False)[:, self.prompt_length :]

    def start(self, inputs, max_length):
        """The decoder's state after the prompt."""
        state = self.backbone.start(inputs, max_length + self.prompt_length)
        return self.backbone.read(self._prompt_for(inputs["token_ids"]), state)

    def read(self, token_ids, state):
        return self.backbone.read(token_ids, state)

    def step(self, token_ids, state):
        return self.backbone.step(token_ids, state)

    def _prompt_for(self, token_ids):
        """The ids of the vectors for each row of ``token_ids`` [B, T]: int32 [B, P]."""
        return ops.zeros_like(ops.cast(token_ids[:, :1], "int32")) + ops.array(self.prompt_ids, "int32")
