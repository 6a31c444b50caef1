"""Imported by the server from which the processes of a comparison are forked: what is slow to import, once and quietly.

Nothing here looks for devices: a GPU that was found before a fork cannot be used after it.
"""

from zoo.quiet import silence

with silence():
    import zoo.comparison.protocol  # noqa: F401
