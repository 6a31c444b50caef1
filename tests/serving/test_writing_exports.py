"""Exports that write: settings of each row's own, ids to ids, and texts longer than the model reads."""

import pytest
import tensorflow as tf

import zoo
from zoo.decoding import Greedy, Sample
from zoo.kinds._writing_signatures import SETTINGS
from zoo.ragged import plain

NOTHING = {name: given.default for name, given in SETTINGS.items()}


def loaded(export):
    return tf.saved_model.load(str(export.folder)).signatures


def texts(export, count=3):
    return {field: [record[field] for record in export.records[:count]] for field in export.run.kind.fields}


def written(signatures, fields, **settings):
    """What ``generate`` writes; settings are lists, one value for each text."""
    count = len(next(iter(fields.values())))
    settings = {name: [value] * count for name, value in NOTHING.items()} | settings
    inputs = {**fields, **{name: tf.constant(values, SETTINGS[name].dtype) for name, values in settings.items()}}
    (answers,) = signatures["generate"](**{name: tf.constant(value) for name, value in inputs.items()}).values()
    return plain(answers)


@pytest.mark.parametrize(("family", "task"), [("transformer", "tiny-translation:en-ko"), ("gpt", "tiny-stories")])
def test_generate_writes_what_the_run_writes_row_by_row(exports, family, task):
    """Four texts, each with settings of its own, in one request: what a server makes of four clients."""
    export = exports(family, task)
    signatures, record = loaded(export), export.records[0]
    fields = {name: [text] * 4 for name, text in record.items()}
    together = written(
        signatures,
        fields,
        max_tokens=[0, 3, 0, 9],
        temperature=[0.0, 0.0, 0.7, 1.3],
        top_k=[0, 0, 0, 4],
        top_p=[1.0, 1.0, 1.0, 0.9],
        seed=[-1, -1, 5, 9],
    )
    options = (
        {},
        {"max_tokens": 3},
        {"sampler": Sample(0.7), "seed": 5},
        {"max_tokens": 9, "sampler": Sample(1.3, 4, 0.9), "seed": 9},
    )
    alone = [zoo.predict(export.run, [record], **asked)[0][export.run.kind.output] for asked in options]
    assert together == alone
    assert written(signatures, dict.fromkeys(fields, tf.zeros([0], tf.string))) == []


def test_a_continuation_by_words_is_put_right_behind_its_text(exports):
    export = exports("gpt", "tiny-stories")
    assert export.run.kind.tokenizer.name == "word"
    text = export.records[0]["text"].rstrip(" .")
    signatures = loaded(export)
    said, spaced = plain(signatures["serving_default"](tf.constant([text, f"{text} "]))["continuation"])
    assert said.removeprefix(" ") == spaced and not spaced.startswith(" ")
    token_ids = plain(signatures["tokens"](signatures["tokenize"](tf.constant([text]))["token_ids"])["token_ids"])
    first = export.run.kind.tokenizer.tokens[token_ids[0][0]]
    assert said.startswith(first if first in ".,!?\n" else f" {first}")
    assert said == zoo.predict(export.run, text)[0]["continuation"]


def test_without_a_seed_each_request_draws_another_text(exports):
    export = exports("gpt", "tiny-stories")
    signatures, fields = loaded(export), texts(export, 1)
    drawn = {str(written(signatures, fields, temperature=[2.0])) for _ in range(4)}
    assert len(drawn) > 1
    assert len({str(written(signatures, fields, temperature=[2.0], seed=[3])) for _ in range(2)}) == 1


def test_what_is_asked_for_at_most_is_bounded(exports, monkeypatch):
    """A client that asks for two thousand million tokens gets no more than a server can hold."""
    kind, model = (run := exports("gpt", "tiny-stories").run).kind, run.model
    asked = []
    monkeypatch.setattr(kind, "respond", lambda model, max_tokens, **options: asked.append(max_tokens) or {})
    settings = {name: tf.constant([value], SETTINGS[name].dtype) for name, value in NOTHING.items()}
    kind.signatures(model)["generate"].function(text=tf.constant(["a"]), **{**settings, "max_tokens": [2**31 - 1]})
    assert plain(asked[0]) == [4096]


def test_a_prompt_longer_than_the_window_slides_or_is_refused(exports, tmp_path):
    export = exports("gpt", "tiny-stories")
    kind = export.run.kind
    window = kind.facts["max_length"]
    word = export.records[0]["text"].split()[0]
    longest, longer = (" ".join([word] * count) for count in (window - 2, 2 * window))  # [START] is a token, too
    assert kind.tokenize(text=tf.constant([longest]))["token_ids"].shape == (1, window - 1)
    asked = {"text": [longer, word, longest]}
    wanted = [
        answer["continuation"]
        for answer in zoo.predict(export.run, asked["text"], long_prompts="slide", max_tokens=5, sampler=Greedy())
    ]
    assert written(loaded(export), asked, max_tokens=[5] * 3) == wanted
    refuses = tf.saved_model.load(str(zoo.export(export.run, tmp_path / "model", too_long="refuse"))).signatures
    with pytest.raises(tf.errors.InvalidArgumentError, match=rf"too long: at most {window - 1} tokens are read"):
        refuses["serving_default"](tf.constant([longer]))
    assert plain(refuses["serving_default"](tf.constant([longest]))["continuation"])


def test_an_empty_text_without_start_has_no_continuation_and_touches_no_neighbour(exports):
    kind, model = (run := exports("gpt", "tiny-stories").run).kind, run.model
    boundless = type(kind)(kind.backbone_kind, kind.tokenizers, {**kind.facts, "document_boundaries": False})
    word = exports("gpt", "tiny-stories").records[0]["text"].split()[0]
    respond = boundless.signatures(model)["serving_default"].traced()
    (alone,) = plain(respond(tf.constant([word]))["continuation"])
    assert alone
    assert plain(respond(tf.constant(["", word]))["continuation"]) == ["", alone]
    assert plain(respond(tf.constant([""]))["continuation"]) == [""]
