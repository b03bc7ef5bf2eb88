#!/usr/bin/env bash
# long: the long forms of all harnesses of this folder with the release build, one after the other;
# takes about half an hour. The figures go into docs/reliability.md.
#
#     tests/crash/long.sh [BUILD]           BUILD: build/release
set -uo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.." || exit
build=${1:-build/release}
tools=$build/tests/crash/tools
failed=0

run() { # name, command…
    local name=$1 start=$SECONDS code=0
    shift
    echo "---- $name"
    "$@" || code=$?
    case "$code" in
    0 | 77) ;;
    *)
        failed=$((failed + 1))
        echo "FAILED: $name ends with $code"
        ;;
    esac
    echo "     $((SECONDS - start)) s"
}

harness() { # name, options…
    local name=$1
    shift
    run "$name" "tests/crash/$name.sh" "$build/tailrace" "$tools" "$@"
}

cmake --preset release --log-level=WARNING >/dev/null &&
    cmake --build "$build" || exit 1
for test in test_kill test_talk test_power_loss test_faults; do
    run "$test" env TAILRACE_CRASH_PERCENT=1000 "$build/tests/crash/$test"
done
run test_restarts env TAILRACE_CASES=10000 "$build/tests/test_restarts"
harness kill --kills 100
harness inject --points 400
harness full_disk
harness exit_codes
harness no_memory --points 300
harness soak --seconds 180 --rate 50000
echo "$failed failed"
[ "$failed" -eq 0 ]
