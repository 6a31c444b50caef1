"""What a training shows of itself, in a terminal and in a log."""

import math
from types import SimpleNamespace

import pytest

from zoo import progress
from zoo.progress import TrainingProgress

STEPS, MINUTES = {"steps": 200, "minutes": None}, {"steps": None, "minutes": 2}


@pytest.fixture
def clock(monkeypatch):
    """Seconds that a test lets pass."""
    now = [0.0]
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: now[0]))
    return now


@pytest.fixture(autouse=True)
def no_terminal(monkeypatch):
    """Standard error is what it is in a log, whatever the tests run in."""
    for name in ("FORCE_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")


def test_a_log_gets_a_line_soon_then_every_half_a_minute_and_one_at_the_end(clock, capsys):
    with TrainingProgress("gpt:tiny on copy", STEPS) as show:
        for step in range(1, 101):  # a second each
            clock[0] = step
            show(step, float(step), 2.5, math.inf if step < 50 else 2.25, 1000 * step)
    assert capsys.readouterr().err.splitlines() == [
        "gpt:tiny on copy: 2 %  step 3  loss 2.500  1,000 tokens/s  0:03:17 left",
        "gpt:tiny on copy: 16 %  step 33  loss 2.500  1,000 tokens/s  0:02:47 left",
        "gpt:tiny on copy: 32 %  step 63  loss 2.500  best validation 2.250  1,000 tokens/s  0:02:17 left",
        "gpt:tiny on copy: 46 %  step 93  loss 2.500  best validation 2.250  1,000 tokens/s  0:01:47 left",
        "gpt:tiny on copy: 50 %  step 100  loss 2.500  best validation 2.250  1,000 tokens/s  0:01:40 left",
    ]


def test_a_budget_in_minutes_ends_by_the_clock(clock, capsys):
    with TrainingProgress("gpt:tiny on copy", MINUTES) as show:
        show(7, 90.0, 2.5, math.inf, 90)
    assert capsys.readouterr().err == "gpt:tiny on copy: 75 %  step 7  loss 2.500  1 tokens/s  0:00:30 left\n"


def test_a_terminal_gets_a_bar_with_the_same_figures(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")  # what takes standard error for a terminal
    monkeypatch.setenv("COLUMNS", "150")
    with TrainingProgress("gpt:tiny on copy", STEPS) as show:
        show(50, 25.0, 2.5, 2.25, 50_000)
    said = capsys.readouterr().err
    assert "gpt:tiny on copy" in said and "━" in said and "25 %" in said
    assert "step 50  loss 2.500  best validation 2.250  2,000 tokens/s  0:01:15 left" in said


def test_a_narrow_terminal_loses_no_figure(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("COLUMNS", "80")
    with TrainingProgress("attention_seq2seq:multi30k on multi30k:de-en", {"steps": 100_000, "minutes": None}) as show:
        show(50_000, 3600.0, 2.5, 2.25, 3600 * 25_000)
    said = capsys.readouterr().err
    assert "attention_seq2seq:multi30k on multi30k:de-en\n" in said and "…" not in said
    assert "50 % step 50000 loss 2.500 best validation 2.250 25,000 tokens/s 1:00:00 left" in said


def test_a_terminal_without_a_cursor_gets_lines(capsys, monkeypatch):
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "dumb")
    with TrainingProgress("gpt:tiny on copy", STEPS) as show:
        show(50, 25.0, 2.5, 2.25, 50_000)
    assert capsys.readouterr().err.startswith("gpt:tiny on copy: 25 %  step 50  loss 2.500")


def test_nothing_is_shown_where_nothing_is_wanted(capsys):
    with TrainingProgress("gpt:tiny on copy", STEPS, shown=False) as show:
        show(200, 25.0, 2.5, 2.25, 50_000)
    assert capsys.readouterr().err == ""
