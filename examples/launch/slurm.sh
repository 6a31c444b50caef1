#!/usr/bin/env bash
#SBATCH --job-name=zoo
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --requeue
#SBATCH --open-mode=append
# One worker a node; --out lies on a file system that all nodes share.
#
#   sbatch examples/launch/slurm.sh gpt shakespeare --steps 20000 --batch-size 64
#
# When a worker dies the others end within seconds, and the job is queued again, ATTEMPTS times at most: it goes on from
# the last checkpoint. Not so what would end the same way again (status 2: something given is not possible; 3: the loss
# is no number any more), nor what somebody has stopped: `scancel JOB`, or `scancel --signal=TERM JOB`, which lets the
# training write a checkpoint. (--requeue alone is for nodes that fail and jobs that others displace.)
set -euo pipefail
port=4000
out=runs/slurm-$SLURM_JOB_ID
ended=$out.ended # the status of each worker that ended badly, in their order
if grep --quiet '"status": "complete"' "$out/config.json" 2>/dev/null; then exit 0; fi
workers=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed "s/$/:$port/" | paste --serial --delimiters=,)
export workers ended
what=("$@" --out "$out" --overwrite)
if compgen -G "$out/checkpoints/step-*.npz" >/dev/null; then what=(--resume "$out"); fi
mkdir --parents runs
rm --force "$ended"

# srun tells the highest status alone, which may be that of a worker it has ended because of another one (143, 137).
# What counts is how the first one ended.
status=0
srun --kill-on-bad-exit=1 bash -c '
  trap : INT TERM # the worker hears them, too: its end is waited for
  zoo train "$@" --strategy multi-worker --workers "$workers" --worker "$SLURM_PROCID" || {
    status=$?
    echo "$status" >>"$ended"
    exit "$status"
  }' zoo "${what[@]}" || status=$?
if [[ -s $ended ]]; then read -r status <"$ended"; fi
rm --force "$ended"
case $status in
  0 | 2 | 3 | 130 | 143) ;; # done; would end so again; stopped by somebody, in training or while it began
  *) if ((${SLURM_RESTART_COUNT:-0} < ${ATTEMPTS:-5})); then scontrol requeue "$SLURM_JOB_ID"; fi ;;
esac
exit "$status"
