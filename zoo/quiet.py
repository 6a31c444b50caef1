"""TensorFlow without its start-up chatter; for commands also without what Keras imports for helpers that none uses.

``TF_CPP_MIN_LOG_LEVEL`` comes too late for lines which TensorFlow's libraries
write before their logging is set up. They go to file descriptor 2, past
``sys.stderr``; so that is where they are caught, for as long as it starts.
"""

import contextlib
import os
import sys
import tempfile

from zoo.memory import collect_less_often

UNUSED = ("matplotlib", "sklearn")  # a quarter of the start; Keras does without them where they are not installed


def import_tensorflow():
    """Imports TensorFlow, unless somebody has, and lets it look for devices, without a word; a failure is told in full.

    Whoever has set ``TF_CPP_MIN_LOG_LEVEL`` to 0 wants to hear everything, and does.
    """
    if "tensorflow" in sys.modules:
        return
    level = os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with contextlib.nullcontext() if level == "0" else silence():
        import tensorflow
        import tensorflow_text  # noqa: F401 - its operations register themselves, with remarks of their own

        tensorflow.config.list_physical_devices()  # the search for GPUs is the most talkative part


def load_tensorflow():
    """Imports TensorFlow and Keras for a command: a process that is the zoo's own, unlike a user's script."""
    collect_less_often()
    with hidden(() if "tensorflow" in sys.modules else UNUSED):
        import_tensorflow()
    import keras
    import tensorflow as tf

    # A mistake of ours is told in full.
    keras.config.disable_traceback_filtering()
    tf.debugging.disable_traceback_filtering()


@contextlib.contextmanager
def hidden(packages):
    """Context manager: packages that were not imported yet are as if they were not installed."""
    packages = [name for name in packages if name not in sys.modules]
    sys.modules.update(dict.fromkeys(packages))
    try:
        yield
    finally:
        for name in packages:
            del sys.modules[name]


@contextlib.contextmanager
def silence():
    """Context manager: sends file descriptor 2 into a temporary file; shows what it holds only if the block fails."""
    if sys.stderr is None:  # nobody listens
        yield
        return
    sys.stderr.flush()
    kept = os.dup(2)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        failed = True
        try:
            yield
            failed = False
        finally:
            os.dup2(kept, 2)
            os.close(kept)
            if failed:
                said.seek(0)
                os.write(2, said.read())
