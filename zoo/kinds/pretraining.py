"""Pre-training of an encoder: masked language modelling and next sentence prediction.

Paper: Devlin et al. 2018, "BERT: Pre-training of Deep Bidirectional Transformers for
Language Understanding" (arXiv:1810.04805), section 3.1 and appendix A.

The input is ``[START] A [END] B [END]``, segment 0 for A and 1 for B. How pairs
are packed: :mod:`zoo.kinds._pairs`; which tokens are masked: :mod:`zoo.kinds._masking`.
Training draws new pairs in each epoch and new masks in each step, both from the
seed alone; evaluation always asks the same questions.
"""

from functools import lru_cache

import numpy as np
import tensorflow as tf

from zoo.batching import Batches, Columns
from zoo.kinds import Kind, in_chunks
from zoo.kinds._filling import BLANK, FillingKind
from zoo.kinds._masking import Masking
from zoo.kinds._pairs import draw_pairs
from zoo.layers.pretraining import PretrainingHead
from zoo.metrics import perplexity
from zoo.packing import pad
from zoo.registry import register_kind

MASKING_SETTINGS = ("masking_rate", "mask_share", "random_share", "whole_words")
SHORTEST = 8  # tokens of a window
EVALUATION_SEED = 0


@register_kind("pretraining")
class Pretraining(FillingKind):
    """Texts with blanks in, the missing tokens out. Examples: ``{"sentences": [str]}``, a document each."""

    backbone_kinds = ("encoder",)
    text_settings = (*Kind.text_settings, *MASKING_SETTINGS)
    own_data_task = "pretraining"
    metric = "masked_accuracy"

    @classmethod
    def fit(cls, task, backbone_kind, examples, tokenizers=None):
        texts = [sentence for example in examples for sentence in example["sentences"]]
        facts = {**cls.task_facts(task), **{name: getattr(task, name) for name in MASKING_SETTINGS}}
        kind = cls(backbone_kind, tokenizers or {"tokenizer": cls.train_tokenizer(task, texts)}, facts)
        kind.masking  # noqa: B018 - settings that are not possible are refused now
        return kind

    @property
    def masking(self):
        """The :class:`zoo.kinds._masking.Masking` of these facts.

        Raises:
            ValueError: shares that are none, a vocabulary without [MASK], or one that does not know words.
        """
        rate, mask_share, random_share = (self.facts[f] for f in ("masking_rate", "mask_share", "random_share"))
        if not 0 < rate < 1 or min(mask_share, random_share) < 0 or mask_share + random_share > 1:
            raise ValueError(
                f"masking_rate must lie between 0 and 1, mask_share and random_share from 0 on, together at most 1; "
                f"not {rate}, {mask_share} and {random_share}."
            )
        if self.facts["max_length"] < SHORTEST:
            raise ValueError(f"max_length must be at least {SHORTEST}: three special tokens and some of two sentences.")
        tokenizer = self.tokenizer
        if tokenizer.mask_id is None:
            raise ValueError(f"the {tokenizer.name} tokenizer has no token for [MASK]: take one that was made here.")
        continues_word = tokenizer.continues_word if self.facts["whole_words"] else None
        return Masking(rate, mask_share, random_share, tokenizer.mask_id, tokenizer.is_special, continues_word)

    def head(self, backbone):
        return PretrainingHead(
            self.tokenizer.vocabulary_size,
            backbone.tied_embedding,
            backbone.pooling,
            backbone.activation,
            backbone.dropout_rate,
        )

    # -- documents to questions -------------------------------------------------------------------------------

    def columns(self, examples):
        pairs = self._packed(self._documents(examples), np.random.default_rng(EVALUATION_SEED))
        lengths = [len(row) for row in pairs.inputs["token_ids"]]
        token_ids = pad(pairs.inputs["token_ids"], np.int32)
        is_real = tf.sequence_mask(lengths, token_ids.shape[1])
        ids, places, labels, weights = (x.numpy() for x in self.masking(token_ids, is_real, (EVALUATION_SEED, 0)))
        counts = weights.sum(axis=1).astype(int)
        masked = [[row[:n] for row, n in zip(rows, counts, strict=True)] for rows in (places, labels, weights)]
        inputs = {
            "token_ids": [row[:n] for row, n in zip(ids, lengths, strict=True)],
            "segment_ids": pairs.inputs["segment_ids"],
            "masked_positions": masked[0],
        }
        labels = {"masked": masked[1], "next": pairs.labels}
        return Columns(inputs, labels, {"masked": masked[2], "next": pairs.weights}, pairs.examples)

    def batches(self, examples, batch_size, seed=None):
        if seed is None:
            return super().batches(examples, batch_size)
        documents = self._documents(examples)

        @lru_cache(maxsize=2)  # the first epoch is asked for by its length, its fingerprint and its batches
        def pairs(epoch):
            return self._packed(documents, np.random.default_rng((seed, epoch, 1)))

        return MaskedBatches(pairs, batch_size, seed, self.masking)

    def _documents(self, examples):
        """A list of (number of the example, its sentences as int32 [T] each); what has no token is left out."""
        texts = [sentence for example in examples for sentence in example["sentences"]]
        rows = iter(in_chunks(self.tokenizer.encode, texts))
        documents = [[next(rows) for _ in example["sentences"]] for example in examples]
        documents = [[row for row in document if len(row)] for document in documents]
        return [(number, document) for number, document in enumerate(documents) if document]

    def _packed(self, documents, random):
        """Pairs as :class:`Columns` whose labels say whether B follows A; nothing is masked yet."""
        numbers, documents = [number for number, _ in documents], [document for _, document in documents]
        start, end = ([np.int32(x)] for x in (self.tokenizer.start_id, self.tokenizer.end_id))
        pairs = draw_pairs(documents, self.facts["max_length"] - 3, random)
        rows = [(np.concatenate([start, pair.first, end]), np.concatenate([pair.second, end])) for pair in pairs]
        return Columns(
            {
                "token_ids": [np.concatenate(row) for row in rows],
                "segment_ids": [np.repeat(np.int32([0, 1]), [len(a), len(b)]) for a, b in rows],
            },
            [np.array(pair.label, np.int32) for pair in pairs],
            [np.array(1.0, np.float32)] * len(pairs),
            [numbers[pair.document] for pair in pairs],
        )

    # -- answers ----------------------------------------------------------------------------------------------

    def answers(self, model, examples, batch_size=64):
        """``{"masked", "next"}`` of each document: lists of (right, guessed) for the questions of :meth:`columns`."""
        columns = self.columns(examples)
        guess = tf.function(
            lambda inputs: tf.nest.map_structure(lambda logits: tf.argmax(logits, -1), model(inputs, training=False)),
            reduce_retracing=True,
            autograph=False,
        )
        answers = [{"masked": [], "next": []} for _ in examples]
        for inputs, labels, weights, rows in Batches(columns, batch_size).epoch(0):
            guesses = tf.nest.map_structure(lambda x: x.numpy(), guess(tf.nest.map_structure(tf.constant, inputs)))
            for i, row in enumerate(rows):
                answer = answers[columns.examples[row]]
                asked = weights["masked"][i] > 0
                right, guessed = (part["masked"][i][asked].tolist() for part in (labels, guesses))
                answer["masked"] += zip(right, guessed, strict=True)
                answer["next"].append((int(labels["next"][i]), int(guesses["next"][i])))
        return answers

    def score(self, examples, answers):
        """Shares of the right guesses: of masked tokens, and of whether B follows A."""
        figures = {}
        for name in ("masked", "next"):
            pairs = [pair for answer in answers for pair in answer[name]]
            if pairs:
                figures[f"{name}_accuracy"] = sum(right == guessed for right, guessed in pairs) / len(pairs)
        return figures

    def likelihood(self, examples, totals, counts):
        """Both losses, their sum, and the perplexity of the masked tokens."""
        parts = {f"{name}_nll": float(totals[name].sum() / counts[name].sum()) for name in totals}
        return {**super().likelihood(examples, totals, counts), "perplexity": perplexity(parts["masked_nll"]), **parts}

    def input_length(self, example):
        return sum(len(sentence.split()) for sentence in example["sentences"])

    def show_input(self, example):
        """The first sentence of a document with a blank in the middle."""
        words = example["sentences"][0].split()
        words[len(words) // 2] = BLANK
        return {"text": " ".join(words)}

    def input_text(self, example):
        return " ".join(example["sentences"])

    def expected(self, example):
        return example["sentences"][0]

    def samples(self, model, examples, answers):
        shown = [self.show_input(example) for example in examples]
        return super().samples(model, examples, self.in_batches(model, shown, len(shown))["filled"])


class MaskedBatches(Batches):
    """Batches of pairs whose masks are drawn in the graph, anew in each step of a training.

    Args:
        columns, batch_size, seed: as for :class:`zoo.batching.Batches`.
        masking: a :class:`zoo.kinds._masking.Masking`.
    """

    def __init__(self, columns, batch_size, seed, masking):
        super().__init__(columns, batch_size, seed)
        self._masking = masking

    def finish(self, number, inputs, labels, weights):
        """Masks batch ``number``: the same masks wherever a training is taken up."""
        seed = tf.stack([tf.constant(self.seed, tf.int64), number])
        ids, places, masked, counted = self._masking(inputs["token_ids"], inputs["padding_mask"], seed)
        inputs = {**inputs, "token_ids": ids, "masked_positions": places}
        return inputs, {"masked": masked, "next": labels}, {"masked": counted * weights[:, None], "next": weights}
