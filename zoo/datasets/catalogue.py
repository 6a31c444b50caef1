"""The corpora the tasks use: where they come from and what may be done with them.

Nothing of a corpus is part of the package. Addresses name a commit, so that
the bytes behind them do not change; the checksum proves it. The entries stand in
:mod:`zoo.datasets.texts` and :mod:`zoo.datasets.labelled`.
"""

from zoo.datasets.labelled import LABELLED
from zoo.datasets.texts import TEXTS
from zoo.registry import unknown_name

CORPORA = {entry.name: entry for entry in sorted((*TEXTS, *LABELLED), key=lambda entry: entry.name)}


def corpus(name):
    """The catalogue entry called ``name``.

    Raises:
        UnknownNameError: lists the known corpora.
    """
    if name not in CORPORA:
        raise unknown_name("corpus", name, CORPORA)
    return CORPORA[name]
