"""A comparison says what was measured and no more, in figures, in words, in a page and in tables."""

import importlib.util
import io
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from comparison_data import ANSWER, comparison, model, run, task
from rich.console import Console

import zoo
from zoo import plots
from zoo.comparison import protocol as comparing
from zoo.comparison.collecting import thin
from zoo.comparison.explanation import sample_attention
from zoo.comparison.line_up import assign
from zoo.comparison.ranking import generalization, ranking
from zoo.comparison.report import html, write_report
from zoo.comparison.report.terminal import print_comparison
from zoo.comparison.summary import METRICS, columns, exceeds_spread, mean_sd, summarize
from zoo.tasks import find
from zoo.tasks.tiny_sentiment import TinySentiment
from zoo.tasks.tiny_translation import TinyTranslation

REPOSITORY = Path(__file__).parent.parent

# -- figures --------------------------------------------------------------------------------------------------


def test_mean_and_standard_deviation_are_those_of_a_sample():
    # Deviations of 2, 4, 9 from 5 are 3, 1, 4: (9 + 1 + 16) / (3 - 1) = 13.
    assert mean_sd([2, 4, 9]) == {"mean": 5.0, "sd": pytest.approx(math.sqrt(13)), "n": 3}
    assert mean_sd([7.0]) == {"mean": 7.0, "sd": None, "n": 1}
    assert mean_sd([None, None]) is None


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


# -- the page -------------------------------------------------------------------------------------------------


class Page(HTMLParser):
    """Checks that tags are closed in order; collects ids, addresses and languages."""

    VOID = frozenset({"meta", "br", "link", "img", "hr", "input"})

    def __init__(self, text):
        super().__init__()
        self.open, self.ids, self.addresses, self.languages, self.tags = [], [], [], set(), set()
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag, attributes):
        self.tags.add(tag)
        attributes = dict(attributes)
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.addresses += [attributes[name] for name in ("src", "href", "xlink:href", "data") if name in attributes]
        self.languages |= {attributes["lang"]} if "lang" in attributes else set()
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attributes):
        self.handle_starttag(tag, attributes)
        if tag not in self.VOID:
            self.open.pop()

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


def test_the_report_is_one_whole_page_that_needs_nothing_from_elsewhere(tmp_path):
    text = write_report(comparison(), tmp_path / "report.html").read_text(encoding="utf-8")
    page = Page(text)
    assert len(set(page.ids)) == len(page.ids)
    assert not page.tags & {"script", "link", "img", "iframe", "object"}
    outside = [address for address in page.addresses if not address.startswith(("#", "data:image/png;base64,"))]
    assert outside and all(address.startswith("https://arxiv.org/abs/") for address in outside)
    inside = {address[1:] for address in page.addresses if address.startswith("#")}
    assert inside <= set(page.ids)
    assert not re.search(r"@import|url\((?!#)", text)


def test_the_report_shows_every_part():
    text = html(comparison())
    assert {"en", "ko"} <= Page(text).languages
    assert text.count("<svg") == 4, "two learning curves, one by length, one attention map"
    for part in ("attending is best", "Toy 1", "keras 3.15.1", "100 train", "42.0 ± 2.8", "toy/attention", ANSWER):
        assert part in text
    assert "Minsu &lt;went&gt; &amp; slept." in text and "<went>" not in text
    assert "prefers-color-scheme: dark" in text and "currentColor" in text
    for column in columns(comparison()["tasks"]["toy"]):
        assert column.figure.glossary in text


def test_what_a_model_writes_cannot_break_the_page():
    results = comparison()
    evil = "</td></table><script>alert(1)</script>"
    results["tasks"]["toy"]["models"]["plain"] = model(run(0, 0.1, 0.1, answer=evil), run(1, 0.1, 0.1, answer=evil))
    assert "script" not in Page(html(results)).tags


def test_a_report_can_be_made_again_from_its_json(tmp_path):
    results = comparison()
    assert html(json.loads(json.dumps(results))) == html(results)


def test_one_seed_is_reported_as_such():
    assert "nothing is known of the spread" in html(comparison(seeds=(0,)))


@pytest.mark.parametrize("width", [80, 140])
def test_the_terminal_shows_whole_numbers_at_any_width(width):
    console = Console(file=io.StringIO(), width=width)
    print_comparison(comparison(), console)
    shown = console.file.getvalue()
    assert "42.0 ± 2.8" in shown and "attending" in shown and "1,234" in shown and "…" not in shown


def test_an_attention_map_needs_labels_that_fit():
    weights = np.full((2, 3), 1 / 3)
    assert len(plots.attention_map(weights, ["a", "b"], list("xyz")).axes) == 1
    assert len(plots.attention_map(np.stack([weights] * 5), ["a", "b"], list("xyz")).axes) == 5
    with pytest.raises(ValueError, match=r"\(2, 3\).*3 queries and 2 keys"):
        plots.attention_map(weights, list("xyz"), ["a", "b"])


# -- tables of the README -------------------------------------------------------------------------------------


@pytest.fixture
def tables():
    spec = importlib.util.spec_from_file_location("make_tables", REPOSITORY / "results" / "make_tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables_are_made_from_files_and_made_again_alike(tables, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.json").write_text(json.dumps(comparison()))
    assert tables.add(tmp_path / "out", tmp_path) == tmp_path / "comparisons" / "toy.json"
    readme = "before\n<!-- table: comparison:toy -->\nstale\n<!-- end table -->\nafter"
    once = tables.fill(readme, tmp_path)
    assert "stale" not in once and once.startswith("before\n") and once.endswith("\nafter")
    assert "| attending |" in once and "**42.0 ± 2.8**" in once and "**56.5" not in once
    assert tables.fill(once, tmp_path) == once
    assert tables.fill(once.replace("42.0", "99.0"), tmp_path) == once, "a typed number does not stay"


def test_runs_stand_beside_published_figures(tables, tmp_path):
    published = {"toy": {"source": "Us.", "metric": "exact_match", "shown": ["exact_match"], "models": {"b:tiny": 0.4}}}
    (tmp_path / "published.json").write_text(json.dumps(published))
    (tmp_path / "toy").mkdir()
    for name, value in (("a", 0.2), ("b", 0.5)):
        made = {key: comparison()[key] for key in ("machine", "versions")}
        record = {**run(0, value, 0.1), "model": name, "preset": "tiny", "examples": 20, "precision": "float32", **made}
        record["training"]["steps"] = 5
        (tmp_path / "toy" / f"{name}.json").write_text(json.dumps(record))
    lines = tables.runs_table("toy", tmp_path).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert cells[0][-3:] == ["exact match % test", "published", "epochs"]
    assert [row[0] for row in cells[2:]] == ["b:tiny", "a:tiny"], "in the published order, then the others"
    assert cells[2][-3:] == ["50.0", "40.0", "2.0"], "5 steps of 8 are two passes over 20 examples"
    assert cells[3][-2] == "–"


def test_a_table_without_results_or_without_end_is_an_error(tables, tmp_path):
    (tmp_path / "published.json").write_text("{}")
    with pytest.raises(ValueError, match="no result files"):
        tables.fill("<!-- table: nothing -->\n<!-- end table -->", tmp_path)
    with pytest.raises(ValueError, match="end table"):
        tables.fill("<!-- table: nothing -->\n", tmp_path)


def test_the_tables_of_the_readme_say_what_the_result_files_say(tables):
    readme = REPOSITORY / "README.md"
    if not readme.exists():
        pytest.skip("no README.md in this checkout")
    text = readme.read_text(encoding="utf-8")
    assert tables.fill(text) == text, "run 'python results/make_tables.py'"


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
    (a,), (b,) = (
        [entry for task in one["tasks"].values() for entry in task["models"].values()] for one in (alone, shared)
    )
    assert a["runs"][0]["splits"]["test"]["nll"] == pytest.approx(b["runs"][0]["splits"]["test"]["nll"], rel=1e-6)
    assert alone["protocol"]["isolated"] and not shared["protocol"]["isolated"]
