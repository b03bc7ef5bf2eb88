#!/usr/bin/env bash
# fuzz_all: builds the fuzz targets with clang and libFuzzer and runs each on its corpus.
#
#     tests/fuzz/fuzz_all.sh [SECONDS [TARGET…]]       # 60 seconds and all of them, from the root
#
# What is new goes to build/fuzz/corpus; what fails stays in build/fuzz/failures: put it into
# tests/fuzz/corpus/TARGET, where every build replays it.
set -euo pipefail

seconds=${1:-60}
shift || true
cmake --preset fuzz --log-level=WARNING >/dev/null
targets=("$@")
if [ ${#targets[@]} -eq 0 ]; then
    for file in tests/fuzz/fuzz_*.c; do
        name=${file##*/fuzz_}
        targets+=("${name%.c}")
    done
fi
cmake --build build/fuzz --target "${targets[@]/#/fuzz_}"
mkdir -p build/fuzz/failures
failed=0
for name in "${targets[@]}"; do
    mkdir -p "build/fuzz/corpus/$name"
    log=build/fuzz/$name.log
    if build/fuzz/tests/fuzz/"fuzz_$name" -max_total_time="$seconds" -timeout=20 \
        -artifact_prefix=build/fuzz/failures/"$name-" \
        "build/fuzz/corpus/$name" "tests/fuzz/corpus/$name" >"$log" 2>&1; then
        printf '%-14s ok      %s\n' "$name" "$(grep -a DONE "$log" | cut -d: -f1-3)"
    else
        printf '%-14s FAILED  see %s\n' "$name" "$log"
        failed=1
    fi
done
exit "$failed"
