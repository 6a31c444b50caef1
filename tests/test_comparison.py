"""A comparison says what was measured and no more, in figures and in words; and the whole way from training to page."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from comparison_data import Page, comparison, model, run, task

import zoo
from zoo.comparison import protocol as comparing
from zoo.comparison.collecting import thin
from zoo.comparison.explanation import sample_attention
from zoo.comparison.line_up import assign
from zoo.comparison.ranking import generalization, ranking
from zoo.comparison.report.words import protocol
from zoo.comparison.summary import METRICS, columns, exceeds_spread, mean_sd, signatures, summarize
from zoo.tasks import find
from zoo.tasks.tiny_sentiment import TinySentiment
from zoo.tasks.tiny_translation import TinyTranslation

# -- figures --------------------------------------------------------------------------------------------------


def test_mean_and_standard_deviation_are_those_of_a_sample():
    # Deviations of 2, 4, 9 from 5 are 3, 1, 4: (9 + 1 + 16) / (3 - 1) = 13.
    assert mean_sd([2, 4, 9]) == {"mean": 5.0, "sd": pytest.approx(math.sqrt(13)), "n": 3}
    assert mean_sd([7.0]) == {"mean": 7.0, "sd": None, "n": 1}
    assert mean_sd([None, None]) is None


def test_how_a_metric_was_computed_is_kept_for_each_way_and_older_results_say_nothing():
    one, other = run(0, 0.5, 0.1), run(0, 0.5, 0.1)
    other["splits"]["test"]["bleu_signature"] = other["splits"]["test_long"]["bleu_signature"] = "nrefs:1|tok:char"
    models = {name: {"summary": summarize([each])} for name, each in (("a", one), ("b", one), ("c", other))}
    assert signatures({"models": models}) == ["BLEU: nrefs:1 or nrefs:1|tok:char."]
    for entry in models.values():
        del entry["summary"]["signatures"]
    assert signatures({"models": models}) == []


def test_runs_are_summarized_by_split_and_by_length():
    summary = summarize([run(0, 0.5, 0.1), run(1, 0.7, 0.3)])
    assert summary["parameters"] == 1234
    assert summary["training"]["tokens_per_second"] == {"mean": 100.5, "sd": pytest.approx(math.sqrt(0.5)), "n": 2}
    assert summary["splits"]["test"]["exact_match"]["mean"] == pytest.approx(0.6)
    assert summary["splits"]["test_long"]["exact_match"]["mean"] == pytest.approx(0.2)
    (group,) = summary["by_length"]["test_long"]
    assert (group["low"], group["high"], group["examples"]) == (4, 6, 10)
    assert group["exact_match"]["mean"] == pytest.approx(0.2)
    assert "seconds" not in summary["splits"]["test"], "the time of an evaluation is no score"


def test_fractions_are_shown_in_percent_and_one_seed_without_spread():
    assert METRICS["exact_match"].show({"mean": 0.9312, "sd": 0.0041, "n": 3}) == "93.1 ± 0.4"
    assert METRICS["exact_match"].show({"mean": 0.9312, "sd": None, "n": 1}) == "93.1"
    assert METRICS["perplexity"].show({"mean": 1234.567, "sd": 0.1, "n": 2}) == "1,234.57 ± 0.10"
    assert METRICS["bleu"].show(None) == "–"
    assert METRICS["bleu"].number(-0.04) == "0.0"


def test_a_difference_counts_only_beyond_both_spreads_and_if_it_can_be_seen():
    percent = METRICS["exact_match"]
    a, b = {"mean": 0.50, "sd": 0.02}, {"mean": 0.55, "sd": 0.02}
    assert exceeds_spread(a, b, percent) and exceeds_spread(b, a, percent)
    assert not exceeds_spread(a, {"mean": 0.55, "sd": 0.04}, percent), "0.05 is not more than 0.02 + 0.04"
    assert not exceeds_spread(a, {"mean": 0.99, "sd": None}, percent), "the spread of one seed is unknown"
    assert not exceeds_spread({"mean": 0.5, "sd": 0.0}, {"mean": 0.5001, "sd": 0.0}, percent), "both are 50.0"


# -- words ----------------------------------------------------------------------------------------------------


def test_a_winner_is_named_with_both_figures_the_difference_and_the_spread():
    good, poor = model(run(0, 0.9, 0.9), run(1, 0.92, 0.9)), model(run(0, 0.5, 0.2), run(1, 0.54, 0.2))
    said = ranking(task(poor=poor, good=good), "test")
    # 0.90 and 0.92: 91 ± sqrt(2) = 1.4; 0.50 and 0.54: 52 ± sqrt(8) = 2.8.
    assert "good is best, 91.0 ± 1.4 against 52.0 ± 2.8 of poor" in said
    assert "the difference of 39.0 exceeds the spread of the seeds (1.4 + 2.8)" in said


def test_no_winner_within_the_spread_but_those_behind_are_named():
    models = {
        "a": model(run(0, 0.9, 0), run(1, 0.8, 0)),
        "b": model(run(0, 0.9, 0), run(1, 0.7, 0)),
        "c": model(run(0, 0.1, 0), run(1, 0.1, 0)),
    }
    said = ranking(task(**models), "test")
    assert "no clear winner" in said and "is best" not in said
    assert (
        "a 85.0 ± 7.1 differs by no more than the spread of the seeds from b 80.0 ± 14.1 (5.0 against 7.1 + 14.1)"
        in said
    )
    assert "a is clearly better than c 10.0 ± 0.0" in said


def test_one_seed_names_no_winner():
    said = ranking(task(a=model(run(0, 0.9, 0)), b=model(run(0, 0.1, 0))), "test")
    assert said == "On test, by exact match %: a 90.0, b 10.0. One seed shows no spread, so no winner is named."


def test_lower_is_better_for_perplexity():
    toy = task(
        worse=model(run(0, 0, 0, perplexity=9.0), run(1, 0, 0, perplexity=9.1)),
        better=model(run(0, 0, 0, perplexity=3.0), run(1, 0, 0, perplexity=3.1)),
    )
    toy.update(metric="perplexity", higher_is_better=False)
    assert "(lower is better): better is best, 3.05 ± 0.07 against 9.05 ± 0.07 of worse" in ranking(toy, "test")


def test_the_loss_on_longer_inputs_is_stated_for_each_model():
    toy = task(a=model(run(0, 0.9, 0.8)), b=model(run(0, 0.9, 0.1)))
    assert generalization(toy).endswith("exact match % changes by: a −10.0, b −80.0.")


def test_only_a_figure_beyond_the_spread_is_bold_and_parameters_never_are():
    toy = comparison()["tasks"]["toy"]
    best = {column.title: column.best() for column in columns(toy)}
    # On test 55 ± 7.1 against 56.5 ± 6.4; on test_long 11 ± 1.4 against 42 ± 2.8.
    assert best["exact match % test"] == set()
    assert best["exact match % test_long"] == {"attending"}
    assert best["parameters"] == set()


def test_thinned_curves_keep_every_validation_loss():
    history = [{"step": i, "validation_loss": 1.0 if i % 100 == 99 else None} for i in range(1000)]
    kept = thin(history)
    assert len(kept) < 200
    assert [row["step"] for row in kept if row["validation_loss"]] == list(range(99, 1000, 100))


# -- who takes part -------------------------------------------------------------------------------------------


def test_families_take_the_tasks_that_suit_them():
    tasks = [find("tiny-translation"), find("tiny-sentiment"), find("tiny-stories")]
    chosen = assign(tasks)
    assert {"seq2seq", "seq2seq:tiny-gru", "attention_seq2seq", "transformer", "gpt"} <= set(
        chosen["tiny-translation:en-ko"]
    )
    assert {"bert", "birnn", "bag_of_words"} <= set(chosen[tasks[1].name])
    assert {"rnn", "rnn:tiny-lstm", "rnn:tiny-gru", "ngram", "gpt"} <= set(chosen[tasks[2].name])
    assert "bert" not in chosen["tiny-translation:en-ko"] and "seq2seq" not in chosen[tasks[2].name]
    assert assign(tasks[1:], ["gpt:tiny", "bert"]) == {tasks[1].name: ["gpt", "bert"], tasks[2].name: ["gpt"]}


@pytest.mark.parametrize(
    ("models", "said"),
    [(["bert"], "none of the tasks takes"), (["trasformer"], "'transformer'"), (["gpt:tinny"], "'tiny'")],
)
def test_models_that_do_not_fit_are_refused_before_anything_is_trained(models, said):
    with pytest.raises(ValueError, match=said):
        zoo.compare("tiny-translation", models, out="nowhere")
    assert not Path("nowhere").exists()


# -- the whole way --------------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch):
    """The tiny tasks, cut down to a few examples."""
    for cls in (TinyTranslation, TinySentiment):
        whole = cls.examples
        monkeypatch.setattr(cls, "examples", lambda self, split, whole=whole: whole(self, split)[:48])


ASKED = {
    "models": ["seq2seq", "bag_of_words"],
    "steps": 3,
    "seeds": (0, 1),
    "batch_size": 8,
    "progress": False,
}
TASKS = ["tiny-translation", "tiny-sentiment"]


def test_an_interrupted_comparison_goes_on_and_a_finished_one_is_not_trained_again(small, tmp_path, monkeypatch):
    trained, whole = [], comparing.train

    def train(model, task, **settings):
        trained.append((model, settings["seed"]))
        if len(trained) == 3:
            raise KeyboardInterrupt
        return whole(model, task, **settings)

    monkeypatch.setattr(comparing, "train", train)
    with pytest.raises(KeyboardInterrupt):
        zoo.compare(TASKS, out=tmp_path, **ASKED)
    assert not (tmp_path / "results.json").exists()
    results = zoo.compare(TASKS, out=tmp_path, **ASKED)
    assert trained[2] == trained[3] and len(trained) == 5, "two runs were finished, one was lost"
    assert zoo.compare(TASKS, out=tmp_path, **ASKED) == results == json.loads((tmp_path / "results.json").read_text())
    assert len(trained) == 5

    translation = results["tasks"]["tiny-translation:en-ko"]
    assert list(translation["models"]) == ["seq2seq"] and len(results["tasks"]) == 2
    entry = translation["models"]["seq2seq"]
    assert [one["seed"] for one in entry["runs"]] == [0, 1]
    for split in ("test", "test_long"):
        values = [one["splits"][split]["nll"] for one in entry["runs"]]
        assert entry["summary"]["splits"][split]["nll"]["mean"] == pytest.approx(sum(values) / 2)
        assert values[0] != values[1]
    assert zoo.load(tmp_path / entry["runs"][0]["folder"]).config["seed"] == 0
    Page((tmp_path / "report.html").read_text(encoding="utf-8"))

    with pytest.raises(ValueError, match=r"steps 3 \(now 4\).*overwrite"):
        zoo.compare(TASKS, out=tmp_path, **{**ASKED, "steps": 4})


def test_a_comparison_of_few_examples_by_one_model_and_seed(small, tmp_path):
    asked = {**ASKED, "models": "bag_of_words", "seeds": 1, "out": tmp_path, "examples": 12}
    results = zoo.compare("tiny-sentiment", **asked)
    (entry,) = results["tasks"]["tiny-sentiment:en"]["models"].values()
    (one,) = entry["runs"]
    config = zoo.load(tmp_path / one["folder"]).config
    assert (one["seed"], config["examples"], config["drawn"]) == (1, 12, 12)
    assert any("learned from 12 examples" in sentence for sentence in protocol(results))
    with pytest.raises(ValueError, match=r"examples=49 is not possible: task tiny-sentiment:en has 48 for training"):
        zoo.compare("tiny-sentiment", **{**asked, "examples": 49})


def test_recorded_attention_is_a_distribution_over_the_source(small, tmp_path):
    settings = {"steps": 1, "batch_size": 8, "progress": False}
    trained = zoo.train("attention_seq2seq", "tiny-translation", out=tmp_path / "run", **settings)
    examples = trained.task.examples("test")
    attention = sample_attention(trained, examples)
    assert attention["keys"][-1] == attention["queries"][-1] == "[END]"
    assert np.shape(attention["weights"]) == (len(attention["queries"]), len(attention["keys"]))
    np.testing.assert_allclose(np.sum(attention["weights"], axis=1), 1.0, atol=0.02)  # rounded to three digits
    words = [example["source"].replace(",", " ,").replace(".", " .").split() for example in examples]
    assert any(_agree(attention["keys"][:-1], source) for source in words)


def _agree(tokens, words):
    return len(tokens) == len(words) and all(a in (b, "[UNK]") for a, b in zip(tokens, words, strict=True))


def test_isolated_runs_give_the_same_scores(tmp_path):
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("".join(f"{a} {b}\t{b} {a}\n" for a in "abcdefgh" for b in "stuvwxyz"))
    asked = {
        "models": ["attention_seq2seq"],
        "seeds": (0,),
        "steps": 2,
        "batch_size": 8,
        "progress": False,
        "data": pairs,
    }
    alone = zoo.compare("translation", out=tmp_path / "alone", isolate=True, **asked)
    shared = zoo.compare("translation", out=tmp_path / "shared", **asked)
    beside = zoo.compare("translation", out=tmp_path / "beside", isolate=True, at_once=2, **asked)
    all_three = (alone, shared, beside)
    (a,), (b,), (c,) = (
        [entry for task in one["tasks"].values() for entry in task["models"].values()] for one in all_three
    )
    assert a["runs"][0]["splits"]["test"]["nll"] == pytest.approx(b["runs"][0]["splits"]["test"]["nll"], rel=1e-6)
    assert a["runs"][0]["splits"]["test"]["nll"] == pytest.approx(c["runs"][0]["splits"]["test"]["nll"], rel=1e-6)
    (described,) = (one["description"] for one in alone["tasks"].values())
    assert described.startswith("Translation") and ".tsv" not in described  # who reads it has no file to prepare
    assert alone["protocol"]["isolated"] and not shared["protocol"]["isolated"]


def test_models_train_side_by_side_in_processes_of_their_own_only(tmp_path):
    with pytest.raises(ValueError, match="in processes of their own"):
        zoo.compare("copy", at_once=2, out=tmp_path, progress=False)
