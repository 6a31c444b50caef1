"""Every script in examples/ runs as it is, every launch recipe is one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from zoo.serving.deployment import free_ports

FOLDER = Path(__file__).parent.parent / "examples"
EXAMPLES = sorted(FOLDER.glob("*.py"))
SHELL = sorted((FOLDER / "launch").glob("*.sh"))
# What srun, scontrol and zoo are asked, one line each; `zoo` lets a run begin and end as the test wants.
ASKED = """#!/usr/bin/env bash
echo "$(basename "$0") $*" >>asked
case "$(basename "$0") $*" in
  "scontrol show hostnames"*) printf 'one\\ntwo\\n' ;;
  srun*) exit "$STATUS" ;;
esac
"""


@pytest.mark.parametrize("script", EXAMPLES, ids=lambda script: script.stem)
def test_the_example_runs(script, tmp_path):
    done = subprocess.run([sys.executable, str(script)], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stderr[-3000:]
    assert done.stdout.strip()


@pytest.mark.parametrize("script", SHELL, ids=lambda script: script.stem)
def test_bash_can_read_the_script(script):
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")


def test_two_processes_train_together(tmp_path):
    (port,) = free_ports(0)
    environment = os.environ | {"PORT": str(port), "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["bash", FOLDER / "launch" / "two_processes.sh", "bag_of_words", "tiny-sentiment", "--steps", "3"]
    done = subprocess.run(
        [*command, "--out", "run"], cwd=tmp_path, capture_output=True, text=True, env=environment, timeout=300
    )
    assert done.returncode == 0, done.stderr[-3000:]
    assert '"strategy": "multi-worker (2 replicas)"' in (tmp_path / "run" / "config.json").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("before", "status", "expected"),
    [
        ("nothing", 0, ["zoo gpt copy --out runs/slurm-7 --overwrite"]),
        ("a checkpoint", 0, ["zoo --resume runs/slurm-7"]),
        ("a failure", 1, ["zoo gpt copy --out runs/slurm-7 --overwrite", "scontrol requeue 7"]),
        ("a mistake", 2, ["zoo gpt copy --out runs/slurm-7 --overwrite"]),
        ("all of it", 0, []),
    ],
)
def test_a_slurm_job_begins_goes_on_is_queued_again_and_ends(before, status, expected, tmp_path):
    for name in ("srun", "scontrol"):
        (tmp_path / name).write_text(ASKED, encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    run = tmp_path / "runs" / "slurm-7"
    (run / "checkpoints").mkdir(parents=True)
    if before == "a checkpoint":
        (run / "checkpoints" / "step-00000004.npz").touch()
    if before == "all of it":
        (run / "config.json").write_text('{\n "status": "complete"\n}', encoding="utf-8")
    environment = os.environ | {"PATH": f"{tmp_path}:{os.environ['PATH']}", "STATUS": str(status)}
    environment |= {"SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "[one-two]"}
    command = ["bash", FOLDER / "launch" / "slurm.sh", "gpt", "copy"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, env=environment)
    assert done.returncode == status, done.stderr
    asked = (tmp_path / "asked").read_text(encoding="utf-8") if (tmp_path / "asked").exists() else ""
    assert re.findall(r"(?:zoo (?=gpt|--)|scontrol requeue).*", asked) == expected


def test_kubernetes_finds_a_service_and_a_job_that_agree(tmp_path):
    yaml = pytest.importorskip("yaml")
    service, job = yaml.safe_load_all((FOLDER / "launch" / "kubernetes.yaml").read_text(encoding="utf-8"))
    assert (service["kind"], job["kind"]) == ("Service", "Job")
    pod = job["spec"]["template"]["spec"]
    assert service["spec"]["selector"] == {"job-name": job["metadata"]["name"]}
    assert pod["subdomain"] == service["metadata"]["name"]
    container = pod["containers"][0]
    assert {mount["name"] for mount in container["volumeMounts"]} == {volume["name"] for volume in pod["volumes"]}
    (script,) = container["args"]
    assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0
    port = service["spec"]["ports"][0]["port"]
    assert script.count(f".{pod['subdomain']}:{port}") == job["spec"]["completions"] == job["spec"]["parallelism"]
