#!/usr/bin/env bash
# The 30-day proposal of March 2025: who accepted what, what collides, what it takes to verify it, and what can be said
# of the encirclement claim. Usage: examples/march-2025/run.sh CASE_DIR      (see README.md beside this file)
# MAP=FILE: a front-line map of those days; MAP_AS: how `control` reads it (default deepstate-daily).
# DAY (default 2025-03-14), AT (35.27,51.2, about the town of Sudzha) and ELSEWHERE (who holds ground that the map leaves
# unmarked; nobody where unset) are what `ring check` asks of it.
# ANSWERS=FILE: what was found of the ring elsewhere, as `claims check --answers` takes it.
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

# The page needs the Python that Trucewatch runs on.
python=${PYTHON:-$(head -1 "$(command -v "$trucewatch")" | sed 's/^#!//')}

"$trucewatch" init "$case_dir"
"$trucewatch" claims import "$here/statements.yaml" --case "$case_dir" --zone Europe/Kyiv
if [ -n "${MAP:-}" ]; then
  "$trucewatch" pull control --case "$case_dir" --file "$MAP" --mapping "${MAP_AS:-deepstate-daily}"
fi

mkdir -p "$case_dir/settle"
"$trucewatch" settle show "$here/positions.yaml" --json >"$case_dir/settle/positions.json"
"$trucewatch" settle conflicts "$here/positions.yaml" --firmness demand --json >"$case_dir/settle/conflicts.json"
"$trucewatch" settle packages "$here/positions.yaml" --firmness demand --json >"$case_dir/settle/packages.json"
"$trucewatch" settle section "$here/positions.yaml" --firmness demand --out "$case_dir/settle/section.md"
"$trucewatch" claims check --case "$case_dir" ${ANSWERS:+--answers "$ANSWERS"} --json >"$case_dir/settle/claims.json"
if [ -n "${MAP:-}" ]; then
  "$trucewatch" ring check "$MAP" --mapping "${MAP_AS:-deepstate-daily}" --at "${AT:-35.27,51.2}" --held-by ukraine \
    ${ELSEWHERE:+--elsewhere "$ELSEWHERE"} --claim encircled --claimant "Donald Trump" --on "${DAY:-2025-03-14}" \
    --json >"$case_dir/settle/ring.json"
fi
"$python" "$here/page.py" "$case_dir" "$here/verifiable.yaml"
echo "the page: $case_dir/settle/march-2025.md"
