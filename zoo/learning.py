"""The loop of a training: measure, write down, keep the best weights and a checkpoint, stop when asked to."""

import contextlib
import math
import shutil
import signal
import threading
import time

import numpy as np
import tensorflow as tf

from zoo import checkpoints
from zoo.checkpoints import Checkpoint, CheckpointError, Journal, newest
from zoo.disk import NotWrittenError
from zoo.history import History
from zoo.memory import PeakMemory
from zoo.progress import TrainingProgress
from zoo.strategies import is_multi_worker

ROWS = 10  # of the history between two measurements of the validation loss,
MOST_STEPS = 100  # but never more steps than this between two rows


class WorkerLostError(ConnectionError):
    """One of several workers does not answer any more."""

    exit_status = 1  # of a program: the work went wrong, not what was asked for


def learn(run, trainer, batches, validation, chief=True, shown=True, checkpoint=None):
    """Trains until the run's budget is spent, it gets no better (``patience``), or Ctrl-C or SIGTERM.

    Args:
        run: a :class:`zoo.runs.Run`; its ``config`` says budget and intervals.
        trainer: a :class:`zoo.trainer.Trainer`.
        batches: those of the training split.
        validation: those of the validation split.
        chief: whether this process writes; all but one of several workers do not.
        shown: whether to show a progress bar.
        checkpoint: the :class:`zoo.checkpoints.Checkpoint` to go on from.

    Raises:
        zoo.trainer.DivergedError: the loss is not finite.
        CheckpointError: the checkpoint belongs to another training.
        NotWrittenError: something cannot be written; says what is left.
        WorkerLostError: another worker died; all must be started again.
    """
    with _advising(run.folder):
        learner = _Learner(run, trainer, batches, validation, chief)
        if checkpoint:
            learner.resume(checkpoint)
        trainer.feed(batches)
        status = "failed"
        title = f"{run.config['model']}:{run.config['preset']} on {run.config['task']}"
        try:
            with _StopRequest() as stop, TrainingProgress(title, run.config, shown and chief) as show:
                status = learner.learn(stop, show)
        except KeyboardInterrupt:
            status = "interrupted"
        except (tf.errors.UnavailableError, tf.errors.AbortedError, tf.errors.CancelledError) as error:
            if not is_multi_worker(trainer.strategy):
                raise
            reason = error.message.rpartition("Collective ops is aborted by: ")[2].partition("\n")[0]
            raise WorkerLostError(
                f"another worker does not answer any more (at step {trainer.step}). Start all workers again with "
                f"--resume {run.folder}: they go on from the last checkpoint. ({reason})"
            ) from error
        finally:
            learner.finish(status)


@contextlib.contextmanager
def _advising(folder):
    """Adds to the error of a file that cannot be written what is left, and how the training goes on."""
    try:
        yield
    except NotWrittenError as error:
        last = newest(folder)
        left = f"{last.name} is left" if last else "No checkpoint was written yet"
        then = "" if last else ", from the beginning"
        raise NotWrittenError(
            f"{error} {left}: make room, then 'zoo train --resume {folder}' (in Python zoo.resume) goes on{then}."
        ) from error


class _StopRequest:
    """Context manager: the first Ctrl-C or SIGTERM sets ``asked`` and lets the step end; a second one interrupts."""

    def __enter__(self):
        self.asked = False
        self.old = {}
        if threading.current_thread() is threading.main_thread():  # others may not handle signals
            self.old = {name: signal.signal(name, self._ask) for name in (signal.SIGINT, signal.SIGTERM)}
        return self

    def __exit__(self, *error):
        for name, handler in self.old.items():
            signal.signal(name, handler)

    def _ask(self, *_):
        if self.asked:
            raise KeyboardInterrupt
        self.asked = True


class _Learner:
    def __init__(self, run, trainer, batches, validation, chief):
        self.run, self.config, self.trainer, self.validation, self.chief = run, run.config, trainer, validation, chief
        self.fingerprints = {"train": batches.fingerprint(), "validation": validation.fingerprint()}
        self.journal = Journal()
        self.best_weights = []
        self.memory = PeakMemory()
        self.called = False  # in this process; the first call traces the graph
        self.saved_at = time.monotonic()
        self.history = History(run.folder, self.config["tensorboard"]) if chief else None
        if chief:
            self.history.begin(self.journal.rows)

    def resume(self, checkpoint):
        """Takes up everything where the checkpoint was made."""
        for split, fingerprint in self.fingerprints.items():
            if checkpoint.fingerprints[split] != fingerprint:
                raise CheckpointError(
                    f"the examples of {self.config['task']}, split {split}, are not those that {self.run.folder} had "
                    f"until step {checkpoint.journal.step}: give it its data back, or train anew with --overwrite "
                    "(overwrite=True)."
                )
        self.journal, self.best_weights = checkpoint.journal, checkpoint.best
        self.trainer.restore(checkpoint.state, self.journal.step, self.journal.tokens)
        if self.chief:
            self.history.begin(self.journal.rows)
            self._save_best()

    def learn(self, stop, show):
        """The loop; returns the status that the run ends with."""
        every, journal, patience = self.config["evaluate_every"], self.journal, self.config["recipe"]["patience"]
        between = min(MOST_STEPS, max(1, every // ROWS))
        while not self._is_spent() and not (patience and journal.waited >= patience):
            stops = (between, every, self.config["checkpoint_steps"] or every)  # no call runs past any of them
            self._advance(min(n - self.trainer.step % n for n in stops))
            is_measured = self.trainer.step % every == 0 or self._is_spent()
            if self.trainer.step % between == 0 or is_measured:
                self._write_row(self._measure() if is_measured else None)
            best = math.inf if journal.best is None else journal.best
            show(journal.step, journal.seconds, self.loss, best, journal.tokens)
            if self.trainer.anyone(stop.asked):
                if not self._is_spent():
                    self._save_checkpoint()
                    return "interrupted"
            elif self._is_time_to_save():
                self._save_checkpoint()
        return "complete"

    def finish(self, status):
        """Leaves the run as one that can be used: the best weights, the history, the figures of the training."""
        self.config["status"] = status
        if self.best_weights:
            self.run.model.set_weights(self.best_weights)
        elif status == "interrupted":  # nothing was measured yet
            with self.trainer.averaged():
                self.best_weights = self.run.model.get_weights()
            self.run.model.set_weights(self.best_weights)
        if not self.chief:
            return
        if status != "failed":
            self.run.save_weights()
            self.run.record("training", self._figures())
        try:
            self.run.save_config()  # after them: a run that says it is complete has everything
        except NotWrittenError:
            if status != "failed":  # else the first error is the one to be told
                raise
        if status == "complete":
            shutil.rmtree(self.run.folder / checkpoints.FOLDER, ignore_errors=True)

    def _figures(self):
        journal = self.journal
        seconds, tokens = journal.timed_seconds, journal.timed_tokens
        return {
            "steps": journal.step,
            "seconds": journal.seconds,
            "tokens": journal.tokens,
            "tokens_per_second": tokens / seconds if seconds else journal.tokens / (journal.seconds or 1.0),
            "peak_memory_bytes": self.memory.bytes(),
            "best_step": journal.best_step,
            "best_validation_loss": journal.best,
        }

    def _is_spent(self):
        steps, minutes = self.config["steps"], self.config["minutes"]
        return self.trainer.step >= steps if minutes is None else self.journal.seconds >= 60 * minutes

    def _advance(self, most_steps):
        journal, trainer = self.journal, self.trainer
        left = most_steps if self.config["steps"] is None else self.config["steps"] - trainer.step
        started, tokens = time.perf_counter(), trainer.tokens
        nll, counts = trainer.advance(min(most_steps, left))
        seconds, tokens = time.perf_counter() - started, trainer.tokens - tokens
        journal.step, journal.tokens, journal.seconds = trainer.step, trainer.tokens, journal.seconds + seconds
        if self.called:
            journal.timed_seconds, journal.timed_tokens = journal.timed_seconds + seconds, journal.timed_tokens + tokens
        self.called = True
        self.loss = float((nll * counts).sum() / max(counts.sum(), 1))
        for step_nll, count in zip(nll.tolist(), counts.tolist(), strict=True):
            # One step after the other: the sum does not depend on how many steps a call has run.
            nats, total = journal.interval
            journal.interval = (nats + step_nll * count, total + count)

    def _measure(self):
        """The validation loss; keeps the weights if they are the best."""
        with self.trainer.averaged():
            loss = self.trainer.validate(self.validation)
            is_best = self.journal.best is None or loss < self.journal.best
            self.journal.waited = 0 if is_best else self.journal.waited + 1
            if is_best:
                self.journal.best, self.journal.best_step = loss, self.trainer.step
                self.best_weights = [np.array(weight) for weight in self.run.model.get_weights()]
                if self.chief:
                    self.run.save_weights()
        return loss

    def _write_row(self, validation_loss):
        journal = self.journal
        nats, count = journal.interval
        journal.interval = (0.0, 0.0)
        row = {
            "step": journal.step,
            "seconds": f"{journal.seconds:.3f}",
            "tokens": journal.tokens,
            "train_loss": f"{nats / max(count, 1):.6f}",
            "learning_rate": f"{self.trainer.learning_rate:.6g}",
            "validation_loss": "" if validation_loss is None else f"{validation_loss:.6f}",
        }
        journal.rows.append(row)
        if self.chief:
            self.history.add(row)

    def _is_time_to_save(self):
        if self._is_spent():
            return False
        steps, minutes = self.config["checkpoint_steps"], self.config["checkpoint_minutes"]
        return self.trainer.step % steps == 0 if steps else time.monotonic() - self.saved_at >= 60 * minutes

    def _save_checkpoint(self):
        if self.chief:
            state, settings = self.trainer.state(), checkpoints.settings_of(self.config)
            Checkpoint(self.journal, self.fingerprints, state, self.best_weights, settings).save(self.run.folder)
        self.saved_at = time.monotonic()

    def _save_best(self):
        """Weights on disk may be newer than the checkpoint: puts the checkpoint's best in their place."""
        if self.best_weights:
            now = self.run.model.get_weights()
            self.run.model.set_weights(self.best_weights)
            self.run.save_weights()
            self.run.model.set_weights(now)
