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
# the last checkpoint. (--requeue alone is for nodes that fail and jobs that others displace.)
set -euo pipefail
port=4000
out=runs/slurm-$SLURM_JOB_ID
if grep --quiet '"status": "complete"' "$out/config.json" 2>/dev/null; then exit 0; fi
workers=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed "s/$/:$port/" | paste --serial --delimiters=,)
export workers
if compgen -G "$out/checkpoints/step-*.npz" >/dev/null; then what=(--resume "$out"); else what=("$@" --out "$out" --overwrite); fi

status=0
srun --kill-on-bad-exit=1 bash -c \
  'zoo train "$@" --strategy multi-worker --workers "$workers" --worker "$SLURM_PROCID"' zoo "${what[@]}" || status=$?
case $status in
  0 | 2 | 130 | 143) ;; # done; not possible, and not the next time either; stopped by somebody
  *) if ((${SLURM_RESTART_COUNT:-0} < ${ATTEMPTS:-5})); then scontrol requeue "$SLURM_JOB_ID"; fi ;;
esac
exit "$status"
