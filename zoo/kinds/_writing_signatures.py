"""What a kind that writes can be asked once it is exported, besides what every kind can be."""

import tensorflow as tf

from zoo.samplers import SampleByRow
from zoo.signatures import Input, Signature, for_rows, ids_input, padded

MOST_TOKENS = 4096  # of an answer: what a client asks for must not fill the server's memory
SETTINGS = {
    "max_tokens": Input(
        f"int32 [B]: the longest answer in tokens, up to {MOST_TOKENS}; 0: as long as there is room",
        tf.int32,
        default=0,
    ),
    "temperature": Input(
        "float32 [B]: 0 takes the most probable token; above 0 draws, below 1 bolder, above 1 wilder",
        tf.float32,
        default=0.0,
    ),
    "top_k": Input("int32 [B]: draw from so many most probable tokens only; 0: from all", tf.int32, default=0),
    "top_p": Input(
        "float32 [B]: draw from the fewest tokens of this probability; 1: from all", tf.float32, default=1.0
    ),
    "seed": Input("int32 [B]: the same number draws the same text; -1: another one each time", tf.int32, default=-1),
}


def writing_signatures(kind, model):
    """Texts with settings for each row, ids to ids, ids to texts: name -> :class:`zoo.signatures.Signature`.

    Args:
        kind: a :class:`zoo.kinds._writing.WritingKind`.
        model: its :class:`zoo.task_model.TaskModel`.
    """
    ids = "int32 [B, T]: the answer's tokens with its end, -1 behind"

    def continued(**question):
        return {"token_ids": padded(kind.write(model, kind.inputs_from_ids(question)))}

    def detokenized(token_ids):
        return {"text": kind.writer.decode(tf.ragged.boolean_mask(token_ids, token_ids >= 0))}

    return {
        "generate": Signature(
            "The same with settings for each row; those left out have their default values.",
            lambda **inputs: _generated(kind, model, **inputs),
            {**kind.text_inputs(), **SETTINGS},
            kind.outputs,
        ),
        "tokens": Signature("The same from token ids to token ids.", continued, kind.id_inputs(), {"token_ids": ids}),
        "detokenize": Signature(
            "The text that token ids write by themselves; those of a text and of what goes on from it write both.",
            detokenized,
            {"token_ids": ids_input(ids)},
            {"text": "string [B]: what they write"},
            is_of_answers=True,
        ),
    }


def _generated(kind, model, max_tokens, temperature, top_k, top_p, seed, **fields):
    batch_size = tf.shape(fields[kind.fields[0]])[0]
    drawn = tf.random.uniform([batch_size], maxval=tf.int32.max, dtype=tf.int32)
    seed = for_rows(seed, batch_size)
    return kind.respond(
        model,
        max_tokens=for_rows(tf.minimum(max_tokens, MOST_TOKENS), batch_size),
        sampler=SampleByRow(*[for_rows(values, batch_size) for values in (temperature, top_k, top_p)]),
        seed=tf.where(seed >= 0, seed, drawn),
        **fields,
    )
