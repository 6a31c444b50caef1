"""Published weights become models that compute what their publishers' do: by keras-hub's answers, in every layout."""

import json

import numpy as np
import pytest
from click.testing import CliRunner
from keras import ops

import zoo
from tests.pretrained_sources import (
    BERT_CONFIG,
    GPT1_CONFIG,
    GPT2_CONFIG,
    VOCABULARY,
    gpt2_vocabulary,
    inputs,
    of_bert,
    of_google,
    of_gpt,
    refused,
    untrained_run,
    write_google,
    write_huggingface,
)
from zoo import pretrained
from zoo.cli.main import main
from zoo.initialization import start_from
from zoo.layers.feed_forward import ACTIVATIONS
from zoo.layers.heads import ClassificationHead, MaskedLanguageModelHead
from zoo.registry import MODELS
from zoo.task_model import TaskModel


def assert_close(found, expected):
    """Equal up to 1e-5 of the largest value."""
    expected = ops.convert_to_numpy(expected)
    np.testing.assert_allclose(ops.convert_to_numpy(found), expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def hub_inputs(x):
    """The same inputs for keras-hub's BERT."""
    return {**x, "padding_mask": x["padding_mask"].astype("int32")}


# keras-hub approximates BERT's GELU by a tanh, whatever the configuration says.
TANH_CONFIG = BERT_CONFIG | {"hidden_act": "gelu_new"}


@pytest.fixture(scope="module")
def bert_source(tmp_path_factory):
    return write_huggingface(tmp_path_factory.mktemp("sources") / "bert", TANH_CONFIG, of_bert())


# -- the numbers ----------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def bert_answers(bert_source):
    """What keras-hub makes of the same folder: hidden states at real tokens, pooled output."""
    import keras_hub

    backbone = keras_hub.models.BertBackbone.from_preset(str(bert_source))
    answers = backbone(hub_inputs(inputs()), training=False)
    return ops.convert_to_numpy(answers["sequence_output"]), ops.convert_to_numpy(answers["pooled_output"])


VARIANTS = {
    "with a head": (TANH_CONFIG, of_bert(), 1),
    "without prefix": (TANH_CONFIG, of_bert(prefix="", heads=False), 1),
    "old names of the norms": (TANH_CONFIG, of_bert(norm=("gamma", "beta")), 1),
    "in three files": (TANH_CONFIG, of_bert(), 3),
    "with what repeats others": (
        TANH_CONFIG,
        of_bert()
        | {
            "bert.embeddings.position_ids": np.arange(16)[None],
            "cls.predictions.decoder.weight": of_bert()["bert.embeddings.word_embeddings.weight"],
            "cls.predictions.decoder.bias": of_bert()["cls.predictions.bias"],
        },
        1,
    ),
}


@pytest.mark.parametrize("variant", [*VARIANTS, "google"])
def test_bert_computes_what_keras_hub_computes_from_the_same_numbers(variant, bert_answers, tmp_path):
    if variant == "google":
        source = write_google(tmp_path / "google", TANH_CONFIG, of_google())
    else:
        source = write_huggingface(tmp_path / "source", *VARIANTS[variant])
    backbone = zoo.create("bert", weights=source)
    x = inputs()
    hidden_states = backbone(x)
    real = x["padding_mask"]
    assert_close(hidden_states[real], bert_answers[0][real])
    head = ClassificationHead(2, pooling="first")
    head.build(hidden_states.shape)
    pretrained.fill(head.pooler, pretrained.read(source).part("pooler"))
    assert_close(head.pooler(hidden_states[:, 0]), bert_answers[1])


@pytest.mark.parametrize(
    ("published", "ours"),
    [("gelu", "gelu"), ("gelu_python", "gelu"), ("gelu_new", "gelu_tanh"), ("gelu_pytorch_tanh", "gelu_tanh")],
)
def test_the_activation_is_read_from_the_configuration(published, ours, tmp_path):
    """tests/parity compares the functions themselves."""
    found = pretrained.read(write_huggingface(tmp_path / "source", BERT_CONFIG | {"hidden_act": published}, of_bert()))
    assert found.settings["activation"] == ours
    assert found.backbone().blocks[0].feed_forward.activation is ACTIVATIONS[ours]
    with refused("activation", ours):
        found.config(activation="gelu" if ours == "gelu_tanh" else "gelu_tanh")


def test_heads_of_pretraining_are_the_formulas_of_bert(tmp_path):
    """Masked LM and next sentence, by NumPy from the published names."""
    found, arrays = pretrained.read(write_huggingface(tmp_path / "source", BERT_CONFIG, of_bert())), of_bert()
    x = inputs()
    backbone = found.backbone()
    states = ops.convert_to_numpy(backbone(x))
    head = MaskedLanguageModelHead(40, tied_to=backbone.tied_embedding)
    head.build(states.shape)
    pretrained.fill(head, found.part("masked_lm"))
    from math import erf

    transform = "cls.predictions.transform"
    y = states @ arrays[f"{transform}.dense.weight"].T + arrays[f"{transform}.dense.bias"]
    y = y * 0.5 * (1 + np.vectorize(erf)(y / np.sqrt(2)))
    y = (y - y.mean(-1, keepdims=True)) / np.sqrt(y.var(-1, keepdims=True) + 1e-12)
    y = y * arrays[f"{transform}.LayerNorm.weight"] + arrays[f"{transform}.LayerNorm.bias"]
    assert_close(head(states), y @ arrays["bert.embeddings.word_embeddings.weight"].T + arrays["cls.predictions.bias"])
    np.testing.assert_array_equal(found.part("next_sentence")["kernel"], arrays["cls.seq_relationship.weight"].T)
    np.testing.assert_array_equal(found.part("next_sentence")["bias"], arrays["cls.seq_relationship.bias"])


@pytest.mark.parametrize("prefix", ["transformer.", ""])
def test_gpt2_computes_what_keras_hub_computes_from_the_same_numbers(prefix, tmp_path):
    import keras_hub

    arrays = of_gpt(prefix)
    source = write_huggingface(tmp_path / "gpt2", GPT2_CONFIG, arrays)
    x = {name: value for name, value in inputs().items() if name != "segment_ids"}
    expected = keras_hub.models.GPT2Backbone.from_preset(str(source))(x, training=False)
    again = {"lm_head.weight": arrays[f"{prefix}wte.weight"]} | {
        f"{prefix}h.{i}.attn.{name}": value
        for i in range(2)
        for name, value in (("bias", np.tri(16, dtype="uint8")[None, None]), ("masked_bias", np.array(-1e4, "float32")))
    }
    full = write_huggingface(tmp_path / "with what repeats others", GPT2_CONFIG, arrays | again)
    for folder in (source, full):
        backbone = zoo.create("gpt", weights=folder)
        assert backbone.config.norm_first
        assert_close(backbone(x)[x["padding_mask"]], ops.convert_to_numpy(expected)[x["padding_mask"]])


def test_gpt1_is_read_as_post_norm(tmp_path):
    """tests/parity compares its numbers; keras-hub has no such model."""
    arrays = of_gpt("", "tokens_embed", "positions_embed", final=False)
    backbone = zoo.create("gpt", weights=write_huggingface(tmp_path / "gpt1", GPT1_CONFIG, arrays))
    assert not backbone.config.norm_first
    assert backbone.count_params() == sum(array.size for array in arrays.values())


@pytest.mark.parametrize("numbers", ["float16", "bfloat16", "float64"])
def test_other_precisions_become_float32(numbers, tmp_path):
    arrays = {name: array.astype(numbers) for name, array in of_bert().items()}
    found = pretrained.read(write_huggingface(tmp_path / "source", BERT_CONFIG, arrays))
    assert {array.dtype.name for array in found.weights.values()} == {"float32"}
    expected = arrays["bert.embeddings.word_embeddings.weight"].astype("float32")
    np.testing.assert_array_equal(found.weights["token_embedding.embeddings"], expected)


def randomize(model):
    generator = np.random.default_rng(0)
    for weight in model.weights:
        if "seed" not in weight.path:
            weight.assign(generator.normal(0, 0.4, weight.shape))


@pytest.mark.parametrize("task", ["classifier", "masked_lm"])
def test_presets_of_keras_hub(task, tmp_path):
    from keras_hub import models

    backbone = models.BertBackbone(40, 2, 2, 8, 32, max_sequence_length=16)
    tokenizer = models.BertTokenizer(VOCABULARY, lowercase=True)
    if task == "classifier":
        preprocessor = models.BertTextClassifierPreprocessor(tokenizer, sequence_length=16)
        model = models.BertTextClassifier(backbone, num_classes=3, preprocessor=preprocessor)
    else:
        model = models.BertMaskedLM(backbone, preprocessor=models.BertMaskedLMPreprocessor(tokenizer, 16))
    randomize(model)
    model.save_to_preset(str(tmp_path / "preset"))
    found, x = pretrained.read(tmp_path / "preset"), inputs()
    states = found.backbone()(x)
    assert_close(states[x["padding_mask"]], backbone(hub_inputs(x))["sequence_output"][x["padding_mask"]])
    if task == "classifier":
        head = ClassificationHead(3, pooling="first")
        head.build(states.shape)
        pretrained.fill(head.pooler, found.part("pooler"))
        pretrained.fill(head.classifier, found.part("classifier"))
        assert_close(head(states), model(hub_inputs(x), training=False))
    else:
        places = np.tile(np.arange(7, dtype="int32"), (3, 1))
        backbone_again = found.backbone()
        head = MaskedLanguageModelHead(40, tied_to=backbone_again.tied_embedding)
        head.build(states.shape)
        pretrained.fill(head, found.part("masked_lm"))
        expected = model({**hub_inputs(x), "mask_positions": places}, training=False)
        assert_close(head(states)[x["padding_mask"]], expected[x["padding_mask"]])
    assert found.tokenizer.encode(["Cabbed p"]).to_list() == [list(row) for row in tokenizer(["Cabbed p"])]
    (tmp_path / "preset" / "tokenizer.json").write_text("{}")
    with refused("tokenizer.json is damaged", "entry config"):
        pretrained.read(tmp_path / "preset")


def test_a_gpt2_preset_of_keras_hub(tmp_path):
    from keras_hub import models

    vocabulary, merges = gpt2_vocabulary()
    backbone = models.GPT2Backbone(len(vocabulary), 2, 2, 8, 16, max_sequence_length=12)
    randomize(backbone)
    backbone.save_to_preset(str(tmp_path / "preset"))
    tokenizer = models.GPT2Tokenizer(vocabulary, merges)
    tokenizer.save_to_preset(str(tmp_path / "preset"))
    found = pretrained.read(tmp_path / "preset")
    x = {name: value for name, value in inputs().items() if name != "segment_ids"}
    assert_close(found.backbone()(x)[x["padding_mask"]], backbone(x)[x["padding_mask"]])
    assert found.tokenizer.encode(["the theme"]).to_list() == [list(tokenizer("the theme"))]


# -- a training that starts from them -------------------------------------------------------------------------------


def test_a_training_starts_from_published_weights(tmp_path):
    config = BERT_CONFIG | {"max_position_embeddings": 300}
    arrays = of_bert() | {"bert.embeddings.position_embeddings.weight": np.ones((300, 8), "float32")}
    source = write_huggingface(tmp_path / "source", config, arrays)
    # A rate so small that float32 does not notice: what is left is what was read.
    run = zoo.train("bert", "tiny-names", init=source, out=tmp_path / "run", learning_rate=1e-30,
                    settings={"dropout": "0.25"}, batch_size=4, steps=1, progress=False)  # fmt: skip
    expected = pretrained.read(source).backbone().get_weights()
    for weight, wanted in zip(run.model.backbone.get_weights(), expected, strict=True):
        np.testing.assert_array_equal(weight, wanted)
    assert run.config["settings"]["max_sequence_length"] == 300
    assert (run.config["preset"], run.config["settings"]["dropout"]) == ("pretrained", 0.25)
    assert run.kind.tokenizers["tokenizer"].tokens == VOCABULARY
    assert run.config["init"] == str(source)
    assert zoo.predict(zoo.load(tmp_path / "run"), ["a cab"])[0]["word"] == ["a", "cab"]


def test_the_start_takes_pooler_and_learning_rate_along(bert_source, tmp_path):
    start = start_from(bert_source, MODELS.get("bert"))
    assert start.recipe == {"learning_rate": 5e-5}  # BERT's paper, appendix A.3
    run = untrained_run("bert", "tiny-sentiment", tmp_path / "run")
    with pytest.raises(ValueError, match="has"):  # other sizes
        start.fill(run.model)
    backbone = start.pretrained.backbone()
    model = TaskModel(backbone, run.kind.head(backbone))
    start.fill(model)
    np.testing.assert_array_equal(model.head.pooler.get_weights()[0], of_bert()["bert.pooler.dense.weight"].T)


# -- a run for others -----------------------------------------------------------------------------------------------

CONVERTIBLE = ("bert tiny-sentiment", "bert tiny-questions", "gpt copy", "gpt:tiny-gpt1 tiny-stories")


@pytest.mark.parametrize("names", CONVERTIBLE)
def test_a_converted_run_comes_back(names, tmp_path):
    run = untrained_run(*names.split(), tmp_path / "run")
    folder = zoo.convert(run, tmp_path / "converted")
    found = pretrained.read(folder)
    assert found.settings == run.config["settings"]
    for weight, wanted in zip(found.backbone().get_weights(), run.model.backbone.get_weights(), strict=True):
        np.testing.assert_array_equal(weight, wanted)
    tokenizer = next(iter(run.kind.tokenizers.values()))
    assert (found.tokenizer.name, found.tokenizer.tokens) == (tokenizer.name, tokenizer.tokens)
    head = run.model.head
    for part, layer in {"pooler": "pooler", "classifier": "classifier", "span": "classifier"}.items():
        if found.part(part):
            np.testing.assert_array_equal(found.part(part)["kernel"], getattr(head, layer).get_weights()[0])
    with pytest.raises(ValueError, match="already holds converted weights"):
        zoo.convert(run, folder)
    assert zoo.convert(run.folder, folder, overwrite=True) == folder


def test_the_command_line_converts_and_answers_in_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    untrained_run("gpt", "copy", tmp_path / "run")
    call = lambda *args: CliRunner().invoke(main, ["convert", "run", "--to", "there", *args])  # noqa: E731
    done = call("--json")
    assert done.exit_code == 0, done.output
    document = json.loads(done.stdout)
    assert document["architecture"] == "GPT2LMHeadModel"
    assert {"config.json", "model.safetensors", "tokenizer.json"} <= set(document["files"])
    again = call()
    assert again.exit_code == 2
    assert len(again.stderr.splitlines()) == 1
    assert "already holds converted weights" in again.stderr
    assert "GPT2LMHeadModel" in call("--overwrite").stdout
