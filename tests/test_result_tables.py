"""The tables of the README are made from result files, never typed."""

import importlib.util
import json
from pathlib import Path

import click
import pytest
from comparison_data import comparison, run

REPOSITORY = Path(__file__).parent.parent


@pytest.fixture
def make_tables(monkeypatch):
    monkeypatch.syspath_prepend(REPOSITORY / "results")  # where Python looks when it runs the script
    spec = importlib.util.spec_from_file_location("make_tables", REPOSITORY / "results" / "make_tables.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_tables_are_made_from_files_and_made_again_alike(make_tables, tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "results.json").write_text(json.dumps(comparison()))
    assert make_tables.add(tmp_path / "out", tmp_path) == tmp_path / "comparisons" / "toy.json"
    readme = "before\n<!-- table: comparison:toy -->\nstale\n<!-- end table -->\nafter"
    once = make_tables.fill(readme, tmp_path)
    assert "stale" not in once and once.startswith("before\n") and once.endswith("\nafter")
    assert "| attending |" in once and "**42.0 ± 2.8**" in once and "**56.5" not in once
    assert "Signature of BLEU: nrefs:1.\n" in once
    assert make_tables.fill(once, tmp_path) == once
    assert make_tables.fill(once.replace("42.0", "99.0"), tmp_path) == once, "a typed number does not stay"


def test_runs_stand_beside_published_figures(make_tables, tmp_path):
    published = {"toy": {"source": "Us.", "metric": "exact_match", "shown": ["exact_match"], "models": {"b:tiny": 0.4}}}
    (tmp_path / "published.json").write_text(json.dumps(published))
    (tmp_path / "toy").mkdir()
    for name, value in (("a", 0.2), ("b", 0.5)):
        made = {key: comparison()[key] for key in ("machine", "versions")}
        record = {**run(0, value, 0.1), "model": name, "preset": "tiny", "examples": 20, "precision": "float32", **made}
        record["training"]["steps"] = 5
        record["recipe"] = {"learning_rate": 0.002, "schedule": "cosine", "warmup_steps": 7}
        (tmp_path / "toy" / f"{name}.json").write_text(json.dumps(record))
    lines = make_tables.make("toy", tmp_path).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert cells[0][-5:] == ["exact match % test", "published", "epochs", "steps", "recipe"]
    assert [row[0] for row in cells[2:]] == ["b:tiny", "a:tiny"], "in the published order, then the others"
    assert cells[2][-5:-1] == ["50.0", "40.0", "2.0", "5"], "5 steps of 8 are two passes over 20 examples"
    assert cells[2][-1] == "batch 8, 0.002 cosine, warm-up 7"
    assert cells[3][-4] == "–"


def test_few_shot_figures_stand_in_a_line_for_each_run_and_are_of_the_same_questions(make_tables, tmp_path):
    made = {key: comparison()[key] for key in ("machine", "versions")}
    for task, shares in (("stories", [0.1, 0.2]), ("toy", [0.25, 0.875])):
        rows = [{"shots": k, "accuracy": share} for k, share in zip((0, 16), shares, strict=True)]
        shots = {"toy": {"split": "test", "questions": 1000, "seed": 0, "metric": "accuracy", "by_shots": rows}}
        record = {"model": "gpt", "preset": "tiny", "task": task, "parameters": 1234, "training": {"steps": 5}}
        (tmp_path / task).mkdir()
        (tmp_path / task / "gpt.json").write_text(json.dumps({**record, "shots": shots, **made}))
    lines = make_tables.make("shots:toy", tmp_path).splitlines()
    assert lines[0] == "| model | trained on | parameters | steps | 0 | 16 |"
    assert lines[2] == "| gpt:tiny | toy | 1,234 | 5 | 25.0 | 87.5 |", "what was trained for it stands first"
    assert lines[3] == "| gpt:tiny | stories | 1,234 | 5 | 10.0 | 20.0 |"
    assert "accuracy % with so many examples in the prompt, on 1,000 questions of toy, split test" in lines[-1]
    shots["toy"]["questions"] = 10
    (tmp_path / "toy" / "gpt.json").write_text(json.dumps({**record, "shots": shots, **made}))
    with pytest.raises(ValueError, match="not all runs were asked the same questions"):
        make_tables.make("shots:toy", tmp_path)
    with pytest.raises(ValueError, match="has shots of 'other'"):
        make_tables.make("shots:other", tmp_path)


def run_with_history(folder):
    """The folder of a run with three measurements, of whose second the validation loss was not taken."""
    out = folder / "out"
    out.mkdir()
    rows = ["10,0.5,600,2.5,0.001,3.0", "20,1.0,1200,2.0,0.001,", "30,1.5,1800,1.5,0.001,2.25"]
    columns = "step,seconds,tokens,train_loss,learning_rate,validation_loss"
    (out / "history.csv").write_text("\n".join([columns, *rows]) + "\n")
    return out


def test_learning_from_few_examples_is_shown_by_task_and_start(make_tables, tmp_path):
    result_files = importlib.import_module("result_files")
    config = dict.fromkeys(result_files.KEPT) | {key: comparison()[key] for key in ("machine", "versions")}
    config |= {"model": "bert", "preset": "tiny", "task": "toy:en", "status": "complete", "steps": 400}
    config |= {"recipe": {"frozen": False}, "settings": {}, "kind": "toy"}
    out = run_with_history(tmp_path)
    for init, number, shares in ((None, 50, (0.4, 0.6)), (None, 1000, (0.75,)), ("/home/me/before", 50, (0.9, 0.9))):
        for seed, share in enumerate(shares):
            drawn = {"init": init, "drawn": number, "examples": number, "seed": seed}
            (out / "config.json").write_text(json.dumps(config | drawn))
            figures = {"splits": {"test": {"metric": "accuracy", "accuracy": share}}}
            (out / "results.json").write_text(json.dumps(figures))
            name = f"bert-tiny-{'pretrained-' if init else ''}{number}-seed{seed}.json"
            assert make_tables.add(out, tmp_path) == tmp_path / "toy-en" / name
    assert json.loads((tmp_path / "toy-en" / name).read_text())["init"] == "before"
    lines = make_tables.make("labels:toy:en", tmp_path).splitlines()
    assert lines[0] == "| task | metric | model | start | 50 | 1,000 |"
    assert lines[2] == "| toy:en | accuracy % | bert:tiny | pre-trained | 90.0 ± 0.0 | – |"
    # (60 - 40) / sqrt(2), the deviation with n - 1 of two
    assert lines[3] == "| toy:en | accuracy % | bert:tiny | random weights | 50.0 ± 14.1 | 75.0 |"
    assert "seeds 0, 1" in lines[-1] and "steps of a training: 400" in lines[-1]
    with pytest.raises(ValueError, match="not all of toy:en, toy:ko have runs"):
        make_tables.make("labels:toy:en+toy:ko", tmp_path)


def test_what_was_trained_of_a_model_is_shown_with_its_size_the_largest_first(make_tables, tmp_path):
    result_files = importlib.import_module("result_files")
    config = dict.fromkeys(result_files.KEPT) | {key: comparison()[key] for key in ("machine", "versions")}
    config |= {"model": "gpt", "preset": "tiny", "status": "complete", "steps": 9, "init": "runs/a", "parameters": 5000}
    config |= {"settings": {}, "kind": "toy"}
    out = run_with_history(tmp_path)
    for task, metric, frozen, length, trained, shares, name in (
        ("toy:en", "accuracy", True, None, 30, (0.5, 0.7), "frozen-"),
        ("toy:en", "accuracy", False, None, 5000, (0.9, 0.9), ""),
        ("toy-text:en", "exact_match", False, 20, 1280, (0.25,), "prompt20-"),
    ):
        for seed, share in enumerate(shares):
            changes = {"task": task, "recipe": {"frozen": frozen}, "prompt_length": length, "seed": seed}
            (out / "config.json").write_text(json.dumps(config | changes | {"trained_parameters": trained}))
            figures = {"splits": {"test": {"metric": metric, metric: share}}}
            (out / "results.json").write_text(json.dumps(figures))
            path = make_tables.add(out, tmp_path / "prompt-tuning")
            assert path.name == f"gpt-tiny-pretrained-{name}seed{seed}.json"
    lines = make_tables.make("tuning:toy:en+toy-text:en", tmp_path).splitlines()
    assert lines[0] == "| task | model | trained | trained weights | of | metric | test |"
    assert lines[2] == "| toy:en | gpt:tiny | all weights | 5,000 | 5,000 | accuracy % | 90.0 ± 0.0 |"
    # (70 - 50) / sqrt(2), the deviation with n - 1 of two
    assert lines[3] == "| toy:en | gpt:tiny | the head | 30 | 5,000 | accuracy % | 60.0 ± 14.1 |"
    assert lines[4] == "| toy-text:en | gpt:tiny | a prompt of 20 vectors | 1,280 | 5,000 | exact match % | 25.0 |"
    assert "seeds 0, 1; steps of a training: 9" in lines[-1]
    with pytest.raises(ValueError, match="not all of toy:en, other:en have runs"):
        make_tables.make("tuning:toy:en+other:en", tmp_path)


def test_curves_are_drawn_from_the_validation_losses_of_runs(make_tables, tmp_path):
    draw_curves = importlib.import_module("draw_curves")
    config = dict.fromkeys(importlib.import_module("result_files").KEPT) | {"recipe": {"frozen": False}, "settings": {}}
    config |= {"model": "gpt", "preset": "tiny", "task": "toy", "kind": "toy", "seed": 0, "status": "complete"}
    out = run_with_history(tmp_path)
    (out / "config.json").write_text(json.dumps(config))
    (out / "results.json").write_text(json.dumps({"splits": {"test": {}}}))
    make_tables.add(out, tmp_path)
    axes = draw_curves.draw("toy", tmp_path).axes[0]
    training, validation = (line.get_xydata().tolist() for line in axes.get_lines())
    assert training == [[600, 2.5], [1800, 1.5]] and validation == [[600, 3.0], [1800, 2.25]]
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["gpt:tiny"]
    with pytest.raises(click.ClickException, match=r"no result file in .*other has a history"):
        draw_curves.draw("other", tmp_path)


def test_races_that_answer_requests_have_a_table_of_their_own(make_tables, tmp_path):
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    race = {"unit": "texts", "rounds": 3, "goals": {"run": 1.0}} | {
        key: comparison()[key] for key in ("machine", "versions")
    }
    for size in (32, 8):
        answers = {
            "title": f"bert on toy: requests of {size}, by the export (SavedModel) and by zoo.predict of its run",
            "latencies": {"zoo": {"median": 0.002, "p99": 0.0125}, "run": {"median": 0.04, "p99": 0.1}},
            "rates": {"zoo": 4000.0, "run": 200.0},
            "ratios": {"run": {"median": 20.0, "low": 18.0, "high": 22.0}},
        }
        (folder / f"serve-{size}.json").write_text(json.dumps(race | answers))
    trains = {"title": "train", "latencies": {}, "rates": {"zoo": 1.44}, "goals": {"peer": 2.0}}
    # The zoo has taken more steps: of the four that both have taken the last one is the last quarter.
    trains["losses"] = {"zoo": [4.0, 3.0, 2.0, 1.5, 1.0, 0.5], "peer": [4.0, 3.0, 2.0, 1.75]}
    trains["ratios"] = {name: {"median": 2.5, "low": 2.0, "high": 3.0} for name in ("peer", "other")}
    trains["cpu_ratios"] = {name: {"median": 2.25, "low": 2.0, "high": 2.5} for name in ("peer", "other")}
    (folder / "train.json").write_text(json.dumps(race | trains))
    lines = make_tables.make("latencies", tmp_path).splitlines()
    assert lines[2] == "| bert on toy: requests of 8 | 2.0, 12.5 ms | 40.0, 100.0 ms | 4,000 | 200 | 20.00 |"
    assert lines[3].startswith("| bert on toy: requests of 32 |") and "train" not in "".join(lines)
    races = make_tables.make("benchmarks", tmp_path)
    line = "| train | peer | **2.50** | 2.00 to 3.00 | 2.25 | 2 | 1.4 texts | 1.50, 1.75 |"
    assert line in races and "requests" not in races
    assert "| train | other | 2.50 | 2.00 to 3.00 | 2.25 | – | 1.4 texts | – |" in races, "no goal, none to reach"


def test_other_measurements_have_tables_that_say_which_goal_is_reached(make_tables, tmp_path):
    folder = tmp_path / "benchmarks"
    folder.mkdir()
    made = {key: comparison()[key] for key in ("machine", "versions")} | {"rounds": 3}
    line = {"model": "gpt", "pipeline": 123456.7, "training": 6000.0, "ratio": 20.57}
    pipeline = {"goal": 20, "tasks": {"toy": [line, line | {"model": "ngram", "ratio": 19.96}]}, **made}
    start = {"median": 0.151, "low": 0.1, "high": 0.25, "goal": 0.2}
    startup = {"commands": {"zoo list": start, "zoo train": start | {"median": 12.0, "goal": 10.0}}, **made}
    sizes = {"model": "gpt", "grows": "length"}
    points = [{"length": 256, "seconds": 0.01, "bytes": 2e6}, {"length": 4096, "seconds": 1.5, "bytes": 9e8}]
    points = [sizes | point for point in points]
    for name, result in (("pipeline", pipeline), ("startup", startup), ("growth", {"points": points, **made})):
        with pytest.raises(ValueError, match=f"no .*{name}.json"):
            make_tables.make(name, tmp_path)
        (folder / f"{name}.json").write_text(json.dumps(result))
    assert "| toy | gpt | 123,457 | 6,000 | **20.6** |" in make_tables.make("pipeline", tmp_path)
    assert "| toy | ngram | 123,457 | 6,000 | 20.0 |" in make_tables.make("pipeline", tmp_path)
    assert "| `zoo list` | **0.15** | 0.10 to 0.25 | 0.2 |" in make_tables.make("startup", tmp_path)
    assert "| `zoo train` | 12.00 | 0.10 to 0.25 | 10 |" in make_tables.make("startup", tmp_path)
    assert "| gpt | length | 256, 4,096 | 0.010, 1.500 | 2, 900 |" in make_tables.make("growth", tmp_path)


def test_a_table_without_results_or_without_end_is_an_error(make_tables, tmp_path):
    (tmp_path / "published.json").write_text("{}")
    with pytest.raises(ValueError, match="no result files"):
        make_tables.fill("<!-- table: nothing -->\n<!-- end table -->", tmp_path)
    with pytest.raises(ValueError, match="end table"):
        make_tables.fill("<!-- table: nothing -->\n", tmp_path)


def test_the_tables_of_the_readme_say_what_the_result_files_say(make_tables):
    readme = REPOSITORY / "README.md"
    if not readme.exists():
        pytest.skip("no README.md in this checkout")
    text = readme.read_text(encoding="utf-8")
    assert make_tables.fill(text) == text, "run 'python results/make_tables.py'"
