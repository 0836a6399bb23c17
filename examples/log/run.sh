#!/usr/bin/env bash
# The log as evidence, from end to end, on a simulated truce: sign, cosign, prove, withhold, tamper, split.
# Usage: examples/log/run.sh DIR      (a new or empty folder; see docs/why/evidence.md)
set -euo pipefail
dir=${1:?usage: run.sh DIR}
here=$(cd "$(dirname "$0")" && pwd)
t=${TRUCEWATCH:-trucewatch}
if ! command -v "$t" >/dev/null; then
  ours=$here/../../.venv/bin/trucewatch
  if [ -n "${TRUCEWATCH:-}" ] || [ ! -x "$ours" ]; then
    echo "run.sh: there is no command $t; install it (README.md of the checkout), or name it in TRUCEWATCH" >&2
    exit 2
  fi
  t=$ours
fi
if [ -e "$dir" ] && [ -n "$(ls -A "$dir")" ]; then
  echo "run.sh: $dir is not empty; give a new folder" >&2
  exit 2
fi
mkdir -p "$dir"
case=$dir/case
say() { printf '\n== %s\n' "$*"; }
refused() { # what must not pass: exit status 1, or the story is not true
  local got=0
  "$@" || got=$?
  [ "$got" = 1 ] || { echo "run.sh: expected exit status 1, got $got: $*" >&2; exit 1; }
}

say "a case with a report"
"$t" demo --case "$case" | tail -n 1

say "the operator makes a key, two parties and a third make witnesses; a reader writes down whom he trusts"
log_key=$("$t" log key --case "$case" --out "$dir/operator.key")
echo "log $log_key" >"$dir/policy"
for name in A B N; do
  "$t" witness init "$dir/witness-$name" --name "$name.example/witness" | grep '^witness' |
    sed "s/^witness [^ ]*/witness $name/" >>"$dir/policy"
  "$t" witness trust "$dir/witness-$name" "$log_key" >/dev/null
done
printf 'group two 2 A B N\nquorum two\n' >>"$dir/policy"
cat "$dir/policy"

say "the head is signed; it does not count before two of three have seen it"
refused "$t" log checkpoint --case "$case" --key "$dir/operator.key" --trust "$dir/policy" | tail -n 1
for name in A N; do # carried by hand here; with an address in the policy the witnesses are asked over the network
  "$t" log checkpoint --case "$case" --request-for 0 --out "$dir/request-$name" >/dev/null
  "$t" witness cosign "$dir/witness-$name" "$dir/request-$name" --out "$dir/answer-$name"
done
"$t" log checkpoint --case "$case" --trust "$dir/policy" --add "$dir/answer-A" --add "$dir/answer-N" | tail -n 1

say "one captured file, proved to somebody who has the file, the proof and the keys, and nothing else"
capture=$("$t" custody 0 --case "$case" --json | grep -o '[0-9a-f]\{64\}' | head -n 1)
"$t" custody "$capture" --case "$case" --out "$dir/elsewhere.csv" --by "the operator" --why "asked for by B" >/dev/null
"$t" log prove "$capture" --case "$case" --out "$dir/elsewhere.proof"
"$t" log verify "$dir/elsewhere.csv" --proof "$dir/elsewhere.proof" --trust "$dir/policy"

say "a bundle, checked with Python alone"
"$t" log export "$dir/bundle" --case "$case" --trust "$dir/policy"
python3 "$dir/bundle/verify.py" "$log_key" | tail -n 3

say "the capture is withheld: its bytes go, the proof of its entry holds, what was made of it cannot be made again"
cp -r "$case" "$dir/other"
"$t" withhold "$capture" --case "$case" --by "the operator" --why "names a person at risk"
"$t" log verify --entry-only --proof "$dir/elsewhere.proof" --trust "$dir/policy" | head -n 2
"$t" custody "$capture" --case "$case"
"$t" log fsck --case "$case" --trust "$dir/policy"

say "one bit is changed"
cp -r "$case" "$dir/changed"
file=$(find "$dir/changed/log/tile/entries" -type f | head -n 1)
printf 'X' | dd of="$file" bs=1 seek=200 conv=notrunc status=none
refused "$t" log fsck --case "$dir/changed" --trust "$dir/policy" | grep AILS

say "two histories under one key: what A is shown, and what B is shown"
# The operator's own key remembers what it signed; whoever wants to show two histories has to make it forget.
"$t" log checkpoint --case "$case" --key "$dir/operator.key" >/dev/null
"$t" custody "$capture" --case "$dir/other" --record read --by "somebody else" >/dev/null
rm "$dir/operator.key.signed"
"$t" log checkpoint --case "$dir/other" --key "$dir/operator.key" >/dev/null
refused "$t" log consistency "$case" "$dir/other" --key "$log_key" --out "$dir/split-view.json"
"$t" log consistency --check "$dir/split-view.json" --key "$log_key"
