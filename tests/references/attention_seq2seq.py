"""Attention over a recurrent encoder against loops over the equations of its papers.

Bahdanau 2015, arXiv:1409.0473, appendix A; the scores of Luong 2015, arXiv:1508.04025, section 3.1.
The loops read one row, one token, one gate at a time in float64, and never see padding. They keep the
zoo's stated deviations: the reset gate acts after the product, the update gate keeps the old state
(both as in PyTorch's GRU), the decoder starts from both directions, Luong's scores get Bahdanau's query.

Shapes: B batch, S source length, T target length, E embedding_dim, D hidden_dim (a memory vector has 2 D).
"""

from functools import partial

import numpy as np
from keras import ops

from tests.references import Case, draw, draw_ids, padding_mask
from tests.references.backbones import at_tokens, by_steps, place
from tests.references.recurrent import GATES, draw_cell, placed_cell

SOURCE_LENGTHS, TARGET_LENGTHS = [4, 6, 1], [5, 3, 4]
B, S, T, V, E, D = 3, 6, 5, 11, 3, 4
INPUTS = {
    "encoder_token_ids": draw_ids("source", (B, S), V),
    "encoder_padding_mask": padding_mask(SOURCE_LENGTHS),
    "decoder_token_ids": draw_ids("target", (B, T), V),
    "decoder_padding_mask": padding_mask(TARGET_LENGTHS),
}
SCORES = {  # the matrices of each, by the letters of its paper
    "additive": {"W_a": (D, D), "b_a": (D,), "U_a": (2 * D, D), "v_a": (D, 1)},
    "dot": {},
    "general": {"W_a": (2 * D, D)},
}


def draw_weights(score):
    """The matrices by name, and the three cells."""
    shapes = {"source": (V, E), "target": (V, E), "W_s": (2 * D, D), "b_s": (D,), **SCORES[score]}
    shapes |= {f"C_{gate}": (2 * D, D) for gate in GATES["gru"]}
    cells = {name: draw_cell(f"attention.{name}", "gru", E, D) for name in ("forward", "backward", "decoder")}
    return {name: draw(name, shape, 0.6) for name, shape in shapes.items()}, cells


# -- the zoo ----------------------------------------------------------------------------------------------------------


def ours(score):
    from zoo.layers.attention import recording
    from zoo.models.attention_seq2seq import AttentionSeq2Seq, AttentionSeq2SeqConfig

    model = AttentionSeq2Seq(AttentionSeq2SeqConfig(V, V, D, E, dropout=0.5, score=score))
    place(model, placed(model, *draw_weights(score)))
    mask = INPUTS["decoder_padding_mask"]
    with recording() as maps:
        outputs = at_tokens(model(INPUTS), mask)
    [weights] = maps.values()  # [B, 1, T, S]
    stepped, states = by_steps(model, INPUTS, INPUTS["decoder_token_ids"])
    queries = [model.start(INPUTS, T), *states[:-1]]  # each token looks back with the state before it
    scores = [ops.convert_to_numpy(model.decoder.score(state["hidden"], state["keys"])) for state in queries]
    real = mask[..., None] & INPUTS["encoder_padding_mask"][:, None]
    return {
        "scores": np.where(real, np.stack(scores, axis=1), 0.0),
        "weights": at_tokens(weights[:, 0], mask),
        "contexts": outputs[..., D : 3 * D],
        "outputs": outputs,
        "outputs_by_steps": at_tokens(stepped, mask),
    }


def placed(model, w, cells):
    """Pairs of our variables and the weights that belong into them."""
    yield from [(model.encoder_embedding.embeddings, w["source"]), (model.decoder_embedding.embeddings, w["target"])]
    yield from placed_cell(model.encoder.forward_layers[0].cell, "gru", cells["forward"])
    yield from placed_cell(model.encoder.backward_layers[0].cell, "gru", cells["backward"])
    yield from placed_cell(model.decoder.cell, "gru", cells["decoder"])
    yield model.decoder.context_projection.kernel, np.concatenate([w[f"C_{gate}"] for gate in GATES["gru"]], axis=1)
    yield from [(model.bridge.kernel, w["W_s"]), (model.bridge.bias, w["b_s"])]
    score = model.decoder.score
    if model.config.score == "additive":
        yield from [(score.query_projection.kernel, w["W_a"]), (score.query_projection.bias, w["b_a"])]
        yield from [(score.memory_projection.kernel, w["U_a"]), (score.direction.kernel, w["v_a"])]
    if model.config.score == "general":
        yield score.memory_projection.kernel, w["W_a"]


# -- loops over the equations -----------------------------------------------------------------------------------------


def by_loops(score):
    w, cells = draw_weights(score)
    w = {name: values.astype("float64") for name, values in w.items()}
    cells = {name: {key: values.astype("float64") for key, values in cell.items()} for name, cell in cells.items()}
    found = {"scores": (S,), "weights": (S,), "contexts": (2 * D,), "outputs": (3 * D + E,)}
    found = {name: np.zeros((B, T, *shape)) for name, shape in found.items()}
    for row, (source_length, target_length) in enumerate(zip(SOURCE_LENGTHS, TARGET_LENGTHS, strict=True)):
        source = w["source"][INPUTS["encoder_token_ids"][row, :source_length]]
        target = w["target"][INPUTS["decoder_token_ids"][row, :target_length]]
        # A.1.1: h_j = [forward; backward], each annotation knows both sides of its word.
        forward, backward = [np.zeros(D)], [np.zeros(D)]
        for x in source:
            forward.append(gru(cells["forward"], x, forward[-1]))
        for x in source[::-1]:
            backward.append(gru(cells["backward"], x, backward[-1]))
        memory = [np.concatenate(pair) for pair in zip(forward[1:], backward[:0:-1], strict=True)]
        state = np.tanh(np.concatenate([forward[-1], backward[-1]]) @ w["W_s"] + w["b_s"])  # A.1.2: s_0
        for t, y in enumerate(target):
            scores = np.array([compare(score, w, state, h) for h in memory])  # e_ij = a(s_{i-1}, h_j)
            weights = np.exp(scores) / np.exp(scores).sum()  # alpha_ij
            context = sum(weight * h for weight, h in zip(weights, memory, strict=True))  # c_i
            state = gru(cells["decoder"], y, state, {gate: context @ w[f"C_{gate}"] for gate in GATES["gru"]})
            found["scores"][row, t, :source_length] = scores
            found["weights"][row, t, :source_length] = weights
            found["contexts"][row, t] = context
            found["outputs"][row, t] = np.concatenate([state, context, y])
    return {**found, "outputs_by_steps": found["outputs"]}


def compare(score, w, state, annotation):
    """How well the decoder's state [D] and one annotation [2 D] match."""
    if score == "additive":  # A.1.2: v_a . tanh(W_a s + U_a h)
        return np.tanh(state @ w["W_a"] + w["b_a"] + annotation @ w["U_a"]) @ w["v_a"][:, 0]
    if score == "general":  # h_t . W_a h_s
        return state @ (annotation @ w["W_a"])
    return state @ (annotation[:D] + annotation[D:])  # h_t . h_s, with the directions added to the state's size


def gru(cell, x, state, context=None):
    """One token; ``context`` [D] for each gate: what reaches it besides the token."""

    def sigmoid(x):
        return 1 / (1 + np.exp(-x))

    seen = {gate: x @ cell[f"W_{gate}"] + cell[f"b_{gate}"] + (context[gate] if context else 0.0) for gate in "rzn"}
    kept = {gate: state @ cell[f"U_{gate}"] + cell[f"c_{gate}"] for gate in "rzn"}
    reset, update = sigmoid(seen["r"] + kept["r"]), sigmoid(seen["z"] + kept["z"])
    return (1 - update) * np.tanh(seen["n"] + reset * kept["n"]) + update * state


CASES = [Case(f"attention-seq2seq-{score}", partial(by_loops, score), partial(ours, score)) for score in SCORES]
