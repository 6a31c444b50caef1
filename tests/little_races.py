"""Races of contestants that only count, for tests/test_benchmarks.py."""

from benchmarks.race import Race


def counting(work):
    def prepare():
        print("a library talks to standard output")
        losses = []

        def turn():
            losses.append(1.0 / (1 + len(losses)))
            return {"work": work, "losses": losses[-1:], "answer": f"{work}"}

        return turn

    return prepare


def absent():
    raise ImportError("no module named 'peer'")


RACES = {
    "counting": Race(
        "count",
        "numbers",
        {"zoo": counting(2), "slower": counting(1), "absent": absent},
        {"slower": 1.0, "absent": 1.0},
    )
}
