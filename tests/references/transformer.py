"""The Transformer against ``torch.nn.Transformer``, and against loops over the equations of its paper.

Vaswani et al. 2017, arXiv:1706.03762; the sections named below are its. The loops read one row, one
place, one head at a time, and never see padding: they have no mask that could be wrong.

Shapes: B batch, S source length, T target length, D hidden_dim, H heads, E = D / H, F intermediate_dim.
"""

import math
from functools import cache, partial

import numpy as np

from tests.references import Case, draw, draw_ids, padding_mask
from tests.references.backbones import at_tokens, by_steps, place

SOURCE_LENGTHS, TARGET_LENGTHS = [6, 2, 4], [4, 7, 3]
SOURCE_VOCABULARY, TARGET_VOCABULARY = 13, 11
L, H, D, F, LONGEST = 2, 3, 12, 20, 9  # L blocks on each side
E = D // H
EPSILON = 1e-6  # of the normalisation; the paper names none, this is its authors' (tensor2tensor)

INPUTS = {
    "encoder_token_ids": draw_ids("source", (3, 6), SOURCE_VOCABULARY),
    "encoder_padding_mask": padding_mask(SOURCE_LENGTHS),
    "decoder_token_ids": draw_ids("target", (3, 7), TARGET_VOCABULARY),
    "decoder_padding_mask": padding_mask(TARGET_LENGTHS),
}
# Which sublayers a block has, each followed (or, pre-norm, preceded) by a normalisation of its own.
SUBLAYERS = {"encoder": ("self", "feed_forward"), "decoder": ("self", "cross", "feed_forward")}


def draw_weights(norm_first):
    """All weights by name, matrices [in, out], as the paper multiplies: x W."""
    shapes = {"source": (SOURCE_VOCABULARY, D), "target": (TARGET_VOCABULARY, D)}
    for side, sublayers in SUBLAYERS.items():
        for sublayer in [f"{side}.{i}.{sublayer}" for i in range(L) for sublayer in sublayers]:
            if sublayer.endswith("feed_forward"):
                shapes |= {f"{sublayer}.W_1": (D, F), f"{sublayer}.b_1": (F,)}
                shapes |= {f"{sublayer}.W_2": (F, D), f"{sublayer}.b_2": (D,)}
            else:
                shapes |= {f"{sublayer}.W_{part}": (D, D) for part in "QKVO"}
                shapes |= {f"{sublayer}.b_{part}": (D,) for part in "QKVO"}
            shapes |= {f"{sublayer}.norm.gamma": (D,), f"{sublayer}.norm.beta": (D,)}
        if norm_first:
            shapes |= {f"{side}.norm.gamma": (D,), f"{side}.norm.beta": (D,), f"{side}.positions": (LONGEST, D)}
    weights = {name: draw(name, shape, center=float(name.endswith("gamma"))) for name, shape in shapes.items()}
    if norm_first:  # small numbers before the first normalisation, so that its epsilon shows
        for name in ("source", "target", "encoder.positions", "decoder.positions"):
            weights[name] *= 0.01
    return weights


def embed(w, token_ids, side):
    """Token ids [..., T] -> embeddings times sqrt(D) (section 3.4) plus positions, [..., T, D]."""
    length = token_ids.shape[-1]
    embedded = w[{"encoder": "source", "decoder": "target"}[side]][token_ids] * math.sqrt(D)
    if f"{side}.positions" in w:
        return embedded + w[f"{side}.positions"][:length]
    waves = np.zeros((length, D))  # section 3.5
    for position in range(length):
        for i in range(D // 2):
            waves[position, 2 * i] = math.sin(position / 10000 ** (2 * i / D))
            waves[position, 2 * i + 1] = math.cos(position / 10000 ** (2 * i / D))
    return embedded + waves


# -- the zoo ----------------------------------------------------------------------------------------------------------


@cache
def ours(norm_first):
    from zoo.models.transformer import Transformer, TransformerConfig

    w = draw_weights(norm_first)
    positions = "learned" if norm_first else "sinusoidal"
    model = Transformer(
        TransformerConfig(SOURCE_VOCABULARY, TARGET_VOCABULARY, L, H, D, F, 0.1, LONGEST, positions, norm_first)
    )
    place(model, placed(model, w))
    source_mask, target_mask = INPUTS["encoder_padding_mask"], INPUTS["decoder_padding_mask"]
    return {
        "encoder": at_tokens(model.encode(INPUTS["encoder_token_ids"], source_mask), source_mask),
        "decoder": at_tokens(model(INPUTS), target_mask),
        "decoder_by_steps": at_tokens(by_steps(model, INPUTS, INPUTS["decoder_token_ids"])[0], target_mask),
    }


def placed(model, w):
    """Pairs of our variables and the weights ``w`` that belong into them."""

    def norm(layer, name):
        return [(layer.gamma, w[f"{name}.gamma"]), (layer.beta, w[f"{name}.beta"])]

    def dense(layer, name, *parts):
        yield layer.kernel, np.concatenate([w[f"{name}.W_{part}"] for part in parts], axis=1)
        yield layer.bias, np.concatenate([w[f"{name}.b_{part}"] for part in parts])

    def attention(layer, name):
        yield from dense(layer.query, name, "Q")
        yield from dense(layer.key_value, name, "K", "V")
        yield from dense(layer.output_projection, name, "O")

    yield from [(model.encoder_embedding.embeddings, w["source"]), (model.decoder_embedding.embeddings, w["target"])]
    for side, blocks in (("encoder", model.encoder_blocks), ("decoder", model.decoder_blocks)):
        for i, block in enumerate(blocks):
            name = f"{side}.{i}"
            if side == "encoder":
                yield from attention(block.attention, f"{name}.self")
                yield from norm(block.attention_norm, f"{name}.self.norm")
            else:
                yield from attention(block.self_attention, f"{name}.self")
                yield from norm(block.self_attention_norm, f"{name}.self.norm")
                yield from attention(block.cross_attention, f"{name}.cross")
                yield from norm(block.cross_attention_norm, f"{name}.cross.norm")
            yield from dense(block.feed_forward.expand, f"{name}.feed_forward", "1")
            yield from dense(block.feed_forward.contract, f"{name}.feed_forward", "2")
            yield from norm(block.feed_forward_norm, f"{name}.feed_forward.norm")
        if model.config.norm_first:
            yield getattr(model, f"{side}_positions").embeddings, w[f"{side}.positions"]
            yield from norm(getattr(model, f"{side}_norm"), f"{side}.norm")


# -- PyTorch ----------------------------------------------------------------------------------------------------------


def theirs(norm_first):
    """``torch.nn.Transformer`` with its own layers; its masks say True = may *not* attend."""
    import torch
    from torch import nn

    w = draw_weights(norm_first)
    size = {"d_model": D, "nhead": H, "dim_feedforward": F, "dropout": 0.0, "layer_norm_eps": EPSILON}
    size |= {"batch_first": True, "norm_first": norm_first}

    def last_norm():  # left to itself, nn.Transformer has one behind post-norm stacks, too, which the paper has not
        return nn.LayerNorm(D, eps=EPSILON) if norm_first else None

    encoder = nn.TransformerEncoder(nn.TransformerEncoderLayer(**size), L, last_norm(), enable_nested_tensor=False)
    decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(**size), L, last_norm())
    model = nn.Transformer(D, H, custom_encoder=encoder, custom_decoder=decoder, batch_first=True)
    model.load_state_dict({name: torch.tensor(values) for name, values in pytorch_state(w, norm_first)})
    source_padding, target_padding = (torch.tensor(~INPUTS[f"{side}_padding_mask"]) for side in ("encoder", "decoder"))
    source, target = (
        torch.tensor(embed(w, INPUTS[f"{side}_token_ids"], side), dtype=torch.float32)
        for side in ("encoder", "decoder")
    )
    future = torch.triu(torch.ones(target.shape[1], target.shape[1], dtype=torch.bool), diagonal=1)
    with torch.no_grad():
        memory = model.encoder(source, src_key_padding_mask=source_padding)
        outputs = model(
            source, target, tgt_mask=future, src_key_padding_mask=source_padding,
            tgt_key_padding_mask=target_padding, memory_key_padding_mask=source_padding,
        )  # fmt: skip
    return answers(memory.numpy(), outputs.numpy())


def pytorch_state(w, norm_first):
    """PyTorch's names and weights; its matrices are [out, in]."""
    attentions = {"self": "self_attn", "cross": "multihead_attn"}
    for side, sublayers in SUBLAYERS.items():
        for i in range(L):
            block = f"{side}.layers.{i}"
            for number, sublayer in enumerate(sublayers, start=1):
                name = f"{side}.{i}.{sublayer}"
                if sublayer == "feed_forward":
                    for part in "12":
                        yield f"{block}.linear{part}.weight", w[f"{name}.W_{part}"].T
                        yield f"{block}.linear{part}.bias", w[f"{name}.b_{part}"]
                else:
                    attention = f"{block}.{attentions[sublayer]}"
                    yield f"{attention}.in_proj_weight", np.concatenate([w[f"{name}.W_{part}"].T for part in "QKV"])
                    yield f"{attention}.in_proj_bias", np.concatenate([w[f"{name}.b_{part}"] for part in "QKV"])
                    yield f"{attention}.out_proj.weight", w[f"{name}.W_O"].T
                    yield f"{attention}.out_proj.bias", w[f"{name}.b_O"]
                yield f"{block}.norm{number}.weight", w[f"{name}.norm.gamma"]
                yield f"{block}.norm{number}.bias", w[f"{name}.norm.beta"]
        if norm_first:
            yield f"{side}.norm.weight", w[f"{side}.norm.gamma"]
            yield f"{side}.norm.bias", w[f"{side}.norm.beta"]


def answers(encoder, decoder):
    """Both outputs; stepping through the decoder must give the same as reading all at once."""
    decoder = at_tokens(decoder, INPUTS["decoder_padding_mask"])
    return {
        "encoder": at_tokens(encoder, INPUTS["encoder_padding_mask"]),
        "decoder": decoder,
        "decoder_by_steps": decoder,
    }


# -- loops over the paper's equations, in float64 ---------------------------------------------------------------------


def by_loops(norm_first):
    w = {name: values.astype("float64") for name, values in draw_weights(norm_first).items()}
    encoder, decoder = (np.zeros((*INPUTS[f"{side}_token_ids"].shape, D)) for side in ("encoder", "decoder"))
    for row, (source_length, target_length) in enumerate(zip(SOURCE_LENGTHS, TARGET_LENGTHS, strict=True)):
        x = embed(w, INPUTS["encoder_token_ids"][row, :source_length], "encoder")
        memory = encoder[row, :source_length] = stack(w, "encoder", x, None, norm_first)
        y = embed(w, INPUTS["decoder_token_ids"][row, :target_length], "decoder")
        decoder[row, :target_length] = stack(w, "decoder", y, memory, norm_first)
    return answers(encoder, decoder)


def stack(w, side, x, memory, norm_first):
    """The blocks of one side (section 3.1) over one row: x [T, D], memory [S, D] -> [T, D]."""
    functions = {
        "self": lambda name, x: attention(w, name, x, x, causal=side == "decoder"),
        "cross": lambda name, x: attention(w, name, x, memory),
        "feed_forward": lambda name, x: feed_forward(w, name, x),
    }
    for i in range(L):
        for sublayer in SUBLAYERS[side]:
            name = f"{side}.{i}.{sublayer}"
            if norm_first:
                x = x + functions[sublayer](name, normalise(w, f"{name}.norm", x))
            else:
                x = normalise(w, f"{name}.norm", x + functions[sublayer](name, x))
    return normalise(w, f"{side}.norm", x) if norm_first else x


def attention(w, name, x, memory, causal=False):
    """Section 3.2: from each place of x [T, D] to the places of memory [S, D], up to itself if ``causal``."""
    result = np.zeros_like(x)
    for t in range(len(x)):
        seen = memory[: t + 1] if causal else memory
        heads = np.zeros(D)
        for head in range(H):
            part = slice(head * E, (head + 1) * E)
            query = (x[t] @ w[f"{name}.W_Q"] + w[f"{name}.b_Q"])[part]
            scores = [query @ (m @ w[f"{name}.W_K"] + w[f"{name}.b_K"])[part] / math.sqrt(E) for m in seen]
            total = sum(math.exp(score) for score in scores)
            for score, m in zip(scores, seen, strict=True):
                heads[part] += math.exp(score) / total * (m @ w[f"{name}.W_V"] + w[f"{name}.b_V"])[part]
        result[t] = heads @ w[f"{name}.W_O"] + w[f"{name}.b_O"]
    return result


def feed_forward(w, name, x):
    """Section 3.3: max(0, x W_1 + b_1) W_2 + b_2."""
    inner = np.maximum(0.0, x @ w[f"{name}.W_1"] + w[f"{name}.b_1"])
    return inner @ w[f"{name}.W_2"] + w[f"{name}.b_2"]


def normalise(w, name, x):
    """Ba et al. 2016, arXiv:1607.06450, equation 4: each place by its own mean and variance."""
    centered = x - x.mean(axis=-1, keepdims=True)
    variance = (centered**2).mean(axis=-1, keepdims=True)
    return w[f"{name}.gamma"] * centered / np.sqrt(variance + EPSILON) + w[f"{name}.beta"]


CASES = [
    case
    for norm, norm_first in (("post-norm", False), ("pre-norm", True))
    for case in (
        Case(f"transformer-{norm}-torch", partial(theirs, norm_first), partial(ours, norm_first), ("torch",)),
        Case(f"transformer-{norm}-loop", partial(by_loops, norm_first), partial(ours, norm_first)),
    )
]
