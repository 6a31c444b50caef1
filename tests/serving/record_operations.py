"""Writes ``stock_operations.txt``: the operations that a stock TF Serving has.

    python -m tests.serving.record_operations FOLDER

FOLDER is the folder ``tensorflow`` of an installed TensorFlow of TF Serving's
version. Its library ``libtensorflow_cc`` is what TF Serving is built from:
TensorFlow without Python. Loaded by itself, it names the operations that it
can compute on a processor; those that call Python (PyFunc, EagerPyFunc) have
no kernel in it. Two corrections: a stock server is built without the bridge to
the XLA compiler, and with tensorflow-text, of whose operations we list those
that its tokenizers need.
"""

import subprocess
import sys
from pathlib import Path

from tensorflow.core.framework import kernel_def_pb2

FILE = Path(__file__).parent / "stock_operations.txt"
# tensorflow-text 2.20; all of its operations are linked into TF Serving 2.20 (tensorflow_text:ops_lib).
OF_TENSORFLOW_TEXT = (
    "CaseFoldUTF8",
    "FastWordpieceTokenizeWithOffsets",
    "NormalizeUTF8",
    "RegexSplitWithOffsets",
    "SentencepieceOp",
    "SentencepieceTokenizeOp",
    "TFText>FastWordpieceDetokenize",
)


# In a process of its own: two TensorFlows do not live in one.
LIST_KERNELS = """
import ctypes, sys
class Buffer(ctypes.Structure):  # TF_Buffer of TensorFlow's C interface
    _fields_ = [("data", ctypes.c_void_p), ("length", ctypes.c_size_t), ("deallocator", ctypes.c_void_p)]
library = ctypes.CDLL(sys.argv[1])
library.TF_NewStatus.restype = ctypes.c_void_p
library.TF_GetAllRegisteredKernels.restype = ctypes.POINTER(Buffer)
library.TF_GetAllRegisteredKernels.argtypes = [ctypes.c_void_p]
buffer = library.TF_GetAllRegisteredKernels(library.TF_NewStatus()).contents
sys.stdout.buffer.write(ctypes.string_at(buffer.data, buffer.length))
"""


def stock():
    """The recorded operations, a set of names."""
    return set(FILE.read_text(encoding="utf-8").split())


def operations(folder):
    """The names of all operations of a stock server, sorted."""
    library = Path(folder) / "libtensorflow_cc.so.2"
    listed = subprocess.run([sys.executable, "-c", LIST_KERNELS, library], stdout=subprocess.PIPE, check=True).stdout
    kernels = kernel_def_pb2.KernelList.FromString(listed).kernel
    computed = {kernel.op for kernel in kernels if kernel.device_type in ("CPU", "DEFAULT")}
    return sorted({name for name in computed if not name.startswith("Xla")} | set(OF_TENSORFLOW_TEXT))


if __name__ == "__main__":
    FILE.write_text("\n".join(operations(sys.argv[1])) + "\n", encoding="utf-8")
