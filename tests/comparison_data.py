"""A comparison made by hand, of which nothing was measured, and a reader of the page about it."""

import math
from html.parser import HTMLParser

from zoo.comparison.ranking import generalization, ranking
from zoo.comparison.summary import summarize

TEXT, ANSWER = {"source": "Minsu <went> & slept."}, "민수는 갔다."


def run(seed, exact, exact_long, perplexity=2.0, answer=ANSWER):
    """One run as :func:`zoo.comparison.collecting.read_run` gives it."""

    def split(name, value, low):
        return {
            "split": name,
            "examples": 10,
            "nll": math.log(perplexity),
            "perplexity": perplexity,
            "exact_match": value,
            "metric": "exact_match",
            "bleu_signature": "nrefs:1",
            "by_length": [{"low": low, "high": low + 2, "examples": 10, "nll": 1.0, "exact_match": value}],
            "samples": [{"input": TEXT, "expected": ANSWER, "answer": answer}],
            "seconds": 1.0,
        }

    history = [
        {"step": step, "seconds": step / 10, "tokens": 9.0 * step, "train_loss": 3 / step, "learning_rate": 1e-3,
         "validation_loss": 3 / step if step % 2 else None}
        for step in range(1, 6)
    ]  # fmt: skip
    return {
        "folder": f"toy/a/seed{seed}",
        "seed": seed,
        "parameters": 1234,
        "steps": 5,
        "minutes": None,
        "batch_size": 8,
        "recipe": {"learning_rate": 0.001},
        "settings": {"hidden_dim": 4},
        "training": {"tokens_per_second": 100.0 + seed, "seconds": 2.0, "peak_memory_bytes": 5e8},
        "splits": {"test": split("test", exact, 1), "test_long": split("test_long", exact_long, 4)},
        "history": history,
    }


def model(*runs, attends=False):
    """An entry of a task."""
    attention = {"layer": "toy/attention", "heads": 2, "queries": ["민수는", "."], "keys": ["Minsu", "<b>", "."],
                 "weights": [[0.9, 0.1, 0.0], [0.0, 0.5, 0.5]]}  # fmt: skip
    return {
        "family": "toy",
        "preset": "tiny",
        "paper": "Bahdanau et al. 2015, arXiv:1409.0473",
        "idea": "A toy.",
        "vocabulary": {"source": 10, "target": 10},
        "attention": attention if attends else None,
        "runs": list(runs),
        "summary": summarize(list(runs)),
    }


def task(**models):
    """A task with these models."""
    made = {
        "task": "toy",
        "kind": "text-to-text",
        "metric": "exact_match",
        "higher_is_better": True,
        "description": "A toy.",
        "citation": "",
        "tokenizer": "word",
        "steps": 5,
        "minutes": None,
        "batch_size": 8,
        "splits": ["test", "test_long"],
        "examples": {"train": 100, "test": 10},
        "models": models,
    }
    sentences = [ranking(made, "test"), ranking(made, "test_long"), generalization(made)]
    return {**made, "ranking": sentences}


def comparison(seeds=(0, 1)):
    """Two models, of which one attends; attending is better, and on longer inputs clearly."""
    values = {"plain": [(0.50, 0.10), (0.60, 0.12)], "attending": [(0.61, 0.40), (0.52, 0.44)]}
    models = {
        name: model(*(run(seed, *values[name][seed]) for seed in seeds), attends=name == "attending") for name in values
    }
    return {
        "protocol": {"seeds": list(seeds), "steps": None, "minutes": None, "batch_size": None, "learning_rate": None,
                     "data": None, "bad_lines": "refuse", "drawn": None, "isolated": False, "at_once": 1,
                     "versions": {"keras": "3.15.1"}},
        "machine": {"processor": "Toy 1", "cores": 2, "memory_bytes": 2**34, "system": "Toy", "accelerators": []},
        "versions": {"keras": "3.15.1", "tensorflow": "2.21.0"},
        "tasks": {"toy": task(**models)},
    }  # fmt: skip


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
