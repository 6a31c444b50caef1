"""What libraries say while they start is not heard, unless they fail."""

import importlib
import json
import os
import subprocess
import sys

import pytest

from zoo.quiet import hidden


def python(code, **options):
    return subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, **options)


def test_tensorflow_starts_without_a_word():
    code = """
import sys
from zoo.quiet import load_tensorflow
load_tensorflow()
assert not {"matplotlib", "sklearn"} & set(sys.modules)  # Keras would spend seconds on them
import tensorflow as tf
print(tf.ones(1)[0] + 1)
"""
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    done = python(code, env=environment)
    assert done.stderr == ""
    assert "2.0" in done.stdout


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
