#!/usr/bin/env bash
# run: how tailrace compares with the hand-written loops, in one run on one machine.
#
#     bench/run.sh [--mb N] [--runs N] [--data FOLDER] [--build FOLDER] [QUERY…]
#
# Makes N megabytes of each kind of data (default 1000, --mb 200 is quick) in FOLDER (default
# build/bench-data) unless they are there, checks that both programs print the same bytes, then runs
# floor, tailrace and, if it is installed, DuckDB in turn, N times (default 5), output to /dev/null.
# Prints medians; "ratio" is the median of tailrace's CPU time over floor's, run by run. Run it on
# an idle machine with the data in the page cache.
set -euo pipefail

mb=1000
runs=5
data=build/bench-data
build=build/release
chosen=()
while [ $# -gt 0 ]; do
    case "$1" in
    --mb) mb=$2 && shift ;;
    --runs) runs=$2 && shift ;;
    --data) data=$2 && shift ;;
    --build) build=$2 && shift ;;
    q[1-5]) chosen+=("$1") ;;
    *)
        sed -n '2,11s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
    esac
    shift
done
build=$(cd "$build" && pwd)
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
[ ${#chosen[@]} -eq 0 ] || QUERIES=("${chosen[@]}")
need_programs "$build/tailrace" "$build/bench/floor" "$build/bench/timed"
mkdir -p "$data"
cd "$data"

# As many rows as give `mb` megabytes of bank data.
sample=$("$build/tailrace" gen bank --rows 10000 --seed 42 | wc -c)
rows=$((mb * 1000000 / sample * 10000))
make_rows "$rows"
echo "$rows rows; bank.csv $(wc -c <bank.csv) bytes, applog.txt $(wc -c <applog.txt) bytes"
compare_all || die "the programs do not agree: no figures"
rm -f ./*.floor.csv ./*.tailrace.csv

duckdb_command() { # query
    if command -v duckdb >/dev/null; then
        echo duckdb -csv -f "$here/queries/duckdb_$1.sql"
    elif python3 -c 'import duckdb' 2>/dev/null; then
        echo python3 "$here/duckdb_run.py" "$here/queries/duckdb_$1.sql"
    fi
}
has_duckdb=$(duckdb_command q1)

: >figures.tsv
measure() { # query, program, command…
    local query=$1 program=$2 figures
    shift 2
    figures=$("$build/bench/timed" /dev/null "$@" 2>errors.log) ||
        die "$program failed on $query: $(head -n 3 errors.log)"
    printf '%s\t%s\t%s\n' "$query" "$program" "$figures" >>figures.tsv
}

cat bank.csv applog.txt >/dev/null
for ((run = 0; run < runs; run++)); do
    for query in "${QUERIES[@]}"; do
        measure "$query" floor $(floor_command "$query")
        measure "$query" tailrace $(tailrace_command "$query")
        if [ -n "$has_duckdb" ]; then
            measure "$query" duckdb $(duckdb_command "$query")
        fi
    done
done
awk -v rows="$rows" -f "$here/table.awk" figures.tsv
