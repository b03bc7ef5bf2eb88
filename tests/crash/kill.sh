#!/usr/bin/env bash
# kill: the program itself, killed with -9 at random moments, must come to what an undisturbed run
# comes to, byte for byte: input from a file, from a file that grows, and over TCP from a sender
# that waits for acknowledgements; results in files, rolled files and SQLite (job.sh).
#
#     tests/crash/kill.sh TAILRACE TOOLS [--kills N] [--seed S]
set -euo pipefail
# shellcheck source=tests/crash/harness.sh
. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
kills=$(number kills 10 "$@")
seed=$(number seed "$$" "$@")
RANDOM=$seed
echo "seed $seed"

killed=0 # all of them, and those that came while rows were written
worked=0
redone=0
sender=

# ---- input --------------------------------------------------------------------------------------

begin_file() { # rows, keys
    "$tools/line_sender" print "$1" --keys "$2" >"$dir/in.csv"
    job_write "$dir" file:in.csv "$checkpoint"
}

begin_tail() {
    "$tools/line_sender" append "$1" "$dir/in.csv" --keys "$2" --rate 150000 &
    sender=$!
    pids[$sender]=1
    until [ -s "$dir/in.csv" ]; do :; done
    job_write "$dir" tail:in.csv "$checkpoint"
}

begin_tcp() {
    port=$(free_port)
    "$tools/line_sender" tcp "$1" "$port" --keys "$2" --rate 150000 >"$dir/sent" &
    sender=$!
    pids[$sender]=1
    job_write "$dir" "tcp-listen://:$port?ack=line" "$checkpoint"
}

# ---- the end ------------------------------------------------------------------------------------

last_run() { # options of tailrace…
    (cd "$dir" && timeout 120 "$tailrace" run job.sql --state state "$@") >>"$dir/log" 2>&1 ||
        fail "the last run ends with $?: $(tail -3 "$dir/log")"
}

# Times are written in another way than they are read.
check_rows() {
    tail -n +2 "$dir/raw.csv" | cut -d , -f 2- >"$scratch/came"
    cut -d , -f 2- "$dir/in.csv" | cmp - "$scratch/came" >&2 || fail "rows were lost or repeated"
}

end_file() {
    last_run
    check_rows
}

end_tail() {
    ended "$sender"
    [ "$code" -eq 0 ] || fail "the sender ends with $code"
    last_run --once
    check_rows
}

# The sender ends when all is acknowledged, the job when it is told to.
end_tcp() {
    start_job
    timeout 120 tail --pid="$sender" -f /dev/null || fail "the sender does not end"
    ended "$sender"
    kill -TERM "$job"
    ended "$job"
    [ "$code" -eq 0 ] || fail "the last run ends with $code: $(tail -3 "$dir/log")"
    check_sent
}

# Of each connection the acknowledged rows are there once, of those behind them a beginning is.
check_sent() {
    tail -n +2 "$dir/raw.csv" | cut -d , -f 4,5 | awk -F '[ ,]' -v sent="$dir/sent" '
        BEGIN {
            while ((getline line <sent) > 0) {
                split(line, f, " "); first[f[1]] = f[2]; safe[f[1]] = f[3]; last[f[1]] = f[4]
                next_row[f[1]] = f[2]
            }
        }
        { if ($1 != next_row[$2]++) { print "row " $1 " of connection " $2; bad = 1; exit } }
        END {
            for (a in first) {
                if (next_row[a] <= safe[a] || next_row[a] > last[a] + 1) {
                    print "connection " a ": rows " first[a] " to " next_row[a] - 1 " are there, " \
                        safe[a] " are acknowledged, " last[a] " were sent"
                    bad = 1
                }
            }
            exit bad
        }' >"$scratch/wrong" || fail "$(cat "$scratch/wrong")"
}

# ---- lives --------------------------------------------------------------------------------------

start_job() {
    (cd "$dir" && exec "$tailrace" run job.sql --state state) >>"$dir/log" 2>&1 &
    job=$!
    pids[$job]=1
}

raw_bytes() {
    stat -c %s "$dir/raw.csv" 2>/dev/null || echo 0
}

# Every fourth kill comes while it starts or recovers, the others when it is at work.
await_moment() { # bytes that were there
    if [ $((RANDOM % 4)) -gt 0 ]; then
        until [ "$(raw_bytes)" -gt "$1" ]; do
            kill -0 "$job" 2>/dev/null || return 0
            [ $SECONDS -lt "$deadline" ] || fail "nothing comes: $(tail -3 "$dir/log")"
        done
    fi
    sleep "0.$(printf %03d $((RANDOM % 60)))"
}

# One life that ends by kill -9. False: it had come to its end before.
live_and_die() {
    local before
    before=$(raw_bytes)
    deadline=$((SECONDS + 60))
    start_job
    await_moment "$before"
    kill -9 "$job" 2>/dev/null || true
    ended "$job"
    [ "$code" -ne 0 ] || return 1
    [ "$code" -eq 137 ] || fail "it ends by itself with $code: $(tail -3 "$dir/log")"
    killed=$((killed + 1))
    [ "$(raw_bytes)" -eq "$before" ] || worked=$((worked + 1))
}

siege() { # input, rows, keys, lives
    dir=$scratch/siege
    rm -rf "$dir" && mkdir "$dir"
    begin_"$1" "$2" "$3"
    local life before=$killed flush=()
    for ((life = 0; life < $4 && killed < kills; life++)); do
        live_and_die || break
    done
    [ "$1" != tcp ] || flush=(--no-flush)
    end_"$1"
    job_is_exact "$dir" "${flush[@]}" || fail "$1: other results than undisturbed"
    redone=$((redone + $(grep -c 'was computed again' "$dir/log" || true)))
    echo "$1, $3 keys, checkpoint $checkpoint: $((killed - before)) kills, exact"
}

inputs=(file tail tcp)
keys=(8 500 8 20000)
checkpoints=(20ms 5ms 60ms)
for ((i = 0; killed < kills; i++)); do
    [ "$i" -lt $((kills + 3)) ] || fail "it ends before it can be killed"
    checkpoint=${checkpoints[i % 3]}
    siege "${inputs[i % 3]}" 150000 "${keys[i / 2 % 4]}" 4
done
[ $((worked * 2)) -ge "$killed" ] || fail "only $worked of $killed kills hit rows in the making"
echo "$killed kills, $worked while rows were written; $redone starts did an epoch again; 0 bad"
