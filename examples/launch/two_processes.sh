#!/usr/bin/env bash
# Two workers on this machine, to see multi-worker training at all: the same command twice, with another --worker.
#
#   examples/launch/two_processes.sh gpt tiny-stories --steps 200 --out runs/together
#   examples/launch/two_processes.sh --resume runs/together
#
# WORKERS=HOST:PORT,HOST:PORT takes other ports than 4000 and 4001. On two machines run one line on each, with their addresses in --workers and a folder that both share in --out.
set -euo pipefail
workers=${WORKERS:-127.0.0.1:4000,127.0.0.1:4001}
trap 'kill $(jobs -p) 2>/dev/null || true' EXIT

zoo train "$@" --strategy multi-worker --workers "$workers" --worker 1 >worker-1.log 2>&1 &
zoo train "$@" --strategy multi-worker --workers "$workers" --worker 0 # the chief: shows the progress, writes the run
wait $! || { cat worker-1.log; exit 1; }
