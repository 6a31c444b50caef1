"""On which devices a training runs: one, all of this machine, those of several machines (tf.distribute).

Parameter servers are not offered: their workers do not wait for each other, so
that no two trainings would be the same.
"""

import contextlib
import functools
import json
import os
import signal
import threading

import tensorflow as tf

from zoo import pipeline
from zoo.progress import announce
from zoo.registry import unknown_name
from zoo.settings import SettingError

STRATEGIES = ("none", "mirrored", "multi-worker", "tpu")
TF_CONFIG = '{"cluster": {"worker": ["HOST:PORT", "HOST:PORT"]}, "task": {"type": "worker", "index": 0}}'


class NoWorkersError(ConnectionError):
    """Several workers did not find each other."""

    exit_status = 1  # of a program: the work went wrong, not what was asked for


def make_strategy(name, devices=(), workers=(), worker=None, tpu="", progress=True):
    """The ``tf.distribute.Strategy`` of a name; call it before anything else of TensorFlow.

    Args:
        name: one of ``STRATEGIES``, or a strategy, which is returned as it is.
        devices: for "mirrored", such as ``["GPU:0", "GPU:1"]``; all GPUs (else CPUs) by default.
        workers: for "multi-worker", ``["host:port", ...]``, the same list for all; else ``TF_CONFIG`` says it.
        worker: which of them this process is, from 0; worker 0 is the chief, who writes the run.
        tpu: for "tpu", its name or address; "" for the one of this machine. Not tested on hardware.
        progress: whether to say that several workers wait for each other.

    Raises:
        UnknownNameError, SettingError: say what is possible.
        NoWorkersError: not all workers were started.
    """
    if isinstance(name, tf.distribute.Strategy):
        return name
    options = {"devices": ("mirrored", bool(devices)), "workers": ("multi-worker", bool(workers)),
               "worker": ("multi-worker", worker is not None), "tpu": ("tpu", bool(tpu))}  # fmt: skip
    for option, (of, is_given) in options.items():
        if is_given and name != of:
            raise SettingError(f"{option} belongs to the strategy {of}, not to {name}.")
    if name in (None, "none"):
        return tf.distribute.get_strategy()
    if name == "mirrored":
        return _mirrored(tuple(devices))
    if name == "multi-worker":
        return _multi_worker(workers, worker, progress)
    if name == "tpu":
        resolver = tf.distribute.cluster_resolver.TPUClusterResolver(tpu=tpu)
        tf.config.experimental_connect_to_cluster(resolver)
        tf.tpu.experimental.initialize_tpu_system(resolver)
        return tf.distribute.TPUStrategy(resolver)
    raise unknown_name("strategy", name, STRATEGIES)


@functools.cache  # a second MirroredStrategy in one process mixes up its collectives with those of the first
def _mirrored(devices):
    present = [device.name for device in tf.config.list_logical_devices()]
    known = {name.removeprefix("/device:"): name for name in present}
    missing = [device for device in devices if device not in known]
    if missing:
        raise SettingError(f"no device {', '.join(missing)}. This machine has {', '.join(known)}.")
    if len(set(devices)) < len(devices):
        raise SettingError(f"{', '.join(devices)}: name each device once.")
    everything = [name for name in present if "GPU" in name] or present
    return tf.distribute.MirroredStrategy([known[device] for device in devices] or everything)


def _multi_worker(workers, worker, progress):
    if workers:
        if worker is None or not 0 <= worker < len(workers):
            raise SettingError(
                f"worker says which of the {len(workers)} workers this process is, from 0; not {worker}."
            )
        os.environ["TF_CONFIG"] = json.dumps(
            {"cluster": {"worker": list(workers)}, "task": {"type": "worker", "index": worker}}
        )
    elif not os.environ.get("TF_CONFIG"):
        raise SettingError(
            "multi-worker needs the addresses of all workers: --workers HOST:PORT,HOST:PORT --worker N, "
            "or the environment variable TF_CONFIG."
        )
    addresses = ", ".join(_addresses(os.environ["TF_CONFIG"]))
    if not _joined.cache_info().currsize:
        announce(f"waiting until all workers are there: {addresses}", progress)  # for an hour, says TensorFlow
    return _joined(addresses)


@functools.cache  # a process joins its workers once
def _joined(addresses):
    try:
        with _killed_by_control_c():
            return tf.distribute.MultiWorkerMirroredStrategy()
    except RuntimeError as error:  # TensorFlow has been used already
        raise SettingError(f"multi-worker must be set up before TensorFlow does anything else: {error}") from error
    except tf.errors.OpError as error:
        reason = error.message.partition("\n")[0]
        raise NoWorkersError(f"the workers {addresses} did not find each other: {reason}") from error


def _addresses(config):
    """The addresses in a ``TF_CONFIG``, chief first, after a look at whether it is one."""
    try:
        config = json.loads(config)
        task = config["task"]
        found = [address for job in ("chief", "worker") for address in config["cluster"].get(job, [])]
        if config["cluster"][task["type"]][int(task["index"])] in found:
            return found
        problem = f"a {task['type']} trains nothing"
    except (ValueError, KeyError, IndexError, TypeError, AttributeError) as error:
        problem = f"{type(error).__name__}: {error}"
    raise SettingError(f"the environment variable TF_CONFIG must be like {TF_CONFIG} ({problem}).")


@contextlib.contextmanager
def _killed_by_control_c():
    """While this context is active, Ctrl-C ends the process at once; Python would not hear it in TensorFlow's code."""
    in_main = threading.current_thread() is threading.main_thread()  # others may not handle signals
    before = signal.signal(signal.SIGINT, signal.SIG_DFL) if in_main else None
    try:
        yield
    finally:
        if in_main:
            signal.signal(signal.SIGINT, before)


def describe(strategy):
    """A strategy in words: ``"none (1 replica)"``."""
    kinds = {
        "multi-worker": tf.distribute.MultiWorkerMirroredStrategy,
        "mirrored": tf.distribute.MirroredStrategy,
        "tpu": tf.distribute.TPUStrategy,
    }
    given = type(strategy).__name__
    named = [name for name, kind in kinds.items() if isinstance(strategy, kind)]
    name = named[0] if named else "none" if given == "_DefaultDistributionStrategy" else given
    replicas = strategy.num_replicas_in_sync
    return f"{name} ({replicas} replica{'s' * (replicas > 1)})"


def is_multi_worker(strategy):
    """Whether several processes compute each step together."""
    return isinstance(strategy, tf.distribute.MultiWorkerMirroredStrategy)


def is_chief(strategy):
    """Whether this process is the one that writes: the only one, or of several that called chief, else the first."""
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.task_type:
        return True
    chief = "chief" if "chief" in resolver.cluster_spec().jobs else "worker"
    return (resolver.task_type, resolver.task_id) == (chief, 0)


def check_shares(batch_size, strategy, parts=1):
    """Refuses, by a SettingError, a batch that replicas cannot share evenly in ``parts`` parts each."""
    replicas = strategy.num_replicas_in_sync
    if batch_size % (replicas * parts):
        raise SettingError(
            f"batch size {batch_size} cannot be shared evenly by {replicas} replica(s) in {parts} part(s) each: "
            f"choose a multiple of {replicas * parts}."
        )


def distribute(batches, strategy, start=0):
    """An iterator over what each replica computes of the batches, from batch number ``start`` on.

    Every worker makes whole batches, whose order depends on seed and epoch only, and takes the rows of
    its replicas: together they see each row once.

    Args:
        batches: :class:`zoo.batching.Batches`; the batch size is a multiple of the number of replicas.
        strategy: a ``tf.distribute.Strategy``.
        start: int.
    """
    options = tf.data.Options()
    options.autotune.enabled = False  # its threads can stall the end of a short run

    def worker_dataset(context):
        everyone = strategy.num_replicas_in_sync
        replicas = everyone // context.num_input_pipelines
        whole = pipeline.dataset(batches, start)
        shares = pipeline.shares(whole, everyone, context.input_pipeline_id * replicas, replicas)
        return shares.prefetch(8 * replicas).with_options(options)

    return iter(strategy.distribute_datasets_from_function(worker_dataset))
