"""The Transformer families and the two simple baselines agree with their papers and with keras-hub's own layers."""

import dataclasses

import numpy as np
import pytest

from zoo.layers import ClassificationHead, LanguageModelHead, recording
from zoo.models.bag_of_words import BagOfWords
from zoo.models.bert import Bert
from zoo.models.gpt import GPT, GPTConfig
from zoo.models.ngram import Ngram, NgramConfig
from zoo.models.transformer import Transformer, TransformerConfig
from zoo.parameters import count_parameters
from zoo.task_model import TaskModel

LENGTHS = np.array([6, 3, 4])
MASK = np.arange(6) < LENGTHS[:, None]
SOURCE_MASK = np.arange(5) < np.array([5, 2, 4])[:, None]


def random(*shape, seed=0):
    return np.random.default_rng(seed).normal(size=shape).astype("float32")


def random_ids(*shape):
    return np.random.default_rng(0).integers(5, 30, shape).astype("int32")


def shake(layer):
    """Gives every weight new random values: biases and norms, too, must be in their right places."""
    for seed, weight in enumerate(layer.weights):
        weight.assign(0.3 * random(*weight.shape, seed=seed) + (weight.path.endswith("gamma")))
    return layer


# Numbers of parameters, as published


@pytest.mark.parametrize(
    ("family", "preset", "published"),
    [
        (GPT, "gpt1", 116_534_784),
        (GPT, "gpt2-small", 124_439_808),
        (GPT, "gpt2-medium", 354_823_168),
        (GPT, "gpt2-large", 774_030_080),
        (GPT, "gpt2-xl", 1_557_611_200),
    ],
)
def test_gpt_has_as_many_parameters_as_the_released_checkpoints(family, preset, published):
    assert count_parameters(family, family.presets[preset]) == published


@pytest.mark.parametrize(("preset", "published", "dim"), [("base", 109_482_240, 768), ("large", 335_141_888, 1024)])
def test_bert_has_as_many_parameters_as_the_released_checkpoints(preset, published, dim):
    def with_pooler(config):
        return TaskModel(Bert(config), ClassificationHead(2, pooling="first"))

    classifier = dim * 2 + 2
    assert count_parameters(with_pooler, Bert.presets[preset]) - classifier == published


def test_transformer_has_as_many_parameters_as_table_3_and_the_tutorial():
    # Table 3 gives millions, for a vocabulary of "about 37000".
    assert abs(count_parameters(Transformer, Transformer.presets["base"]) / 65e6 - 1) < 0.05
    assert abs(count_parameters(Transformer, Transformer.presets["big"]) / 213e6 - 1) < 0.05

    def with_head(config):
        return TaskModel(Transformer(config), LanguageModelHead(config.decoder_vocabulary_size))

    # bentrevett's notebook counted 9,038,853 when its source vocabulary had 7,855 words.
    multi30k = Transformer.presets["multi30k"]
    assert count_parameters(with_head, dataclasses.replace(multi30k, encoder_vocabulary_size=7855)) == 9_038_853


def test_ngram_has_as_many_parameters_as_its_paper_says():
    config = NgramConfig(211, hidden_dim=13, embedding_dim=7, order=4, direct_connections=True)

    def with_head(config):
        return TaskModel(Ngram(config), LanguageModelHead(config.vocabulary_size))

    v, n, m, h = 211, 4, 7, 13
    assert count_parameters(with_head, config) == v * (1 + n * m + h) + h * (1 + (n - 1) * m)  # section 2


def test_counting_agrees_with_a_real_model():
    config = GPT.presets["tiny"]
    assert count_parameters(GPT, config) == sum(np.prod(weight.shape) for weight in GPT(config).weights)


# The same numbers as keras-hub, whose layers are another implementation of the same papers


def copy_dense(ours, *theirs):
    """Puts the weights of one or more of their dense layers, side by side, into one of ours."""
    rows = ours.kernel.shape[0]
    ours.kernel.assign(np.concatenate([np.reshape(layer.kernel, (rows, -1)) for layer in theirs], axis=1))
    ours.bias.assign(np.concatenate([np.reshape(layer.bias, -1) for layer in theirs]))


def copy_attention(ours, theirs):
    copy_dense(ours.query, theirs._query_dense)
    copy_dense(ours.key_value, theirs._key_dense, theirs._value_dense)
    copy_dense(ours.output_projection, theirs._output_dense)


def copy_block(ours, theirs):
    copy_attention(getattr(ours, "self_attention", None) or ours.attention, theirs._self_attention_layer)
    norm = getattr(ours, "self_attention_norm", None) or ours.attention_norm
    norm.set_weights(theirs._self_attention_layer_norm.get_weights())
    copy_dense(ours.feed_forward.expand, theirs._feedforward_intermediate_dense)
    copy_dense(ours.feed_forward.contract, theirs._feedforward_output_dense)
    ours.feed_forward_norm.set_weights(theirs._feedforward_layer_norm.get_weights())


def test_gpt2_is_keras_hubs():
    import keras_hub

    theirs = keras_hub.models.GPT2Backbone(30, 2, 2, 16, 32, max_sequence_length=8)
    ours = GPT(GPTConfig(30, 2, 2, 16, 32, max_sequence_length=8))
    shake(theirs)
    ours.embedding.embeddings.assign(theirs.token_embedding.embeddings)
    ours.positions.embeddings.assign(theirs.position_embedding.position_embeddings)
    for block, their_block in zip(ours.blocks, theirs.transformer_layers, strict=True):
        copy_block(block, their_block)
    ours.final_norm.set_weights(theirs.layer_norm.get_weights())
    inputs = {"token_ids": random_ids(3, 6), "padding_mask": MASK}
    np.testing.assert_allclose(np.array(ours(inputs))[MASK], np.array(theirs(inputs))[MASK], atol=2e-5)


def test_bert_is_keras_hubs():
    import keras_hub

    theirs = keras_hub.models.BertBackbone(30, 2, 2, 16, 32, max_sequence_length=8)
    ours = Bert(Bert.Config(30, 2, 2, 16, 32, max_sequence_length=8, activation="gelu_tanh"))
    shake(theirs)
    ours.token_embedding.embeddings.assign(theirs.token_embedding.embeddings)
    ours.segment_embedding.embeddings.assign(theirs.segment_embedding.embeddings)
    ours.positions.embeddings.assign(theirs.position_embedding.position_embeddings)
    ours.embedding_norm.set_weights(theirs.embeddings_layer_norm.get_weights())
    for block, their_block in zip(ours.blocks, theirs.transformer_layers, strict=True):
        copy_block(block, their_block)
    inputs = {"token_ids": random_ids(3, 6), "segment_ids": random_ids(3, 6) % 2, "padding_mask": MASK}
    expected = theirs(inputs)
    np.testing.assert_allclose(np.array(ours(inputs))[MASK], np.array(expected["sequence_output"])[MASK], atol=2e-5)
    head = ClassificationHead(2, pooling="first")
    head(ours(inputs))
    head.pooler.set_weights(theirs.pooled_dense.get_weights())
    np.testing.assert_allclose(head.pooler(ours(inputs)[:, 0]), expected["pooled_output"], atol=2e-5)


# What each family says of itself


def test_gpt2_begins_with_small_numbers_and_smaller_ones_on_the_residual_stream():
    blocks = GPT(GPTConfig(50, 8, 2, 64, 256)).blocks
    for block in blocks:
        for layer in (block.self_attention.query, block.self_attention.key_value, block.feed_forward.expand):
            assert np.std(layer.kernel) == pytest.approx(0.02, rel=0.1)
        for layer in (block.self_attention.output_projection, block.feed_forward.contract):
            assert np.std(layer.kernel) == pytest.approx(0.02 / 4, rel=0.1)  # sqrt(2 * 8 layers) = 4
    first, second = (np.array(block.feed_forward.expand.kernel) for block in blocks[:2])
    assert not np.array_equal(first, second)


def test_transformer_scales_its_embeddings_and_attends_to_real_source_tokens_only():
    model = Transformer(TransformerConfig(30, 30, num_heads=2, hidden_dim=16, intermediate_dim=32))
    inputs = {
        "encoder_token_ids": random_ids(3, 5),
        "encoder_padding_mask": SOURCE_MASK,
        "decoder_token_ids": random_ids(3, 6),
        "decoder_padding_mask": MASK,
    }
    embedded = model.encoder_embedding(inputs["encoder_token_ids"])
    np.testing.assert_allclose(model.scale(embedded), 4 * np.array(embedded), rtol=1e-6)
    with recording() as maps:
        model(inputs)
    assert len(maps) == 2 + 2 * 2
    for path, weights in maps.items():
        if "self_attention" in path:
            assert np.all(weights[:, :, ~np.tri(6, dtype=bool)] == 0)
        else:
            assert np.all(weights[1, :, :, 2:] == 0) and np.all(weights[0] > 0)


def test_shared_embeddings_need_one_vocabulary():
    shared = Transformer(dataclasses.replace(Transformer.presets["tiny"], share_embeddings=True))
    assert shared.tied_embedding is shared.encoder_embedding is shared.decoder_embedding
    with pytest.raises(ValueError, match="one vocabulary for both"):
        TransformerConfig(30, 31, share_embeddings=True)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"num_heads": 3}, "hidden_dim 128 cannot be split into 3 heads"),
        ({"num_layers": 0}, "num_layers must be at least 1, not 0"),
        ({"dropout": 1.0}, "dropout is the share"),
    ],
)
@pytest.mark.parametrize("family", [GPT, Bert, Transformer])
def test_impossible_sizes_are_refused(family, changes, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(family.presets["tiny"], **changes)


def test_new_weights_without_a_spread_are_refused():
    with pytest.raises(ValueError, match="initializer_range must be positive and finite, not 0"):
        dataclasses.replace(Bert.presets["tiny"], initializer_range=0.0)


def test_decoding_beyond_the_maximum_is_refused():
    model = GPT(GPTConfig(30, 1, 1, 8, 8, max_sequence_length=4))
    with pytest.raises(ValueError, match="5 tokens is longer than max_sequence_length 4"):
        model.start({"token_ids": random_ids(2, 1)}, max_length=5)


@pytest.mark.parametrize("direct_connections", [False, True])
def test_ngram_is_the_formula_of_its_paper(direct_connections):
    config = NgramConfig(30, hidden_dim=5, embedding_dim=4, order=3, direct_connections=direct_connections)
    model = shake(Ngram(config))
    matrix, kernel, bias = (np.array(weight) for weight in model.weights)
    token_ids = random_ids(2, 4)
    hidden_states = np.array(model({"token_ids": token_ids, "padding_mask": np.ones((2, 4), bool)}))
    for b, t in np.ndindex(2, 4):
        x = np.concatenate([matrix[token_ids[b, t - 1] if t else 0], matrix[token_ids[b, t]]])
        expected = np.concatenate([np.tanh(bias + x @ kernel), x if direct_connections else []])
        np.testing.assert_allclose(hidden_states[b, t], expected, atol=1e-5)
    with pytest.raises(ValueError, match="at least 2, not 1"):
        NgramConfig(order=1)


def test_a_bag_of_words_does_not_see_the_order():
    model = TaskModel(BagOfWords(BagOfWords.presets["tiny"]), ClassificationHead(2, pooling=BagOfWords.pooling))
    token_ids = random_ids(1, 6)
    inputs = {"token_ids": token_ids, "segment_ids": np.zeros_like(token_ids), "padding_mask": np.ones((1, 6), bool)}
    np.testing.assert_allclose(model(inputs), model({**inputs, "token_ids": token_ids[:, ::-1]}), atol=1e-6)
