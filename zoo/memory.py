"""How much memory there is, how much this process has needed, and that it keeps what it has."""

import contextlib
import ctypes
import functools
import gc
import os
import resource
import sys
from pathlib import Path

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")


class PeakMemory:
    """Peak resident memory of the process since this object was made.

    Linux can forget the peak (writing 5 to ``clear_refs``), so that a model is not
    charged for its predecessors in the same process; what they still hold is counted.
    Elsewhere it is the peak of the whole process.
    """

    def __init__(self):
        with contextlib.suppress(OSError):
            CLEAR.write_text("5")

    def bytes(self):
        """The peak in bytes."""
        if STATUS.exists():
            line = next(line for line in STATUS.read_text().splitlines() if line.startswith("VmHWM:"))
            return int(line.split()[1]) * 1024
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        return peak if sys.platform == "darwin" else peak * 1024


def physical_memory():
    """The memory of this machine in bytes; None where the system does not tell."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else None


def collect_less_often():
    """Lets Python look for cycles of unused objects less often, in a process that is the zoo's own.

    Each graph that is traced leaves hundreds of thousands of objects that live as long as the process. To go through
    them again and again, as Python's own thresholds have it, takes a tenth of the time before the first step.
    """
    gc.set_threshold(20_000, 20, 100)


# Parameters of glibc's mallopt, from malloc.h.
TRIM_THRESHOLD, TOP_PAD, MMAP_MAX = -1, -2, -4


@functools.cache
def keep_freed_memory():
    """Lets this process keep memory that it has freed, for the next step of a training needs the same amount again.

    TensorFlow asks the C library for each tensor. glibc takes large ones from the system and gives them back at
    once, and the system fills each page with zeros before it hands it out again: a small GPT spent half of its
    time so (41,000 pages a step; one, after this). Elsewhere than on glibc nothing happens.

    Returns:
        bool, whether the C library has taken the advice.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is None:
        return False
    # Each thread keeps an arena of its own: in a single one they search a long list of free pieces, which took a small
    # GPT a tenth of its time. A tensor above 64 MB fits into no arena but the main one, which glibc then asks.
    advice = {MMAP_MAX: 0, TRIM_THRESHOLD: 2**31 - 1, TOP_PAD: 64 * 2**20}
    return all(mallopt(parameter, value) for parameter, value in advice.items())
