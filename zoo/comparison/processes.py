"""A process of its own for each model of a comparison, so that none is charged for the memory of another."""

import contextlib
import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool

TASKS = "ZOO_WARM_TASKS"  # environment variable: names of tasks, with blanks between them


class ProcessError(ValueError):
    """A process that did not start or did not survive."""


def run_apart(function, jobs, tasks=(), at_once=1):
    """Yields ``function(*job)`` of each of the jobs, done in a process of its own, in the order in which they end.

    Where the system can, processes are forked from a server which has imported everything and read the examples
    (:mod:`zoo.warm_start`): a new one costs a tenth of a second and not ten.

    Args:
        function: importable by its name.
        jobs: name -> tuple of arguments.
        tasks: names of tasks whose examples all processes will need.
        at_once: how many processes there are at a time.

    Raises:
        ProcessError: a process did not start or was killed.
        Exception: what ``function`` raises, with a note that names the job; jobs that have not begun are left out.
    """
    os.environ[TASKS] = " ".join(tasks)  # the server, which starts with the first process, is told no other way
    context = _context()
    with ThreadPoolExecutor(at_once) as threads:  # each waits for one process
        waiting = [threads.submit(_run, context, function, name, job) for name, job in jobs.items()]
        try:
            for done in as_completed(waiting):
                yield done.result()
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise


@contextlib.contextmanager
def noted(name):
    """Whatever fails in it is told with the name of the job that failed."""
    try:
        yield
    except Exception as error:
        error.add_note(f"This was {name}.")
        raise


def _run(context, function, name, job):
    with noted(name):
        try:
            with ProcessPoolExecutor(1, context) as pool:
                return pool.submit(function, *job).result()
        except BrokenProcessPool as error:
            raise ProcessError(
                "a process for training did not start or was killed (is there memory enough?). In a script, put "
                "zoo.compare below 'if __name__ == \"__main__\":', or train all in one process: isolate=False."
            ) from error


def _context():
    if sys.platform == "win32":
        return multiprocessing.get_context("spawn")
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["zoo.warm_start"])
    return context
