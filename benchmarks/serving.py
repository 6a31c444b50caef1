"""Answering texts: an export, asked in plain TensorFlow as a server asks it, beside its run in Python (zoo.predict).

Both answer the same requests of 1, 8 and 32 texts of the task's test split, from the same weights: a short training
of the tiny preset, which is the same in each process. A request is timed from its strings to its answers' strings.
"""

import itertools
import tempfile
import time

from benchmarks.race import Race

WORK = {
    "translation": ("transformer", "tiny-translation:en-ko"),
    "stories": ("gpt", "tiny-stories"),
    "classification": ("bert", "tiny-sentiment"),
}
BATCHES = (1, 8, 32)  # texts of a request
REQUESTS = 40  # of a turn: three turns have a 99th percentile
STEPS = 300
CHARACTERS = 40  # of a text: what a prompt or a question may have


def trained(work):
    """The run, and the texts that are asked about: records, field -> text, without end."""
    from zoo.quiet import load_tensorflow

    load_tensorflow()
    import zoo

    family, task = WORK[work]
    run = zoo.train(family, task, steps=STEPS, out=tempfile.mkdtemp(), overwrite=True, progress=False)
    shown = [run.kind.show_input(example) for example in run.task.examples("test")]
    return run, itertools.cycle({field: text[:CHARACTERS] for field, text in record.items()} for record in shown)


def turns(ask, records, batch):
    """A ``turn`` of so many requests; ``ask`` takes a list of records."""

    def turn():
        latencies = []
        for _ in range(REQUESTS):
            request = list(itertools.islice(records, batch))
            started = time.perf_counter()
            ask(request)
            latencies.append(time.perf_counter() - started)
        return {"work": REQUESTS * batch, "latencies": latencies}

    return turn


def exported(work, batch):
    import numpy as np

    run, records = trained(work)
    import zoo
    from zoo.serving.served_model import ServedModel

    model = ServedModel(zoo.export(run, tempfile.mkdtemp()))
    model.warm_up()

    def ask(request):
        fields = {name: np.array([record[name].encode() for record in request], object) for name in run.kind.fields}
        return model.ask("serving_default", fields)

    return turns(ask, records, batch)


def in_python(work, batch):
    run, records = trained(work)
    import zoo

    return turns(lambda request: zoo.predict(run, request), records, batch)


def _race(work, batch):
    family, task = WORK[work]
    return Race(
        f"{family} on {task}: requests of {batch}, by the export (SavedModel) and by zoo.predict of its run",
        "texts",
        {"zoo": lambda: exported(work, batch), "run": lambda: in_python(work, batch)},
        {"run": 1.0},
    )


RACES = {f"serve-{work}-{batch}": _race(work, batch) for work in WORK for batch in BATCHES}
