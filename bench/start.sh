#!/usr/bin/env bash
# start: how long a person waits: whole processes of the release build, and the prompt.
#
#     bench/start.sh [RUNS] [BUILD]       100 runs of build/release
#
# Prints smallest, median and largest in milliseconds. On a busy machine the wall clock says more of
# the others than of tailrace: CPU time is beside it.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

runs=${1:-100}
build=${2:-build/release}
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
export HOME=$scratch TERM=xterm

spread() { # what, column of the figures in seconds
    cut -f "$2" "$scratch/figures" | sort -n | awk -v what="$1" '
        { at[NR] = $1 * 1000 }
        END { printf "%s\t%.1f\t%.1f\t%.1f\n", what, at[1], at[int(NR / 2) + 1], at[NR] }'
}

whole_process() { # what, command…
    local what=$1
    shift
    for _ in $(seq "$runs"); do
        "$build/bench/timed" /dev/null "$@"
    done | awk -F '\t' -v OFS='\t' '{ print $3, $1 + $2 }' >"$scratch/figures"
    spread "$what" 1
    spread "$what: CPU time" 2
}

{
    printf 'milliseconds\tsmallest\tmedian\tlargest\n'
    whole_process "-c 'SELECT 1'" "$build/tailrace" -c 'SELECT 1'
    whole_process "version" "$build/tailrace" version
    "$build/bench/prompt_times" "$runs" "$build/tailrace"
} | column -t -s $'\t'
