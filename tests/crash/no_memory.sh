#!/usr/bin/env bash
# no_memory: the n-th allocation is refused: of the program's own code, which must end as by kill -9
# (it says "out of memory" and aborts), or of a library, which may also be an error with an exit
# code of its own. The next start must come to what an undisturbed run comes to, byte for byte.
#
#     tests/crash/no_memory.sh TAILRACE TOOLS [--points N] [--seed S]
set -euo pipefail
# shellcheck source=tests/crash/harness.sh
. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
points=$(number points 20 "$@")
seed=$(number seed "$$" "$@")
RANDOM=$seed
echo "seed $seed"

ROWS=30000
dir=$scratch/siege

make_dir() {
    rm -rf "$dir" && mkdir "$dir"
    cp "$scratch/in.csv" "$dir"
    job_write "$dir" file:in.csv 1ms
}

run() { # what the shim does
    code=0
    (cd "$dir" && CRASH_SHIM=$1 LD_PRELOAD=$tools/crash_shim.so timeout 60 \
        "$tailrace" run job.sql --state state) >"$dir/said" 2>&1 || code=$?
} 2>/dev/null # bash tells of what was killed

counted() { # memory or library
    sed -n "s/^crash_shim: $1 //p" "$dir/said"
}

# How a run may end: no signal but SIGABRT.
check_exit() { # memory or library, what for messages
    local said
    said="$2: exit $code, $(tail -2 "$dir/said" | tr '\n' ' ')"
    if [ "$1" = memory ]; then
        [ "$code" -eq 134 ] || fail "$said"
        grep -q 'out of memory' "$dir/said" || fail "$said"
    else
        [ "$code" -lt 128 ] || [ "$code" -eq 134 ] || fail "$said"
    fi
    tally["$1:$code"]=$((${tally["$1:$code"]:-0} + 1))
}

# Every third one while it goes on after a first.
strike() { # memory or library, how many there are
    local at=$((1 + (RANDOM * 32768 + RANDOM) % $2)) before=
    make_dir
    if [ $((RANDOM % 3)) -eq 0 ]; then
        before=$((1 + (RANDOM * 32768 + RANDOM) % $2))
        run "$1:$before"
        at=$((at / 3 + 1))
    fi
    run "$1:$at"
    grep -q "^crash_shim: $1 $at\$" "$dir/said" || return 1
    check_exit "$1" "allocation $at of $1 is refused (before: $before)"
    run none
    [ "$code" -eq 0 ] || fail "after $1:$at the next start ends with $code: $(tail -2 "$dir/said")"
    job_collect "$dir" | cmp - "$scratch/expected" >&2 || fail "after $1:$at: other results"
}

"$tools/line_sender" print "$ROWS" >"$scratch/in.csv"
make_dir
run count
[ "$code" -eq 0 ] || fail "the undisturbed run ends with $code: $(cat "$dir/said")"
job_collect "$dir" >"$scratch/expected"
of_memory=$(counted memory)
of_library=$(counted library)
[ $((of_memory + of_library)) -gt 1000 ] || fail "the library crash_shim.so does not count"
declare -A tally
fired=0
tried=0
while [ "$fired" -lt "$points" ]; do
    [ "$((tried++))" -lt $((points * 3)) ] || fail "only $fired of $tried were refused"
    if [ $((fired % 3)) -lt 2 ]; then
        ! strike memory "$of_memory" || fired=$((fired + 1))
    else
        ! strike library "$of_library" || fired=$((fired + 1))
    fi
done
for key in "${!tally[@]}"; do
    echo "of ${key%:*}: exit ${key#*:}: ${tally[$key]}"
done | sort
[ "$fired" -ge "$points" ] || fail "only $fired were refused"
echo "$fired allocations refused, of $of_memory and $of_library; 0 bad"
