"""Starting from a run: vectors before the text that learn while nothing else does, or a new head and all weights."""

import keras
import numpy as np
import pytest
import tensorflow as tf

import zoo
from tests.contract import LENGTHS, batch, outputs, tiny
from zoo.pretrained import PretrainedError
from zoo.prompt_tuning import Prompted
from zoo.run_folder import RunError
from zoo.settings import SettingError
from zoo.trainer import Trainer

DECODERS = ["gpt", "gpt:tiny-gpt1", "rnn", "ngram"]
SMALL = {"batch_size": 8, "steps": 4, "progress": False}


@pytest.mark.parametrize("family", DECODERS)
def test_vectors_of_tokens_before_a_text_are_those_tokens_before_it(family):
    """In one pass and step by step, for texts of unequal lengths."""
    before = np.array([7, 19, 7], np.int32)
    plain = tiny(family)
    inputs = batch(plain)
    longer = {
        "token_ids": np.concatenate([np.tile(before, (len(LENGTHS), 1)), inputs["token_ids"]], axis=1),
        "padding_mask": np.concatenate([np.ones((len(LENGTHS), 3), bool), inputs["padding_mask"]], axis=1),
    }
    expected = outputs(plain, longer)[:, 3:]
    prompted = Prompted(plain, 3)
    prompted.vectors.assign(keras.ops.convert_to_numpy(plain.embedding.embeddings)[before])
    found = outputs(prompted, inputs)
    state, stepped = prompted.start(inputs, inputs["token_ids"].shape[1]), []
    for t in range(inputs["token_ids"].shape[1]):
        hidden, state = prompted.step(inputs["token_ids"][:, t], state)
        stepped.append(keras.ops.convert_to_numpy(hidden))
    for row, length in enumerate(LENGTHS):
        np.testing.assert_allclose(found[row, :length], expected[row, :length], atol=1e-5)
        np.testing.assert_allclose(np.stack(stepped, 1)[row, :length], expected[row, :length], atol=1e-5)


def train(data, out, **options):
    return zoo.train("gpt", "translation", data=str(data), out=out, **{**SMALL, **options})


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    for split in ("train", "validation", "test"):
        lines = [f"{a}{b}\t{b}{a}\n" for a in "abcdef" for b in "ghij"]
        (folder / f"{split}.tsv").write_text("".join(lines), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def whole(data, tmp_path_factory):
    """A run whose weights are all trained."""
    small = {"num_layers": 1, "hidden_dim": 16, "max_sequence_length": 40}
    text = {"tokenizer": "character", "max_length": 8}
    return train(data, tmp_path_factory.mktemp("whole") / "run", settings=small, text=text)


@pytest.fixture(scope="module")
def tuned(data, whole, tmp_path_factory):
    return train(data, tmp_path_factory.mktemp("tuned") / "run", init=whole.folder, text={"max_length": 8},
                 prompt_length=5, checkpoint_steps=1)  # fmt: skip


def test_the_vectors_learn_and_nothing_else_does(whole, tuned):
    assert [tuple(variable.shape) for variable in tuned.model.trainable_variables] == [(5, 16)]
    before = [np.array(weight) for weight in whole.model.backbone.weights]
    after = [np.array(weight) for weight in tuned.model.backbone.backbone.weights]
    assert len(before) == len(after) > 10
    for one, other in zip(before, after, strict=True):
        np.testing.assert_array_equal(one, other)
    vectors = np.array(tuned.model.backbone.vectors)
    embeddings = np.array(whole.model.backbone.embedding.embeddings)
    nearest = np.abs(vectors[:, None] - embeddings[None]).max(-1).min(1)
    assert (nearest > 1e-3).all() and (nearest < 0.2).all(), "they begin at tokens, and four steps of 0.03 are not far"
    assert tuned.config["recipe"]["weight_decay"] == 0


def test_a_tuned_prompt_is_loaded_evaluated_and_exported_like_any_run(tuned, tmp_path):
    loaded = zoo.load(tuned.folder)
    for one, other in zip(tuned.model.weights, loaded.model.weights, strict=True):
        np.testing.assert_array_equal(np.array(one), np.array(other))
    assert zoo.evaluate(loaded)["nll"] == pytest.approx(tuned.results()["training"]["best_validation_loss"], abs=1e-5)
    texts = ["ag", "bh", "f"]
    answers = [answer["target"] for answer in zoo.predict(loaded, texts)]
    served = tf.saved_model.load(str(zoo.export(loaded, tmp_path / "model"))).signatures["serving_default"]
    assert [text.decode() for text in served(source=tf.constant(texts))["target"].numpy()] == answers
    vectors = loaded.model.backbone.vectors
    vectors.assign(np.random.default_rng(0).normal(0, 3, vectors.shape))
    assert [answer["target"] for answer in zoo.predict(loaded, texts)] != answers, "the answers depend on the prompt"


def test_a_tuning_that_was_stopped_ends_as_if_it_had_not_been(data, whole, tuned, tmp_path, monkeypatch):
    advance = Trainer.advance

    def stopped(trainer, steps):
        if trainer.step == 2:
            raise KeyboardInterrupt
        return advance(trainer, 1)

    monkeypatch.setattr(Trainer, "advance", stopped)
    options = {"init": whole.folder, "text": {"max_length": 8}, "prompt_length": 5, "checkpoint_steps": 1}
    run = train(data, tmp_path / "run", **options)
    assert (run.config["status"], run.results()["training"]["steps"]) == ("interrupted", 2)
    monkeypatch.undo()
    resumed = zoo.resume(tmp_path / "run", progress=False)
    for one, other in zip(tuned.model.weights, resumed.model.weights, strict=True):
        np.testing.assert_array_equal(np.array(one), np.array(other))


def test_a_classifier_begins_with_the_language_model_and_reads_its_answer_at_the_last_token(whole, tmp_path):
    """Radford et al. 2018, section 3.2 and figure 1: text and pair with a delimiter between them, [END] the extract."""
    pairs = [f"{a}{b}\t{b}{c}\t{'same' if a == c else 'other'}\n" for a in "abc" for b in "ghij" for c in "abc"]
    (tmp_path / "pairs.tsv").write_text("".join(pairs), encoding="utf-8")
    run = zoo.train("gpt", "classification", data=str(tmp_path / "pairs.tsv"), out=tmp_path / "run", init=whole.folder,
                    text={"max_length": 8}, **{**SMALL, "steps": 1, "learning_rate": 1e-9})  # fmt: skip
    for one, other in zip(whole.model.backbone.weights, run.model.backbone.weights, strict=True):
        np.testing.assert_allclose(np.array(one), np.array(other), atol=1e-7)
    tokenizer = whole.kind.tokenizers["source"]
    first, pair = (tokenizer.encode([text]).numpy()[0].tolist() for text in ("ag", "ga"))
    row = [tokenizer.start_id, *first, tokenizer.end_id, *pair, tokenizer.end_id]
    hidden = outputs(run.model.backbone, {"token_ids": np.array([row]), "padding_mask": np.ones((1, len(row)), bool)})
    kernel, bias = run.model.head.get_weights()
    logits = hidden[0, -1] @ kernel + bias
    expected = np.exp(logits) / np.exp(logits).sum()
    given = [{"text": "ag", "text_pair": "ga"}, {"text": "agghij", "text_pair": "gaaaa"}]  # the shorter one is padded
    np.testing.assert_allclose(zoo.predict(run, given)[0]["probabilities"], expected, atol=1e-5)


def test_a_vocabulary_that_comes_with_the_weights_cannot_be_chosen(data, whole, tmp_path):
    with pytest.raises(SettingError, match=r"^vocabulary_size comes with the weights in .*: leave it out\.$"):
        train(data, tmp_path / "a", init=whole.folder, settings={"vocabulary_size": 9})


def test_what_cannot_stand_behind_a_prompt_is_refused(data, whole, tuned, tmp_path):
    options = {"init": whole.folder, "text": {"max_length": 8}}
    with pytest.raises(RunError, match=r"stands before what is trained already: name it by --init RUN \(init=RUN\)"):
        train(data, tmp_path / "a", prompt_length=5)
    with pytest.raises(RunError, match="a prompt has one vector at least, not 0"):
        train(data, tmp_path / "a", prompt_length=0, **options)
    with pytest.raises(ValueError, match=r"bert is of kind 'encoder': choose gpt, rnn or ngram"):
        zoo.train("bert", "tiny-sentiment", prompt_length=5, out=tmp_path / "a")
    with pytest.raises(SettingError, match=r"of 25 vectors leaves room for 15 tokens; texts .* have up to 18"):
        train(data, tmp_path / "a", prompt_length=25, **options)
    with pytest.raises(RunError, match=r"is a prompt before a frozen model: start from that model, .*run"):
        train(data, tmp_path / "a", init=tuned.folder)
    with pytest.raises(RunError, match=r"prompt tuning trains no head"):
        (tmp_path / "b.tsv").write_text("".join(f"{a}\t{b}\n" for a in "abcdefgh" for b in "xy"), encoding="utf-8")
        zoo.train("gpt", "classification", data=str(tmp_path / "b.tsv"), out=tmp_path / "a", prompt_length=5,
                  **{**SMALL, **options})  # fmt: skip
    with pytest.raises(PretrainedError, match=r"is a tuned prompt, which is no part of a gpt elsewhere: convert .*run"):
        zoo.convert(tuned, tmp_path / "converted")
    with pytest.raises(ValueError, match=r"bert is of kind 'encoder': choose gpt, rnn or ngram"):
        Prompted(tiny("bert"), 3)
    with pytest.raises(ValueError, match=r"leaves no room for a text among 256 positions"):
        Prompted(tiny("gpt"), 256)
