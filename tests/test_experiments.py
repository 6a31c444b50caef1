"""The experiments behind the README's tables: each runs, keeps its figures, and goes on where it was stopped."""

import contextlib
import importlib
import json
import shutil
from pathlib import Path
from types import SimpleNamespace

import click
import pytest

import zoo
from zoo.registry import TASKS
from zoo.runs import parse_model
from zoo.trainer import Trainer

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture
def experiments(monkeypatch):
    if not (REPOSITORY / "results").is_dir():
        pytest.skip("no results in this checkout")
    monkeypatch.syspath_prepend(REPOSITORY / "results")  # where Python looks when it runs the script
    return importlib.import_module("experiments")


@pytest.fixture(autouse=True)
def small(monkeypatch):
    """The tiny tasks with few examples."""
    pairs = [(a, b) for a in ("Mia", "Tom", "Jun") for b in ("garden", "kitchen", "park")]
    documents = [{"sentences": [f"{a} is in the {b}.", f"{a} likes the {b}."]} for a, b in pairs]
    monkeypatch.setattr(TASKS.get("tiny-pretraining"), "examples", lambda self, split: documents)
    for name in ("names", "stories", "inference"):
        cls = TASKS.get(f"tiny-{name}")
        whole = cls.examples
        monkeypatch.setattr(cls, "examples", lambda self, split, whole=whole: whole(self, split)[:100])


@pytest.fixture
def trainings(experiments, tmp_path):
    return experiments.Trainings(tmp_path / "runs", tmp_path / "results", progress=False)


def results(trainings):
    """The result files: path -> content."""
    files = sorted(trainings.results.glob("*/*.json"))
    return {str(path.relative_to(trainings.results)): json.loads(path.read_text(encoding="utf-8")) for path in files}


def test_few_labels_of_the_tiny_world_and_nothing_is_trained_twice(experiments, trainings, monkeypatch):
    asked = {"tasks": ("tiny-names:en",), "numbers": (20,), "seeds": (1,), "steps": 2, "pretraining_steps": 2}
    experiments.few_labels_tiny(trainings, **asked)
    found = results(trainings)
    names = ("pretrained-20-seed1", "20-seed1")
    assert set(found) == {f"tiny-names-en/bert-tiny-{name}.json" for name in names}
    for result in found.values():
        assert (result["steps"], result["examples"], result["seed"]) == (2, 20, 1)
        assert 0 <= result["splits"]["test"]["f1"] <= 1
    # What differs between the two is the start alone.
    one, other = (found[f"tiny-names-en/bert-tiny-{name}.json"]["settings"] for name in names)
    assert one == other | {"vocabulary_size": one["vocabulary_size"]}

    monkeypatch.setattr(zoo, "train", None)
    monkeypatch.setattr(zoo, "evaluate", None)
    kept = trainings.results / "tiny-names-en" / "bert-tiny-20-seed1.json"
    kept.rename(trainings.runs / "kept")
    experiments.few_labels_tiny(trainings, **asked)  # from its run, the figures of which are there
    assert results(trainings) == found
    shutil.rmtree(trainings.runs)  # in a fresh clone there are no runs, and the pre-trained one is not needed
    experiments.few_labels_tiny(trainings, **asked)
    assert results(trainings) == found
    with pytest.raises(click.ClickException, match=r"seed1.json was made with steps 2 \(now 3\): delete it"):
        experiments.few_labels_tiny(trainings, **(asked | {"steps": 3}))
    other = found["tiny-names-en/bert-tiny-20-seed1.json"]
    other["settings"]["dropout"] = 0.1
    kept.write_text(json.dumps(other))
    with pytest.raises(click.ClickException, match=r"was made with dropout 0\.1 \(now 0\.0\): delete it"):
        experiments.few_labels_tiny(trainings, **asked)


def test_a_result_of_other_options_is_no_result(trainings):
    asked = {"steps": 1, "examples": 20, "text": {"max_length": 12}, "learning_rate": 0.01, "evaluate_every": 1}
    trainings.learn("a", "bag_of_words", "tiny-names:en", **asked)
    trainings.learn("a", "bag_of_words", "tiny-names:en", **asked)
    for changes, told in (
        ({"learning_rate": 0.02}, r"learning_rate 0\.01 \(now 0\.02\)"),
        ({"recipe": {"learning_rate": 0.02}, "learning_rate": 0.01}, None),  # as in zoo.train
        ({"precision": "mixed_bfloat16"}, r"precision float32 \(now mixed_bfloat16\)"),
        ({"text": {"max_length": 24}}, r"text {'max_length': 12} \(now {'max_length': 24}\)"),
        ({"text": {}}, r"text {'max_length': 12} \(now {}\)"),
        ({"evaluate_every": 2}, r"evaluate_every 1 \(now 2\)"),
    ):
        refused = pytest.raises(click.ClickException, match=f"was made with {told}: delete it")
        with refused if told else contextlib.nullcontext():
            trainings.learn("a", "bag_of_words", "tiny-names:en", **(asked | changes))


def test_the_result_files_here_are_of_these_experiments(experiments, monkeypatch):
    """None of them is trained again, none is refused."""
    trained = []
    monkeypatch.setattr(experiments.Trainings, "run", lambda self, name, *_, **__: trained.append(name))
    monkeypatch.setattr("trainings.add", lambda *_: "nothing")
    for name, (train, folder) in experiments.EXPERIMENTS.items():
        train(experiments.Trainings("nowhere", folder))
        assert not trained, f"{name} has not all of its result files"
        trained.clear()


def test_reviews_are_pretrained_without_next_sentences(experiments, trainings, monkeypatch):
    words = ("영화", "배우", "음악", "이야기", "결말")
    reviews = [
        {"text": f"{a} {b}{mark}", "label": label}
        for a in words
        for b in words
        for mark, label in ((" 좋아요", "positive"), (" 별로", "negative"), ("! 정말 최고", "positive"))
    ]
    monkeypatch.setattr(TASKS.get("nsmc"), "examples", lambda task, split: reviews[:10] if split == "test" else reviews)
    experiments.few_labels_nsmc(trainings, numbers=(None,), seeds=(0,), steps=(1, 2), pretraining_steps=2)
    config = json.loads((trainings.runs / "pretrained" / "config.json").read_text())
    assert config["text"]["next_sentence"] is False
    models = ("bert-tiny-pretrained", "bert-tiny", "birnn-tiny", "bag_of_words-tiny")
    found = results(trainings)
    assert set(found) == {f"nsmc/{model}-seed0.json" for model in models}
    assert {(result["steps"], result["splits"]["test"]["examples"]) for result in found.values()} == {(2, 10)}
    # What differs between the two BERTs is the start alone.
    one, other = (found[f"nsmc/{name}-seed0.json"]["settings"] for name in models[:2])
    assert one == other | {"vocabulary_size": one["vocabulary_size"]}
    assert one["dropout"] == 0


def test_pretraining_is_scored_on_both_of_its_questions(experiments, trainings):
    experiments.pretraining(trainings, tasks=("tiny-pretraining:en",), steps=2)
    (result,) = results(trainings).values()
    splits = result["splits"]
    assert set(splits) == {"validation", "test"}
    table = importlib.import_module("make_tables").make("pretraining", trainings.results).splitlines()
    assert table[0].endswith("| steps | split | nats a masked token | masked accuracy % | next sentence % |")
    for line, split in zip(table[2:4], ("validation", "test"), strict=True):
        shares = " | ".join(f"{100 * splits[split][name]:.1f}" for name in ("masked_accuracy", "next_accuracy"))
        assert line.startswith("| tiny-pretraining:en | bert:tiny |")
        assert line.endswith(f"| 2 | {split} | {splits[split]['masked_nll']:.3f} | {shares} |")
    assert table[5].startswith("Seed 0. Measured on ")


def test_shakespeare_is_read_in_the_settings_of_nanogpt(experiments):
    learned = {}
    trainings = SimpleNamespace(learn=lambda name, model, *where, **options: learned.update({model: options}))
    experiments.shakespeare(trainings)
    assert set(learned) == {"gpt:shakespeare", "gpt:shakespeare-large", "rnn:shakespeare-gru", "rnn:shakespeare-lstm"}
    large = learned["gpt:shakespeare-large"]
    # The settings of its README and of its config/train_shakespeare_char.py.
    assert (large["batch_size"], large["text"]["max_length"]) == (64, 256)
    _, _, config = parse_model("gpt:shakespeare-large")
    assert (config.num_layers, config.num_heads, config.hidden_dim, config.dropout) == (6, 6, 384, 0.2)


def test_real_corpora_are_learned_with_a_budget(experiments, trainings):
    for task in experiments.REAL_TASKS:
        assert zoo.tasks.find(task).name == task  # variants are named: a figure of "small" is none of "full"
    experiments.fine_tuning(trainings, tasks=("tiny-names:en",), models=("birnn",), steps=2)
    ((name, result),) = results(trainings).items()
    trainings.results.rename(trainings.results.parent / "fine-tuning")
    table = importlib.import_module("make_tables").make("fine-tuning", trainings.results.parent).splitlines()
    assert name == "tiny-names-en/birnn-tiny-seed0.json"
    assert table[0] == "| task | metric | model | parameters | steps | epochs | test |"
    shown = f"{result['parameters']:,} | 2 | {2 * 64 / 100:.1f} | {100 * result['splits']['test']['f1']:.1f}"
    assert table[2] == f"| tiny-names:en | F1 % | birnn:tiny | {shown} |"
    with pytest.raises(ValueError, match=r"experiments\.py fine-tuning"):
        importlib.import_module("make_tables").make("fine-tuning", trainings.results)


def test_all_a_head_or_a_prompt_is_trained(experiments, trainings):
    sizes = {"hidden_dim": 16, "intermediate_dim": 16, "num_layers": 1, "dropout": 0.0}
    experiments.prompt_tuning(trainings, seeds=(0,), steps=1, pretraining_steps=1, sizes=sizes)
    found = results(trainings)
    trained = {name.partition("/")[2]: result["trained_parameters"] for name, result in found.items()
               if name.startswith("tiny-inference-en")}  # fmt: skip
    # A head of three labels: 16 weights and a bias for each.
    assert trained["gpt-tiny-pretrained-frozen-seed0.json"] == 3 * 17
    whole = found["tiny-inference-en/gpt-tiny-pretrained-seed0.json"]
    assert trained["gpt-tiny-pretrained-seed0.json"] == whole["parameters"]
    prompt = found["tiny-questions-text-en/gpt-tiny-pretrained-prompt20-seed0.json"]
    assert prompt["trained_parameters"] == 20 * 16
    assert prompt["parameters"] - 20 * 16 == whole["parameters"] - 3 * 17
    assert set(prompt["splits"]["test"]) >= {"exact_match", "nll"}


def test_what_was_stopped_is_no_result(experiments, trainings, monkeypatch):
    def stopped(model, task, out, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(zoo, "train", stopped)
    with pytest.raises(KeyboardInterrupt):
        trainings.learn("a", "birnn", "tiny-names:en", steps=1)
    monkeypatch.undo()
    advance = Trainer.advance

    def once(trainer, steps):
        if trainer.step:
            raise KeyboardInterrupt
        return advance(trainer, 1)

    options = {"steps": 3, "examples": 10, "checkpoint_steps": 1}
    with monkeypatch.context() as patched:
        patched.setattr(Trainer, "advance", once)
        with pytest.raises(click.ClickException, match=r"was stopped; the same command goes on from there"):
            trainings.learn("a", "birnn", "tiny-names:en", **options)
    assert not results(trainings)
    resumed = []
    resume = zoo.resume
    monkeypatch.setattr(zoo, "resume", lambda folder, **o: resumed.append(folder) or resume(folder, **o))
    trainings.learn("a", "birnn", "tiny-names:en", **options)
    assert resumed == [trainings.runs / "a"]
    (result,) = results(trainings).values()
    assert result["training"]["steps"] == 3
