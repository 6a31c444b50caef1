"""What every kind can be asked once it is exported, and what becomes of texts that are too long."""

import tensorflow as tf

from zoo.packing import mask_name
from zoo.signatures import Input, Signature, ids_input, padded


class Exporting:
    """The part of :class:`zoo.kinds.Kind` that an export is made of."""

    outputs = {}  # what `respond` returns: name -> what it is, with its shape
    too_long = "cut"  # or "refuse": what becomes of a text that is longer than the model reads
    when_cut = "cut"  # what "cut" means, in words

    def signatures(self, model):
        """The signatures of an exported ``model``: name -> :class:`zoo.signatures.Signature`.

        A kind adds what else it can be asked, at least ``tokens``, which takes what ``tokenize`` gives.
        """
        signatures = {
            "serving_default": Signature(
                "Strings in, answers out.",
                lambda **fields: self.respond(model, **fields),
                self.text_inputs(),
                self.outputs,
            ),
            "tokenize": Signature(
                "The token ids that the model reads of a text, special tokens included.",
                self.tokenize,
                self.text_inputs(),
                {name: given.about for name, given in self.id_inputs().items()},
            ),
        }
        if self.backbone_kind == "encoder":
            signatures["embed"] = Signature(
                "The encoder's hidden states.",
                lambda **fields: self._embed(model, **fields),
                self.text_inputs(),
                {
                    "hidden_states": "float32 [B, T, D]: a vector for each token, 0 behind the text",
                    "token_ids": "int32 [B, T]: the tokens, -1 behind the text",
                    "mean": "float32 [B, D]: the mean of a text's vectors",
                },
            )
        return signatures

    def text_inputs(self):
        """An input of strings for each of the kind's fields."""
        return {name: Input(f"string [B]: the {name.replace('_', ' ')}") for name in self.fields}

    def id_inputs(self):
        """An input of ids for each that the backbone reads of a question."""
        names = ("token_ids", "segment_ids") if self.backbone_kind == "encoder" else ("token_ids",)
        about = {
            "token_ids": "int32 [B, T]: special tokens included, -1 behind each row",
            "segment_ids": "int32 [B, T]: 0 for the first text, 1 for the second, -1 behind",
        }
        return {name: ids_input(about[name]) for name in names}

    @property
    def question_length(self):
        """How many tokens of a question are read at most, special ones included."""
        return self.sequence_length

    def inputs_from_ids(self, ids):
        """Ids [B, T] with -1 behind each row, as a client gives them -> dense inputs of the backbone."""
        inputs = {}
        for name, rows in ids.items():
            rows = self.cut(rows, self.question_length, name)
            inputs[name] = tf.maximum(rows, 0)
            if name.endswith("token_ids"):
                inputs[mask_name(name)] = rows >= 0
        return inputs

    def tokenize(self, **fields):
        """Strings [B] -> ids [B, T] as the backbone reads them, -1 behind each row."""
        return {name: padded(rows) for name, rows in self.ragged_inputs(**fields).items()}

    def _embed(self, model, **fields):
        ids = self.tokenize(**fields)
        inputs = self.inputs_from_ids(ids)
        is_real = tf.cast(inputs["padding_mask"], tf.float32)[:, :, None]
        hidden_states = tf.cast(model.backbone(inputs, training=False), tf.float32) * is_real
        mean = tf.reduce_sum(hidden_states, axis=1) / tf.reduce_sum(is_real, axis=1)
        return {"hidden_states": hidden_states, "token_ids": ids["token_ids"], "mean": mean}

    def cut(self, rows, most, what="text"):
        """The first ``most`` ids of each row, ragged or dense [B, None]."""
        self.refuse_above(rows, most, what)
        return rows[:, :most]

    def refuse_above(self, rows, most, what):
        """Fails in the graph for a row of more than ``most`` ids, if texts too long are to be refused."""
        if self.too_long == "refuse":
            is_ragged = isinstance(rows, tf.RaggedTensor)
            lengths = rows.row_lengths() if is_ragged else tf.reduce_sum(tf.cast(rows >= 0, tf.int32), axis=1)
            message = (
                f"the {what} is too long: at most {most} tokens are read, so shorten or split it. Tokens of each row:"
            )
            tf.debugging.Assert(tf.reduce_all(lengths <= most), [message, lengths], summarize=100)
