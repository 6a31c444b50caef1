"""How much memory this process has needed."""

import contextlib
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
