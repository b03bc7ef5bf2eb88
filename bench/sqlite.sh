#!/usr/bin/env bash
# sqlite.sh [ROWS [RUNS [full]]]: the SQLite sink against raw prepared inserts of the same rows, in
# turn. With "full" both have synchronous=FULL, and tailrace keeps a checkpoint.
#
# Prints CPU seconds, rows a second and the ratio of each run; the tables must be equal. Needs
#     cmake --build build/release --target tailrace sqlite_floor timed
set -euo pipefail
build=$(cd "$(dirname "${BASH_SOURCE[0]}")/../build/release" && pwd)
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
rows=${1:-1000000}
runs=${2:-5}
full=()
state=()
if [ "${3:-}" = full ]; then
    full=(full)
    state=(--state state)
fi
need_programs "$build/tailrace" "$build/bench/sqlite_floor" "$build/bench/timed"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cd "$scratch"
"$build/tailrace" gen bank --rows "$rows" --seed 42 >bank.csv

# CPU seconds, user and system, of one run into an empty file.
cpu_of() { # command…
    rm -rf ./*.db ./*.db-* state
    "$build/bench/timed" /dev/null "$@" 2>>log | awk '{ printf "%.3f", $1 + $2 }'
}

printf '%8s %10s %10s %6s %14s\n' run floor tailrace ratio rows/s
for ((run = 1; run <= runs; run++)); do
    floor=$(cpu_of "$build/bench/sqlite_floor" bank.csv floor.db "${full[@]}")
    sum_floor=$(sqlite3 floor.db 'SELECT * FROM t' | cksum)
    tailrace=$(cpu_of "$build/tailrace" --threads 1 "${state[@]}" -f "$here/queries/sqlite.sql")
    sum_tailrace=$(sqlite3 tailrace.db 'SELECT * FROM t' | cksum)
    [ "$sum_floor" = "$sum_tailrace" ] || die "the tables differ"
    awk -v run="$run" -v f="$floor" -v t="$tailrace" -v rows="$rows" \
        'BEGIN { printf "%8d %9.2fs %9.2fs %6.2f %14.0f\n", run, f, t, t / f, rows / t }'
done
