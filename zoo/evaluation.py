"""Evaluation: the same figures for every family, measured in the same way.

Two things are reported side by side and never mixed: the *teacher-forced*
negative log-likelihood per target token (each example once, padding nowhere,
no label smoothing), and the metric of what the model *decodes* on its own.
"""

import itertools
import time

import numpy as np
import tensorflow as tf

from zoo.likelihood import likelihood_function, likelihoods, mean_loss
from zoo.progress import announce_skipped
from zoo.runs import Run
from zoo.tasks import find

BINS = 5  # groups of about equal size by input length
SAMPLES = 8


def evaluate(run, split="test", data=None, batch_size=64, examples=None, bad_lines="refuse"):
    """Scores a run on a split and records the figures in its ``results.json``.

    >>> zoo.evaluate("runs/first", "test_long")["perplexity"]

    Args:
        run: a :class:`zoo.runs.Run` or the path of one.
        split: str, a split of the run's task; ``run.task.splits`` are those that there are.
        data: path or list of paths of the user's own data of the same kind, scored in place of the task's; nothing is
            recorded then.
        batch_size: int, how many examples are scored together.
        examples: a list of examples (:meth:`zoo.tasks.Task.examples`) in place of both; nothing is recorded then.
        bad_lines: what to do where a line of ``data`` is malformed, "refuse" or "skip"; ``skipped_lines`` counts those.

    Returns:
        Dictionary with ``nll`` (nats per target token) and ``perplexity``, or what else the kind of task is trained
        by (``squared_error``, ...); the metrics of the kind of task, of which ``metric`` names the one that counts;
        ``by_length``, a list of the same figures for short to long inputs; ``samples``, some answers beside what was
        expected.

    Raises:
        RunError: ``run`` is the path of something else.
        UnknownNameError: no such split; lists those that there are.
        DataError: the data are not there, or malformed, or of a text in it nothing is known to the run.
    """
    run = run if isinstance(run, Run) else Run.load(run)
    recorded = examples is None and data is None
    skipped = {}
    if examples is None:
        if data is None:
            run.task.check_split(split)
            examples = run.task.examples(split)
        else:
            given = find(run.kind.own_data_task, data=data, bad_lines=bad_lines)
            given.known_labels = run.kind.known_labels
            given.reads_with(run.kind)
            examples = given.all_examples()
            announce_skipped(given.skipped)
            skipped = {"skipped_lines": len(given.skipped)} if bad_lines == "skip" else {}
    started = time.perf_counter()
    batches = run.kind.batches(examples, batch_size)
    totals, counts = likelihoods(likelihood_function(run.model), batches)
    columns = batches.columns(0)
    per_example = tf.nest.map_structure(lambda figure: columns.per_example(figure, len(examples)), (totals, counts))
    answers = run.kind.answers(run.model, examples, batch_size)
    figures = {
        "split": split if recorded else None,
        "examples": len(examples),
        **skipped,
        "tokens": int(sum(count.sum() for count in tf.nest.flatten(counts))),
        **run.kind.likelihood(examples, totals, counts),
        **(run.kind.score(examples, answers) if answers else {}),
        "metric": run.kind.metric,
        "by_length": _by_length(run.kind, examples, answers, *per_example),
        "samples": run.kind.samples(run.model, examples[:SAMPLES], answers[:SAMPLES]),
        "seconds": time.perf_counter() - started,
    }
    if recorded:
        run.record(split, figures)
    return figures


def _by_length(kind, examples, answers, totals, counts):
    """The figures in groups of examples by the number of words (characters where there are no spaces) of the input.

    Args:
        totals, counts: float64 [N], nats and target tokens of each *example*; dictionaries for several outputs.

    Returns:
        Shortest inputs first; a group in which no token counts has no loss. A single example makes no groups.
    """
    if len(examples) < 2:
        return []
    lengths = np.array([kind.input_length(example) for example in examples])
    edges = np.unique(np.quantile(lengths, np.linspace(0, 1, BINS + 1)).round().astype(int))
    groups = []
    for low, high in itertools.pairwise(edges) if len(edges) > 1 else [(edges[0], edges[0])]:
        inside = np.flatnonzero((lengths >= low + (low != edges[0])) & (lengths <= high))
        if len(inside) == 0:
            continue
        part = {"low": int(lengths[inside].min()), "high": int(lengths[inside].max()), "examples": len(inside)}
        some, of_some = tf.nest.map_structure(lambda figure, chosen=inside: figure[chosen], (totals, counts))
        if all(count.any() for count in tf.nest.flatten(of_some)):
            part[kind.loss_name] = mean_loss(some, of_some)
        if answers:
            scores = kind.score([examples[i] for i in inside], [answers[i] for i in inside])
            part[kind.metric] = scores[kind.metric]
        groups.append(part)
    return groups
