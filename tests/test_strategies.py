"""How devices and workers are chosen, and what is said where they cannot be."""

import json
import os
import signal
import subprocess
import sys
from functools import partial
from types import SimpleNamespace
from unittest.mock import Mock

import pytest
import tensorflow as tf

import zoo
from zoo import strategies
from zoo.serving.deployment import free_ports
from zoo.settings import SettingError
from zoo.strategies import NoWorkersError, is_chief, make_strategy

BOTH = ["127.0.0.1:4000", "127.0.0.1:4001"]


@pytest.mark.parametrize(
    ("cluster", "task", "expected"),
    [
        ({"worker": BOTH}, ("worker", 0), True),
        ({"worker": BOTH}, ("worker", 1), False),
        ({"chief": BOTH[:1], "worker": BOTH[1:]}, ("chief", 0), True),
        ({"chief": BOTH[:1], "worker": BOTH[1:]}, ("worker", 0), False),
        ({}, (None, None), True),
    ],
)
def test_one_process_is_the_chief(cluster, task, expected):
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(tf.train.ClusterSpec(cluster), "", *task)
    assert is_chief(SimpleNamespace(cluster_resolver=resolver)) is expected
    assert is_chief(SimpleNamespace(cluster_resolver=None))


@pytest.fixture
def workers(monkeypatch):
    """A function that asks for several workers; TensorFlow answers with what ``made`` returns or raises."""

    def ask(made, **options):
        strategies._joined.cache_clear()
        monkeypatch.setattr(tf.distribute, "MultiWorkerMirroredStrategy", made)
        return make_strategy("multi-worker", **options)

    monkeypatch.setenv("TF_CONFIG", "")
    yield ask
    strategies._joined.cache_clear()


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ("{'cluster': ", "JSONDecodeError"),
        ("[]", "TypeError"),
        ('{"cluster": {"worker": ["a:1"]}}', "KeyError: 'task'"),
        ('{"cluster": {"worker": ["a:1"]}, "task": {"type": "worker", "index": 1}}', "IndexError"),
        ('{"cluster": {"ps": ["a:1"]}, "task": {"type": "ps", "index": 0}}', "a ps trains nothing"),
    ],
)
def test_a_tf_config_that_is_none_is_refused_in_one_line(workers, monkeypatch, config, problem):
    monkeypatch.setenv("TF_CONFIG", config)
    made = Mock()
    with pytest.raises(SettingError, match=f"TF_CONFIG must be like .*cluster.*task.*{problem}") as caught:
        workers(made)
    assert "\n" not in str(caught.value)
    made.assert_not_called()


def test_a_chief_in_tf_config_is_told_first(workers, monkeypatch, capsys):
    config = {"cluster": {"worker": BOTH[1:], "chief": BOTH[:1]}, "task": {"type": "chief", "index": 0}}
    monkeypatch.setenv("TF_CONFIG", json.dumps(config))
    made = Mock()
    assert workers(made) is made.return_value
    assert capsys.readouterr().err == f"waiting until all workers are there: {', '.join(BOTH)} ...\n"
    assert make_strategy("multi-worker") is made.return_value  # they are there: nothing to wait for
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize("verb", [partial(zoo.train, "ngram", "copy"), partial(zoo.resume, "nowhere")])
def test_without_progress_nobody_says_that_workers_wait(verb, workers, monkeypatch, capsys):
    monkeypatch.setattr(strategies, "_joined", Mock(side_effect=NoWorkersError("nobody came")))
    strategies._joined.cache_info.return_value.currsize = 0
    monkeypatch.setenv("TF_CONFIG", json.dumps({"cluster": {"worker": BOTH}, "task": {"type": "worker", "index": 0}}))
    with pytest.raises(NoWorkersError):
        verb(strategy="multi-worker", progress=False)
    assert capsys.readouterr().err == ""


@pytest.mark.parametrize(
    ("error", "expected", "told"),
    [
        (tf.errors.DeadlineExceededError(None, None, "It took too long.\nMore."), NoWorkersError, "It took too long."),
        (RuntimeError("the context is there"), SettingError, "before TensorFlow does anything else: the context"),
    ],
)
def test_workers_that_do_not_find_each_other_are_one_line(workers, error, expected, told):
    with pytest.raises(expected) as caught:
        workers(Mock(side_effect=error), workers=BOTH, worker=0)
    assert told in str(caught.value) and "\n" not in str(caught.value)
    assert isinstance(caught.value, SettingError) or ", ".join(BOTH) in str(caught.value)


def test_a_worker_that_is_started_alone_says_what_it_waits_for_and_hears_control_c():
    both = [f"127.0.0.1:{port}" for port in free_ports(0, 0)]
    command = ["-m", "zoo.cli", "train", "ngram", "copy", "--strategy", "multi-worker", "--workers", ",".join(both)]
    environment = os.environ | {"TF_CONFIG": ""}
    with subprocess.Popen(
        [sys.executable, *command, "--worker", "1"], stderr=subprocess.PIPE, text=True, env=environment
    ) as process:
        try:
            assert process.stderr.readline() == f"waiting until all workers are there: {', '.join(both)} ...\n"
            process.send_signal(signal.SIGINT)
            assert process.wait(timeout=120) in (-signal.SIGINT, 130)
            assert "Traceback" not in process.stderr.read()
        finally:
            process.kill()


def test_devices_are_chosen_by_name(monkeypatch):
    monkeypatch.setattr(tf.distribute, "MirroredStrategy", lambda devices: devices)
    present = [SimpleNamespace(name=f"/device:{name}") for name in ("CPU:0", "GPU:0", "GPU:1", "GPU:2")]
    monkeypatch.setattr(tf.config, "list_logical_devices", lambda: present)
    strategies._mirrored.cache_clear()
    assert make_strategy("mirrored", ["GPU:2", "GPU:0"]) == ["/device:GPU:2", "/device:GPU:0"]
    assert make_strategy("mirrored") == ["/device:GPU:0", "/device:GPU:1", "/device:GPU:2"]
    strategies._mirrored.cache_clear()


def test_a_tpu_is_found_connected_and_initialized_by_the_documented_calls(monkeypatch):
    tpu = Mock()
    for place, name in (
        (tf.distribute.cluster_resolver, "TPUClusterResolver"),
        (tf.config, "experimental_connect_to_cluster"),
        (tf.tpu.experimental, "initialize_tpu_system"),
        (tf.distribute, "TPUStrategy"),
    ):
        monkeypatch.setattr(place, name, getattr(tpu, name))
    assert make_strategy("tpu", tpu="one") is tpu.TPUStrategy.return_value
    resolver = tpu.TPUClusterResolver.return_value
    assert [(name, args, options) for name, args, options in tpu.mock_calls] == [
        ("TPUClusterResolver", (), {"tpu": "one"}),
        ("experimental_connect_to_cluster", (resolver,), {}),
        ("initialize_tpu_system", (resolver,), {}),
        ("TPUStrategy", (resolver,), {}),
    ]
