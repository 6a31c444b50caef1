"""``zoo.predict``: what a run says to a text."""

import tensorflow as tf

from zoo.kinds import plain
from zoo.runs import Run


def predict(run, inputs, batch_size=64, **options):
    """Translates, continues, classifies, tags or answers, by the run's kind of task.

    Args:
        run: a :class:`zoo.runs.Run` or the path of one.
        inputs: list of dictionaries with the keys ``run.kind.fields``, or of strings if there is but one field.
        batch_size: how many are answered together.
        **options: what the kind's ``respond`` takes, e.g. ``sampler=``, ``seed=``, ``max_tokens=``.

    Returns:
        A list with one dictionary for each input, keyed as the kind's ``respond``.
    """
    run = run if isinstance(run, Run) else Run.load(run)
    fields = run.kind.fields
    records = [{fields[0]: given} if isinstance(given, str) else dict(given) for given in inputs]
    for i, record in enumerate(records):
        if set(record) != set(fields):
            raise ValueError(f"input {i + 1} has the fields {sorted(record)}; this run needs {list(fields)}.")
    run.kind.check_input([record[fields[0]] for record in records])
    answers = []
    for first in range(0, len(records), batch_size):
        chunk = records[first : first + batch_size]
        tensors = {field: tf.constant([record[field] for record in chunk], tf.string) for field in fields}
        response = {name: plain(value) for name, value in run.kind.respond(run.model, **tensors, **options).items()}
        answers += [dict(zip(response, row, strict=True)) for row in zip(*response.values(), strict=True)]
    return answers
