"""Imported by the server from which the processes of a comparison are forked: what is slow to import, once and quietly.

TensorFlow writes some lines to file descriptor 2 as soon as it is imported, past ``sys.stderr`` and
before its logging is set up. Nothing here looks for devices: a GPU that was found before a fork
cannot be used after it.
"""

import os
import sys

sys.stderr.flush()
_kept = os.dup(2)
_nowhere = os.open(os.devnull, os.O_WRONLY)
os.dup2(_nowhere, 2)
try:
    import zoo.comparison  # noqa: F401
finally:
    os.dup2(_kept, 2)
    os.close(_kept)
    os.close(_nowhere)
