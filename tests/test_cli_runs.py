"""The command line from training to serving, on a few lines of the user's own data and with models of a few numbers."""

import json
import warnings

import numpy as np
import pytest

from tests.command_line import document, zoo
from zoo import plots
from zoo.attention_maps import FONT_ADVICE, attend, attention_maps
from zoo.cli.evaluation import show_evaluation
from zoo.runs import Run

# Kind of task -> its file of data.
DATA = {
    "translation": ("pairs.tsv", [f"the {a} {b}\t{b}는 {a}" for a in ("red", "big", "old") for b in "abcdefghij"]),
    "language-modelling": ("text.jsonl", [json.dumps({"text": f"{a} {b} {a}"}) for a in "abcdef" for b in "ghijk"]),
    "pretraining": ("text.jsonl", [json.dumps({"text": f"{a} {b}. {b} {a}."}) for a in "abcdef" for b in "ghijk"]),
    "classification": ("pairs.jsonl", [
        json.dumps({"text": f"is {a}", "text_pair": f"was {b}", "label": "same" if a == b else "other"})
        for a in "abcdef" for b in "abcdef"
    ]),
    "regression": ("scores.tsv", [f"is {a}\twas {b}\t{n / 2}" for a in "abcdef" for n, b in enumerate("abcdef")]),
    "tagging": ("names.jsonl", [
        json.dumps({"tokens": [a, "met", b], "tags": ["B-PER", "O", "B-PER"]}) for a in "ABCDEF" for b in "GHIJK"
    ]),
    "question-answering": ("questions.jsonl", [
        json.dumps({"context": f"{a} is at {b}", "question": f"where is {a}", "answers": [b], "starts": [8]})
        for a in "abcdef" for b in "ghijk"
    ]),
}  # fmt: skip
# Kind of task -> a model for it, and texts to ask it.
ASKED = {
    "translation": ("transformer", ["the red a", "the old b"]),
    "language-modelling": ("gpt", ["a b"]),
    "pretraining": ("bert", ["a [MASK]. [MASK] a."]),
    "classification": ("bert", ["is a\twas b"]),
    "regression": ("birnn", ["is a\twas b"]),
    "tagging": ("birnn", ["A met K"]),
    "question-answering": ("bert", ["where is a\ta is at g"]),
}
SMALL = ["--set", "num_layers=1", "--set", "hidden_dim=16", "--steps", "3", "--batch-size", "8"]
# After three steps no model knows when to stop: it writes as much as it may.
SHORT = {task: ["--text", "max_length=24"] for task in ("translation", "language-modelling")}


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Kind of task -> the folder of a trained run; each is made when a test first asks for it."""
    folder, made = tmp_path_factory.mktemp("runs"), {}

    def run(task):
        if task not in made:
            name, lines = DATA[task]
            data = folder / task / name
            data.parent.mkdir()
            data.write_text("\n".join(lines) + "\n", encoding="utf-8")
            out = folder / task / "run"
            options = [*SMALL, *SHORT.get(task, []), "--data", data, "--out", out, "--json"]
            trained = document(zoo("train", ASKED[task][0], task, *options))
            assert (trained["run"], trained["status"], trained["training"]["steps"]) == (str(out), "complete", 3)
            made[task] = out
        return made[task]

    return run


@pytest.mark.parametrize("task", DATA)
def test_evaluate(runs, task):
    figures = document(zoo("evaluate", runs(task), "--json"))
    assert figures["split"] == "test"
    loss = "squared_error" if task == "regression" else "nll"
    assert figures[loss] > 0
    assert figures["metric"] in figures
    recorded = json.loads((runs(task) / "results.json").read_text(encoding="utf-8"))
    assert recorded["splits"]["test"][loss] == pytest.approx(figures[loss])


def test_evaluate_prints_tables(runs):
    table = zoo("evaluate", runs("language-modelling")).stdout
    for text in ("perplexity", "bits_per_character", "By length", "Samples"):
        assert text in table
    assert "perplexity" not in table.split("By length")[1]  # it has no figures there


def test_a_sample_leaves_room_for_the_others(capsys):
    """A language model that has learned little may go on for ever."""
    sample = {"input": {"text": "민수는"}, "expected": "갔다.", "answer": "끝\n" * 500}
    show_evaluation({"nll": 1.0, "by_length": [], "samples": [sample]})
    assert capsys.readouterr().out.count("끝") == 8


@pytest.mark.parametrize("task", DATA)
def test_predict(runs, task):
    answers = document(zoo("predict", runs(task), *ASKED[task][1], "--json"))
    assert len(answers) == len(ASKED[task][1])
    (keys,) = {tuple(answer) for answer in answers}
    expected = {
        "translation": {"target"},
        "language-modelling": {"continuation"},
        "pretraining": {"filled", "token", "probability"},
        "classification": {"label", "probabilities"},
        "regression": {"score"},
        "tagging": {"word", "tag", "start", "end"},
        "question-answering": {"answer", "start", "end", "score"},
    }
    assert set(keys) == {"input"} | expected[task]
    if task == "classification":
        (answer,) = answers
        assert answer["label"] == max(answer["probabilities"], key=answer["probabilities"].get)
        assert sum(answer["probabilities"].values()) == pytest.approx(1)
    if task == "tagging":
        (answer,) = answers
        assert answer["word"] == ["A", "met", "K"]


@pytest.mark.parametrize("argument", [[], ["-"]], ids=["nothing", "a dash"])
def test_predict_reads_standard_input_line_by_line(runs, argument):
    done = zoo("predict", runs("classification"), *argument, input="is a\twas b\nis c\twas c\n")
    given = zoo("predict", runs("classification"), "is a\twas b", "is c\twas c")
    assert done.stdout == given.stdout
    assert len(done.stdout.splitlines()) == 2


def test_sampling_is_repeated_by_its_seed(runs):
    command = ("predict", runs("language-modelling"), "a b c", "--temperature", "3")
    first, again, other = (zoo(*command, "--seed", seed).stdout for seed in (1, 1, 2))
    assert first == again != other
    assert len(zoo("predict", runs("language-modelling"), "a", "--seed", "1", "--max-tokens", "2").stdout) < len(first)


def test_streamed_answers_are_those_printed_at_once(runs):
    for task, options in (("language-modelling", ["--seed", "1", "--stop", "e"]), ("translation", [])):
        command = ("predict", runs(task), *ASKED[task][1], *options)
        streamed = zoo(*command, "--stream")
        assert (streamed.exit_code, streamed.stdout) == (0, zoo(*command).stdout)


def test_a_prompt_longer_than_the_window_is_refused_or_the_window_slides(runs):
    command = ("predict", runs("language-modelling"), "a " * 140, "--max-tokens", "3")
    refused = zoo(*command)
    assert refused.exit_code == 2 and "--long-prompts slide" in refused.stderr
    slid = zoo(*command, "--long-prompts", "slide")
    assert slid.exit_code == 0 and slid.stdout.startswith("a " * 140)


def test_one_beam_is_greedy(runs):
    text = ASKED["translation"][1][0]
    greedy, beam = (zoo("predict", runs("translation"), text, *more).stdout for more in ((), ("--beam", "1")))
    assert beam == greedy


@pytest.mark.parametrize(
    ("task", "args", "pieces"),
    [
        ("translation", ["a\udcff"], ["text 1 is ", "'a\\udcff'", "not UTF-8"]),
        ("classification", ["one part"], ["1 parts", "text <tab> text_pair"]),
        ("classification", ["is a\twas b", "--beam", "2"], ["--beam", "classification"]),
        ("translation", ["a", "--beam", "2", "--seed", "1"], ["--beam", "--seed"]),
        ("translation", ["a", "--beam", "2", "--stream"], ["--beam", "--stream"]),
        ("translation", ["a", "--stream", "--json"], ["--stream", "--json"]),
        ("translation", ["a", "--stop", ""], ["empty string"]),
        ("classification", ["is a\twas b", "--stream"], ["--stream", "classification"]),
        ("translation", ["a", "--temperature", "0"], ["temperature", "above 0"]),
    ],
)
def test_what_cannot_be_predicted(runs, task, args, pieces):
    done = zoo("predict", runs(task), *args)
    assert (done.exit_code, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert all(piece in line for piece in pieces), line


# -- attention ------------------------------------------------------------------------------------------------------


def test_attention_maps_of_an_encoder_decoder(runs):
    maps = attention_maps(Run.load(runs("translation")), "the red a")
    assert [(m.part, m.layer) for m in maps] == [("cross", 0), ("encoder", 0), ("decoder", 0)]
    for m in maps:
        assert m.weights.shape[1:] == (len(m.queries), len(m.keys))
        np.testing.assert_allclose(m.weights.sum(axis=-1), 1, rtol=1e-5)
    cross, encoder, decoder = maps
    assert cross.keys == encoder.keys and cross.keys[-1] == "[END]"
    assert "".join(cross.keys[:-1]).replace("␣", " ") == "the red a"
    assert decoder.queries[0] == "[START]"
    assert cross.queries[:-1] == decoder.queries[1:]
    np.testing.assert_array_equal(np.triu(decoder.weights[0], 1), 0)  # the future is not looked at


def test_a_language_model_looks_at_the_whole_text_and_not_ahead(runs):
    (only,) = attention_maps(Run.load(runs("language-modelling")), "a b")
    assert only.part == "self"
    assert only.queries[0] == "[START]"
    assert "".join(only.queries[1:]).replace("␣", " ") == "a b"
    np.testing.assert_array_equal(np.triu(only.weights[0], 1), 0)


@pytest.mark.filterwarnings("ignore:no installed font")  # whether the answer has Hangul in it is not the question
def test_attend_draws(runs, tmp_path):
    file = tmp_path / "new" / "a.png"
    done = zoo("attend", runs("translation"), "the red a", "--out", file, "--head", "all", "--layer", "0")
    assert (done.exit_code, done.stdout) == (0, f"{file}\n")
    assert file.read_bytes().startswith(b"\x89PNG")
    run = Run.load(runs("translation"))
    for ending, begins in ((".svg", b"<?xml"), (".pdf", b"%PDF")):
        assert attend(run, "the red a", file.with_suffix(ending)).read_bytes().startswith(begins)


@pytest.mark.parametrize("ending", [".png", ".svg"])
def test_a_missing_font_is_told_where_letters_are_drawn(runs, tmp_path, monkeypatch, ending):
    run = runs("translation")
    monkeypatch.setattr(plots, "fonts", lambda: ["DejaVu Sans"])
    monkeypatch.setattr("zoo.attention_maps.readable", lambda tokenizer, ids: ["사과"] * len(ids))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        done = zoo("attend", run, "the red a", "--out", tmp_path / f"a{ending}")
    assert done.exit_code == 0, done.exception
    if ending == ".svg":  # letters are kept, and drawn with the fonts of whoever looks at them
        assert done.stderr == "" and ">사과<" in (tmp_path / "a.svg").read_text(encoding="utf-8")
    else:
        assert FONT_ADVICE in done.stderr and len(done.stderr.splitlines()) == 1
        assert (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    ("task", "args", "pieces"),
    [
        ("translation", ["--out", "a.gif"], [".gif", ".png", ".svg"]),
        ("translation", ["--out", "a.png", "--layer", "1"], ["layer 1", "0 to 0"]),
        ("translation", ["--out", "a.png", "--head", "9"], ["head 9", "0 to 3"]),
        ("translation", ["--out", "a.png", "--part", "self"], ["'self'", "cross"]),
        ("tagging", ["--out", "a.png"], ["birnn", "does not attend"]),
    ],
)
def test_what_cannot_be_drawn(runs, tmp_path, monkeypatch, task, args, pieces):
    monkeypatch.chdir(tmp_path)
    done = zoo("attend", runs(task), "a text", *args)
    assert (done.exit_code, done.stdout) == (2, "")
    (line,) = done.stderr.splitlines()
    assert all(piece in line for piece in pieces), line
    assert list(tmp_path.iterdir()) == []


# -- runs -----------------------------------------------------------------------------------------------------------


def test_export(runs, tmp_path):
    exported = document(zoo("export", runs("classification"), tmp_path / "model", "--json"))
    assert exported["folder"] == str(tmp_path / "model" / "1")
    assert exported["inputs"] == ["text", "text_pair"]
    assert exported["outputs"] == ["label", "label_names", "probabilities"]
    assert zoo("export", runs("classification"), tmp_path / "model").stdout.startswith(str(tmp_path / "model" / "2"))


def test_a_run_is_replaced_only_when_asked_and_possible(runs):
    folder = runs("tagging")
    weights = (folder / "model.weights.h5").read_bytes()
    command = ("train", "birnn", "tagging", "--data", folder.parent / DATA["tagging"][0], "--out", folder, *SMALL)
    refused = zoo(*command)
    assert refused.exit_code == 2 and "--overwrite" in refused.stderr
    # A mistake further on in the arguments costs no run either.
    assert zoo(*command, "--overwrite", "--set", "num_layers=0").exit_code == 2
    assert (folder / "model.weights.h5").read_bytes() == weights
    replaced = zoo(*command, "--overwrite", "--seed", "1")
    assert replaced.exit_code == 0, replaced.stderr
    assert (folder / "model.weights.h5").read_bytes() != weights


def test_training_goes_on_from_a_run(runs, tmp_path):
    start = runs("translation")
    data = start.parent / DATA["translation"][0]
    begun = ("train", "transformer", "translation", "--data", data, "--init", start, "--out", tmp_path / "more")
    more = document(zoo(*begun, "--steps", "1", "--recipe", "learning_rate=1e-30", "--batch-size", "8", "--json"))
    assert (more["settings"]["hidden_dim"], more["init"]) == (16, str(start))
    before, after = (Run.load(folder).model.get_weights() for folder in (start, tmp_path / "more"))
    for old, new in zip(before, after, strict=True):
        np.testing.assert_allclose(new, old, atol=1e-6)


def test_a_language_model_is_asked_with_examples_in_the_prompt(runs, tmp_path):
    (tmp_path / "b.csv").write_text("text,label\n" + "".join(f"{a},{b}\n" for a in "abcdefghij" for b in ("x", "y")))
    asked = ("evaluate", runs("language-modelling"), "--task", "classification", "--data", tmp_path / "b.csv")
    answer = document(zoo(*asked, "--shots", "2,0", "--questions", 1, "--json"))
    assert [row["shots"] for row in answer["by_shots"]] == [0, 2] and answer["questions"] == 1
    show_evaluation(answer)
    for given, message in (
        (("--questions", 2), "--task, --questions: only with --shots"),
        (("--shots", "one"), "expected numbers with commas between them"),
        (("--shots", "0,99"), "99 examples were asked for"),
    ):
        done = zoo(*asked, *given)
        assert done.exit_code == 2 and message in done.stderr, done.stderr
