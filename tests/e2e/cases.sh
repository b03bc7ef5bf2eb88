#!/usr/bin/env bash
# cases: the whole program, as a person runs it.
#
#     tests/e2e/cases.sh build/dev/tailrace CASE
#
# Exit code 77: skipped, the reason is printed. Nothing here sleeps to wait for something: what has
# to come is read until it is there, and a run ends by --max-rows or at the end of its input.
set -euo pipefail

tailrace=$(realpath "$1")
case=$2
shared=../shared/data
scratch=$(mktemp -d)
pids=()

finish() {
    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || true
    done
    rm -rf "$scratch"
}
trap finish EXIT

skip() {
    echo "skipped: $1"
    exit 77
}

fail() {
    echo "FAILED: $1" >&2
    exit 1
}

need_shared() {
    [ -d "$shared" ] || skip "no ../shared"
}

same() { # what, wanted file, file that came
    diff -u "$2" "$3" || fail "$1: wanted (-) is not what came (+)"
}

# The book's log processor over a real netcat. One ERROR line is in three windows of 3 s, whenever
# it comes; then the clock ticks on with zeros.
case_netcat_log() {
    command -v nc >/dev/null || skip "no nc"
    local port
    for port in $(seq 39990 40010); do
        mkfifo "$scratch/lines.$port"
        nc -lk 127.0.0.1 "$port" <"$scratch/lines.$port" >/dev/null 2>&1 &
        pids+=($!)
        exec 7>"$scratch/lines.$port"
        "$tailrace" --max-rows 1 --for 20s -c \
            "SELECT line FROM 'tcp://127.0.0.1:$port' FORMAT line WHERE line LIKE '%ERROR%'" \
            >"$scratch/rows" 2>/dev/null &
        pids+=($!)
        printf 'INFO all is well\nERROR one\n' >&7
        if wait "${pids[-1]}" && [ -s "$scratch/rows" ]; then
            break # else somebody else has this port
        fi
        exec 7>&-
    done
    printf 'line\nERROR one\n' >"$scratch/wanted"
    same "rows" "$scratch/wanted" "$scratch/rows"
    "$tailrace" --max-rows 5 --for 60s -c "
        CREATE STREAM log FROM 'tcp://127.0.0.1:$port' FORMAT line;
        SELECT count(*) AS n FROM log WHERE line LIKE '%ERROR%' WINDOW 3s SLIDE 1s;" \
        >"$scratch/counts" 2>/dev/null &
    pids+=($!)
    printf 'INFO still well\nERROR two\n' >&7
    wait "${pids[-1]}"
    cut -d, -f3 "$scratch/counts" >"$scratch/n"
    printf 'n\n1\n1\n1\n0\n0\n' >"$scratch/wanted"
    same "counts" "$scratch/wanted" "$scratch/n"
}

# A truth file has the start of each window in seconds, a key and a count.
truth() { # log, truth file, key, window
    need_shared
    "$tailrace" -c "SELECT window_start / 1000 AS window_start, $3, count(*) AS n
        FROM '$shared/logs/$1' GROUP BY $3 WINDOW $4" 2>/dev/null | sort >"$scratch/came"
    tr -d '\r' <"$shared/truth/$2" | sort >"$scratch/wanted"
    same "$1" "$scratch/wanted" "$scratch/came"
}

case_truth_apache_error() {
    truth Apache_2k.log apache_error_log_tumble_10m_by_level.csv level 10m
}

case_truth_access() {
    truth access_10k.log access_log_tumble_1h_by_status.csv status 1h
}

# Rows on stdin, no DDL, format and columns found by looking.
case_pipe_in() {
    printf 'name,amount\nada,2\nbob,3\nada,5\n' |
        "$tailrace" -c "SELECT name, sum(amount) AS total FROM stdin
            GROUP BY name ORDER BY total DESC" >"$scratch/came" 2>/dev/null
    printf 'name,total\nada,7\nbob,3\n' >"$scratch/wanted"
    same "stdin" "$scratch/wanted" "$scratch/came"
}

case_fraud() {
    "$tailrace" run examples/fraud/fraud.sql >"$scratch/came" 2>/dev/null
    same "examples/fraud" examples/fraud/expected.csv "$scratch/came"
}

# The same seed gives the same bytes.
case_demo() {
    "$tailrace" demo --rows 20000 >"$scratch/one" 2>/dev/null
    "$tailrace" demo --rows 20000 >"$scratch/two" 2>/dev/null
    [ -s "$scratch/one" ] || fail "the demo says nothing"
    same "demo" "$scratch/one" "$scratch/two"
}

# Without a window the result of finite input leaves once, also that of no rows.
case_finite_total() {
    printf 'a\n' >"$scratch/empty.csv"
    "$tailrace" -c "
        CREATE STREAM s (a BIGINT) FROM 'file:$scratch/empty.csv' FORMAT csv WITH (header = true);
        SELECT count(*) AS n, sum(a) AS total FROM s;" >"$scratch/came" 2>/dev/null
    printf 'n,total\n0,\n' >"$scratch/wanted"
    same "total" "$scratch/wanted" "$scratch/came"
}

# Bad rows are skipped and said; ON ERROR FAIL ends with 5, a wrong column with 3, a wrong option
# with 2.
case_bad_rows() {
    printf 'a,b\n1,x\n\xef\xbb,y\n3,z\r\n4\n\0,w\n6,"end' >"$scratch/in.csv"
    local stream="CREATE STREAM s (a BIGINT, b TEXT) FROM 'file:$scratch/in.csv' FORMAT csv
        WITH (header = true)"
    "$tailrace" -c "$stream; SELECT a, b FROM s;" >"$scratch/came" 2>"$scratch/said"
    printf 'a,b\n1,x\n3,z\n' >"$scratch/wanted"
    same "good rows" "$scratch/wanted" "$scratch/came"
    grep -q '4 bad rows' "$scratch/said" || fail "bad rows are not said: $(cat "$scratch/said")"
    local code=0
    "$tailrace" -c "$stream ON ERROR FAIL; SELECT a FROM s;" >/dev/null 2>&1 || code=$?
    [ "$code" -eq 5 ] || fail "ON ERROR FAIL ends with $code"
    code=0
    "$tailrace" -c "SELECT c FROM 'file:$scratch/in.csv'" >/dev/null 2>&1 || code=$?
    [ "$code" -eq 3 ] || fail "a wrong column ends with $code"
    code=0
    "$tailrace" --wrong >/dev/null 2>&1 || code=$?
    [ "$code" -eq 2 ] || fail "a wrong option ends with $code"
}

# SIGTERM ends a run cleanly, with what has come.
case_stop() {
    mkfifo "$scratch/out"
    "$tailrace" -c "SELECT n FROM 'gen://rows?rate=100&seed=1'" >"$scratch/out" 2>/dev/null &
    local pid=$!
    pids+=("$pid")
    exec 8<"$scratch/out"
    local header
    read -r header <&8
    [ "$header" = n ] || fail "no header but $header"
    kill -TERM "$pid"
    cat <&8 >/dev/null
    wait "$pid" || fail "SIGTERM ends with $?"
}

"case_$case"
