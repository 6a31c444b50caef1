"""TensorFlow starts without its chatter: for commands, and for a script of the user's that imports zoo first."""

import importlib
import json
import os
import subprocess
import sys

import pytest

from zoo.quiet import hidden


def python(code, **variables):
    """Runs Python code where nobody has said how much TensorFlow is to tell, unless ``variables`` do."""
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"} | variables
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, env=environment)


def test_tensorflow_starts_without_a_word():
    done = python("""
import sys
from zoo.quiet import load_tensorflow
load_tensorflow()
assert not {"matplotlib", "sklearn"} & set(sys.modules)  # Keras would spend seconds on them
import tensorflow as tf
print(tf.ones(1)[0] + 1)
""")
    assert done.stderr == ""
    assert "2.0" in done.stdout


def test_a_script_that_trains_is_silent_and_keeps_its_own_settings(tmp_path):
    done = python(f"""
import gc, sys
before = gc.get_threshold()
import zoo
assert zoo.register_task and "tensorflow" not in sys.modules
zoo.train("ngram", "copy", steps=2, out={str(tmp_path / "run")!r}, progress=False)
import keras
assert keras.config.is_traceback_filtering_enabled() and gc.get_threshold() == before
""")
    assert (done.stdout, done.stderr) == ("", "")


def test_who_wants_to_hear_tensorflow_does():
    """By its own variable, which stays as it is, or by importing it first, and then zoo sets none."""
    name = "TF_CPP_MIN_LOG_LEVEL"
    asked = python(f"import os, zoo; zoo.load; print(os.environ[{name!r}])", **{name: "0"})
    assert (asked.stdout, "oneDNN" in asked.stderr) == ("0\n", True)
    first = python(f"import os, tensorflow, zoo; zoo.load; print(os.environ.get({name!r}))")
    assert (first.stdout, "oneDNN" in first.stderr) == ("None\n", True)


def test_a_failing_start_is_told_in_full():
    done = python("""
import os
from zoo.quiet import silence
with silence():
    os.write(2, b"chatter")
try:
    with silence():
        os.write(2, b"the reason")
        raise ImportError("no TensorFlow")
except ImportError:
    os.write(2, b", and afterwards all is heard")
""")
    assert done.stderr == "the reason, and afterwards all is heard"


def test_what_keras_may_do_without_is_there_again_after_it_was_hidden(tmp_path, monkeypatch):
    (tmp_path / "for_gallery_pictures.py").write_text("")
    monkeypatch.syspath_prepend(tmp_path)
    with hidden(["for_gallery_pictures", "json"]):
        with pytest.raises(ImportError):
            importlib.import_module("for_gallery_pictures")
        assert importlib.import_module("json") is json  # was imported before
    assert importlib.import_module("for_gallery_pictures").__name__ == "for_gallery_pictures"
