"""Few-shot: a language model is asked with k examples in the prompt; no weight changes.

Brown et al. 2020, Language Models are Few-Shot Learners, arXiv:2005.14165, section 2.4: for each question, k examples
are drawn from the training split and put before it, one a line (:mod:`zoo.prompts`). Where the answer is one of
several labels, it is the label that is most probable behind the prompt, per token, line end included: labels of many
tokens have no disadvantage. Other answers are written greedily, up to the end of the line.
"""

import dataclasses
import itertools

import numpy as np

from zoo import prompts
from zoo.batching import Batches, Columns
from zoo.kinds import Kind
from zoo.kinds.language_modelling import LanguageModelling
from zoo.likelihood import likelihood_function, likelihoods
from zoo.progress import announce_skipped
from zoo.ragged import dense, in_chunks
from zoo.registry import KINDS
from zoo.runs import Run
from zoo.settings import SettingError
from zoo.stopping import before
from zoo.tasks import find

KIND_NAMES = ("classification", "text-to-text")  # what can be asked in a line
SAMPLES = 3


def few_shot(
    run, shots=(0, 1, 4, 16), task=None, *, data=None, split="test", seed=0, questions=None, batch_size=64,
    bad_lines="refuse",
):  # fmt: skip
    """Asks a language model with examples in the prompt.

    >>> figures = zoo.few_shot("runs/tiny-shots-en/gpt-tiny-seed0", shots=[0, 4])
    >>> [(row["shots"], row["accuracy"]) for row in figures["by_shots"]]

    Args:
        run: a :class:`zoo.runs.Run` of kind language-modelling, or the path of one. Its tokenizer must spell labels
            that it never saw ("byte-level-bpe", "byte" or "character"): to one of words they are all unknown.
        shots: list of int, how many examples.
        task: str, what is asked: a task of kind classification or text-to-text; None: the run's own, if its examples
            are questions (``tiny-shots``).
        data: path or list of paths of the user's own files, for a task that reads them.
        split: str, where the questions are from. The examples are always from training.
        seed: int, decides which examples stand before which question; those for a small k are the first of those for
            a larger one.
        questions: int, how many of the split are asked, from the first on; None: all.
        batch_size: int, how many prompts are read together.
        bad_lines: what to do where a line of ``data`` is malformed, "refuse" or "skip"; ``skipped_lines`` counts those.

    Returns:
        Dictionary with ``task``, ``split``, ``questions``, ``metric``, ``by_shots``: a dictionary for each k with
        ``shots`` and the metrics of the kind of task, and some ``samples``. Recorded in the run's ``results.json``
        unless ``data`` is given.

    Raises:
        RunError: ``run`` is the path of something else.
        UnknownNameError: no such task or split.
        ValueError: the run is no language model, its tokenizer cannot tell the labels apart, a prompt does not fit
            into its window (says which k does), there are not so many examples, or ``data`` without a task that
            reads it.
        DataError: a line of ``data`` is malformed, or of a text in it nothing is known to the run.
    """
    run = run if isinstance(run, Run) else Run.load(run)
    if not isinstance(run.kind, LanguageModelling):
        raise ValueError(
            f"{run.folder} is of kind {run.kind.registered_name!r}; examples in a prompt are for language models: "
            "train one on a task of kind language-modelling."
        )
    shots = sorted({int(k) for k in shots})
    if not shots or shots[0] < 0:
        raise ValueError(f"shots must be numbers from 0 on, such as 0, 1, 4, 16; not {shots}.")
    if task is None and (data or bad_lines != "refuse"):
        raise SettingError("data and bad_lines are for a task that reads your own files: --task classification, say.")
    task = run.task if task is None else find(task, data=data, bad_lines=bad_lines)
    asked = _asked(run, task, split, questions)
    announce_skipped(task.skipped)
    asker = _Asker(run, asked, shots[-1], seed, batch_size)
    asker.check_window(shots[-1])
    by_shots = []
    for k in shots:
        answers = asker.answers(k)
        by_shots.append({"shots": k, **asked.kind.score(asked.questions, answers)})
    figures = {
        "task": asked.name,
        "split": split,
        "questions": len(asked.questions),
        "seed": seed,
        "metric": asked.kind.metric,
        "by_shots": by_shots,
        "samples": asker.samples(shots[-1], answers),
    }
    if data and bad_lines == "skip":
        figures["skipped_lines"] = len(task.skipped)
    if data is None:
        run.record(asked.name, figures, group="shots")
    return figures


@dataclasses.dataclass(frozen=True)
class _Asked:
    """What is asked.

    Args:
        name: of the task.
        kind: a :class:`zoo.kinds.Kind` that scores the answers.
        questions: list of N examples.
        pools: function of the number of a question: the training examples that may stand before it.
    """

    name: str
    kind: Kind
    questions: list
    pools: object

    @property
    def labels(self):
        """All possible answers, or None."""
        return self.kind.facts.get("labels")


def _asked(run, task, split, count):
    task.check_split(split)
    examples = task.examples(split)
    if "question" in examples[0]:
        pools = [example["shots"] for example in examples]
        kind = _kind("classification", task, run, [shot for pool in pools for shot in pool])  # knows all labels
        return _Asked(task.name, kind, [example["question"] for example in examples][:count], pools.__getitem__)
    if task.kind not in KIND_NAMES:
        own = ", ".join(f"'--task {KINDS.get(name).own_data_task} --data FILE'" for name in KIND_NAMES)
        raise ValueError(
            f"task {task.name} is of kind {task.kind!r} and asks nothing; name one of kind {' or '.join(KIND_NAMES)} "
            f"(--task tiny-sentiment; your own data: {own})."
        )
    kind = _kind(task.kind, task, run, task.examples("train"))
    task.reads_with(kind)  # the user's own texts, of which the run knows nothing, are asked no more
    pool = task.examples("train")
    return _Asked(task.name, kind, task.examples(split)[:count], lambda number: pool)


def _kind(name, task, run, examples):
    kind = KINDS.get(name)
    return kind.fit(task, "decoder", examples, tokenizers=dict.fromkeys(kind.tokenizer_names, run.kind.tokenizer))


class _Asker:
    """Prompts and answers.

    Args:
        most: int, the largest k.
        run, asked, seed, batch_size: see :func:`few_shot`.
    """

    def __init__(self, run, asked, most, seed, batch_size):
        self.run, self.asked, self.batch_size = run, asked, batch_size
        self.shots = [self._draw(number, most, seed) for number in range(len(asked.questions))]
        encode = run.kind.tokenizer.encode
        lines = [prompts.line(example) for drawn in self.shots for example in drawn]
        encoded = iter(in_chunks(encode, lines)) if lines else iter(())
        self.line_ids = [[next(encoded) for _ in drawn] for drawn in self.shots]
        self.question_ids = in_chunks(encode, [prompts.question(example) for example in asked.questions])
        self.measure = likelihood_function(run.model)
        if asked.labels is None:
            some = [prompts.answer(prompts.answer_of(example)) for example in asked.pools(0)[:1000]]
        else:
            self._check_labels()
            some = [prompts.answer(label) for label in asked.labels]
        self.answer_ids = in_chunks(encode, some)
        if asked.labels is not None:
            self._check_spelling()

    def _draw(self, number, most, seed):
        pool, question = self.asked.pools(number), self.asked.questions[number]
        order = np.random.default_rng((seed, number)).permutation(len(pool))
        others = (pool[i] for i in order if pool[i] != question)  # questions of training stand in the pool themselves
        drawn = list(itertools.islice(others, most))
        if len(drawn) < most:
            raise ValueError(f"{most} examples were asked for; task {self.asked.name} has {len(drawn)} of them.")
        return drawn

    def _check_labels(self):
        unknown = sorted({example["label"] for example in self.asked.questions} - set(self.asked.labels))
        if unknown:
            raise ValueError(f"label(s) {unknown} do not occur in training; known: {self.asked.labels}.")

    def _check_spelling(self):
        seen = {}
        for label, ids in zip(self.asked.labels, self.answer_ids, strict=True):
            other = seen.setdefault(tuple(ids), label)
            if other != label:
                raise ValueError(
                    f"the labels {other!r} and {label!r} are the same to this run: its {self.run.kind.tokenizer.name} "
                    "tokenizer knows neither. Train with --text tokenizer=byte-level-bpe, which can spell every word."
                )

    @property
    def room(self):
        """How many tokens an answer may have."""
        return max(map(len, self.answer_ids))

    def check_window(self, most):
        """Raises ValueError where prompt and answer do not fit into what the model reads at once."""
        window = self.run.kind.window(self.run.model)
        if window is None:
            return
        numbers = range(len(self.question_ids))
        # The last token of an answer is not read. For each k the longest, [most + 1].
        longest = [max(len(self._prompt(number, k)) for number in numbers) + self.room - 1 for k in range(most + 1)]
        if longest[most] > window:
            fitting = sum(length <= window for length in longest) - 1
            advice = f"{fitting} would fit" if fitting >= 0 else "not even a question alone fits"
            raise ValueError(
                f"with {most} examples a prompt and its answer have up to {longest[most]} tokens; this model reads "
                f"{window} at once: {advice}. Ask with fewer (--shots), or train with longer windows "
                "(--text max_length=N)."
            )

    def _prompt(self, number, k):
        """Ids of the prompt of a question with its first k examples."""
        begin = [[self.run.kind.tokenizer.start_id]] if self.run.kind.facts["document_boundaries"] else []
        return np.concatenate([*begin, *self.line_ids[number][:k], self.question_ids[number]]).astype(np.int32)

    def answers(self, k):
        """The answers to all questions with k examples each."""
        return self._written(k) if self.asked.labels is None else self._chosen(k)

    def _chosen(self, k):
        """The most probable label each."""
        inputs, targets, weights = [], [], []
        for number in range(len(self.asked.questions)):
            prompt = self._prompt(number, k)
            for ids in self.answer_ids:
                row = np.concatenate([prompt, ids]).astype(np.int32)
                inputs.append(row[:-1])
                targets.append(row[1:])
                weights.append((np.arange(1, len(row)) >= len(prompt)).astype(np.float32))
        batches = Batches(Columns({"token_ids": inputs}, targets, weights), self.batch_size)
        nats, tokens = likelihoods(self.measure, batches)
        best = (nats / tokens).reshape(-1, len(self.answer_ids)).argmin(axis=1)
        return [self.asked.labels[i] for i in best]

    def _written(self, k):
        """What the model writes up to the end of the line."""
        kind, model = self.run.kind, self.run.model
        texts = [{"text": self._text(number, k)} for number in range(len(self.asked.questions))]

        def respond(text):  # an answer is a text of its own, not the rest of a sentence
            token_ids = kind.write(model, dense(kind.ragged_inputs(text)), self.room, stop=("\n",))
            return {kind.output: kind.writer.decode(token_ids)}

        answers = kind.in_batches(model, texts, self.batch_size, respond)[kind.output]
        return [before(text, ["\n"]).strip() for text in answers]

    def _text(self, number, k):
        lines = map(prompts.line, self.shots[number][:k])
        return "".join(lines) + prompts.question(self.asked.questions[number])

    def samples(self, k, answers):
        """Some prompts beside what was expected and what was answered, for people to read."""
        return [
            {
                "input": {"prompt": self._text(number, k)},
                "expected": prompts.answer_of(self.asked.questions[number]),
                "answer": answers[number],
            }
            for number in range(min(SAMPLES, len(answers)))
        ]
