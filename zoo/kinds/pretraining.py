"""Pre-training of an encoder: masked language modelling and, unless it is left out, next sentence prediction.

Paper: Devlin et al. 2018, "BERT: Pre-training of Deep Bidirectional Transformers for
Language Understanding" (arXiv:1810.04805), section 3.1 and appendix A.

The input is ``[START] A [END] B [END]``, segment 0 for A and 1 for B; without next
sentence prediction ``[START] A [END]``. How they are packed: :mod:`zoo.kinds._pairs`;
which tokens are masked: :mod:`zoo.kinds._masking`. Training draws new pairs in each
epoch and new masks in each step, both from the seed alone; evaluation always asks the
same questions.
"""

from functools import lru_cache

import numpy as np
import tensorflow as tf

from zoo.batching import Batches, Columns
from zoo.kinds import Kind
from zoo.kinds._filling import BLANK, FillingKind
from zoo.kinds._masking import Masking
from zoo.kinds._pairs import check_successors, draw_pairs, stretches
from zoo.layers.pretraining import PretrainingHead
from zoo.likelihood import of_any_size
from zoo.metrics import perplexity
from zoo.packing import pad
from zoo.ragged import in_chunks
from zoo.registry import register_kind

MASKING_SETTINGS = ("masking_rate", "mask_share", "random_share", "whole_words")
SHORTEST = 8  # tokens of a window
EVALUATION_SEED = 0


@register_kind("pretraining")
class Pretraining(FillingKind):
    """Texts with blanks in, the missing tokens out. Examples: ``{"sentences": [str]}``, a document each."""

    backbone_kinds = ("encoder",)
    text_settings = (*Kind.text_settings, *MASKING_SETTINGS, "next_sentence")
    own_data_task = "pretraining"
    metric = "masked_accuracy"

    @classmethod
    def check_task(cls, task, backbone_kind):
        super().check_task(task, backbone_kind)
        rate, mask_share, random_share = task.masking_rate, task.mask_share, task.random_share
        if not 0 < rate < 1 or min(mask_share, random_share) < 0 or mask_share + random_share > 1:
            raise ValueError(
                f"masking_rate must lie between 0 and 1, mask_share and random_share from 0 on, together at most 1; "
                f"not {rate}, {mask_share} and {random_share}."
            )
        if task.max_length < SHORTEST:
            raise ValueError(f"max_length must be at least {SHORTEST}: three special tokens and some of two sentences.")

    @classmethod
    def fit(cls, task, backbone_kind, examples, tokenizers=None):
        cls.check_task(task, backbone_kind)
        texts = [sentence for example in examples for sentence in example["sentences"]]
        own = (*MASKING_SETTINGS, "next_sentence")
        facts = {**cls.task_facts(task), **{name: getattr(task, name) for name in own}}
        kind = cls(backbone_kind, tokenizers or {"tokenizer": cls.train_tokenizer(task, texts)}, facts)
        kind.masking  # noqa: B018 - a vocabulary that is not possible is refused now
        return kind

    @property
    def masking(self):
        """The :class:`zoo.kinds._masking.Masking` of these facts.

        Raises:
            ValueError: a vocabulary without [MASK], or one that does not know words.
        """
        rate, mask_share, random_share = (self.facts[f] for f in ("masking_rate", "mask_share", "random_share"))
        tokenizer = self.tokenizer
        if tokenizer.mask_id is None:
            raise ValueError(f"the {tokenizer.name} tokenizer has no token for [MASK]: take one that was made here.")
        continues_word = tokenizer.continues_word if self.facts["whole_words"] else None
        return Masking(rate, mask_share, random_share, tokenizer.mask_id, tokenizer.is_special, continues_word)

    @property
    def asks_next(self):
        """Whether the model is asked if B follows A."""
        return self.facts.get("next_sentence", True)  # runs made before it was a setting have always asked

    def head(self, backbone):
        return PretrainingHead(
            self.tokenizer.vocabulary_size,
            backbone.tied_embedding,
            backbone.pooling,
            backbone.activation,
            backbone.dropout_rate,
            self.asks_next,
        )

    # -- documents to questions -------------------------------------------------------------------------------

    def columns(self, examples):
        packed = self._packed(self._documents(examples), np.random.default_rng(EVALUATION_SEED))
        lengths = [len(row) for row in packed.inputs["token_ids"]]
        token_ids = pad(packed.inputs["token_ids"], np.int32)
        is_real = tf.sequence_mask(lengths, token_ids.shape[1])
        ids, places, labels, weights = (x.numpy() for x in self.masking(token_ids, is_real, (EVALUATION_SEED, 0)))
        counts = weights.sum(axis=1).astype(int)
        masked = [[row[:n] for row, n in zip(rows, counts, strict=True)] for rows in (places, labels, weights)]
        inputs = {
            "token_ids": [row[:n] for row, n in zip(ids, lengths, strict=True)],
            "segment_ids": packed.inputs["segment_ids"],
            "masked_positions": masked[0],
        }
        labels = self.questions(masked[1], packed.labels)
        return Columns(inputs, labels, self.questions(masked[2], packed.weights), packed.examples)

    def batches(self, examples, batch_size, seed=None):
        if seed is None:
            return super().batches(examples, batch_size)
        documents = self._documents(examples)
        if self.asks_next:
            check_successors([sentences for _, sentences in documents], self._room)

        @lru_cache(maxsize=2)  # the first epoch is asked for by its length, its fingerprint and its batches
        def packed(epoch):
            return self._packed(documents, np.random.default_rng((seed, epoch, 1)))

        return MaskedBatches(packed, batch_size, seed, self)

    def questions(self, masked, following):
        """Labels or weights under the names of the head's outputs."""
        return {"masked": masked, "next": following} if self.asks_next else {"masked": masked}

    def _documents(self, examples):
        """A list of (number of the example, its sentences as int32 [T] each); what has no token is left out."""
        texts = [sentence for example in examples for sentence in example["sentences"]]
        rows = iter(in_chunks(self.tokenizer.encode, texts))
        documents = [[next(rows) for _ in example["sentences"]] for example in examples]
        documents = [[row for row in document if len(row)] for document in documents]
        return [(number, document) for number, document in enumerate(documents) if document]

    @property
    def _room(self):
        """Tokens of a window beside its special ones: [START] and an [END] for each part."""
        return self.facts["max_length"] - (3 if self.asks_next else 2)

    def _packed(self, documents, random):
        """Rows as :class:`Columns` whose labels say whether B follows A (of rows without B: 0); nothing is masked."""
        numbers, documents = [number for number, _ in documents], [document for _, document in documents]
        start, end = ([np.int32(x)] for x in (self.tokenizer.start_id, self.tokenizer.end_id))
        if self.asks_next:
            drawn = draw_pairs(documents, self._room, random)
            rows = [(np.concatenate([start, pair.first, end]), np.concatenate([pair.second, end])) for pair in drawn]
            labels = [pair.label for pair in drawn]
        else:
            drawn = stretches(documents, self._room)
            rows = [(np.concatenate([start, stretch.tokens, end]),) for stretch in drawn]
            labels = [0] * len(drawn)
        return Columns(
            {
                "token_ids": [np.concatenate(row) for row in rows],
                "segment_ids": [np.repeat(np.arange(len(row), dtype=np.int32), list(map(len, row))) for row in rows],
            },
            [np.array(label, np.int32) for label in labels],
            [np.array(1.0, np.float32)] * len(rows),
            [numbers[each.document] for each in drawn],
        )

    # -- answers ----------------------------------------------------------------------------------------------

    def answers(self, model, examples, batch_size=64):
        """For each document, by output: a list of (right, guessed) for the questions of :meth:`columns`."""
        columns, guess = self.columns(examples), _guesser(model)
        answers = [{"masked": [], "next": []} for _ in examples]
        for inputs, labels, weights, rows in Batches(columns, batch_size).epoch(0):
            guesses = tf.nest.map_structure(lambda x: x.numpy(), guess(tf.nest.map_structure(tf.constant, inputs)))
            for i, row in enumerate(rows):
                answer = answers[columns.examples[row]]
                asked = weights["masked"][i] > 0
                right, guessed = (part["masked"][i][asked].tolist() for part in (labels, guesses))
                answer["masked"] += zip(right, guessed, strict=True)
                if self.asks_next:
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
        """The loss of each output, their sum, and the perplexity of the masked tokens."""
        parts = {f"{name}_nll": float(totals[name].sum() / counts[name].sum()) for name in totals}
        return {**super().likelihood(examples, totals, counts), "perplexity": perplexity(parts["masked_nll"]), **parts}

    def input_length(self, example):
        return sum(len(sentence.split()) for sentence in example["sentences"])

    def show_input(self, example):
        """The first sentence of a document with a blank in the middle."""
        words = example["sentences"][0].split()
        words[len(words) // 2] = BLANK
        return {"text": " ".join(words)}

    def input_texts(self, example):
        return {"text": " ".join(example["sentences"])}

    def expected(self, example):
        return example["sentences"][0]

    def samples(self, model, examples, answers):
        shown = [self.show_input(example) for example in examples]
        return super().samples(model, examples, self.in_batches(model, shown, len(shown))["filled"])


@lru_cache(maxsize=1)  # each split asks it again: tracing it takes longer than a small split
def _guesser(model):
    """The most probable answers of each output, a compiled function of inputs of any size."""
    return of_any_size(
        lambda inputs: tf.nest.map_structure(lambda logits: tf.argmax(logits, -1), model(inputs, training=False))
    )


class MaskedBatches(Batches):
    """Batches whose masks are drawn in the graph, anew in each step of a training.

    Args:
        columns, batch_size, seed: as for :class:`zoo.batching.Batches`.
        kind: the :class:`Pretraining` that asks.
    """

    def __init__(self, columns, batch_size, seed, kind):
        super().__init__(columns, batch_size, seed)
        self._masking, self._questions = kind.masking, kind.questions

    def finish(self, number, inputs, labels, weights):
        """Masks batch ``number``: the same masks wherever a training is taken up."""
        seed = tf.stack([tf.constant(self.seed, tf.int64), number])
        ids, places, masked, counted = self._masking(inputs["token_ids"], inputs["padding_mask"], seed)
        inputs = {**inputs, "token_ids": ids, "masked_positions": places}
        return inputs, self._questions(masked, labels), self._questions(counted * weights[:, None], weights)
