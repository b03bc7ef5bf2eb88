#!/usr/bin/env bash
# inject: one system call of the program itself fails (ENOSPC, EIO, EMFILE, once or from then on;
# EINTR once), writes half, or kills it: any call on any of its files, while it starts, works,
# recovers and ends. The exit code must be the documented one, the message must say how many bytes
# and inodes are free, and the next start must come to what an undisturbed run comes to.
#
#     tests/crash/inject.sh TAILRACE TOOLS [--points N] [--seed S]
#
# Faults are made by strace (half a write by crash_shim.so), whose log says whether one happened and
# which file it hit; only those count. The calls to choose from are those of an undisturbed run.
set -euo pipefail
# shellcheck source=tests/crash/harness.sh
. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
points=$(number points 25 "$@")
seed=$(number seed "$$" "$@")
RANDOM=$seed
command -v strace >/dev/null || skip "no strace"
strace -o /dev/null true 2>/dev/null || skip "strace may not trace here"
echo "seed $seed"

CALLS=write,pwrite64,fdatasync,fsync,rename,openat,ftruncate,unlink,mkdir
ROWS=30000
log=$scratch/strace.log

# ---- the job ------------------------------------------------------------------------------------

make_dir() { # file or stdin
    dir=$scratch/siege
    rm -rf "$dir" && mkdir "$dir"
    input=$1
    attempt=1
    if [ "$input" = file ]; then # with lines that are no rows
        awk '{ print } NR % 300 == 0 { print "no row " NR }' "$scratch/in.csv" >"$dir/in.csv"
        job_write "$dir" file:in.csv 1ms
    else
        job_write "$dir" stdin: 1ms
    fi
}

# Stdin cannot be read again: what comes next is all rows as another attempt.
next_input() {
    from=/dev/null
    if [ "$input" = stdin ]; then
        from=$scratch/attempt
        sed "s/,1\$/,$attempt/" "$scratch/in.csv" >"$from"
        attempt=$((attempt + 1))
    fi
}

run_behind() { # command in front of the program…
    next_input
    code=0
    (cd "$dir" && timeout 60 "$@" "$tailrace" run job.sql --state state --no-flush) \
        <"$from" >"$dir/said" 2>&1 || code=$?
} 2>/dev/null # bash tells of what was killed

traced() { # options of strace…
    run_behind strace -f -y -qq -o "$log" -e trace="$CALLS" "$@"
}

shimmed() { # what crash_shim does
    run_behind env CRASH_SHIM="$1" LD_PRELOAD="$tools/crash_shim.so"
}

# Calls of the last traced run on files of the job: "call class", one a line, in their order.
calls() {
    sed -nE "s/^[0-9]+ +([a-z0-9]+)\((.*)$/\1 \2/p" "$log" | while read -r call rest; do
        echo "$call $(class "$rest")"
    done
}

# Which of the job's files a line of strace speaks of.
class() { # text
    case "${1/AT_FDCWD<$dir>/}" in
    *"$dir/state"* | *'"state'*) echo state ;;
    *out.db*) echo sqlite ;;
    *in.csv* | *"$scratch/attempt"*) echo input ;;
    *raw.csv* | *windows.csv* | *sessions.jsonl* | *rolled.*) echo files ;;
    *"$dir>"* | *'"."'*) echo folder ;;
    *) echo other ;;
    esac
}

# ---- what to hit --------------------------------------------------------------------------------

# Sets kinds to "call class" of everything that may be hit, and numbers[kind] to the numbers of
# these calls among all of that name.
declare -A numbers
survey() {
    local call class kind
    local -A n=()
    numbers=()
    while read -r call class; do
        n[$call]=$((${n[$call]:-0} + 1))
        kind="$call $class"
        [ "$class" = other ] || numbers[$kind]="${numbers[$kind]:-} ${n[$call]}"
    done < <(calls)
    mapfile -t kinds < <(printf '%s\n' "${!numbers[@]}" | sort)
}

choose_call() { # sets call and nth
    local kind=${kinds[RANDOM % ${#kinds[@]}]} list
    read -ra list <<<"${numbers[$kind]}"
    call=${kind% *}
    nth=${list[RANDOM % ${#list[@]}]}
}

choose_fault() { # sets fault: what strace is told behind the call
    local faults=(ENOSPC EIO EMFILE EINTR KILL) name
    name=${faults[RANDOM % 5]}
    case "$name" in
    KILL) fault="signal=KILL:when=$nth" ;;
    EINTR) # what Linux interrupts
        [[ $call =~ ^(write|pwrite64|fdatasync|fsync|openat|ftruncate)$ ]] || name=EIO
        fault="error=$name:when=$nth"
        ;;
    *)
        fault="error=$name:when=$nth"
        # Not of write: the loop's own pipes would fail too, and no disk does that to a process.
        [ "$call" = write ] || [ $((RANDOM % 2)) -eq 0 ] || fault+=+
        ;;
    esac
}

# ---- one point ----------------------------------------------------------------------------------

# What the log says of the fault: sets hit to the class of file, or to nothing if it did not fire.
look() {
    local line
    hit=
    if [[ $fault = signal=* ]]; then
        line=$(grep -m 1 'killed by SIGKILL' "$log" || true)
        [ -z "$line" ] || hit=killed
    else
        line=$(grep -m 1 INJECTED "$log" || true)
        [ -z "$line" ] || hit=$(class "$line")
    fi
}

# The exit codes that are right for what was hit.
allowed() {
    case "$hit $call $fault" in
    killed*) echo 137 ;;
    'sqlite '*EINTR*) echo '0 4' ;; # SQLite does not repeat an fsync
    *EINTR*) echo 0 ;;
    sqlite*) echo '0 1 4' ;;         # the removal of its journal may fail
    input*) echo 1 ;;                # the source cannot be opened
    'folder fdatasync'*) echo '0 4' ;; # SQLite's, which takes no for an answer there
    'folder openat'*) echo '0 4' ;;
    'files openat'*) echo '1 4' ;;   # 1: nothing had begun
    *) echo 4 ;;
    esac
}

check_exit() {
    local what
    what="$call $fault on $hit: exit $code, $(tail -2 "$dir/said" | tr '\n' ' ')"
    [[ " $(allowed) " = *" $code "* ]] || fail "$what"
    if [ "$code" -eq 4 ]; then
        grep -qE '[0-9]+ bytes and [0-9]+ inodes are free' "$dir/said" || fail "$what"
    fi
    tally["$hit:$code"]=$((${tally["$hit:$code"]:-0} + 1))
}

# One fault; in every third case while the start after a kill recovers.
strike() { # file or stdin
    make_dir "$1"
    if [ $((RANDOM % 3)) -eq 0 ]; then
        choose_call
        fault="signal=KILL:when=$nth"
        traced -e inject="$call:$fault"
    fi
    choose_call
    choose_fault
    traced -e inject="$call:$fault"
    look
    [ -n "$hit" ] && [ "$hit" != other ] || return 1
    check_exit
    traced
    [ "$code" -eq 0 ] || fail "after $call $fault on $hit the next start ends with $code:" \
        "$(tail -2 "$dir/said")"
    compare
}

# A write that takes half is gone on with: nobody notices.
strike_short() { # file or stdin
    call='write'
    hit=files
    nth=$((1 + RANDOM % shorts))
    fault=SHORT:when=$nth
    make_dir "$1"
    shimmed "short:$nth"
    grep -q "^crash_shim: short $nth\$" "$dir/said" || return 1
    tally["half a write:$code"]=$((${tally["half a write:$code"]:-0} + 1))
    [ "$code" -eq 0 ] || fail "$call $fault: exit $code, $(tail -2 "$dir/said")"
    compare
}

# And the rows that were rejected, but for when they were read.
results() {
    job_collect "$dir"
    echo "== rejected" && sed -E 's/"time":"[^"]*",//' "$dir"/state/dead.* | sort -t : -k 2,2n
}

compare() {
    local what="after $call $fault on $hit"
    if [ "$input" = file ]; then
        results | cmp - "$scratch/expected" >&2 || fail "$what: other results"
        return
    fi
    # Of each attempt but the last a beginning came, of the last one all, and nothing twice.
    cut -d , -f 4,5 "$dir/raw.csv" | tail -n +2 | awk -F , -v all="$ROWS" '
        $1 != ++row[$2] { exit 1 }
        $2 > last { last = $2 }
        END { exit row[last] != all }' || fail "$what: rows were lost or repeated"
    job_is_exact "$dir" --no-flush || fail "$what: other results"
}

"$tools/line_sender" print "$ROWS" >"$scratch/in.csv"
declare -A tally
fired=0
tried=0
for input in file stdin; do
    make_dir "$input"
    traced
    [ "$code" -eq 0 ] || fail "the undisturbed run ends with $code: $(cat "$dir/said")"
    if [ "$input" = file ]; then
        results >"$scratch/expected"
        [ "$(grep -c '"text":"no row' "$scratch/expected")" -eq $((ROWS / 300)) ] ||
            fail "the undisturbed run has not kept the rejected rows"
    fi
    survey
    make_dir "$input"
    shimmed count
    shorts=$(sed -n 's/^crash_shim: short //p' "$dir/said")
    [ "${shorts:-0}" -gt 100 ] || fail "the library crash_shim.so does not count"
    [ "$input" = file ] && wanted=$((points * 2 / 3)) || wanted=$points
    while [ "$fired" -lt "$wanted" ]; do
        [ "$((tried++))" -lt $((points * 3)) ] || fail "only $fired of $tried faults happened"
        how=strike
        [ $((tried % 8)) -gt 0 ] || how=strike_short
        ! "$how" "$input" || fired=$((fired + 1))
    done
done
for key in "${!tally[@]}"; do
    echo "on ${key%:*}: exit ${key#*:}: ${tally[$key]}"
done | sort
[ "$fired" -ge "$points" ] || fail "only $fired faults"
echo "$fired faults that happened, of $tried; 0 bad"
