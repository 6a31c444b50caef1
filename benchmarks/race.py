"""A race: contestants do the same work in turn, each in a process of its own, and what counts are ratios.

A machine is never equally fast for long, so one time says little. Here the contestants take turns (zoo, peer, zoo,
peer, ...), each round gives one ratio, and the median of the ratios is reported beside their range. While one
runs the others sleep. Libraries never share a process: their threads would be in each other's way.
"""

import dataclasses
import importlib
import itertools
import json
import math
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ZOO = "zoo"
ROOT = Path(__file__).parent.parent


@dataclasses.dataclass(frozen=True)
class Race:
    """One kind of work and those who do it.

    Args:
        title: the work in words.
        unit: what is counted, e.g. "tokens".
        contestants: name -> function that prepares everything and returns a ``turn``, a function without arguments
            that works for some seconds and returns ``{"work": number of units}``; if it learns, also ``"losses"``, and
            if it answers requests, ``"latencies"``, the seconds of each: lists; if all must find the same,
            ``"answer"``, a short text. One contestant is ``"zoo"``. The
            functions import their libraries themselves.
        goals: peer -> the ratio, zoo over peer, of units a second that is wanted.
    """

    title: str
    unit: str
    contestants: dict[str, Callable]
    goals: dict[str, float]


def run(module, name, rounds, say=lambda text: None):
    """Lets the contestants of a race take turns.

    Args:
        module, name: where the race is, here and in the contestants' processes: ``module.RACES[name]``.
        rounds: int, how many turns each has, after one that does not count.
        say: function that is told, in words, what is going on.

    Returns:
        Dictionary: "rates" (contestant -> median units a second), "ratios" (peer -> median, low and high of
        zoo over peer), "cpu_ratios" (the same by processor seconds, which other work on the machine touches less),
        "losses" (contestant -> list), "latencies" (contestant -> seconds of a request, "median" and "p99", the 99th
        percentile; empty where there are none), "answers" (contestant -> text, or None), "memory" (contestant -> peak
        bytes), "missing" (contestant -> why).
    """
    race = importlib.import_module(module).RACES[name]
    runners = {each: _Runner(module, name, each) for each in race.contestants}
    turns, missing = {each: [] for each in runners}, {}
    try:
        for number in range(rounds + 1):
            for each in runners:
                if each in missing:
                    continue
                answer = runners[each].turn()
                if "error" in answer:
                    missing[each] = answer["error"]
                    say(f"{each}: {answer['error']}")
                else:
                    turns[each].append(answer)
                    when = f"round {number} of {rounds}" if number else "warm-up"
                    say(f"{when}: {each} {answer['work'] / answer['seconds']:,.1f} {race.unit} a second")
    finally:
        for runner in runners.values():
            runner.close()
    counted = {each: taken[1:] for each, taken in turns.items() if each not in missing}
    return {
        "rates": {each: statistics.median(_rates(taken, "seconds")) for each, taken in counted.items()},
        "ratios": _ratios(counted, "seconds"),
        "cpu_ratios": _ratios(counted, "cpu_seconds"),
        "losses": {each: list(itertools.chain(*(turn.get("losses", ()) for turn in turns[each]))) for each in counted},
        "latencies": {each: _latencies(taken) for each, taken in counted.items() if "latencies" in taken[0]},
        "answers": {each: taken[-1].get("answer") for each, taken in counted.items()},
        "memory": {each: taken[-1]["memory"] for each, taken in counted.items()},
        "missing": missing,
    }


def _latencies(turns):
    seconds = sorted(itertools.chain(*(turn["latencies"] for turn in turns)))
    return {"median": statistics.median(seconds), "p99": seconds[math.ceil(0.99 * len(seconds)) - 1]}


def _rates(turns, seconds):
    return [turn["work"] / turn[seconds] for turn in turns]


def _ratios(counted, seconds):
    """Peer -> median, low and high of the rounds' ratios, zoo over peer."""
    if ZOO not in counted:
        return {}
    ours = _rates(counted[ZOO], seconds)
    ratios = {}
    for peer in counted.keys() - {ZOO}:
        pairs = [a / b for a, b in zip(ours, _rates(counted[peer], seconds), strict=True)]
        ratios[peer] = {"median": statistics.median(pairs), "low": min(pairs), "high": max(pairs)}
    return ratios


class _Runner:
    """A contestant's process, which does a turn when it is told to."""

    def __init__(self, *names):
        self.process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.race", *names],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=ROOT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "KERAS_BACKEND": "tensorflow"},
        )  # fmt: skip

    def turn(self):
        try:
            self.process.stdin.write("turn\n")
            self.process.stdin.flush()
            return json.loads(self.process.stdout.readline())
        except (BrokenPipeError, json.JSONDecodeError):
            return {"error": f"its process ended with status {self.process.wait()}"}

    def close(self):
        self.process.communicate()  # closes its standard input, which ends it


def take_turns(module, name, contestant):
    """What a contestant's process does: for each line that it reads, a turn, answered by a line of JSON."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what libraries print is no answer
    turn = None
    for _ in sys.stdin:
        try:
            turn = turn or importlib.import_module(module).RACES[name].contestants[contestant]()
            started, cpu_started = time.perf_counter(), time.process_time()
            answer = turn()
            answer["seconds"] = time.perf_counter() - started
            answer["cpu_seconds"] = time.process_time() - cpu_started
            answer["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        except Exception as error:  # whatever it is: the race goes on without this contestant, and says why
            answer = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps(answer), file=answers, flush=True)


if __name__ == "__main__":
    take_turns(*sys.argv[1:])
