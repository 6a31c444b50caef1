"""Published weights that do not fit stop the load, with the name of what is wrong."""

import numpy as np
import pytest

import zoo
from tests.pretrained_sources import (
    BERT_CONFIG,
    GPT1_CONFIG,
    GPT2_CONFIG,
    VOCABULARY,
    of_bert,
    of_google,
    of_gpt,
    refused,
    write_google,
    write_huggingface,
)
from zoo import pretrained


@pytest.fixture
def folder(tmp_path):
    return tmp_path / "source"


def changed(config, **fields):
    """A configuration with other fields; None deletes one."""
    return {name: value for name, value in {**config, **fields}.items() if value is not None}


# -- weights --------------------------------------------------------------------------------------------------------


def without(arrays, *names):
    return {name: array for name, array in arrays.items() if name not in names}


QUERY = "bert.encoder.layer.1.attention.self.query"


def test_missing_weights_are_named(folder):
    write_huggingface(folder, BERT_CONFIG, without(of_bert(), f"{QUERY}.bias", "cls.predictions.bias"))
    with refused("missing", "encoder.layer.1.attention.self.query.bias", "cls.predictions.bias"):
        pretrained.read(folder)


def test_weights_left_over_are_named(folder):
    extra = {"bert.encoder.layer.2.output.dense.bias": np.zeros(8, "float32"), "adapter": np.zeros(1, "float32")}
    write_huggingface(folder, BERT_CONFIG, of_bert() | extra)
    with refused("left over", "adapter", "bert.encoder.layer.2.output.dense.bias"):
        pretrained.read(folder)


def test_weights_of_another_shape_are_named(folder):
    write_huggingface(folder, BERT_CONFIG, of_bert() | {f"{QUERY}.weight": np.zeros((8, 4), "float32")})
    with refused("of another shape", f"{QUERY}.weight is (8, 4) in place of (8, 8)"):
        pretrained.read(folder)


def test_all_three_in_one_message(folder):
    other = {"adapter": np.zeros(1, "float32"), "bert.pooler.dense.bias": np.ones(3, "float32")}
    write_huggingface(folder, BERT_CONFIG, without(of_bert(), f"{QUERY}.bias") | other)
    with refused("missing", "self.query.bias", "left over", "adapter", "another shape", "pooler.dense.bias is (3,)"):
        pretrained.read(folder)


def test_untied_output_weights_are_refused(folder):
    write_huggingface(folder, BERT_CONFIG, of_bert() | {"cls.predictions.decoder.weight": np.ones((40, 8), "float32")})
    with refused("cls.predictions.decoder.weight", "should repeat"):
        pretrained.read(folder)


def test_a_mask_that_shows_the_future_is_refused(folder):
    write_huggingface(folder, GPT2_CONFIG, of_gpt() | {"transformer.h.0.attn.bias": np.ones((1, 1, 16, 16), "float32")})
    with refused("transformer.h.0.attn.bias", "should repeat"):
        pretrained.read(folder)


def test_the_same_weight_under_two_names_is_refused(folder):
    write_huggingface(folder, BERT_CONFIG, of_bert() | {f"{QUERY.removeprefix('bert.')}.bias": np.zeros(8, "float32")})
    with refused("twice", "encoder.layer.1.attention.self.query.bias"):
        pretrained.read(folder)


def test_quantised_weights_are_refused(folder):
    write_huggingface(folder, BERT_CONFIG, of_bert() | {f"{QUERY}.weight": np.zeros((8, 8), "int8")})
    with refused("query.weight", "int8", "quantised"):
        pretrained.read(folder)


def test_weights_that_are_no_numbers_are_refused(folder):
    write_huggingface(folder, BERT_CONFIG, of_bert() | {f"{QUERY}.bias": np.full(8, np.nan, "float32")})
    with refused("self.query.bias", "infinite or no numbers"):
        pretrained.read(folder)


@pytest.mark.parametrize("name", ["model-00009-of-00003.safetensors", "../elsewhere.safetensors"])
def test_an_index_may_name_files_of_its_folder_only(name, folder):
    write_huggingface(folder, BERT_CONFIG, of_bert(), shards=3)
    (folder.parent / "elsewhere.safetensors").write_bytes((folder / "model-00001-of-00003.safetensors").read_bytes())
    index = folder / "model.safetensors.index.json"
    index.write_text(index.read_text().replace("model-00001-of-00003.safetensors", name))
    with refused(name, "is no file of this folder"):
        pretrained.read(folder)


def test_googles_checkpoints_are_checked_in_the_same_way(folder):
    arrays = without(of_google(), "bert/pooler/dense/bias")
    # What an optimizer remembers is no weight.
    arrays |= {"global_step": np.array(3), "bert/pooler/dense/kernel/adam_m": np.zeros((8, 8), "float32")}
    write_google(folder, BERT_CONFIG, arrays)
    with refused("missing: bert/pooler/dense/bias."):
        pretrained.read(folder)


# -- configurations -------------------------------------------------------------------------------------------------

FIELDS = {
    "hidden_act": (BERT_CONFIG, "relu"),
    "position_embedding_type": (BERT_CONFIG, "relative_key"),
    "layer_norm_eps": (BERT_CONFIG, 1e-5),
    "is_decoder": (BERT_CONFIG, True),
    "add_cross_attention": (BERT_CONFIG, True),
    "tie_word_embeddings": (BERT_CONFIG, False),
    "rope_theta": (BERT_CONFIG, 10000.0),
    "auto_map": (BERT_CONFIG, {"AutoModel": "modeling.Model"}),
    "quantization_config": (BERT_CONFIG, {"bits": 8}),
    "activation_function": (GPT2_CONFIG, "gelu"),
    "layer_norm_epsilon": (GPT2_CONFIG, 1e-6),
    "scale_attn_by_inverse_layer_idx": (GPT2_CONFIG, True),
    "scale_attn_weights": (GPT2_CONFIG, False),
    "afn": (GPT1_CONFIG, "swish"),
}


@pytest.mark.parametrize("field", FIELDS)
def test_a_field_that_the_family_cannot_express_is_named(field, folder):
    config, value = FIELDS[field]
    write_huggingface(folder, changed(config, **{field: value}), {"nothing": np.zeros(1, "float32")})
    with refused("config.json", field, repr(value)):
        pretrained.read(folder)


@pytest.mark.parametrize(
    ("changes", "parts"),
    [
        ({"hidden_size": 10, "num_attention_heads": 3}, ("hidden_dim 10 cannot be split into 3 heads",)),
        ({"num_hidden_layers": None}, ("missing num_hidden_layers",)),
        ({"model_type": "roberta"}, ("no family for model_type 'roberta'", "bert, gpt2, openai-gpt")),
        ({"hidden_dropout_prob": 0.3}, ("hidden_dropout_prob 0.3", "attention_probs_dropout_prob 0.1", "dropout=")),
        ({"num_hidden_layers": 10**9}, ("has 46 arrays: too few for the 1000000000 layers",)),
        ({"hidden_size": "8"}, ("hidden_size is '8'; expected a whole number",)),
        ({"hidden_size": [8]}, ("hidden_size is [8]; expected a whole number",)),
        ({"num_hidden_layers": 2.5}, ("num_hidden_layers is 2.5; expected a whole number",)),
        ({"initializer_range": "0.02"}, ("initializer_range is '0.02'; expected a number",)),
        ({"initializer_range": 0}, ("initializer_range must be positive",)),
        ({"hidden_dropout_prob": "0.1"}, ("hidden_dropout_prob is '0.1'; expected a number",)),
        ({"model_type": ["bert"]}, ("no family for model_type ['bert']",)),
        ({"vocab_size": 39}, ("word_embeddings.weight is (40, 8) in place of (39, 8)",)),
    ],
)
def test_configurations_that_do_not_fit(changes, parts, folder):
    write_huggingface(folder, changed(BERT_CONFIG, **changes), of_bert())
    with refused(*parts):
        pretrained.read(folder)


def test_two_rates_of_dropout_need_a_choice(folder):
    write_huggingface(folder, changed(BERT_CONFIG, hidden_dropout_prob=0.3), of_bert())
    assert zoo.create("bert", weights=folder, dropout=0.2).config.dropout == 0.2


def test_more_tokens_than_embeddings(folder):
    write_huggingface(folder, BERT_CONFIG, of_bert(), vocabulary=[*VOCABULARY, "one", "two"])
    with refused("a tokenizer of 42 tokens, but only 40 embeddings"):
        pretrained.read(folder)
