#!/usr/bin/env bash
# instructions: what a row costs, in instructions: the same figure on any run and a busy machine.
#
#     bench/instructions.sh [BUILD] [ROWS]      default build/release, 20000
#
# Counts with callgrind, which runs as on a machine with AVX2. What an input without rows costs is
# taken off.
set -euo pipefail
build=$(cd "${1:-build/release}" && pwd)
rows=${2:-20000}
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need_programs "$build/tailrace" "$build/bench/floor"
command -v valgrind >/dev/null || die "valgrind is not installed"
mkdir -p "$build/bench-instructions/full" "$build/bench-instructions/empty"
cd "$build/bench-instructions/full"
make_rows "$rows"
head -n 1 bank.csv >../empty/bank.csv
: >../empty/applog.txt

count() { # folder, command…
    cd "$1"
    shift
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
        awk '/Collected :/ { print $NF }'
}

printf '%-6s %12s %12s %7s\n' query floor tailrace ratio
for query in "${QUERIES[@]}"; do
    figures=()
    for command in "$(floor_command "$query")" "$(tailrace_command "$query")"; do
        full=$(count ../full $command)
        empty=$(count ../empty $command)
        figures+=($((full - empty)))
    done
    awk -v query="$query" -v rows="$rows" -v floor="${figures[0]}" -v tailrace="${figures[1]}" \
        'BEGIN { printf "%-6s %12.1f %12.1f %7.2f\n", query, floor / rows, tailrace / rows,
                        tailrace / floor }'
done
