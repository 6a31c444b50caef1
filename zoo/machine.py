"""What a figure was measured on: the facts that matter for speed, and none that tell whose machine it is."""

import os
import platform
import subprocess
from pathlib import Path

from zoo.memory import physical_memory


def machine():
    """``{"processor", "cores", "memory_bytes", "system", "accelerators"}``."""
    import tensorflow as tf

    gpus = tf.config.list_physical_devices("GPU")
    names = [tf.config.experimental.get_device_details(gpu).get("device_name", "GPU") for gpu in gpus]
    return {
        "processor": processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
        "memory_bytes": physical_memory(),
        "system": f"{platform.system()} {platform.machine()}",
        "accelerators": names,
    }


def processor():
    """The name of the processor as it is sold, where the system tells it."""
    facts = Path("/proc/cpuinfo")
    if facts.exists():
        for line in facts.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    if platform.system() == "Darwin":
        answer = subprocess.run(
            ["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, check=False
        )
        return answer.stdout.strip() or platform.machine()
    return platform.processor() or platform.machine()
