"""Span answering: the answer to a question is a stretch of a context (Devlin 2019, figure 4 c).

The input is ``[START] question [END] context [END]``, segment 0 for the
question and 1 for the context. The head gives two scores for each token, for
being the first and the last of the answer. The best pair with start <= end and
at most ``max_answer_tokens`` tokens is the answer.

A context of more than ``max_length`` tokens is read in windows that begin every
``stride`` tokens. A window without the answer is taught to point at [START], as
in the code that BERT's authors published; so the probabilities of all windows can be
compared, and the most probable answer of all windows is given.
"""

import numpy as np
import tensorflow as tf

from zoo import metrics
from zoo.batching import Columns
from zoo.kinds import Kind
from zoo.kinds._spans import best_span, best_window, in_parts, windows
from zoo.layers.heads import SpanHead
from zoo.ragged import dense, frame
from zoo.registry import register_kind
from zoo.signatures import Signature
from zoo.tokenizers import split_words

NO_ANSWER = [0, 0]  # what a window points at whose context goes on without the answer: [START]


@register_kind("span-answering")
class SpanAnswering(Kind):
    """Question and context in, answer out.

    Examples: ``{"question": str, "context": str, "answers": [str], "starts": [int]}``.
    """

    backbone_kinds = ("encoder",)
    text_settings = (*Kind.text_settings, "stride")
    fields = ("question", "context")
    outputs = {
        "answer": "string [B]: the answer, a stretch of the context",
        "start": "int32 [B]: its first character in the context",
        "end": "int32 [B]: the character behind its last one",
        "score": "float32 [B]: the probability of its first token times that of its last, in the best window",
    }
    when_cut = "read in windows that overlap (questions are cut)"
    own_data_task = "question-answering"
    metric = "exact_match"

    @classmethod
    def task_facts(cls, task):
        return {**super().task_facts(task), "max_question_length": 64}

    @classmethod
    def fit(cls, task, backbone_kind, examples, tokenizers=None):
        texts = [text for example in examples for text in (example["question"], example["context"])]
        longest = max(len(answer.split()) for example in examples for answer in example["answers"])
        facts = {
            **cls.task_facts(task),
            "stride": min(task.stride, task.max_length),
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
        return [pieces.with_flat_values(x).merge_dims(1, 2) for x in (pieces.flat_values, starts, ends)]

    def windows(self, question, context):
        """Strings [B] -> what the model reads of them.

        Returns:
            found: :class:`zoo.kinds._spans.Windows`.
            inputs: the backbone's inputs, ragged [W, None].
            begins: int32 [W], where the context begins in each of them.
            starts, ends: ragged int32 [W, None], characters of the context's tokens, as :meth:`context_tokens`.
        """
        ids, starts, ends = self.context_tokens(context)
        self.refuse_above(ids, self.facts["max_length"], "context")
        found = windows(ids, self.facts["max_length"], self.facts.get("stride", self.facts["max_length"]))
        inputs, begins = self.joined_inputs(tf.gather(question, found.owner), found.cut(ids))
        return found, inputs, begins, found.cut(starts), found.cut(ends)

    def ragged_inputs(self, question, context):
        """Strings [B] -> the backbone's inputs as ragged rows; of a long context the first window."""
        ids = self.cut(self.context_tokens(context)[0], self.facts["max_length"], "context")
        return self.joined_inputs(question, ids)[0]

    def joined_inputs(self, question, context_ids):
        """The backbone's inputs as ragged rows, and where each context begins in them, int32 [B]."""
        tokenizer = self.tokenizers["tokenizer"]
        asked = self.cut(tokenizer.encode(question), self.facts["max_question_length"], "question")
        asked = frame(tokenizer.start_id, asked, tokenizer.end_id)
        read = frame(context_ids, tokenizer.end_id)
        inputs = {
            "token_ids": tf.concat([asked, read], axis=1),
            "segment_ids": tf.concat([tf.zeros_like(asked), tf.ones_like(read)], axis=1),
        }
        return inputs, tf.cast(asked.row_lengths(), tf.int32)

    def longest(self, field, model, **options):
        most = self.facts["max_question_length"]
        return (most, f"this run reads {most} at most: shorten it.") if field == "question" else (None, "")

    def columns(self, examples):
        texts = [tf.constant([example[field] for example in examples]) for field in self.fields]
        found, inputs, begins, starts, ends = self.windows(*texts)
        token_ids, segment_ids, starts, ends = (
            np.split(rows.values.numpy(), rows.row_splits.numpy()[1:-1])
            for rows in (inputs["token_ids"], inputs["segment_ids"], starts, ends)
        )
        owners = found.owner.numpy().tolist()
        spans = [_span(examples[owner], *of_window) for owner, *of_window in zip(owners, starts, ends, strict=True)]
        answered = {owner for owner, span in zip(owners, spans, strict=True) if span}
        labels, weights = [], []
        for owner, span, begin in zip(owners, spans, begins.numpy(), strict=True):
            labels.append(np.array([span[0] + begin, span[1] + begin] if span else NO_ANSWER, np.int32))
            weights.append(np.full(2, owner in answered, np.float32))
        return Columns({"token_ids": token_ids, "segment_ids": segment_ids}, labels, weights, owners)

    def respond(self, model, question, context):
        """Strings [B] -> ``{"answer": strings [B], "start", "end": int32 [B], "score": float32 [B]}``.

        ``start`` and ``end`` count characters of the context, ``end`` exclusive; the score is
        the probability of the start times that of the end, in the best window.
        """
        found, ragged, begins, starts, ends = self.windows(question, context)
        lengths = tf.cast(found.places.row_lengths(), tf.int32)
        first, last, score = in_parts(
            lambda part: self._best_span(model, part, part.pop("begins"), part.pop("lengths")),
            {**dense(ragged), "begins": begins, "lengths": lengths},
        )
        chosen = best_window(score, found.counts)
        first, last = (tf.maximum(tf.gather(x - begins, chosen), 0) for x in (first, last))
        shape = [None, self.facts["max_length"]]
        start = tf.gather(tf.gather(starts.to_tensor(shape=shape), chosen), first, batch_dims=1)
        end = tf.gather(tf.gather(ends.to_tensor(shape=shape), chosen), last, batch_dims=1)
        return {
            "answer": tf.strings.substr(context, start, end - start, unit="UTF8_CHAR"),
            "start": start,
            "end": end,
            "score": tf.exp(tf.gather(score, chosen)),
        }

    def _best_span(self, model, inputs, begins, lengths):
        """Dense inputs of windows and where their contexts lie, int32 [W] -> :func:`zoo.kinds._spans.best_span`."""
        logits = tf.cast(model(inputs, training=False), tf.float32)  # [W, 2, T]
        place = tf.range(tf.shape(logits)[2])[None]
        allowed = (place >= begins[:, None]) & (place < (begins + lengths)[:, None])  # bool [W, T]
        possible = (allowed | (place == 0))[:, None]  # [START]: the answer is in another window
        log_probabilities = tf.nn.log_softmax(tf.where(possible, logits, tf.float32.min / 4))
        return best_span(log_probabilities, allowed, self.facts["max_answer_tokens"])

    def signatures(self, model):
        def point(**ids):
            inputs = self.inputs_from_ids(ids)
            is_real, is_context = inputs["padding_mask"], inputs["segment_ids"] == 1
            real, second = (tf.reduce_sum(tf.cast(x, tf.int32), axis=1) for x in (is_real, is_real & is_context))
            first, last, score = self._best_span(model, inputs, real - second, second - 1)  # [END] is behind
            return {"start_token": first, "end_token": last, "score": tf.exp(score)}

        about = "The place of the answer among the tokens of one window, from token ids."
        outputs = {
            "start_token": "int32 [B]: the place of the answer's first token",
            "end_token": "int32 [B]: the place of its last one",
            "score": self.outputs["score"],
        }
        return {**super().signatures(model), "tokens": Signature(about, point, self.id_inputs(), outputs)}

    def answers(self, model, examples, batch_size=64):
        return self.in_batches(model, examples, batch_size)["answer"]

    def expected(self, example):
        return example["answers"][0]

    def score(self, examples, answers):
        right = [example["answers"] for example in examples]
        return metrics.squad_em_f1(right, answers, self.facts.get("answer_units", "words"))


def _span(example, start, end):
    """The first and the last token of an example's answer in a window, or None.

    Args:
        start, end: int32 [T], the first characters and ends (exclusive) of the window's tokens.
    """
    first_character = example["starts"][0]
    last_character = first_character + len(example["answers"][0]) - 1
    first = np.searchsorted(start, first_character, side="right") - 1
    last = np.searchsorted(end, last_character, side="right")
    found = len(end) > 0 and last_character < end[-1] and 0 <= first <= last
    return (first, last) if found else None
