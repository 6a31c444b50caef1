"""SICK's files, which two tasks read."""

from zoo.datasets.files import locate
from zoo.datasets.tables import table

_FILES = {"train": "SICK_train.txt", "validation": "SICK_trial.txt", "test": "SICK_test_annotated.txt"}
_COLUMNS = ("sentence_a", "sentence_b", "relatedness_score", "entailment_judgment")


def sick(split):
    """The rows of a split: dictionaries with ``_COLUMNS``."""
    return [row for _, row in table(locate("sick", _FILES[split]), _COLUMNS)]
