"""The history of a run: its measurements as a table of text, and for TensorBoard if asked for."""

import csv
from pathlib import Path

import tensorflow as tf

from zoo.disk import naming
from zoo.run_folder import HISTORY, HISTORY_COLUMNS, TENSORBOARD

CURVES = ("train_loss", "validation_loss", "learning_rate")  # what TensorBoard draws


class History:
    """Writes ``history.csv``, which :func:`zoo.run_folder.read_history` reads.

    Args:
        folder: the run's.
        tensorboard: whether to write the same for TensorBoard.
    """

    def __init__(self, folder, tensorboard):
        self.path = Path(folder) / HISTORY
        self.curves = tf.summary.create_file_writer(str(Path(folder) / TENSORBOARD)) if tensorboard else None

    def begin(self, rows):
        """Writes the table anew: its columns, and the rows of a training that goes on.

        Args:
            rows: dictionaries of texts, with the names of ``HISTORY_COLUMNS``.

        Raises:
            NotWrittenError: there is no room for it, for example.
        """
        with naming(self.path), open(self.path, "w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, HISTORY_COLUMNS, lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)

    def add(self, row):
        """Adds a row, as for :meth:`begin`; "" where nothing was measured."""
        with naming(self.path), open(self.path, "a", encoding="utf-8", newline="") as file:
            csv.DictWriter(file, HISTORY_COLUMNS, lineterminator="\n").writerow(row)
        if self.curves:
            with self.curves.as_default(step=int(row["step"])):
                for name in CURVES:
                    if row[name]:
                        tf.summary.scalar(name, float(row[name]))
