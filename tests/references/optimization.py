"""Fifty training steps on one batch against PyTorch: AdamW, schedules, clipping, smoothed and masked losses.

A small masked language model (two LSTMs, normalisation, logits by the embedding matrix) is trained by
:class:`zoo.trainer.Trainer` and, with the same first weights, by a loop in PyTorch. It has all roles a
weight can have: matrices and embeddings, which decay, biases and normalisation, which do not. (It has
no attention: the bias of a key has no gradient but rounding errors, of which Adam makes whole steps.)

Shapes: B batch, T length, V vocabulary, D hidden_dim of one direction; embeddings have 2 D.
"""

import math
from functools import partial

import numpy as np

from tests.references import Case, draw, draw_ids
from tests.references.backbones import place

STEPS = 50
LENGTHS = [6, 3, 5, 1, 4]
B, T, V, D = 5, 6, 12, 4
TOKEN_IDS, SEGMENT_IDS, LABELS = (
    draw_ids("tokens", (B, T), V),
    draw_ids("segments", (B, T), 2),
    draw_ids("y", (B, T), V),
)
ASKED = draw_ids("asked", (B, T), 2).astype(bool)  # where a label counts; about half of the places

RECIPES = {  # each with other numbers, so that none of them can be ignored unseen
    "constant": {"learning_rate": 0.01, "label_smoothing": 0.2, "weight_decay": 0.3, "clip_norm": 0.0},
    "inverse-sqrt": {
        "learning_rate": 0.03, "warmup_steps": 8, "label_smoothing": 0.1, "clip_norm": 0.4, "beta_2": 0.98,
        "epsilon": 1e-9,
    },
    "linear": {"learning_rate": 0.02, "warmup_steps": 10, "weight_decay": 0.1, "clip_norm": 1.0},
    "cosine": {"learning_rate": 0.02, "weight_decay": 0.2, "clip_norm": 0.2, "beta_1": 0.8},
}  # fmt: skip


def first_weights():
    """The weights before training by name, matrices [in, out]."""
    shapes = {"tokens": (V, 2 * D), "segments": (2, 2 * D)}
    for direction in ("forward", "backward"):
        shapes |= {f"{direction}.kernel": (2 * D, 4 * D), f"{direction}.recurrent": (D, 4 * D)}
        shapes |= {f"{direction}.bias": (4 * D,)}
    shapes |= {"dense.kernel": (2 * D, 2 * D), "dense.bias": (2 * D,), "gamma": (2 * D,), "beta": (2 * D,)}
    shapes |= {"output.bias": (V,)}
    return {name: draw(f"masked.{name}", shape, 0.5, float(name == "gamma")) for name, shape in shapes.items()}


# -- the zoo ----------------------------------------------------------------------------------------------------------


def ours(schedule):
    from zoo.batching import Batches, Columns
    from zoo.layers.heads import MaskedLanguageModelHead
    from zoo.models.birnn import BiRNN, BiRNNConfig
    from zoo.optimization import Recipe
    from zoo.task_model import TaskModel
    from zoo.trainer import Trainer

    backbone = BiRNN(BiRNNConfig(V, hidden_dim=D, embedding_dim=2 * D, dropout=0.0))
    model = TaskModel(backbone, MaskedLanguageModelHead(V, tied_to=backbone.token_embedding))
    variables = named_variables(model)
    weights = first_weights()
    place(model, [(variable, weights[name]) for name, variable in variables.items()])

    def rows(values, dtype):
        return [values[row, :length].astype(dtype) for row, length in enumerate(LENGTHS)]

    inputs = {"token_ids": rows(TOKEN_IDS, "int32"), "segment_ids": rows(SEGMENT_IDS, "int32")}
    columns = Columns(inputs, rows(LABELS, "int32"), rows(ASKED, "float32"))
    trainer = Trainer(model, Recipe(schedule=schedule, **RECIPES[schedule]), STEPS)
    trainer.feed(Batches(columns, B + 2))  # two rows repeat others to fill the batch, and must not count
    losses = np.concatenate([trainer.advance(1)[0] for _ in range(STEPS)])
    return {"losses": losses, **{name: np.array(variable) for name, variable in variables.items()}}


def named_variables(model):
    backbone, head = model.backbone, model.head
    variables = {
        "tokens": backbone.token_embedding.embeddings,
        "segments": backbone.segment_embedding.embeddings,
        "dense.kernel": head.dense.kernel,
        "dense.bias": head.dense.bias,
        "gamma": head.norm.gamma,
        "beta": head.norm.beta,
        "output.bias": head.output_head.bias,
    }
    stack = backbone.stack
    for direction, layers in (("forward", stack.forward_layers), ("backward", stack.backward_layers)):
        cell = layers[0].cell
        variables[f"{direction}.kernel"] = cell.input_projection.kernel
        variables[f"{direction}.recurrent"] = cell.recurrent_projection.kernel
        variables[f"{direction}.bias"] = cell.input_projection.bias
    return variables


# -- PyTorch ----------------------------------------------------------------------------------------------------------

PYTORCH_NAMES = {
    "tokens": "tokens.weight",
    "segments": "segments.weight",
    "forward.kernel": "lstm.weight_ih_l0",
    "forward.recurrent": "lstm.weight_hh_l0",
    "forward.bias": "lstm.bias_ih_l0",
    "backward.kernel": "lstm.weight_ih_l0_reverse",
    "backward.recurrent": "lstm.weight_hh_l0_reverse",
    "backward.bias": "lstm.bias_ih_l0_reverse",
    "dense.kernel": "dense.weight",
    "dense.bias": "dense.bias",
    "gamma": "norm.weight",
    "beta": "norm.bias",
    "output.bias": "output.bias",
}


def theirs(schedule):
    import torch
    from torch import nn

    from tests.references.recurrent import run_packed

    recipe = {"warmup_steps": 0, "label_smoothing": 0.0, "weight_decay": 0.0, "beta_1": 0.9, "beta_2": 0.999}
    recipe = {**recipe, "epsilon": 1e-8, **RECIPES[schedule]}
    model = nn.ModuleDict(
        {
            "tokens": nn.Embedding(V, 2 * D),
            "segments": nn.Embedding(2, 2 * D),
            "lstm": nn.LSTM(2 * D, D, batch_first=True, bidirectional=True),
            "dense": nn.Linear(2 * D, 2 * D),
            "norm": nn.LayerNorm(2 * D, eps=1e-12),
            "output": nn.Linear(2 * D, V),
        }
    )
    model["output"].weight = model["tokens"].weight  # tied
    parameters = dict(model.named_parameters())
    for name in ("lstm.bias_hh_l0", "lstm.bias_hh_l0_reverse"):  # PyTorch's second bias of the same sum
        parameters.pop(name).requires_grad_(False).zero_()
    with torch.no_grad():
        for name, values in first_weights().items():
            parameters[PYTORCH_NAMES[name]].copy_(torch.tensor(as_pytorch(name, values)))
    spared = [p for name, p in parameters.items() if "bias" in name or "norm" in name]
    decayed = [p for name, p in parameters.items() if not ("bias" in name or "norm" in name)]
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": recipe["weight_decay"]}, {"params": spared, "weight_decay": 0.0}],
        lr=recipe["learning_rate"], betas=(recipe["beta_1"], recipe["beta_2"]), eps=recipe["epsilon"],
    )  # fmt: skip
    if schedule == "cosine":  # without a warm-up PyTorch has it ready-made
        scheduler = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, T_max=STEPS)
    else:
        scheduler = torch.optim.lr_scheduler.LambdaLR(
            optimizer, lambda done: share_of_peak(schedule, done + 1, recipe["warmup_steps"])
        )
    real = np.arange(T) < np.array(LENGTHS)[:, None]
    labels = torch.tensor(np.where(real & ASKED, LABELS, -100), dtype=torch.long).flatten()
    smoothed_loss = nn.CrossEntropyLoss(ignore_index=-100, label_smoothing=recipe["label_smoothing"])
    token_ids, segment_ids = torch.tensor(TOKEN_IDS), torch.tensor(SEGMENT_IDS)
    losses = []
    for step in range(1, STEPS + 1):
        for group in optimizer.param_groups:
            # Keras adds epsilon to the root before its bias is corrected, PyTorch after: Kingma 2015, section 2,
            # gives both forms. Left as it is, "cosine", with the smallest gradients, would differ by 3e-3.
            group["eps"] = recipe["epsilon"] / math.sqrt(1 - recipe["beta_2"] ** step)
        embedded = model["tokens"](token_ids) + model["segments"](segment_ids)
        hidden_states, _ = run_packed(model["lstm"], embedded, LENGTHS)  # [B, T, 2 D]
        hidden_states = model["norm"](nn.functional.gelu(model["dense"](hidden_states)))
        logits = model["output"](hidden_states).flatten(0, 1)  # [B T, V]
        losses.append(nn.functional.cross_entropy(logits, labels, ignore_index=-100).item())
        optimizer.zero_grad()
        smoothed_loss(logits, labels).backward()
        if recipe["clip_norm"]:
            nn.utils.clip_grad_norm_(parameters.values(), recipe["clip_norm"])
        optimizer.step()
        scheduler.step()
    trained = {name: parameters[PYTORCH_NAMES[name]].detach().numpy() for name in PYTORCH_NAMES}
    return {"losses": losses, **{name: as_pytorch(name, values) for name, values in trained.items()}}


def as_pytorch(name, values):
    """PyTorch's matrices are [out, in]: there and back again."""
    return values.T.copy() if name.endswith(("kernel", "recurrent")) else values


def share_of_peak(schedule, step, warmup):
    """The learning rate of a step, the first one being 1, as a share of the peak."""
    if schedule == "inverse-sqrt":  # Vaswani 2017, section 5.3, equation 3, in units of its largest value
        return min(step**-0.5, step * warmup**-1.5) * warmup**0.5
    if step <= warmup:
        return step / warmup
    warmup = max(warmup, 1)  # a warm-up of one step is none: the first step has the peak
    if schedule == "linear":  # Devlin 2019, appendix A.2; zero is where a step after the last one would be
        return (STEPS + 1 - step) / (STEPS + 1 - warmup)
    return 1.0


CASES = [
    Case(f"training-{name}", partial(theirs, name), partial(ours, name), ("torch",), 1e-4, "training is a tf.function")
    for name in RECIPES
]
