"""Sentence pairs as long as those of Multi30k, for the races between encoder-decoders."""

import functools

import numpy as np

SOURCE_VOCABULARY, TARGET_VOCABULARY = 7853, 5893  # of the tutorials github.com/bentrevett/pytorch-seq2seq
BATCH = 128


@functools.cache
def columns():
    """20 batches of pairs; lengths and their ratio are drawn like those of Multi30k, words by Zipf's law."""
    from zoo.batching import Columns

    random = np.random.default_rng(0)
    count = 20 * BATCH
    source_lengths = random.lognormal(2.48, 0.33, count)
    target_lengths = source_lengths * random.lognormal(0.05, 0.17, count)

    def texts(lengths, vocabulary):
        ranks = np.arange(1, vocabulary)
        share = 1 / ranks / np.sum(1 / ranks)
        # Punctuation is in the lengths, the end is not.
        return [random.choice(ranks, int(length) + 1, p=share).astype(np.int32) for length in np.clip(lengths, 4, 40)]

    sources, targets = texts(source_lengths, SOURCE_VOCABULARY), texts(target_lengths, TARGET_VOCABULARY)
    shifted = [np.concatenate([[0], target[:-1]]).astype(np.int32) for target in targets]
    inputs = {"encoder_token_ids": sources, "decoder_token_ids": shifted}
    return Columns(inputs, targets, [np.ones(len(target), np.float32) for target in targets])
