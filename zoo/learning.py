"""What a run keeps of its training: history, speed, and the weights of the best validation loss."""

import csv
import math
import time

from zoo.memory import PeakMemory
from zoo.progress import TrainingProgress
from zoo.runs import HISTORY, HISTORY_COLUMNS, WEIGHTS


def learn(run, trainer, validation, every, progress):
    """Trains until the run's budget is spent, or Ctrl-C.

    Args:
        run: a new :class:`zoo.runs.Run`, its ``config`` with ``steps`` or ``minutes``.
        trainer: a :class:`zoo.trainer.Trainer` that has been fed.
        validation: batches of the validation split.
        every: steps between two measurements of the validation loss.
        progress: whether to show a progress bar.
    """
    steps, minutes = run.config["steps"], run.config["minutes"]
    best, best_step, status = math.inf, 0, "complete"
    history = open(run.folder / HISTORY, "w", encoding="utf-8", newline="")  # noqa: SIM115 - closed in `finally`
    writer = csv.DictWriter(history, HISTORY_COLUMNS, lineterminator="\n")
    writer.writeheader()
    memory = PeakMemory()
    training_seconds = 0.0  # validation excluded
    first_call = None  # (seconds, tokens) of the call that traced the graph: excluded from the speed
    title = f"{run.config['model']}:{run.config['preset']} on {run.config['task']}"
    try:
        with TrainingProgress(title, run.config, progress) as show:
            while (steps is None or trainer.step < steps) and (minutes is None or training_seconds < 60 * minutes):
                until_measured = every - trainer.step % every
                started = time.perf_counter()
                _, loss = trainer.advance(min(until_measured, (steps or math.inf) - trainer.step))
                training_seconds += time.perf_counter() - started
                first_call = first_call or (training_seconds, trainer.tokens)
                row = {
                    "step": trainer.step,
                    "seconds": f"{training_seconds:.3f}",
                    "tokens": trainer.tokens,
                    "train_loss": f"{loss:.6f}",
                    "learning_rate": f"{trainer.learning_rate:.6g}",
                }
                is_over = trainer.step == steps or (minutes is not None and training_seconds >= 60 * minutes)
                if trainer.step % every == 0 or is_over:
                    validation_loss = trainer.validate(validation)
                    row["validation_loss"] = f"{validation_loss:.6f}"
                    if validation_loss < best:
                        best, best_step = validation_loss, trainer.step
                        run.save_weights()
                writer.writerow(row)
                history.flush()
                show(trainer.step, training_seconds, loss, best, trainer.tokens)
    except KeyboardInterrupt:
        status = "interrupted"
    except BaseException:
        status = "failed"
        raise
    finally:
        history.close()
        run.config["status"] = status
        run.save_config()
    if best < math.inf:
        run.model.load_weights(run.folder / WEIGHTS)
    else:  # nothing was measured: the last weights are all there is
        run.save_weights()
    first_seconds, first_tokens = first_call or (0.0, 0)
    seconds, tokens = training_seconds - first_seconds, trainer.tokens - first_tokens
    run.record(
        "training",
        {
            "steps": trainer.step,
            "seconds": training_seconds,
            "tokens": trainer.tokens,
            "tokens_per_second": tokens / seconds if seconds else trainer.tokens / (training_seconds or 1.0),
            "peak_memory_bytes": memory.bytes(),
            "best_step": best_step,
            "best_validation_loss": best if best < math.inf else None,
        },
    )
