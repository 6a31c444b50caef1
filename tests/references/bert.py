"""BERT against ``transformers`` and keras-hub: what it says, and what a training step would learn.

keras-hub approximates GELU by a hyperbolic tangent, as the later code of BERT's authors does; ``transformers`` uses the
error function, unless its configuration says otherwise.

Shapes: B batch, T length, D hidden_dim, H heads, F intermediate_dim, V vocabulary.
"""

import numpy as np

from tests.references import Case, draw_ids, padding_mask, weights

L, H, D, F, V, LONGEST = 2, 4, 16, 24, 50, 9  # L blocks

TOKEN_IDS = draw_ids("bert tokens", (3, 7), V)  # at padding, too: a mask that is ignored shows
SEGMENT_IDS = draw_ids("bert segments", (3, 7), 2)
MASK = padding_mask([7, 3, 5])
INPUTS = {"token_ids": TOKEN_IDS, "segment_ids": SEGMENT_IDS, "padding_mask": MASK}
MASKED = MASK & (draw_ids("bert masked", (3, 7), 3) == 0)  # the tokens to be guessed
LABELS = draw_ids("bert labels", (3, 7), V)
IS_NEXT = np.array([0, 1, 1])

# The layers of the zoo <- those of transformers' BertForPreTraining. Its matrices are [out, in].
BLOCK = {
    "attention.query": "attention.self.query",
    "attention.key": "attention.self.key",
    "attention.value": "attention.self.value",
    "attention.output_projection": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "feed_forward.expand": "intermediate.dense",
    "feed_forward.contract": "output.dense",
    "feed_forward_norm": "output.LayerNorm",
}
TRANSFORMERS = {
    "bert.token_embedding": "bert.embeddings.word_embeddings",
    "bert.segment_embedding": "bert.embeddings.token_type_embeddings",
    "bert.positions": "bert.embeddings.position_embeddings",
    "bert.embedding_norm": "bert.embeddings.LayerNorm",
    **weights.per_block(L, "bert.blocks.{}.", "bert.encoder.layer.{}.", BLOCK),
    "next.pooler": "bert.pooler.dense",
    "next.classifier": "cls.seq_relationship",
    "masked.dense": "cls.predictions.transform.dense",
    "masked.norm": "cls.predictions.transform.LayerNorm",
    "masked.output_head.bias": "cls.predictions.bias",
}
NAMES = list(weights.weight_names(TRANSFORMERS))

# The layers of the zoo <- those of keras-hub's BertBackbone. Its attention's matrices are [D, H, E] and [H, E, D].
KERAS_HUB_BLOCK = {
    "attention.query": "self_attention_layer/query",
    "attention.key": "self_attention_layer/key",
    "attention.value": "self_attention_layer/value",
    "attention.output_projection": "self_attention_layer/attention_output",
    "attention_norm": "self_attention_layer_norm",
    "feed_forward.expand": "feedforward_intermediate_dense",
    "feed_forward.contract": "feedforward_output_dense",
    "feed_forward_norm": "feedforward_layer_norm",
}
KERAS_HUB = {
    "bert.token_embedding": "token_embedding",
    "bert.segment_embedding": "segment_embedding",
    "bert.positions": "position_embedding",
    "bert.embedding_norm": "embeddings_layer_norm",
    **weights.per_block(L, "bert.blocks.{}.", "transformer_layer_{}/", KERAS_HUB_BLOCK),
    "next.pooler": "pooled_dense",
    "next.classifier": "classifier",
    "masked.dense": "head/intermediate_dense",
    "masked.norm": "head/intermediate_layer_norm",
    "masked.output_head.bias": "head/output_bias",
}


def named(hidden_states, pooled, masked_logits, next_logits, loss):
    """The answers that all sides give: hidden states [B, T, D], pooled [B, D], logits [B, T, V] and [B, 2]."""
    from keras import ops

    return {
        "hidden_states": ops.where(MASK[..., None], hidden_states, 0.0),  # what is said at padding is nobody's business
        "pooled": pooled,
        "masked_logits": ops.where(MASK[..., None], masked_logits, 0.0),
        "next_logits": next_logits,
        "loss": loss,
    }


def transformers_bert():
    import torch
    from transformers import BertConfig, BertForPreTraining

    sizes = {"hidden_size": D, "num_hidden_layers": L, "num_attention_heads": H, "intermediate_size": F}
    model = BertForPreTraining(BertConfig(vocab_size=V, max_position_embeddings=LONGEST, **sizes)).eval()

    def view_of(arrays):
        def view(name):
            layer, weight = name.rsplit(".", 1)
            suffix = "bias" if weight in ("bias", "beta") else "weight"
            array = arrays[TRANSFORMERS.get(name) or f"{TRANSFORMERS[layer]}.{suffix}"]
            return array.T if weight == "kernel" else array

        return view

    weights.fill(NAMES, {name: weight.data.numpy() for name, weight in model.named_parameters()}, view_of)
    answer = model(
        input_ids=torch.tensor(TOKEN_IDS, dtype=torch.long),
        token_type_ids=torch.tensor(SEGMENT_IDS, dtype=torch.long),
        attention_mask=torch.tensor(MASK),
        labels=torch.tensor(np.where(MASKED, LABELS, -100), dtype=torch.long),  # -100: not to be guessed
        next_sentence_label=torch.tensor(IS_NEXT),
        output_hidden_states=True,
    )
    answer.loss.backward()
    states = answer.hidden_states[-1]
    tensors = states, model.bert.pooler(states), answer.prediction_logits, answer.seq_relationship_logits, answer.loss
    return {
        **named(*(tensor.detach().numpy() for tensor in tensors)),
        **weights.gradients(NAMES, {name: weight.grad.numpy() for name, weight in model.named_parameters()}, view_of),
    }


def loss_of(masked_logits, next_logits):
    """The mean over the masked tokens, and the mean over the texts (section 3.1 and appendix A.2 of the paper)."""
    from keras import ops

    from zoo.optimization import cross_entropy

    of_tokens = ops.where(MASKED, cross_entropy(LABELS, masked_logits), 0.0)  # [B, T]
    return ops.sum(of_tokens) / MASKED.sum() + ops.mean(cross_entropy(IS_NEXT, next_logits))


def keras_hub_bert():
    import keras
    import keras_hub

    def gelu(x):
        return keras.ops.gelu(x, approximate=True)

    model = keras_hub.models.BertBackbone(V, L, H, D, F, max_sequence_length=LONGEST)
    # keras-hub's own BertMaskedLM leaves this epsilon at 1e-5, and takes the exact GELU here.
    head = keras_hub.layers.MaskedLMHead(
        token_embedding=model.token_embedding, intermediate_activation=gelu, layer_norm_epsilon=1e-12, name="head"
    )
    classifier = keras.layers.Dense(2, name="classifier")
    everywhere = np.broadcast_to(np.arange(TOKEN_IDS.shape[1]), TOKEN_IDS.shape)  # logits at all places

    def answer():
        states = model(INPUTS, training=False)
        masked_logits = head(states["sequence_output"], everywhere)
        next_logits = classifier(states["pooled_output"])
        loss = loss_of(masked_logits, next_logits)
        return named(states["sequence_output"], states["pooled_output"], masked_logits, next_logits, loss)

    answer()  # makes the weights of the heads
    variables = weights.all_variables(model, head, classifier)
    view_of = weights.keras_hub_view(variables, KERAS_HUB)
    weights.fill_keras(NAMES, variables, view_of)
    return weights.keras_answers(answer, NAMES, variables, view_of)


def ours(activation="gelu"):
    from zoo.layers.heads import ClassificationHead, MaskedLanguageModelHead
    from zoo.models.bert import Bert, BertConfig

    model = Bert(BertConfig(V, L, H, D, F, max_sequence_length=LONGEST, activation=activation))
    masked = MaskedLanguageModelHead(V, model.tied_embedding, activation)
    following = ClassificationHead(2, pooling="first")

    def answer():
        states = model(INPUTS)
        masked_logits, next_logits = masked(states, MASK), following(states, MASK)
        loss = loss_of(masked_logits, next_logits)
        return named(states, following.pooler(states[:, 0]), masked_logits, next_logits, loss)

    answer()  # makes the weights of the heads
    view_of = weights.zoo_view({"bert": model, "masked": masked, "next": following})
    variables = weights.all_variables(model, masked, following)
    weights.fill_keras(NAMES, variables, view_of)
    return weights.keras_answers(answer, NAMES, variables, view_of)


CASES = [
    Case("bert-transformers", transformers_bert, ours, packages=("torch", "transformers")),
    Case("bert-keras-hub", keras_hub_bert, lambda: ours("gelu_tanh"), packages=("keras_hub",)),
]
