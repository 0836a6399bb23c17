#!/usr/bin/env bash
# Minsk II (12 February 2015) judged on the deadly incidents that UCDP recorded, 2014 to 2018.
# Usage: examples/minsk-ii/run.sh CASE_DIR      (see README.md beside this file)
set -euo pipefail
case_dir=${1:?usage: run.sh CASE_DIR}
here=$(cd "$(dirname "$0")" && pwd)
data=${TRUCEWATCH_DATA:-$here/../../../shared/data}
trucewatch=${TRUCEWATCH:-trucewatch}
if ! command -v "$trucewatch" >/dev/null; then
  ours=$here/../../.venv/bin/trucewatch
  if [ -n "${TRUCEWATCH:-}" ] || [ ! -x "$ours" ]; then
    echo "run.sh: there is no command $trucewatch; install it (README.md of the checkout), or name it in TRUCEWATCH" >&2
    exit 2
  fi
  trucewatch=$ours
fi
events=$data/ucdp_ged_ukraine_2014_2018/ucdp_ged_ukraine.csv.gz
if [ ! -f "$events" ]; then
  echo "run.sh: there is no ${events##*/} below TRUCEWATCH_DATA; see README.md for where UCDP publishes it" >&2
  exit 2
fi

"$trucewatch" init "$case_dir"
# UCDP dates events by the local day: the zone turns each into the very hours of that day.
"$trucewatch" pull ucdp --case "$case_dir" --file "$events" --option zone=Europe/Kyiv
# Four weeks from the first minute of the truce; the report sets the four weeks before beside them.
"$trucewatch" run --case "$case_dir" --agreement minsk-ii-2015 \
  --since "2015-02-15 00:00 Europe/Kyiv" --until "2015-03-15 00:00 Europe/Kyiv"
echo "the page: $case_dir/report/report.html"
