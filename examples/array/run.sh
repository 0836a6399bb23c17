#!/usr/bin/env bash
# An array of microphones and a patrol: from arrival times to an article, and to a mission's report of the evening.
# Usage: examples/array/run.sh CASE_DIR      (see README.md beside this file)
set -euo pipefail
case_dir=${1:?usage: run.sh CASE_DIR}
here=$(cd "$(dirname "$0")" && pwd)
trucewatch=${TRUCEWATCH:-trucewatch}
if ! command -v "$trucewatch" >/dev/null; then
  ours=$here/../../.venv/bin/trucewatch
  if [ -n "${TRUCEWATCH:-}" ] || [ ! -x "$ours" ]; then
    echo "run.sh: there is no command $trucewatch; install it (README.md of the checkout), or name it in TRUCEWATCH" >&2
    exit 2
  fi
  trucewatch=$ours
fi

"$trucewatch" init "$case_dir"
"$trucewatch" pull arrivals --case "$case_dir" --file "$here/array.json" --option stream=yes --option feed=bridge
"$trucewatch" pull report --case "$case_dir" --file "$here/patrol.csv"
"$trucewatch" agree "$here/truce.yaml" --case "$case_dir"
"$trucewatch" assess --case "$case_dir"
"$trucewatch" report daily --case "$case_dir" --on 2030-02-01 --level restricted --lang fr --lang ar
