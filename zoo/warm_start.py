"""Imported by the server from which the processes of a comparison are forked: what is slow to import, once and quietly.

Nothing here looks for devices: a GPU that was found before a fork cannot be used after it.
"""

import os

from zoo.quiet import silence

with silence():
    import zoo.comparison.protocol  # noqa: F401
    from zoo.comparison.processes import TASKS
    from zoo.tasks import find

for name in os.environ.get(TASKS, "").split():
    find(name).examples("train")  # those of the tiny world are made up: once for all models
