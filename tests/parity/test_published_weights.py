"""Weights go from ``transformers`` to the zoo and back, and the numbers stay the same."""

import json
import subprocess
import sys

import numpy as np
import pytest
from keras import ops

import zoo
from tests.pretrained_sources import VOCABULARY, gpt2_vocabulary, inputs, untrained_run
from zoo import pretrained
from zoo.layers.feed_forward import ACTIVATIONS
from zoo.layers.heads import ClassificationHead, LanguageModelHead, MaskedLanguageModelHead
from zoo.pretrained.fields import BERT as BERT_FIELDS
from zoo.tokenizers import train_tokenizer

pytestmark = pytest.mark.usefixtures("live")
BERT = {"vocab_size": 40, "hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 2, "intermediate_size": 24,
        "max_position_embeddings": 16}  # fmt: skip
GPT = {"vocab_size": 40, "n_embd": 16, "n_layer": 2, "n_head": 2, "n_positions": 16}
TEXTS = (
    "The cat sat on the mat, didn't it?",
    "KING: Ärger über 12 Äpfel...  und\n\nzwei Zeilen\tmehr \n",
    "서울의 날씨가 좋다. 東京は晴れ!",
    "  a $5 bill — «x» ",
)


def assert_close(found, expected, mask=None):
    """Equal up to 1e-5 of the largest value, at real positions."""
    found, expected = ops.convert_to_numpy(found), np.asarray(expected)
    if mask is not None:
        found, expected = found[mask], expected[mask]
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-5 * np.abs(expected).max())


def theirs(name, folder, **settings):
    """A small model of transformers with random weights, biases and norms included, saved; and its answers."""
    import torch
    import transformers

    torch.manual_seed(0)
    model_class = getattr(transformers, name)
    shards = settings.pop("max_shard_size", "5GB")
    model = model_class(model_class.config_class(**settings)).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.normal_(0.0, 0.3)
    model.save_pretrained(folder, max_shard_size=shards)
    x = {name: torch.tensor(value).long() for name, value in inputs().items()}
    segments = {"token_type_ids": x["segment_ids"]} if name.startswith("Bert") else {}
    with torch.no_grad():
        answers = model(input_ids=x["token_ids"], attention_mask=x["padding_mask"], **segments)
    return {name: value.numpy() for name, value in answers.items() if hasattr(value, "numpy")}


BERTS = ("BertModel", "BertForPreTraining", "BertForMaskedLM", "BertForSequenceClassification",
         "BertForTokenClassification", "BertForQuestionAnswering")  # fmt: skip


@pytest.mark.parametrize(("shards", "gelu"), [("5GB", "gelu"), ("4KB", "gelu_new")])
@pytest.mark.parametrize("name", BERTS)
def test_bert(name, shards, gelu, tmp_path):
    expected = theirs(name, tmp_path / "source", **BERT, hidden_act=gelu, max_shard_size=shards)
    assert (tmp_path / "source" / "model.safetensors.index.json").exists() == (shards == "4KB")
    found, x = pretrained.read(tmp_path / "source"), inputs()
    mask = x["padding_mask"]
    backbone = found.backbone()
    states = backbone(x)
    if found.part("pooler"):
        head = ClassificationHead(2, pooling="first")
        head.build(states.shape)
        pretrained.fill(head.pooler, found.part("pooler"))
        pooled = head.pooler(states[:, 0])
    if found.part("masked_lm"):
        masked_lm = MaskedLanguageModelHead(40, backbone.tied_embedding, backbone.config.activation)
        masked_lm.build(states.shape)
        pretrained.fill(masked_lm, found.part("masked_lm"))

    def dense(part, x):
        weights = found.part(part)
        return ops.convert_to_numpy(x) @ weights["kernel"] + weights["bias"]

    if name == "BertModel":
        assert_close(states, expected["last_hidden_state"], mask)
        assert_close(pooled, expected["pooler_output"])
    elif name == "BertForPreTraining":
        assert_close(masked_lm(states), expected["prediction_logits"], mask)
        assert_close(dense("next_sentence", pooled), expected["seq_relationship_logits"])
    elif name == "BertForMaskedLM":
        assert_close(masked_lm(states), expected["logits"], mask)
    elif name == "BertForSequenceClassification":
        assert_close(dense("classifier", pooled), expected["logits"])
    elif name == "BertForTokenClassification":
        assert_close(dense("classifier", states), expected["logits"], mask)
    else:
        spans = dense("span", states)
        assert_close(spans[..., 0], expected["start_logits"], mask)
        assert_close(spans[..., 1], expected["end_logits"], mask)


@pytest.mark.parametrize("name", BERT_FIELDS.choices["hidden_act"][1])
def test_the_activations_of_bert(name, tmp_path):
    """At numbers where the two GELUs differ by more than the tolerance."""
    import torch
    from transformers.activations import ACT2FN

    x = np.linspace(-4, 4, 81, dtype="float32")
    expected = ACT2FN[name](torch.tensor(x)).numpy()
    assert_close(ACTIVATIONS[BERT_FIELDS.choices["hidden_act"][1][name]](x), expected)


@pytest.mark.parametrize("name", ["GPT2Model", "GPT2LMHeadModel", "OpenAIGPTModel", "OpenAIGPTLMHeadModel"])
def test_gpt(name, tmp_path):
    expected = theirs(name, tmp_path / "source", **GPT)
    backbone = zoo.create("gpt", weights=tmp_path / "source")
    x = {name: value for name, value in inputs().items() if name != "segment_ids"}
    states = backbone(x)
    if name.endswith("LMHeadModel"):
        head = LanguageModelHead(40, tied_to=backbone.tied_embedding)
        assert_close(head(states), expected["logits"], x["padding_mask"])
    else:
        assert_close(states, expected["last_hidden_state"], x["padding_mask"])


# -- tokenizers that transformers wrote -----------------------------------------------------------------------------


@pytest.mark.parametrize("lowercase", [True, False])
def test_a_bert_tokenizer_of_transformers(lowercase, tmp_path):
    import transformers

    theirs("BertModel", tmp_path, **{**BERT, "vocab_size": 60})
    tokens = [*VOCABULARY, "the", "T", "C", "##at", "서울", "##의", "東", "京"]
    vocabulary = {token: i for i, token in enumerate(tokens)}
    tokenizer = transformers.BertTokenizer(vocab=vocabulary, do_lower_case=lowercase)
    tokenizer.save_pretrained(tmp_path)
    found = pretrained.read(tmp_path).tokenizer
    texts = ["the cat Cabbed", "The C, a", "서울의 東京", "Ábed cab"]
    assert found.encode(texts).to_list() == tokenizer(texts, add_special_tokens=False)["input_ids"]


def test_a_gpt2_tokenizer_of_transformers(tmp_path):
    import transformers

    vocabulary, merges = gpt2_vocabulary()
    theirs("GPT2Model", tmp_path, **{**GPT, "vocab_size": len(vocabulary)})
    tokenizer = transformers.GPT2Tokenizer(vocab=vocabulary, merges=[tuple(merge.split(" ")) for merge in merges])
    tokenizer.save_pretrained(tmp_path)
    found = pretrained.read(tmp_path).tokenizer
    assert found.encode(TEXTS).to_list() == tokenizer(list(TEXTS))["input_ids"]


# -- runs of the zoo, read by others in processes of their own ------------------------------------------------------

OTHERS = """
import json, sys
import numpy as np
folder, library = sys.argv[1:]
x = dict(np.load(folder + "/../inputs.npz"))
config = json.load(open(folder + "/config.json"))
if library == "transformers":
    import torch, transformers
    model, loading = getattr(transformers, config["architectures"][0]).from_pretrained(folder, output_loading_info=True)
    assert not any(loading.values()), loading
    x = {name: torch.tensor(value).long() for name, value in x.items()}
    segments = {"token_type_ids": x["segment_ids"]} if "segment_ids" in x else {}
    with torch.no_grad():
        answers = model.eval()(input_ids=x["token_ids"], attention_mask=x["padding_mask"], **segments)
    answers = {name: value.numpy() for name, value in answers.items() if hasattr(value, "numpy")}
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder)
    texts = json.load(open(folder + "/../texts.json"))
    ids = [tokenizer(text, add_special_tokens=False)["input_ids"] for text in texts]
    answers["ids"] = np.array(json.dumps(ids))
else:
    import keras, keras_hub
    if config["model_type"] == "bert":
        model = keras_hub.models.BertBackbone.from_preset(folder)
        answers = model({**x, "padding_mask": x["padding_mask"].astype("int32")}, training=False)
    else:
        model = keras_hub.models.GPT2CausalLM.from_preset(folder, preprocessor=None)
        answers = {"logits": model(x, training=False)}
    answers = {name: keras.ops.convert_to_numpy(value) for name, value in answers.items()}
assert "zoo" not in sys.modules
np.savez(folder + "/../answers.npz", **answers)
"""


def by_others(run, folder, library):
    """Converts a run and asks a library for its answers; returns them and ours, and the padding mask."""
    x = inputs()
    x["token_ids"] = x["token_ids"] % (run.config["settings"]["vocabulary_size"] - 5) + 5
    if run.config["model"] == "gpt":
        del x["segment_ids"]
    np.savez(folder / "inputs.npz", **x)
    (folder / "texts.json").write_text(json.dumps(TEXTS))
    converted = zoo.convert(run, folder / "converted")
    command = [sys.executable, "-c", OTHERS, converted, library]
    done = subprocess.run(command, capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr
    with np.load(folder / "answers.npz") as answers:
        return dict(answers), run.model(x), x["padding_mask"]


RUNS = ("bert tiny-sentiment", "bert tiny-names", "bert tiny-questions", "gpt tiny-stories",
        "gpt:tiny-gpt1 tiny-stories", "gpt copy")  # fmt: skip


@pytest.mark.parametrize("names", RUNS)
def test_transformers_gives_the_logits_and_the_ids_of_a_converted_run(names, tmp_path):
    run = untrained_run(*names.split(), tmp_path / "run")
    answers, ours, mask = by_others(run, tmp_path, "transformers")
    if names == "bert tiny-questions":
        assert_close(ours[:, 0], answers["start_logits"], mask)
        assert_close(ours[:, 1], answers["end_logits"], mask)
    else:
        assert_close(ours, answers["logits"], mask if len(ours.shape) == 3 else None)
    tokenizer = next(iter(run.kind.tokenizers.values()))
    assert tokenizer.encode(TEXTS).to_list() == json.loads(str(answers["ids"]))


@pytest.mark.parametrize(
    ("names", "changes"), [("bert tiny-sentiment", {"activation": "gelu_tanh"}), ("gpt tiny-stories", {})]
)
def test_keras_hub_gives_the_answers_of_a_converted_run(names, changes, tmp_path):
    run = untrained_run(*names.split(), tmp_path / "run", **changes)
    answers, ours, mask = by_others(run, tmp_path, "keras-hub")
    if names.startswith("gpt"):
        assert_close(ours, answers["logits"], mask)
    else:
        assert_close(run.model.head.classifier(answers["pooled_output"]), ours)


@pytest.mark.parametrize("lowercase", [False, True])
@pytest.mark.parametrize("name", ["wordpiece", "byte-level-bpe", "word", "character"])
def test_every_kind_of_tokenizer_is_the_same_in_transformers(name, lowercase, tmp_path):
    import transformers

    from zoo.pretrained.tokenizer_writing import write_tokenizer

    tokenizer = train_tokenizer(name, TEXTS * 20, vocabulary_size=400, lowercase=lowercase)
    for family in ("bert", "gpt"):
        (tmp_path / family).mkdir()
        write_tokenizer(tokenizer, family, tmp_path / family, 64)
        other = transformers.AutoTokenizer.from_pretrained(tmp_path / family)
        texts = [*TEXTS, "unseen ☃ text", ""]
        ids = [other(text, add_special_tokens=False)["input_ids"] for text in texts]
        assert ids == tokenizer.encode(texts).to_list()
        if family == "bert":
            first, *_, last = other("cat")["input_ids"]
            assert (first, last) == (tokenizer.start_id, tokenizer.end_id)
