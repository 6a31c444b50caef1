"""GPT against ``transformers`` (GPT-2, and OpenAI's GPT, whose blocks are post-norm) and keras-hub (GPT-2).

Compared are the logits, the gradients of the next token's cross-entropy, and the tokens that greedy choice finds, with
the keys and values of the past kept in a cache and without one.

Shapes: B batch, P width of the prompts, T length, D hidden_dim, H heads, F intermediate_dim, V vocabulary.
"""

import functools

import numpy as np

from tests.backends import compiled
from tests.references import Case, draw_ids, padding_mask, weights

L, H, D, V = 2, 4, 16, 60  # L blocks
F = 4 * D  # OpenAI's GPT knows no other
CHOSEN = 64  # how many tokens are chosen for each prompt

LENGTHS = [7, 3, 5]
TOKEN_IDS = draw_ids("gpt tokens", (3, 7), V)  # [B, P], at padding, too: a mask that is ignored shows
MASK = padding_mask(LENGTHS)
INPUTS = {"token_ids": TOKEN_IDS, "padding_mask": MASK}
LONGEST = max(LENGTHS) + CHOSEN
IS_TARGET = MASK[:, 1:]  # what is predicted: every real token but the first
NEVER = -1  # the end token, so that no text ends before it is full

# The layers of the zoo <- those of transformers. Their matrices are [in, out]; c_attn holds query, key, value.
BLOCK = {
    "self_attention.query": "attn.c_attn",
    "self_attention.key": "attn.c_attn",
    "self_attention.value": "attn.c_attn",
    "self_attention.output_projection": "attn.c_proj",
    "self_attention_norm": "ln_1",
    "feed_forward.expand": "mlp.c_fc",
    "feed_forward.contract": "mlp.c_proj",
    "feed_forward_norm": "ln_2",
}
THIRDS = ("query", "key", "value")
BLOCKS = weights.per_block(L, "gpt.blocks.{}.", "transformer.h.{}.", BLOCK)
GPT1 = {"gpt.embedding": "transformer.tokens_embed", "gpt.positions": "transformer.positions_embed", **BLOCKS}
GPT2 = {"gpt.embedding": "transformer.wte", "gpt.positions": "transformer.wpe", **BLOCKS}
GPT2["gpt.final_norm"] = "transformer.ln_f"

# The layers of the zoo <- those of keras-hub's GPT2Backbone.
KERAS_HUB_BLOCK = {
    "self_attention.query": "self_attention/query",
    "self_attention.key": "self_attention/key",
    "self_attention.value": "self_attention/value",
    "self_attention.output_projection": "self_attention/attention_output",
    "self_attention_norm": "self_attention_layer_norm",
    "feed_forward.expand": "feedforward_intermediate_dense",
    "feed_forward.contract": "feedforward_output_dense",
    "feed_forward_norm": "feedforward_layer_norm",
}
KERAS_HUB = {
    "gpt.embedding": "token_embedding",
    "gpt.positions": "position_embedding",
    "gpt.final_norm": "layer_norm",
    **weights.per_block(L, "gpt.blocks.{}.", "transformer_layer_{}/", KERAS_HUB_BLOCK),
}


def named(logits, loss):
    """Logits [B, P, V], zeros at padding (what is said there is nobody's business), and the loss."""
    from keras import ops

    return {"logits": ops.where(MASK[..., None], logits, 0.0), "loss": loss}


def behind_the_prompts(token_ids):
    """The ids that were chosen, [B, CHOSEN], of texts that begin with their prompts, [B, T]."""
    return np.stack([row[length:][:CHOSEN] for row, length in zip(np.array(token_ids), LENGTHS, strict=True)])


def greedy_without_cache(model):
    """Chooses the highest logit again and again; ``model`` reads the whole text each time."""
    token_ids = np.pad(TOKEN_IDS * MASK, [(0, 0), (0, CHOSEN)])
    for t in range(1, LONGEST):
        logits = model({"token_ids": token_ids, "padding_mask": np.ones((3, LONGEST), bool)})  # [B, T, V]
        best = np.argmax(np.array(logits)[:, t - 1], axis=-1)  # [B]
        token_ids[:, t] = np.where(t < np.array(LENGTHS), token_ids[:, t], best)
    return behind_the_prompts(token_ids)


def transformers_gpt(norm_first):
    import torch
    import transformers

    sizes = {"vocab_size": V, "n_positions": LONGEST, "n_embd": D, "n_layer": L, "n_head": H}
    config = {**sizes, "bos_token_id": None, "eos_token_id": None}
    if norm_first:
        model, table = transformers.GPT2LMHeadModel(transformers.GPT2Config(**config)), GPT2
    else:
        model, table = transformers.OpenAIGPTLMHeadModel(transformers.OpenAIGPTConfig(**config)), GPT1
    model.eval()
    names = list(weights.weight_names(table))

    def view_of(arrays):
        def view(name):
            layer, weight = name.rsplit(".", 1)
            suffix = "bias" if weight in ("bias", "beta") else "weight"
            array = arrays[f"{table[layer]}.{suffix}"]
            part = layer.rsplit(".", 1)[-1]
            return np.split(array, 3, axis=-1)[THIRDS.index(part)] if part in THIRDS else array

        return view

    weights.fill(names, {name: weight.data.numpy() for name, weight in model.named_parameters()}, view_of)
    token_ids, mask = torch.tensor(TOKEN_IDS, dtype=torch.long), torch.tensor(MASK)
    labels = torch.where(mask, token_ids, -100)  # -100: not to be predicted; the model shifts them by itself
    answer = model(input_ids=token_ids, attention_mask=mask, labels=labels)
    answer.loss.backward()

    def greedy(use_cache):
        # One by one: a batch of unequal prompts would have to be padded on the left.
        rows = [token_ids[i : i + 1, :length] for i, length in enumerate(LENGTHS)]
        settings = {"do_sample": False, "min_new_tokens": CHOSEN, "max_new_tokens": CHOSEN, "use_cache": use_cache}
        texts = [model.generate(row, attention_mask=torch.ones_like(row), **settings) for row in rows]
        return np.stack([text[0, -CHOSEN:].numpy() for text in texts])

    return {
        **named(answer.logits.detach().numpy(), answer.loss.detach().numpy()),
        **weights.gradients(names, {name: weight.grad.numpy() for name, weight in model.named_parameters()}, view_of),
        "greedy_with_cache": greedy(use_cache=norm_first),  # OpenAI's GPT has none
        "greedy_without_cache": greedy(use_cache=False),
    }


def loss_of(logits):
    """The mean over the tokens that are predicted."""
    from keras import ops

    from zoo.optimization import cross_entropy

    nll = ops.where(IS_TARGET, cross_entropy(TOKEN_IDS[:, 1:], logits[:, :-1]), 0.0)  # [B, T - 1]
    return ops.sum(nll) / IS_TARGET.sum()


def keras_hub_gpt():
    import keras_hub

    backbone = keras_hub.models.GPT2Backbone(V, L, H, D, F, max_sequence_length=LONGEST)
    model = keras_hub.models.GPT2CausalLM(backbone)
    model.compile(sampler="greedy", jit_compile=False)
    names, view_of = list(weights.weight_names(KERAS_HUB)), weights.keras_hub_view(model.weights, KERAS_HUB)
    weights.fill_keras(names, model.weights, view_of)

    def answer():
        logits = model(INPUTS, training=False)
        return named(logits, loss_of(logits))

    room = [(0, 0), (0, CHOSEN)]
    prompts = {"token_ids": np.pad(TOKEN_IDS, room), "padding_mask": np.pad(MASK, room)}
    return {
        **weights.keras_answers(answer, names, model.weights, view_of),
        "greedy_with_cache": behind_the_prompts(model.generate(prompts, stop_token_ids=None)["token_ids"]),
        "greedy_without_cache": greedy_without_cache(model),
    }


@functools.cache
def ours(norm_first=True):
    from zoo.decoding import Greedy, generate
    from zoo.layers.heads import LanguageModelHead
    from zoo.models.gpt import GPT, GPTConfig
    from zoo.task_model import TaskModel

    backbone = GPT(GPTConfig(V, L, H, D, F, max_sequence_length=LONGEST, norm_first=norm_first))
    model = TaskModel(backbone, LanguageModelHead(V, backbone.tied_embedding))
    names, view_of = list(weights.weight_names(GPT2 if norm_first else GPT1)), weights.zoo_view({"gpt": backbone})
    weights.fill_keras(names, model.weights, view_of)

    def answer():
        logits = model(INPUTS)
        return named(logits, loss_of(logits))

    def cached():
        return generate(model, INPUTS, TOKEN_IDS, np.array(LENGTHS), LONGEST, NEVER, Greedy())[0]

    return {
        **weights.keras_answers(answer, names, model.weights, view_of),
        "greedy_with_cache": behind_the_prompts(compiled(cached)()),
        "greedy_without_cache": greedy_without_cache(compiled(model)),
    }


TRANSFORMERS = ("torch", "transformers")
CASES = [
    Case("gpt2-transformers", lambda: transformers_gpt(True), ours, TRANSFORMERS),
    Case("gpt1-transformers", lambda: transformers_gpt(False), lambda: ours(norm_first=False), TRANSFORMERS),
    Case("gpt2-keras-hub", keras_hub_gpt, ours, ("keras_hub",)),
]
