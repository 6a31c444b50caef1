"""Files of a run that are written as a whole or not at all, and errors that name those that could not be written."""

import contextlib
import os


class NotWrittenError(ValueError):
    """A file of a run that could not be written, such as on a full disk."""

    exit_status = 1  # of a program: the work went wrong, not what was asked for


@contextlib.contextmanager
def naming(path):
    """Names ``path`` in the error if it cannot be written; the system's own names no file that is open already."""
    try:
        yield
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else " ".join(str(error).split())
        raise NotWrittenError(f"{path} could not be written: {reason}.") from error


@contextlib.contextmanager
def replacing(path, partial):
    """What is written into ``partial`` meanwhile takes the place of ``path``: a reader never sees a part of it.

    Raises:
        NotWrittenError: it could not be written; ``path`` is as it was, and no part is left behind.
    """
    try:
        with naming(path):
            yield
            partial.replace(path)
    finally:
        with contextlib.suppress(OSError):
            partial.unlink(missing_ok=True)


def reserve(path, size):
    """Makes a file of ``size`` bytes: a library that does not bear a full disk finds room when it writes it anew."""
    with open(path, "wb") as file:
        if hasattr(os, "posix_fallocate"):
            os.posix_fallocate(file.fileno(), 0, size)
