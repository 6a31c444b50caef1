"""A process of its own for each model of a comparison, so that none is charged for the memory of another."""

import multiprocessing
import sys
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool


class ProcessError(ValueError):
    """A process that did not start or did not survive."""


class Processes:
    """Context manager: ``run(owner, function, *arguments)`` in a process that each new owner gets afresh.

    Where the system can, processes are forked from a server which has imported everything
    (:mod:`zoo.warm_start`): a new one costs a tenth of a second and not ten.
    """

    def __init__(self):
        self._pool, self._owner = None, None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._close()

    def run(self, owner, function, *arguments):
        """``function(*arguments)``; its exceptions are raised here.

        Raises:
            ProcessError: the process did not start or was killed.
        """
        if owner != self._owner:
            self._close()
            self._pool, self._owner = ProcessPoolExecutor(1, _context()), owner
        try:
            return self._pool.submit(function, *arguments).result()
        except BrokenProcessPool as error:
            raise ProcessError(
                "a process for training did not start or was killed (is there memory enough?). In a script, put "
                "zoo.compare below 'if __name__ == \"__main__\":', or train all in one process: isolate=False."
            ) from error

    def _close(self):
        if self._pool:
            self._pool.shutdown()
        self._pool, self._owner = None, None


def _context():
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["zoo.warm_start"])
    return context
