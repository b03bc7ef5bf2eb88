#!/usr/bin/env bash
# exit_codes: what a checkpoint cannot go on from is refused by the program with the exit code that
# docs/checkpoint.md gives, says which file or sink it is, and touches nothing: one case for each.
#
#     tests/crash/exit_codes.sh TAILRACE TOOLS
set -euo pipefail
# shellcheck source=tests/crash/harness.sh
. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"

# ---- a job that was killed in mid-life ----------------------------------------------------------

epoch() { # directory
    { "$tailrace" checkpoint show "$1/state" 2>/dev/null || true; } |
        sed -nE '1s/.* epoch ([0-9]+).*/\1/p'
}

# Appends rows and waits until an epoch with them is committed.
grow() { # directory, rows
    local before deadline=$((SECONDS + 60))
    before=$(epoch "$1")
    "$tools/line_sender" append $((given + $2)) "$1/in.csv" --first $((given + 1))
    given=$((given + $2))
    until [ "$(epoch "$1")" -gt "${before:-0}" ] 2>/dev/null; do
        [ "$SECONDS" -lt "$deadline" ] || fail "no epoch comes: $(tail -3 "$1/log")"
    done
}

start() { # directory
    (cd "$1" && exec "$tailrace" run job.sql --state state) >>"$1/log" 2>&1 &
    job=$!
    pids[$job]=1
}

stop() { # signal
    kill "-$1" "$job"
    ended "$job"
}

# Generation 2 with records of some epochs, of which `epochs` were in generation 1.
make_job() { # directory, epochs
    local i
    mkdir "$1"
    : >"$1/in.csv"
    given=0
    job_write "$1" tail:in.csv 10ms
    start "$1"
    for ((i = 0; i < $2; i++)); do
        grow "$1" 1000
    done
    stop TERM
    [ "$code" -eq 0 ] || fail "a clean stop gives $code"
    cp -r "$1" "$1.early"
    start "$1"
    grow "$1" 1000
    grow "$1" 1000
    stop KILL
    [ "$code" -eq 137 ] || fail "it ended by itself with $code"
}

# ---- the cases ----------------------------------------------------------------------------------

# The job as it was killed, in the same inodes, for a checkpoint knows its files by them. What the
# case before moved away comes back, what it changed is written over.
spoil() {
    local file
    cd "$scratch/job"
    for file in "${gone[@]}"; do
        rm -rf "$file" && mv "$scratch/aside/${file////_}" "$file"
    done
    gone=()
    (cd "$scratch/whole" && find . -type f) | while read -r file; do
        cmp -s "$scratch/whole/$file" "$file" || cat "$scratch/whole/$file" >"$file"
    done
}

away() { # file…
    local file
    for file in "$@"; do
        mv "$file" "$scratch/aside/${file////_}"
        gone+=("$file")
    done
}

# SQLite takes up what a killed writer left, which changes its files, not its rows.
sinks_and_state() {
    find . -type f ! -name LOCK ! -name 'out.db*' -exec sha256sum {} + | sort
}

refused() { # code, text that it says, options of tailrace…
    local wanted=$1 text=$2 before
    shift 2
    code=0
    before=$(sinks_and_state)
    timeout 60 "$tailrace" run job.sql --state state --once "$@" >"$scratch/said" 2>&1 || code=$?
    [ "$code" -eq "$wanted" ] || fail "$text: exit $code, not $wanted: $(cat "$scratch/said")"
    grep -qF -- "$text" "$scratch/said" || fail "$wanted: it says $(cat "$scratch/said")"
    [ "$(sinks_and_state)" = "$before" ] || fail "$wanted: it touched something"
    echo "exit $code: $(grep -m 1 error "$scratch/said")"
}

flip() { # file, byte
    local byte
    byte=$(od -An -tu1 -j "$2" -N 1 "$1")
    printf "%b" "\\x$(printf %02x $((byte ^ 64)))" |
        dd of="$1" bs=1 seek="$2" conv=notrunc status=none
}

make_job "$scratch/other" 4
make_job "$scratch/job" 1
cp -r "$scratch/job" "$scratch/whole"
mkdir "$scratch/aside"
gone=() # paths of what lies aside

spoil && flip state/MANIFEST 20 && refused 20 'MANIFEST'
spoil && away state/MANIFEST && refused 20 'MANIFEST'
spoil && flip state/snap.2 60 && refused 21 'snap.2'
spoil && flip state/log.2 60 && refused 21 'log.2'
spoil && away state/snap.2 && refused 22 'snap.2'
spoil && away state/log.2 && refused 22 'log.2'
spoil && cat "$scratch/other/state/log.2" >state/log.2 && refused 23 'is of epoch'
spoil && truncate -s 100 raw.csv && refused 26 'raw.csv'
spoil && away raw.csv && refused 26 'raw.csv'
spoil && away out.db* && refused 27 'the checkpoint at epoch'
spoil && away state && cp -r ../job.early/state state && refused 28 'the checkpoint at epoch'
spoil && sed -i 's/GROUP BY k WINDOW 10s/GROUP BY k, v WINDOW 10s/' job.sql && refused 30 'windows'
spoil && sed -i 's/DELAY 1m/DELAY 2m/' job.sql && refused 30 'has changed'
spoil && printf '\377' | dd of=state/MANIFEST bs=1 seek=8 conv=notrunc status=none &&
    refused 31 'newer'

spoil
start "$scratch/job"
grow "$scratch/job" 1000
code=0
job_run >"$scratch/said" 2>&1 || code=$?
[ "$code" -eq 10 ] || fail "a second process ends with $code"
grep -q 'is in use by process' "$scratch/said" || fail "10: it says $(cat "$scratch/said")"
stop TERM
[ "$code" -eq 0 ] || fail "what was not spoilt does not go on: exit $code, $(tail -3 log)"
job_run --once >>log 2>&1 || fail "what was not spoilt does not go on: exit $?"
job_is_exact . || fail "what was not spoilt gives other results"

# A file that is read once and is not what it was; a disk that takes nothing.
mkdir "$scratch/file" && cd "$scratch/file"
"$tools/line_sender" print 300000 >in.csv
job_write . file:in.csv 10ms
start .
until [ "$(epoch .)" -gt 0 ] 2>/dev/null; do :; done
stop KILL
truncate -s 100 in.csv
refused 24 'in.csv'
mkdir "$scratch/full" && cd "$scratch/full"
"$tools/line_sender" print 1000 >in.csv
job_write . file:in.csv 10ms
sed -i "s,'file:windows.csv','file:/dev/full'," job.sql
code=0
job_run >said 2>&1 || code=$?
[ "$code" -eq 4 ] || fail "a full device gives $code: $(cat said)"
grep -q 'No space left on device' said || fail "4: it says $(cat said)"
echo "exit 4: $(tr '\n' ' ' <said)"
