"""GPT-1's fine-tuning: the loss of the answer, and beside it that of the text (Radford et al. 2018, section 3.2)."""

import numpy as np
import pytest

import zoo
from tests.contract import outputs

SIZES = {"num_layers": 1, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 8, "dropout": 0.0}
ROWS = [(a + b * n, "same" if a == b else "other") for a in "xyz" for b in "xyz" for n in (1, 2, 3)]


@pytest.fixture
def data(tmp_path):
    for split in ("train", "validation", "test"):
        (tmp_path / f"{split}.tsv").write_text("".join(f"{text}\t{label}\n" for text, label in ROWS))
    return tmp_path


def train(model, data, out, **options):
    text = {"tokenizer": "character", "max_length": 8, **options.pop("text", {})}
    settings = SIZES if model == "gpt" else {"hidden_dim": 8, "dropout": 0.0}
    return zoo.train(model, "classification", data=data, out=out, text=text, settings=settings,
                     batch_size=len(ROWS), progress=False, **options)  # fmt: skip


def mean_nll(rows):
    """The mean of -log softmax(logits)[label] over (logits, label)."""
    nats = [np.log(np.exp(logits - logits.max()).sum()) + logits.max() - logits[label] for logits, label in rows]
    return np.mean(nats)


@pytest.mark.parametrize("model", ["gpt", "rnn"])  # tied embeddings, and a head of the language model's own
def test_the_trained_loss_is_that_of_the_answer_and_a_share_of_that_of_the_text(model, data, tmp_path):
    """L3 = L2 + 0.5 * L1, both means written down; at a learning rate that moves nothing."""
    recipe = {"learning_rate": 1e-30, "weight_decay": 0.0}
    run = train(model, data, tmp_path / "run", steps=1, recipe=recipe, text={"language_modelling": "0.5"})
    tokenizer, head = run.kind.tokenizers["tokenizer"], run.model.head
    kernel, bias = (np.array(variable) for variable in head.head.classifier.variables)
    answers, texts = [], []
    for text, label in ROWS:
        row = [tokenizer.start_id, *tokenizer.encode([text]).numpy()[0], tokenizer.end_id]
        inputs = {"token_ids": np.array([row]), "padding_mask": np.ones((1, len(row)), bool)}
        (hidden,) = outputs(run.model.backbone, inputs)
        answers.append((hidden[-1] @ kernel + bias, run.kind.facts["labels"].index(label)))
        if model == "gpt":
            scores = hidden @ np.array(run.model.backbone.embedding.embeddings).T
        else:
            scores = hidden @ np.array(head.language_model.kernel) + np.array(head.language_model.bias)
        texts += zip(scores[:-1], row[1:], strict=True)
    (row,) = run.history()
    assert row["train_loss"] == pytest.approx(mean_nll(answers) + 0.5 * mean_nll(texts), rel=1e-4)
    assert row["tokens"] == len(answers) + len(texts)
    # What is measured and answered is the answer alone.
    assert row["validation_loss"] == pytest.approx(mean_nll(answers), rel=1e-4)
    assert zoo.evaluate(run, "test")["nll"] == pytest.approx(mean_nll(answers), rel=1e-4)
    assert zoo.predict(zoo.load(run.folder), ["xx"])[0]["label"] in ("same", "other")


def test_encoders_see_the_next_token_and_a_weight_is_not_negative(data, tmp_path):
    for model, weight in (("birnn", 0.5), ("gpt", -0.5)):
        with pytest.raises(ValueError, match=r"a weight from 0 on, and for decoders"):
            train(model, data, tmp_path / "run", text={"language_modelling": weight})
