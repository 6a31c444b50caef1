"""Kinds that guess what is missing: a text with blanks in, the most probable tokens out.

Shapes: B texts, T tokens of a text, N blanks of a text, V vocabulary.
"""

import re

import tensorflow as tf

from zoo.kinds import Kind
from zoo.ragged import dense, frame, in_chunks
from zoo.signatures import PADDING, Signature, padded
from zoo.tokenizers.utf8 import valid_utf8

BLANK = "[MASK]"  # how a text says what is to be guessed


class FillingKind(Kind):
    """Base class of kinds whose model has logits ``"masked"`` [B, N, V] for the places ``masked_positions`` [B, N]."""

    outputs = {
        "filled": f"string [B]: the text with the most probable token in each {BLANK} that was read, else as it is",
        "token": f'string [B, N]: the most probable token of each {BLANK}, "" behind',
        "probability": "float32 [B, N]: the probability of each of them, 0 behind",
    }

    @property
    def tokenizer(self):
        return self.tokenizers["tokenizer"]

    @property
    def sequence_length(self):
        return self.facts["max_length"]

    def check_input(self, records, model=None, **options):
        for record in records:
            if BLANK not in record["text"]:
                raise ValueError(f"{record['text']!r:.80} has no blank: write {BLANK} where a token is to be guessed.")
        super().check_input(records, model, **options)

    def read_ids(self, field, texts):
        return in_chunks(self.blanked_ids, texts)

    def longest(self, field, model, **options):
        most = self.facts["max_length"] - 2
        return most, f"this run reads {most} at most, each blank as one of them: shorten the text."

    def blanked_ids(self, text):
        """Texts with ``[MASK]`` in them, string [B] -> ragged ids [B, None], nothing cut."""
        parts = tf.strings.split(text, BLANK)  # [B, parts]
        ids = self.tokenizer.encode(parts.values)
        ids = frame(ids, self.tokenizer.mask_id)  # behind each part a blank, which the last one of a text has not
        return parts.with_values(ids).merge_dims(1, 2)[:, :-1]

    def ragged_inputs(self, text):
        """Texts with ``[MASK]`` in them, string [B] -> the backbone's inputs as ragged rows."""
        ids = self.cut(self.blanked_ids(text), self.facts["max_length"] - 2)
        ids = frame(self.tokenizer.start_id, ids, self.tokenizer.end_id)
        return {"token_ids": ids, "segment_ids": tf.zeros_like(ids)}

    def blanks(self, inputs):
        """The dense inputs of a backbone as those of the model.

        Returns:
            inputs: with ``masked_positions`` int32 [B, N], the places of the blanks, 0 behind.
            is_blank: bool [B, T].
        """
        is_blank = (inputs["token_ids"] == self.tokenizer.mask_id) & inputs["padding_mask"]
        places = tf.broadcast_to(tf.range(tf.shape(is_blank)[1]), tf.shape(is_blank))
        return {**inputs, "masked_positions": tf.ragged.boolean_mask(places, is_blank).to_tensor()}, is_blank

    def respond(self, model, text):
        """Strings [B] -> ``{"filled": strings [B], "token": strings [B, N], "probability": float32 [B, N]}``.

        ``[MASK]`` in a text is a blank; "filled" is the text with the most probable token in each, and rows
        with fewer blanks than others are filled with "" and 0.
        """
        _, best, probability = self._guess(model, dense(self.ragged_inputs(text)))
        token = tf.gather(tf.constant(self.tokenizer.tokens), tf.maximum(best, 0))
        return {
            "filled": self.filled(text, best),
            "token": tf.where(best >= 0, token, ""),
            "probability": probability,
        }

    def filled(self, text, best):
        """Puts tokens into the blanks of texts, string [B]; all else stays as it was typed.

        A piece of a word is joined to what stands before it, and where both that and a token bring a space along, one
        is written. A blank behind the last one that was read, of a text that was cut, stays.

        Args:
            best: int32 [B, N], the token of each blank, -1 behind.
        """
        parts = tf.strings.split(text, BLANK)
        before = parts.to_tensor("")  # [B, P], P > N; behind each part but a text's last one stands a blank
        width = tf.shape(before)[1]
        best = tf.pad(best, [[0, 0], [0, width - tf.shape(best)[1]]], constant_values=PADDING)
        tokens = tf.gather(tf.constant(self.tokenizer.spellings), tf.maximum(best, 0))
        if self.tokenizer.piece_mark:
            mark = f"^{re.escape(self.tokenizer.piece_mark)}"
            is_piece = tf.strings.regex_full_match(tokens, f"{mark}.*") & (best >= 0)
            before = tf.where(is_piece, tf.strings.regex_replace(before, r"[\t\p{Z}]+$", ""), before)
            tokens = tf.strings.regex_replace(tokens, mark, "")
        is_first = tf.range(width) == 0
        is_spaced = tf.strings.regex_full_match(before, r"(?s:.*)\s") | (is_first & (before == ""))
        tokens = tf.where(is_spaced, tf.strings.regex_replace(tokens, "^ (.)", r"\1"), tokens)
        is_blank = tf.sequence_mask(parts.row_lengths() - 1, width)
        tokens = tf.where(best >= 0, tokens, tf.where(is_blank, BLANK, ""))
        return valid_utf8(tf.strings.reduce_join(before + tokens, axis=1))  # a token may be a byte

    def _guess(self, model, inputs):
        """Fills the blanks with the most probable tokens that are not special.

        Args:
            inputs: dense inputs of the backbone.

        Returns:
            ids: ragged int32 [B, None], the text with its blanks filled.
            best: int32 [B, N], the token of each blank, -1 behind.
            probability: float32 [B, N], 0 behind.
        """
        inputs, is_blank = self.blanks(inputs)
        logits = model(inputs, training=False)["masked"]  # [B, N, V]
        ordinary = tf.cast(~tf.constant(self.tokenizer.is_special), tf.float32)
        probabilities = tf.nn.softmax(tf.cast(logits, tf.float32)) * ordinary
        best = tf.argmax(probabilities, axis=-1, output_type=tf.int32)
        is_real = tf.sequence_mask(tf.reduce_sum(tf.cast(is_blank, tf.int32), axis=1), tf.shape(best)[1])
        ids = tf.tensor_scatter_nd_update(inputs["token_ids"], tf.where(is_blank), tf.boolean_mask(best, is_real))
        probability = tf.where(is_real, tf.reduce_max(probabilities, axis=-1), 0.0)
        return tf.ragged.boolean_mask(ids, inputs["padding_mask"]), tf.where(is_real, best, PADDING), probability

    def signatures(self, model):
        def guess(**ids):
            filled, best, probability = self._guess(model, self.inputs_from_ids(ids))
            return {"filled_ids": padded(filled), "token_ids": best, "probability": probability}

        about = f"The same from token ids; a blank is the id of {BLANK}."
        outputs = {
            "filled_ids": "int32 [B, T]: the tokens of the text with its blanks filled, -1 behind",
            "token_ids": "int32 [B, N]: the most probable token of each blank, -1 behind",
            "probability": self.outputs["probability"],
        }
        return {**super().signatures(model), "tokens": Signature(about, guess, self.id_inputs(), outputs)}
