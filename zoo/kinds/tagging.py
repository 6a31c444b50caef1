"""Tagging: a tag for each word (Devlin 2019, figure 4 d).

A word may be several tokens; its tag is read at the first of them, and only
there does the loss count. Words behind the ``max_length``-th token are tagged
"O", in training and in every score.

Where a task tags characters (Korean names end inside of words), each character
is a word, white space included, which tokenizers are shown as ``▁``.
"""

import numpy as np
import tensorflow as tf

from zoo import metrics
from zoo.batching import Columns
from zoo.kinds import Kind
from zoo.kinds._reading import SPACE
from zoo.layers.heads import TokenClassificationHead
from zoo.ragged import dense, frame, in_chunks, plain
from zoo.registry import register_kind
from zoo.signatures import PADDING, Signature
from zoo.tokenizers import split_words

OUTSIDE = "O"


@register_kind("tagging")
class Tagging(Kind):
    """Words in, tags out. Examples: ``{"tokens": [str], "tags": [str]}``, tags in IOB2."""

    backbone_kinds = ("encoder",)
    outputs = {
        "word": 'string [B, W]: the words, "" behind those of a shorter text',
        "tag": 'string [B, W]: the tag of each word, "" behind',
        "start": "int32 [B, W]: its first character in the text, -1 behind",
        "end": "int32 [B, W]: the character behind its last one, -1 behind",
    }
    own_data_task = "tagging"
    metric = "f1"

    @classmethod
    def fit(cls, task, backbone_kind, examples, tokenizers=None):
        texts = [" ".join(token if token.strip() else SPACE for token in example["tokens"]) for example in examples]
        tags = sorted({tag for example in examples for tag in example["tags"]} | {OUTSIDE})
        facts = {**cls.task_facts(task), "tags": tags, "units": task.tag_units}
        return cls(backbone_kind, tokenizers or {"tokenizer": cls.train_tokenizer(task, texts)}, facts)

    @property
    def sequence_length(self):
        return self.facts["max_length"] + 2

    @property
    def known_labels(self):
        return set(self.facts["tags"])

    def head(self, backbone):
        return TokenClassificationHead(len(self.facts["tags"]), dropout=backbone.dropout_rate)

    def ragged_inputs(self, text):
        """Strings [B] -> the backbone's inputs as ragged rows."""
        return self.word_inputs(split_words(text)[0])[0]

    def word_inputs(self, words):
        """Words, ragged strings [B, W] -> the backbone's inputs as ragged rows, and where each word's first token is.

        Returns:
            inputs, first: ``first`` is ragged bool like ``token_ids``, True at the first token of a word.
        """
        tokenizer, pieces = self.tokenizers["tokenizer"], self.pieces(words)
        place_in_word = tf.ragged.range(pieces.values.row_lengths()).flat_values
        is_first = pieces.with_flat_values(tf.cast(place_in_word == 0, tf.int32))
        cut = self.facts["max_length"]
        token_ids = frame(tokenizer.start_id, self.cut(pieces.merge_dims(1, 2), cut), tokenizer.end_id)
        first = tf.cast(frame(0, is_first.merge_dims(1, 2)[:, :cut], 0), tf.bool)
        return {"token_ids": token_ids, "segment_ids": tf.zeros_like(token_ids)}, first

    def pieces(self, words):
        """Words, ragged strings [B, W] -> the tokens of each, ragged int32 [B, W, pieces]."""
        words = words.with_values(tf.strings.regex_replace(words.values, r"^[\s\p{Z}]+$", SPACE))
        return self.tokenizers["tokenizer"].encode_words(words)

    def read_ids(self, field, texts):
        return in_chunks(lambda chunk: self.pieces(self.split(chunk)[0]).merge_dims(1, 2), texts)

    def longest(self, field, model, **options):
        most = self.facts["max_length"]
        return most, f"this run tags the first {most} alone: divide the text, sentence by sentence."

    def columns(self, examples):
        known = {tag: i for i, tag in enumerate(self.facts["tags"])}
        unknown = sorted({tag for example in examples for tag in example["tags"]} - set(known))
        if unknown:
            raise ValueError(f"tag(s) {unknown} do not occur in training; known: {self.facts['tags']}.")
        words = tf.ragged.constant([example["tokens"] for example in examples], tf.string, 1)
        inputs, first = self.word_inputs(words)
        token_ids, segment_ids, weights = (
            np.split(rows.values.numpy(), rows.row_splits.numpy()[1:-1])
            for rows in (inputs["token_ids"], inputs["segment_ids"], tf.cast(first, tf.float32))
        )
        labels = []
        for example, weight in zip(examples, weights, strict=True):
            row = np.zeros(len(weight), np.int32)
            places = np.flatnonzero(weight)
            row[places] = [known[tag] for tag in example["tags"][: len(places)]]
            labels.append(row)
        return Columns({"token_ids": token_ids, "segment_ids": segment_ids}, labels, weights)

    def split(self, text):
        """Strings [B] -> what has a tag, ragged strings [B, W], and its first and last (exclusive) character."""
        if self.facts.get("units") != "characters":
            return split_words(text)
        characters = tf.strings.unicode_split(text, "UTF-8")
        places = tf.ragged.range(tf.cast(characters.row_lengths(), tf.int32))
        return characters, places, places + 1

    def tag(self, model, words):
        """Words, ragged strings [B, W] -> tags, ragged strings [B, W]."""
        inputs, first = self.word_inputs(words)
        best = tf.argmax(model(dense(inputs), training=False), axis=-1, output_type=tf.int32)  # [B, T]
        tags = tf.ragged.boolean_mask(best, first.to_tensor())  # [B, words that fit]
        tags = tf.gather(tf.constant(self.facts["tags"]), tags)
        missing = words.row_lengths() - tags.row_lengths()
        behind = tf.RaggedTensor.from_row_lengths(tf.fill([tf.reduce_sum(missing)], OUTSIDE), missing)
        return tf.concat([tags, behind], axis=1)

    def respond(self, model, text):
        """Strings [B] -> ``{"word", "tag": strings [B, W], "start", "end": [B, W]}``.

        Offsets count characters; rows with fewer words are filled with "" and -1.
        """
        words, starts, ends = self.split(text)
        tags = self.tag(model, words)
        return {
            "word": words.to_tensor(""),
            "tag": tags.to_tensor(""),
            "start": starts.to_tensor(-1),
            "end": ends.to_tensor(-1),
        }

    def signatures(self, model):
        def tag(**ids):
            inputs = self.inputs_from_ids(ids)
            best = tf.argmax(model(inputs, training=False), axis=-1, output_type=tf.int32)
            return {"tag_ids": tf.where(inputs["padding_mask"], best, PADDING)}

        about = "A tag for each token, from token ids; the tag of a word is that of its first token."
        outputs = {"tag_ids": "int32 [B, T]: the place of each token's tag among all tags, -1 behind"}
        return {**super().signatures(model), "tokens": Signature(about, tag, self.id_inputs(), outputs)}

    def answers(self, model, examples, batch_size=64):
        tag = tf.function(lambda words: self.tag(model, words), reduce_retracing=True, autograph=False)
        answers = []
        for first in range(0, len(examples), batch_size):
            words = tf.ragged.constant([e["tokens"] for e in examples[first : first + batch_size]], tf.string, 1)
            answers += plain(tag(words))
        return answers

    def show_input(self, example):
        return {"text": ("" if self.facts.get("units") == "characters" else " ").join(example["tokens"])}

    def input_length(self, example):
        return len(example["tokens"])

    def expected(self, example):
        return example["tags"]

    def score(self, examples, answers):
        """Entity F1 over all names; where characters are tagged, beside it KLUE's figure, the mean over their types."""
        right = [example["tags"] for example in examples]
        by_type = metrics.entity_macro_f1(right, answers) if self.facts.get("units") == "characters" else {}
        return {**metrics.entity_f1(right, answers), **by_type}
