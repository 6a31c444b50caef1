"""The recurrent families against ``torch.nn.RNN``, ``LSTM`` and ``GRU``, whose packed sequences have no padding.

Shapes: B batch, S source length, T length, E embedding_dim, D hidden_dim of one direction, V vocabulary.
"""

from functools import partial

import numpy as np
from keras import ops

from tests.references import Case, draw, draw_ids, padding_mask
from tests.references.backbones import at_tokens, by_steps, place

LENGTHS, SOURCE_LENGTHS = [3, 6, 1, 4], [5, 2, 4, 1]
B, T, S, V, E, D = 4, 6, 5, 11, 3, 5
MASK, SOURCE_MASK = padding_mask(LENGTHS), padding_mask(SOURCE_LENGTHS)
# Behind the tokens of a row stand other tokens, not zeros: who reads on is found out.
TOKEN_IDS, SOURCE_IDS = draw_ids("tokens", (B, T), V), draw_ids("source", (B, S), V)

GATES = {"vanilla": "h", "lstm": "ifgo", "gru": "rzn"}  # the letters and their order in PyTorch


def draw_cell(name, kind, input_dim, hidden_dim):
    """The weights of a cell, gate by gate: W [input_dim, D], U [D, D] and two biases b and c [D], as PyTorch has."""
    shapes = {"W": (input_dim, hidden_dim), "U": (hidden_dim, hidden_dim), "b": (hidden_dim,), "c": (hidden_dim,)}
    return {
        f"{part}_{gate}": draw(f"{name}.{part}_{gate}", shapes[part], 0.6) for part in "WUbc" for gate in GATES[kind]
    }


def draw_stack(name, kind, input_dim, hidden_dim, num_layers, directions=("forward",)):
    """The cells of a stack: a list of layers, each a list with the weights of each direction."""
    return [
        [
            draw_cell(f"{name}.{i}.{direction}", kind, hidden_dim * len(directions) if i else input_dim, hidden_dim)
            for direction in directions
        ]
        for i in range(num_layers)
    ]


# -- the zoo ----------------------------------------------------------------------------------------------------------


def placed_cell(cell, kind, weights):
    """Pairs of a cell's variables and the weights that belong into them."""
    # Our cells have PyTorch's order of gates. Where two biases are only ever added, ours have one.
    kernel, recurrent, bias, second_bias = (
        np.concatenate([weights[f"{part}_{gate}"] for gate in GATES[kind]], axis=-1) for part in "WUbc"
    )
    yield cell.input_projection.kernel, kernel
    yield cell.recurrent_projection.kernel, recurrent
    if kind == "gru":
        yield cell.input_projection.bias, bias
        yield cell.recurrent_projection.bias, second_bias
    else:
        yield cell.input_projection.bias, bias + second_bias


def placed_stack(stack, kind, weights):
    """The same for a RecurrentStack or a BidirectionalStack."""
    if hasattr(stack, "recurrent_layers"):
        layers = [[layer] for layer in stack.recurrent_layers]
    else:
        layers = list(zip(stack.forward_layers, stack.backward_layers, strict=True))
    for layer, layer_weights in zip(layers, weights, strict=True):
        for direction, cell_weights in zip(layer, layer_weights, strict=True):
            yield from placed_cell(direction.cell, kind, cell_weights)


def final_states(layers):
    """Final states of the zoo, a list [h] or [h, memory] for each layer and direction, as PyTorch stacks them."""
    parts = zip(*layers, strict=True)
    return {
        f"final_{name}": np.stack([ops.convert_to_numpy(state) for state in states])
        for name, states in zip(("hidden", "memory"), parts, strict=False)
    }


# -- PyTorch ----------------------------------------------------------------------------------------------------------


def torch_stack(kind, weights):
    """PyTorch's module with the weights of a stack; a second direction is called "reverse"."""
    import torch

    input_dim, hidden_dim = weights[0][0][f"W_{GATES[kind][0]}"].shape
    family = {"vanilla": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}[kind]
    module = family(input_dim, hidden_dim, len(weights), batch_first=True, bidirectional=len(weights[0]) == 2)
    state = {}
    for i, directions in enumerate(weights):
        for suffix, cell in zip((f"l{i}", f"l{i}_reverse"), directions, strict=False):
            for name, part in {"weight_ih": "W", "weight_hh": "U", "bias_ih": "b", "bias_hh": "c"}.items():
                side_by_side = np.concatenate([cell[f"{part}_{gate}"] for gate in GATES[kind]], axis=-1)
                state[f"{name}_{suffix}"] = torch.tensor(side_by_side.T.copy())  # [out, in]
    module.load_state_dict(state)
    return module


def run_packed(module, x, lengths, state=None):
    """x [B, T, E] -> outputs [B, T, D], zeros at padding, and the final state, at the last real token."""
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    packed, state = module(pack_padded_sequence(x, lengths, batch_first=True, enforce_sorted=False), state)
    return pad_packed_sequence(packed, batch_first=True)[0], state


def numbers(state):
    """PyTorch's final state, h or (h, memory), each [layers * directions, B, D]."""
    state = state if isinstance(state, tuple) else (state,)
    return {f"final_{name}": part.numpy() for name, part in zip(("hidden", "memory"), state, strict=False)}


def lookup(embeddings, token_ids):
    import torch

    return torch.tensor(embeddings[token_ids])


# -- rnn: two layers, the final state read token by token -------------------------------------------------------------


def rnn_weights(kind):
    return draw("rnn.embedding", (V, D), 1.0), draw_stack("rnn", kind, D, D, num_layers=2)


def our_rnn(kind):
    from zoo.models.rnn import RNN, RNNConfig

    embeddings, cells = rnn_weights(kind)
    model = RNN(RNNConfig(V, num_layers=2, hidden_dim=D, dropout=0.5, cell=kind))
    place(model, [(model.embedding.embeddings, embeddings), *placed_stack(model.stack, kind, cells)])
    inputs = {"token_ids": TOKEN_IDS, "padding_mask": MASK}
    outputs, states = by_steps(model, inputs, TOKEN_IDS)
    last = [  # of each row the state after its own last token
        [np.stack([states[length - 1][i][k][row] for row, length in enumerate(LENGTHS)]) for k in range(len(state))]
        for i, state in enumerate(states[0])
    ]
    return {
        "outputs": at_tokens(model(inputs), MASK),
        "outputs_by_steps": at_tokens(outputs, MASK),
        **final_states(last),
    }


def their_rnn(kind):
    import torch

    embeddings, cells = rnn_weights(kind)
    with torch.no_grad():
        outputs, state = run_packed(torch_stack(kind, cells), lookup(embeddings, TOKEN_IDS), LENGTHS)
    return {"outputs": outputs.numpy(), "outputs_by_steps": outputs.numpy(), **numbers(state)}


# -- both directions: birnn, and its layer with the other cells -------------------------------------------------------


def birnn_weights(kind):
    cells = draw_stack("birnn", kind, E, D, num_layers=2, directions=("forward", "backward"))
    return draw("birnn.tokens", (V, E), 1.0), draw("birnn.segments", (2, E), 1.0), cells


SEGMENT_IDS = draw_ids("segments", (B, T), 2)


def our_birnn():
    from zoo.models.birnn import BiRNN, BiRNNConfig

    tokens, segments, cells = birnn_weights("lstm")
    model = BiRNN(BiRNNConfig(V, num_layers=2, hidden_dim=D, embedding_dim=E, dropout=0.5))
    embeddings = [(model.token_embedding.embeddings, tokens), (model.segment_embedding.embeddings, segments)]
    place(model, [*embeddings, *placed_stack(model.stack, "lstm", cells)])
    outputs = model({"token_ids": TOKEN_IDS, "segment_ids": SEGMENT_IDS, "padding_mask": MASK})
    return {"outputs": at_tokens(outputs, MASK)}


def their_birnn():
    return {"outputs": their_directions("lstm")["outputs"]}


def our_directions(kind):
    from zoo.layers.recurrent import BidirectionalStack

    tokens, segments, cells = birnn_weights(kind)
    x = tokens[TOKEN_IDS] + segments[SEGMENT_IDS]
    stack = BidirectionalStack(kind, num_layers=2, hidden_dim=D, dropout=0.5)
    stack(x, MASK)
    place(stack, placed_stack(stack, kind, cells))
    outputs, final = stack(x, MASK)
    return {"outputs": at_tokens(outputs, MASK), **final_states([state for layer in final for state in layer])}


def their_directions(kind):
    import torch

    tokens, segments, cells = birnn_weights(kind)
    x = lookup(tokens, TOKEN_IDS) + lookup(segments, SEGMENT_IDS)
    with torch.no_grad():
        outputs, state = run_packed(torch_stack(kind, cells), x, LENGTHS)
    return {"outputs": outputs.numpy(), **numbers(state)}


# -- seq2seq: Sutskever's two LSTM layers over a source read backwards, Cho's GRU with the context at every step ------

FORMS = {"sutskever": ("lstm", 2, E), "cho": ("gru", 1, E + D)}  # cell, layers, what the decoder reads at each step


def seq2seq_weights(form):
    kind, num_layers, decoder_input = FORMS[form]
    encoder, decoder = (
        draw_stack(f"{form}.{side}", kind, size, D, num_layers)
        for side, size in (("encoder", E), ("decoder", decoder_input))
    )
    return draw("seq2seq.source", (V, E), 1.0), encoder, draw("seq2seq.target", (V, E), 1.0), decoder


def our_seq2seq(form):
    from zoo.models.seq2seq import Seq2Seq, Seq2SeqConfig

    kind, num_layers, _ = FORMS[form]
    source, encoder, target, decoder = seq2seq_weights(form)
    choice = {"reverse_source": True} if form == "sutskever" else {"context_at_every_step": True}
    model = Seq2Seq(Seq2SeqConfig(V, V, num_layers, hidden_dim=D, embedding_dim=E, dropout=0.5, cell=kind, **choice))
    embeddings = [(model.encoder_embedding.embeddings, source), (model.decoder_embedding.embeddings, target)]
    place(
        model,
        [*embeddings, *placed_stack(model.encoder, kind, encoder), *placed_stack(model.decoder, kind, decoder)],
    )
    inputs = {
        "encoder_token_ids": SOURCE_IDS,
        "encoder_padding_mask": SOURCE_MASK,
        "decoder_token_ids": TOKEN_IDS,
        "decoder_padding_mask": MASK,
    }
    return {
        "outputs": at_tokens(model(inputs), MASK),
        "outputs_by_steps": at_tokens(by_steps(model, inputs, TOKEN_IDS)[0], MASK),
        **final_states(model.start(inputs, T)["layers"]),  # of the source
    }


def their_seq2seq(form):
    import torch

    kind, _, _ = FORMS[form]
    source, encoder, target, decoder = seq2seq_weights(form)
    source_ids = SOURCE_IDS.copy()
    if form == "sutskever":
        for row, length in enumerate(SOURCE_LENGTHS):
            source_ids[row, :length] = SOURCE_IDS[row, :length][::-1]
    with torch.no_grad():
        _, state = run_packed(torch_stack(kind, encoder), lookup(source, source_ids), SOURCE_LENGTHS)
        x = lookup(target, TOKEN_IDS)
        if form == "cho":
            context = state[-1][:, None].expand(-1, T, -1)  # [B, T, D]
            outputs, _ = run_packed(torch_stack(kind, decoder), torch.cat([x, context], -1), LENGTHS, state)
            outputs = torch.cat([x, outputs, context], -1)
        else:
            outputs, _ = run_packed(torch_stack(kind, decoder), x, LENGTHS, state)
    outputs = at_tokens(outputs.numpy(), MASK)
    return {"outputs": outputs, "outputs_by_steps": outputs, **numbers(state)}


CASES = [
    *(Case(f"rnn-{kind}", partial(their_rnn, kind), partial(our_rnn, kind), ("torch",)) for kind in GATES),
    *(
        Case(f"bidirectional-{kind}", partial(their_directions, kind), partial(our_directions, kind), ("torch",))
        for kind in GATES
    ),
    Case("birnn", their_birnn, our_birnn, ("torch",)),
    *(Case(f"seq2seq-{form}", partial(their_seq2seq, form), partial(our_seq2seq, form), ("torch",)) for form in FORMS),
]
