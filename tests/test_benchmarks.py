"""Races are fair, and go on without those who cannot take part."""

import json

import click
import pytest
from click.testing import CliRunner

from benchmarks import __main__ as command
from benchmarks import pipeline, serving, startup
from benchmarks import race as racing


def test_a_ratio_is_that_of_a_round_and_the_median_counts():
    def turns(*speeds):
        return [{"work": 10 * speed, "seconds": 10.0} for speed in speeds]

    # Rounds: 6 / 3 = 2, 4 / 4 = 1, 9 / 2 = 4.5. Ratios of medians or means would be 2 (6 / 3) and 2.11.
    ratios = racing._ratios({"zoo": turns(6, 4, 9), "peer": turns(3, 4, 2)}, "seconds")
    assert ratios == {"peer": {"median": 2.0, "low": 1.0, "high": 4.5}}


def test_latency_is_the_median_and_the_99th_percentile_of_all_requests():
    turns = [{"latencies": [float(number) for number in range(first, 200, 2)]} for first in (1, 0)]
    # 0 to 199: the nearest rank of the 99th percentile is the 198th of 200.
    assert racing._latencies(turns) == {"median": 99.5, "p99": 197.0}


def test_the_99th_percentile_is_not_the_slowest_of_a_few():
    fewest_rounds = 3
    assert fewest_rounds * serving.REQUESTS > 100


def test_contestants_take_turns_and_one_that_fails_is_named():
    said = []
    result = racing.run("tests.little_races", "counting", 2, said.append)
    assert result["missing"] == {"absent": "ImportError: no module named 'peer'"}
    assert set(result["ratios"]) == set(result["cpu_ratios"]) == {"slower"}
    assert result["losses"]["zoo"] == pytest.approx([1, 1 / 2, 1 / 3])  # of the warm-up, too
    assert result["answers"] == {"zoo": "2", "slower": "1"}
    assert [line.split()[0] for line in said] == ["warm-up:", "warm-up:", "absent:", "round", "round", "round", "round"]


@pytest.mark.parametrize("name", command.races())
def test_every_race_has_the_zoo_and_the_peers_that_it_wants_to_beat(name):
    _, race = command.races()[name]
    assert "zoo" in race.contestants
    assert race.goals
    assert set(race.goals) < set(race.contestants)


def test_results_are_written_with_the_machine_they_were_measured_on(tmp_path, monkeypatch):
    from tests.little_races import RACES

    monkeypatch.setattr(command, "races", lambda: {"counting": ("tests.little_races", RACES["counting"])})
    answer = CliRunner().invoke(command.main, ["--rounds", "1", "--out", str(tmp_path)])
    assert answer.exit_code == 0, answer.output
    result = json.loads((tmp_path / "counting.json").read_text())
    assert result["machine"]["cores"] >= 1
    assert "slower gave another answer than the zoo: 1, not 2" in answer.output


def test_an_unknown_race_is_refused():
    answer = CliRunner().invoke(command.main, ["gpt-smal"])
    assert answer.exit_code == 2
    assert "no race 'gpt-smal'; there are" in answer.output


def test_the_input_pipeline_is_measured_for_every_kind_of_task():
    from zoo.registry import KINDS

    assert set(pipeline.MODELS) == set(KINDS.names())


def test_a_start_is_timed_as_a_whole_and_the_first_one_does_not_count(tmp_path, monkeypatch):
    taken = iter([9.0, 1.0, 3.0, 2.0])
    monkeypatch.setattr(startup, "COMMANDS", {"zoo --help": 0.2})
    monkeypatch.setattr(startup, "seconds", lambda command: next(taken))
    answer = CliRunner().invoke(startup.main, ["--rounds", "3", "--out", str(tmp_path)])
    assert answer.exit_code == 0, answer.output
    line = json.loads((tmp_path / "startup.json").read_text())["commands"]["zoo --help"]
    assert line == {"median": 2.0, "low": 1.0, "high": 3.0, "goal": 0.2}


def test_a_command_that_fails_has_no_time():
    assert startup.seconds("zoo --help") > 0
    with pytest.raises(click.ClickException, match=r"zoo shwo: .*shwo"):
        startup.seconds("zoo shwo")
