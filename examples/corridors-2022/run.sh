#!/usr/bin/env bash
# The local truces of March 2022 for humanitarian corridors, held against reports and heat from orbit.
# Usage: examples/corridors-2022/run.sh CASE_DIR      (see README.md beside this file)
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
list=$data/humanitarian_corridors_ukraine_2022/HC_geocoded.csv
reports=$data/cir_eyes_on_russia_2022/events.csv
heat=$data/firms_ukraine_2021_2022/MODIS-2022-arch.csv   # 24 February to 31 May 2022
peace=$data/firms_ukraine_2021_2022/MODIS-2021.csv       # the year before, to compare with
missing=
for file in "$list" "$reports" "$heat" "$peace"; do
  [ -f "$file" ] || missing="$missing ${file#"$data"/}"
done
if [ -n "$missing" ]; then
  echo "run.sh: below TRUCEWATCH_DATA there is no$missing; see README.md for where they are published" >&2
  exit 2
fi
# The script beside this file imports the package: take the Python that the command itself runs on.
command=$(command -v "$trucewatch")
shebang=$(head -n 1 "$command" | sed -n 's/^#! *\(.*python[0-9.]*\)$/\1/p')
python=
for candidate in "$(dirname "$command")/python" "$shebang" python3; do
  if [ -n "$candidate" ] && "$candidate" -c 'import trucewatch' 2>/dev/null; then
    python=$candidate
    break
  fi
done
if [ -z "$python" ]; then
  echo "run.sh: found no Python that has the package trucewatch; activate its environment" >&2
  exit 2
fi

"$trucewatch" init "$case_dir"
"$trucewatch" pull table --case "$case_dir" --file "$reports" --mapping cir-eyes-on-russia
# A file is read whole. The later ones of that folder begin in June and bear on no corridor of March.
"$trucewatch" pull firms --case "$case_dir" --file "$heat" --file "$peace"
made=$("$python" -B "$here/corridors.py" agreements "$list" "$case_dir/corridors-2022")
while IFS= read -r agreement; do
  "$trucewatch" agree "$agreement" --case "$case_dir" | sed -n 1p
done <<<"$made"
"$trucewatch" fuse --case "$case_dir"
while IFS= read -r agreement; do
  "$trucewatch" assess --case "$case_dir" --agreement "$(basename "$agreement" .yaml)" >"${agreement%.yaml}.txt"
done <<<"$made"
"$python" -B "$here/corridors.py" answers "$list" "$case_dir"
echo "the page: $case_dir/corridors.md; any finding: trucewatch why FINDING --case $case_dir"
