"""Span answering: the answer to a question is a stretch of a context (Devlin 2019, figure 4 c).

The input is ``[START] question [END] context [END]``, segment 0 for the
question and 1 for the context. The head gives two scores for each token, for
being the first and the last of the answer. The best pair with start <= end and
at most ``max_answer_tokens`` tokens is the answer. Contexts are cut to
``max_length`` tokens; training leaves out the examples whose answer is cut off.
"""

import numpy as np
import tensorflow as tf

from zoo import metrics
from zoo.batching import Columns
from zoo.kinds import Kind, dense, frame
from zoo.layers.heads import SpanHead
from zoo.registry import register_kind
from zoo.tokenizers import split_words


@register_kind("span-answering")
class SpanAnswering(Kind):
    """Question and context in, answer out.

    Examples: ``{"question": str, "context": str, "answers": [str], "starts": [int]}``.
    """

    backbone_kinds = ("encoder",)
    fields = ("question", "context")
    own_data_task = "question-answering"
    metric = "exact_match"

    @classmethod
    def fit(cls, task, backbone_kind, examples, tokenizers=None):
        texts = [text for example in examples for text in (example["question"], example["context"])]
        longest = max(len(answer.split()) for example in examples for answer in example["answers"])
        facts = {
            **cls.task_facts(task),
            "max_question_length": 64,
            "max_answer_tokens": max(16, 4 * longest),
            "answer_units": task.answer_units,
        }
        return cls(backbone_kind, tokenizers or {"tokenizer": cls.train_tokenizer(task, texts)}, facts)

    @property
    def sequence_length(self):
        return self.facts["max_length"] + self.facts["max_question_length"] + 3

    def head(self, backbone):
        return SpanHead()

    def context_tokens(self, context):
        """Strings [B] -> ids, first characters and ends (exclusive) of the context's tokens, ragged int32 [B, None]."""
        tokenizer = self.tokenizers["tokenizer"]
        words, word_starts, word_ends = split_words(context)
        pieces = tokenizer.encode_words(words)  # [B, W, pieces]
        lengths = tf.gather(tf.constant(tokenizer.piece_lengths, tf.int32), pieces.flat_values)
        per_word = pieces.values.row_lengths()
        before = tf.cumsum(lengths, exclusive=True)
        before_word = tf.gather(before, pieces.values.row_starts())
        starts = before - tf.repeat(before_word, per_word) + tf.repeat(word_starts.values, per_word)
        # A token ends where the next one of its word starts; the last one, and whatever is unknown, with the word.
        is_last = tf.ragged.range(per_word).flat_values == tf.repeat(per_word, per_word) - 1
        of_word = tf.repeat(word_ends.values, per_word)
        ends = tf.where(is_last | (lengths == 0), of_word, starts + lengths)
        # Where a tokenizer writes more letters than the word has (BERT takes Hangul apart), none lies behind it.
        starts, ends = tf.minimum(starts, of_word - 1), tf.minimum(ends, of_word)
        cut = self.facts["max_length"]
        return [pieces.with_flat_values(x).merge_dims(1, 2)[:, :cut] for x in (pieces.flat_values, starts, ends)]

    def ragged_inputs(self, question, context_ids):
        """The backbone's inputs as ragged rows, and where each context begins in them, int32 [B]."""
        tokenizer = self.tokenizers["tokenizer"]
        asked = tokenizer.encode(question)[:, : self.facts["max_question_length"]]
        asked = frame(tokenizer.start_id, asked, tokenizer.end_id)
        read = frame(context_ids, tokenizer.end_id)
        inputs = {
            "token_ids": tf.concat([asked, read], axis=1),
            "segment_ids": tf.concat([tf.zeros_like(asked), tf.ones_like(read)], axis=1),
        }
        return inputs, tf.cast(asked.row_lengths(), tf.int32)

    def columns(self, examples):
        ids, starts, ends = self.context_tokens(tf.constant([example["context"] for example in examples]))
        inputs, begins = self.ragged_inputs(tf.constant([example["question"] for example in examples]), ids)
        token_ids, segment_ids, starts, ends = (
            np.split(rows.values.numpy(), rows.row_splits.numpy()[1:-1])
            for rows in (inputs["token_ids"], inputs["segment_ids"], starts, ends)
        )
        labels, weights = [], []
        for example, begin, start, end in zip(examples, begins.numpy(), starts, ends, strict=True):
            first_character = example["starts"][0]
            last_character = first_character + len(example["answers"][0]) - 1
            first = np.searchsorted(start, first_character, side="right") - 1
            last = np.searchsorted(end, last_character, side="right")
            found = len(end) > 0 and last_character < end[-1] and 0 <= first <= last
            labels.append(np.array([first + begin, last + begin] if found else [0, 0], np.int32))
            weights.append(np.full(2, 1.0 if found else 0.0, np.float32))
        return Columns({"token_ids": token_ids, "segment_ids": segment_ids}, labels, weights)

    def respond(self, model, question, context):
        """Strings [B] -> ``{"answer": strings [B], "start", "end": int32 [B], "score": float32 [B]}``.

        ``start`` and ``end`` count characters of the context, ``end`` exclusive; the score is
        the probability of the start times that of the end.
        """
        ids, starts, ends = self.context_tokens(context)
        inputs, begins = self.ragged_inputs(question, ids)
        logits = tf.cast(model(dense(inputs), training=False), tf.float32)  # [B, 2, T]
        in_context = tf.range(tf.shape(logits)[2])[None] - begins[:, None]  # position in the context, [B, T]
        allowed = (in_context >= 0) & (in_context < tf.cast(ids.row_lengths(), tf.int32)[:, None])
        logits = tf.where(allowed[:, None], logits, logits.dtype.min / 4)
        log_probabilities = tf.nn.log_softmax(logits)
        pairs = log_probabilities[:, 0, :, None] + log_probabilities[:, 1, None, :]  # start x end, [B, T, T]
        length = tf.shape(logits)[2]
        longest = tf.minimum(self.facts["max_answer_tokens"], length)
        band = tf.linalg.band_part(tf.ones([length, length], tf.bool), 0, longest - 1)
        flat = tf.reshape(tf.where(band, pairs, pairs.dtype.min), [-1, length * length])
        best = tf.argmax(flat, axis=-1, output_type=tf.int32)  # [B]
        first = tf.maximum(best // length - begins, 0)
        last = tf.maximum(best % length - begins, 0)
        start = tf.gather(starts.to_tensor(shape=[None, self.facts["max_length"]]), first, batch_dims=1)
        end = tf.gather(ends.to_tensor(shape=[None, self.facts["max_length"]]), last, batch_dims=1)
        return {
            "answer": tf.strings.substr(context, start, end - start, unit="UTF8_CHAR"),
            "start": start,
            "end": end,
            "score": tf.exp(tf.reduce_max(flat, axis=-1)),
        }

    def answers(self, model, examples, batch_size=64):
        return self.in_batches(model, examples, batch_size)["answer"]

    def expected(self, example):
        return example["answers"][0]

    def score(self, examples, answers):
        right = [example["answers"] for example in examples]
        return metrics.squad_em_f1(right, answers, self.facts.get("answer_units", "words"))
