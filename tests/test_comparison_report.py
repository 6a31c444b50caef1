"""The page and the terminal show what was compared, whole and safely."""

import io
import json
import re

import numpy as np
import pytest
from comparison_data import ANSWER, Page, comparison, model, run
from rich.console import Console

from zoo import plots
from zoo.comparison.report import html, write_report
from zoo.comparison.report.terminal import print_comparison
from zoo.comparison.summary import columns


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
    of_summary = ("attending is best", "42.0 ± 2.8", "signature of BLEU: nrefs:1.")
    for part in (*of_summary, "Toy 1", "keras 3.15.1", "100 train", "toy/attention", ANSWER):
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


def test_files_of_your_own_are_named_without_their_place():
    results = comparison()
    results["protocol"]["data"] = ["/home/me/talks.en", "talks.ko"]
    text = html(results)
    assert "The data are talks.en and talks.ko." in text and "/home/me" not in text


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
