"""Writes the recordings: ``python -m tests.references.record [CASE ...]``, in an environment with ``[parity]``."""

import json
import sys
from importlib.metadata import version

import numpy as np

from tests.references import RECORDINGS, cases


def record(case):
    """Stores the reference's answers, and by which versions of which packages they were made."""
    answers = {name: np.asarray(values) for name, values in case.reference().items()}
    versions = json.dumps({package: version(package) for package in case.packages})
    np.savez_compressed(RECORDINGS / f"{case.name}.npz", versions=versions, **answers)
    print(case.name, versions, sum(values.size for values in answers.values()), "numbers")


if __name__ == "__main__":
    known = cases()
    for name in sys.argv[1:] or known:
        record(known[name])
