"""Every script in examples/ runs as it is, every launch recipe is one."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.processes import ended, start
from zoo.serving.deployment import free_ports
from zoo.trainer import DivergedError

FOLDER = Path(__file__).parent.parent / "examples"
EXAMPLES = sorted(FOLDER.glob("*.py"))
SHELL = sorted((FOLDER / "launch").glob("*.sh"))
# Programs in place of Slurm's and of the zoo's. Each worker ends as the test wants, with a status or by a signal; one
# that "waits" ends when it is told to. srun tells it when another one ends badly, and then tells the highest status.
PROGRAMS = {
    "scontrol": """#!/usr/bin/env bash
echo "scontrol $*" >>asked
if [[ $1 == show ]]; then printf 'one\\ntwo\\n'; fi
""",
    "srun": f"""#!{sys.executable}
import os, signal, subprocess, sys, time
tasks = [subprocess.Popen(sys.argv[2:], env=os.environ | {{"SLURM_PROCID": n}}, start_new_session=True) for n in "01"]
while not any(task.poll() for task in tasks) and any(task.poll() is None for task in tasks):
    time.sleep(0.01)
for task in tasks:
    if task.poll() is None:
        os.killpg(task.pid, signal.SIGTERM)
statuses = [task.wait() for task in tasks]
sys.exit(max(128 - status if status < 0 else status for status in statuses))
""",
    "zoo": """#!/usr/bin/env bash
echo "zoo $*" >>asked
ends=($ENDS)
end=${ends[SLURM_PROCID]}
if [[ $end == waits ]]; then exec sleep 60; fi
if ((end == 137 || end == 143)); then kill -$((end - 128)) $$; fi
exit "$end"
""",
}


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
    workers = ",".join(f"127.0.0.1:{port}" for port in free_ports(0, 0))
    environment = os.environ | {"WORKERS": workers, "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}"}
    command = ["bash", FOLDER / "launch" / "two_processes.sh", "bag_of_words", "tiny-sentiment", "--steps", "3"]
    ((status, _, said),) = ended(start(*command, "--out", "run", cwd=tmp_path, env=environment))
    assert status == 0, said[-3000:]
    assert '"strategy": "multi-worker (2 replicas)"' in (tmp_path / "run" / "config.json").read_text(encoding="utf-8")


@pytest.fixture
def slurm(tmp_path):
    """Runs the recipe as job 7 on two nodes; returns its status, what zoo was asked, and whether it is queued again."""
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, text in PROGRAMS.items():
        (programs / name).write_text(text, encoding="utf-8")
        (programs / name).chmod(0o755)

    def job(ends, **variables):
        environment = os.environ | {"PATH": f"{programs}:{os.environ['PATH']}", "ENDS": ends}
        environment |= {"SLURM_JOB_ID": "7", "SLURM_JOB_NODELIST": "[one-two]"} | variables
        command = ["bash", FOLDER / "launch" / "slurm.sh", "gpt", "copy"]
        ((status, _, said),) = ended(start(*command, cwd=tmp_path, env=environment), timeout=60)
        asked = (tmp_path / "asked").read_text(encoding="utf-8") if (tmp_path / "asked").exists() else ""
        assert not [*tmp_path.rglob("*.ended")], said
        return status, re.findall("zoo train (.*)", asked), "scontrol requeue 7" in asked

    return job


TOGETHER = "--strategy multi-worker --workers one:4000,two:4000 --worker"


@pytest.mark.parametrize(
    ("before", "expected"),
    [("nothing", "gpt copy --out runs/slurm-7 --overwrite"), ("a checkpoint", "--resume runs/slurm-7"), ("all", None)],
)
def test_a_slurm_job_begins_or_goes_on_or_is_done(before, expected, slurm, tmp_path):
    run = tmp_path / "runs" / "slurm-7"
    (run / "checkpoints").mkdir(parents=True)
    if before == "a checkpoint":
        (run / "checkpoints" / "step-00000004.npz").touch()
    if before == "all":
        (run / "config.json").write_text('{\n "status": "complete"\n}', encoding="utf-8")
    status, asked, again = slurm("0 0")
    assert (status, again) == (0, False)
    assert sorted(asked) == ([f"{expected} {TOGETHER} {worker}" for worker in (0, 1)] if expected else [])


@pytest.mark.parametrize(
    ("ends", "status", "again"),
    [
        ("0 1", 1, True),  # the chief's last files found no room, or it was lost
        ("1 waits", 1, True),  # srun itself tells 143 here, and so it does wherever one waits
        ("waits 137", 137, True),  # killed for memory
        ("2 waits", 2, False),
        ("waits 3", 3, False),
        ("3 3", 3, False),
        ("130 130", 130, False),  # asked to end, with a checkpoint
        ("143 waits", 143, False),  # asked to end before there was anything to keep
    ],
)
def test_a_slurm_job_is_queued_again_if_it_may_end_better(ends, status, again, slurm):
    assert slurm(ends)[::2] == (status, again)


def test_a_slurm_job_is_queued_again_so_many_times(slurm):
    assert slurm("1 1", ATTEMPTS="2", SLURM_RESTART_COUNT="2")[::2] == (1, False)
    assert slurm("1 1", ATTEMPTS="2", SLURM_RESTART_COUNT="1")[::2] == (1, True)


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
    # Only with this restart policy Kubernetes looks at how a pod has failed; what would end so again is not repeated.
    assert pod["restartPolicy"] == "Never"
    (rule,) = job["spec"]["podFailurePolicy"]["rules"]
    assert (rule["action"], rule["onExitCodes"]["containerName"]) == ("FailJob", container["name"])
    assert (rule["onExitCodes"]["operator"], rule["onExitCodes"]["values"]) == ("In", [2, DivergedError.exit_status])
