"""What a table does not show: the idea of a model in its author's words, and where the model looked."""

import inspect
import sys

import numpy as np

from zoo.attention_maps import readable
from zoo.batching import Batches
from zoo.layers.attention import recording

MOST_TOKENS = 24  # a map with more rows is no longer read


def idea(entry, whole=False):
    """The first sentence of a family's file, or with ``whole`` the whole docstring of a class, on one line."""
    text = inspect.cleandoc((entry.__doc__ if whole else sys.modules[entry.__module__].__doc__) or "")
    text = text if whole else text.partition("\n\n")[0]
    return " ".join(text.replace("``", "").split())


def sample_attention(run, examples):
    """Where a run looks in one example: the last layer that attends, the mean of its heads.

    For an encoder-decoder it is the attention from the target to the source, for all
    others the attention of a text to itself. The example is the longest that a map can show,
    with the expected answer; :func:`zoo.attend` shows any text with the run's own.

    Args:
        run: a :class:`zoo.runs.Run`.
        examples: list of examples of the run's kind.

    Returns:
        ``{"layer": str, "heads": int, "queries": T tokens, "keys": S tokens, "weights": [T][S]}``;
        None for a model that attends to nothing.
    """
    inputs, labels, _, _ = next(Batches(_one_row(run.kind.columns(examples[:200])), 1).epoch(0))
    with recording() as maps:
        run.model(inputs, training=False)
    if not maps:
        return None
    layer, weights = list(maps.items())[-1]  # [1, H, T, S]
    if run.kind.backbone_kind == "encoder_decoder":
        queries = readable(run.kind.tokenizers["target"], labels[0])
        keys = readable(run.kind.tokenizers["source"], inputs["encoder_token_ids"][0])
    else:
        tokenizer = run.kind.tokenizers.get("target") or run.kind.tokenizers["tokenizer"]
        queries = keys = readable(tokenizer, inputs["token_ids"][0])
    weights = np.asarray(weights, np.float32)[0].mean(axis=0)[: len(queries), : len(keys)]
    return {
        "layer": layer,
        "heads": int(maps[layer].shape[1]),
        "queries": queries,
        "keys": keys,
        "weights": [[round(float(weight), 3) for weight in row] for row in weights],
    }


def _one_row(columns):
    """The longest row that still fits into a map; the shortest if none does."""
    longest = np.max([[len(row) for row in column] for column in columns.inputs.values()], axis=0)
    fits = longest <= MOST_TOKENS
    i = int(np.argmax(np.where(fits, longest, -1)) if fits.any() else np.argmin(longest))
    return columns.row(i)
