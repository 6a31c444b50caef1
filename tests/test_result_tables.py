"""The tables of the README are made from result files, never typed."""

import importlib.util
import json
from pathlib import Path

import pytest
from comparison_data import comparison, run

REPOSITORY = Path(__file__).parent.parent


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
        record["recipe"] = {"learning_rate": 0.002, "schedule": "cosine", "warmup_steps": 7}
        (tmp_path / "toy" / f"{name}.json").write_text(json.dumps(record))
    lines = tables.runs_table("toy", tmp_path).splitlines()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines if line.startswith("|")]
    assert cells[0][-4:] == ["exact match % test", "published", "epochs", "recipe"]
    assert [row[0] for row in cells[2:]] == ["b:tiny", "a:tiny"], "in the published order, then the others"
    assert cells[2][-4:-1] == ["50.0", "40.0", "2.0"], "5 steps of 8 are two passes over 20 examples"
    assert cells[2][-1] == "batch 8, 0.002 cosine, warm-up 7"
    assert cells[3][-3] == "–"


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
