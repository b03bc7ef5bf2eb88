#!/usr/bin/env bash
# coverage: how many branches of what commits, recovers and encodes are taken by the tests of
# crashes and of these rooms, by file. Builds build/coverage and runs them; ./check does, too.
#
#     tests/crash/coverage.sh [--least PERCENT]      fails if a file has less (100)
#
# The branches of CHECK and DCHECK do not count: that they are never taken is what they say.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."
least=100
[ "${1:-}" != --least ] || least=${2:?--least needs a number}
command -v gcov >/dev/null || {
    echo "skipped: no gcov"
    exit 77
}
build=build/coverage
rooms=(
    engine/state/{record,frame,changelog,changelog_groups,entries}
    engine/run/{state_dir,state_file,manifest,snapshot_file,joblog,inlog,deadlog,job_text}
    engine/run/{image,intent,cuts,recovered,merge}
    engine/run/{checkpoint,epoch,resume,redo,job_change}
)
tests=(
    test_kill
    test_faults
    test_refusals
    test_changes
    test_checkpoint_now
    test_job_text
    test_job
    test_intent
    test_frame
    test_record
    test_state_dir
    test_state_file
    test_joblog
    test_snapshot_file
    test_inlog
    test_image
    test_entries
    test_recovered
    test_merge
    test_deadlog
    test_checkpoint
    test_epoch
    test_resume
    test_replay
    test_damage
    test_talk
    test_job_change
)

# A tenth of the simulated points takes the same branches.
export TAILRACE_CRASH_PERCENT=${TAILRACE_CRASH_PERCENT:-10}

cmake --preset coverage --log-level=WARNING >/dev/null
cmake --build "$build" --target "${tests[@]}" >"$build/build.log" 2>&1 || {
    tail -20 "$build/build.log"
    exit 1
}
: >"$build/left.log"
find "$build" -name '*.gcda' -delete
for test in "${tests[@]}"; do
    program=$(find "$build/tests" -type f -name "$test")
    timeout 900 "$program" >"$build/$test.log" 2>&1 || {
        tail -20 "$build/$test.log"
        exit 1
    }
done

# Prints "taken all" and, on stderr, the lines with a branch that was not taken.
branches() { # file without .c
    local object
    object=$(cd "$build" && find CMakeFiles -name "${1##*/}.c.gcda")
    (cd "$build" && gcov --branch-probabilities --branch-counts --stdout "$object") 2>/dev/null |
        awk -v file="$1.c" '
            /^ *-: *0:Source:/ { mine = index($0, file) > 0 }
            !mine { next }
            /^branch/ {
                if (!checks) {
                    all++
                    if ($0 ~ /taken 0|never executed/) { left[number] = 1 } else { taken++ }
                }
                next
            }
            /^(call|function)/ { next }
            {
                split($0, part, ":"); number = part[2] + 0
                checks = $0 ~ /D?CHECK\(|PANIC\(/
            }
            END {
                print taken + 0, all + 0
                for (n in left) { print file ":" n > "/dev/stderr" }
            }'
}

bad=0
for room in "${rooms[@]}"; do
    read -r taken all < <(branches "$room" 2>>"$build/left.log")
    percent=$((all == 0 ? 0 : taken * 1000 / all))
    printf '%-34s %4d of %4d  %3d.%d %%\n' "$room.c" "$taken" "$all" \
        $((percent / 10)) $((percent % 10))
    [ "$percent" -ge $((least * 10)) ] || bad=$((bad + 1))
done
if [ "$bad" -gt 0 ]; then
    echo "$bad files have less than $least %; lines with branches that no test takes:"
    sort -t : -k 1,1 -k 2,2n "$build/left.log"
    rm "$build/left.log"
    exit 1
fi
