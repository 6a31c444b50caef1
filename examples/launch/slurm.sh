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
# When a worker dies the others end within seconds; a requeued job goes on from the last checkpoint.
set -euo pipefail
port=4000
out=runs/slurm-$SLURM_JOB_ID
workers=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | sed "s/$/:$port/" | paste --serial --delimiters=,)
export out workers
if compgen -G "$out/checkpoints/step-*.npz" >/dev/null; then what=(--resume "$out"); else what=("$@" --out "$out" --overwrite); fi

srun --kill-on-bad-exit=1 bash -c \
  'zoo train "$@" --strategy multi-worker --workers "$workers" --worker "$SLURM_PROCID"' zoo "${what[@]}"
