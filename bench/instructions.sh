#!/usr/bin/env bash
# instructions: what a row costs, in instructions: the same figure on any run and a busy machine.
#
#     bench/instructions.sh [--check | --write] [BUILD]      default build/release
#
# Counts with callgrind, which runs as on a machine with AVX2, and takes off what an input without
# rows costs. --check is for releases: it compares with bench/instructions.txt and fails where a
# query takes over 10 % more. --write makes that file anew, to be committed with the reason.
set -euo pipefail

ROWS=20000
SLACK=1.10
mode=print
case "${1:-}" in
--check | --write)
    mode=${1#--}
    shift
    ;;
esac
build=$(cd "${1:-build/release}" && pwd)
source "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
need_programs "$build/tailrace" "$build/bench/floor"
command -v valgrind >/dev/null || die "valgrind is not installed"
baseline=$here/instructions.txt
mkdir -p "$build/bench-instructions/full" "$build/bench-instructions/empty"
cd "$build/bench-instructions/full"
make_rows "$ROWS"
head -n 1 bank.csv >../empty/bank.csv
: >../empty/applog.txt

count() { # folder, command…
    cd "$1"
    shift
    valgrind --tool=callgrind --callgrind-out-file=/dev/null "$@" 2>&1 >/dev/null |
        awk '/Collected :/ { print $NF }'
}

per_row() { # command…
    local full empty
    full=$(count ../full "$@")
    empty=$(count ../empty "$@")
    awk -v n=$((full - empty)) -v rows="$ROWS" 'BEGIN { printf "%.1f\n", n / rows }'
}

printf '%-6s %12s %12s %7s\n' query floor tailrace ratio
result=0
: >../figures
for query in "${QUERIES[@]}"; do
    floor=$(per_row $(floor_command "$query"))
    tailrace=$(per_row $(tailrace_command "$query"))
    awk -v query="$query" -v floor="$floor" -v tailrace="$tailrace" \
        'BEGIN { printf "%-6s %12.1f %12.1f %7.2f\n", query, floor, tailrace, tailrace / floor }'
    echo "$query $tailrace" >>../figures
done

case "$mode" in
write)
    echo "# query, instructions per row: see instructions.sh" >"$baseline"
    cat ../figures >>"$baseline"
    ;;
check)
    awk -v slack="$SLACK" '
        /^#/ { next }
        FNR == NR { allowed[$1] = $2 * slack; next }
        !($1 in allowed) || $2 > allowed[$1] {
            printf "%s takes %.1f instructions a row, more than %.1f\n", $1, $2, allowed[$1]
            failed = 1
        }
        END { exit failed }' "$baseline" ../figures || result=1
    ;;
esac
exit $result
