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

# Sets `port` to one that a netcat listens on; what is written to fd 7 goes to whoever connects.
# Options: those of nc. Tests that run side by side begin at different ports.
listen() {
    command -v nc >/dev/null || skip "no nc"
    local first=$((20000 + $$ % 10000))
    for port in $(seq "$first" $((first + 30))); do
        ! is_taken "$port" || continue
        mkfifo "$scratch/lines.$port"
        nc "$@" 127.0.0.1 "$port" <"$scratch/lines.$port" >/dev/null 2>&1 &
        pids+=($!)
        exec 7>"$scratch/lines.$port"
        if is_listening $! "$port"; then
            return
        fi
        exec 7>&- # somebody else has this port
    done
    fail "no free port"
}

is_taken() { # port
    grep -q "$(printf ':%04X 00000000:0000 0A' "$1")" /proc/net/tcp
}

is_listening() { # pid, port
    while kill -0 "$1" 2>/dev/null; do
        ! is_taken "$2" || return 0
    done
    return 1
}

# The book's log processor over a real netcat: lines with ERROR as they come.
case_netcat_rows() {
    listen -lk
    printf 'INFO all is well\nERROR one\n' >&7
    "$tailrace" --max-rows 1 -c \
        "SELECT line FROM 'tcp://127.0.0.1:$port' FORMAT line WHERE line LIKE '%ERROR%'" \
        >"$scratch/rows" 2>/dev/null
    printf 'line\nERROR one\n' >"$scratch/wanted"
    same "rows" "$scratch/wanted" "$scratch/rows"
}

# And its counts: windows of three steps, a second line in the step after the first one's. The
# second line is sent when the first window has said 1, and so must not take a step to arrive.
case_netcat_counts() {
    listen -lk
    mkfifo "$scratch/out"
    "$tailrace" --max-rows 5 -c "
        CREATE STREAM log FROM 'tcp://127.0.0.1:$port' FORMAT line;
        SELECT count(*) AS n FROM log WHERE line LIKE '%ERROR%' WINDOW 4500ms SLIDE 1500ms;" \
        >"$scratch/out" 2>/dev/null &
    pids+=($!)
    exec 8<"$scratch/out"
    printf 'INFO all is well\nERROR one\n' >&7
    local header first
    read -r header <&8
    read -r first <&8
    printf 'ERROR two\nWARN not this\n' >&7
    { echo "$header" && echo "$first" && cat <&8; } | cut -d, -f3 >"$scratch/n"
    printf 'n\n1\n2\n2\n1\n0\n' >"$scratch/wanted"
    same "counts" "$scratch/wanted" "$scratch/n"
}

# A connection that drops in mid-line: the half record is bad, the next connection begins anew.
case_dropped() {
    mkfifo "$scratch/out"
    listen -lN
    printf 'a,1\nb,' >&7
    "$tailrace" --max-rows 2 -c "
        CREATE STREAM s (name TEXT, n BIGINT NOT NULL) FROM 'tcp://127.0.0.1:$port' FORMAT csv;
        SELECT name, n FROM s;" >"$scratch/out" 2>"$scratch/said" 7>&- &
    local pid=$!
    pids+=("$pid")
    exec 8<"$scratch/out"
    local header first
    read -r header <&8
    read -r first <&8
    exec 7>&- # netcat closes and ends; another one takes its place
    wait "${pids[-2]}" || true
    printf '2\nc,3\n' | nc -lN 127.0.0.1 "$port" >/dev/null 2>&1 &
    pids+=($!)
    { echo "$header" && echo "$first" && cat <&8; } >"$scratch/came"
    wait "$pid" || fail "the run ends with $?"
    printf 'name,n\na,1\nc,3\n' >"$scratch/wanted"
    same "rows" "$scratch/wanted" "$scratch/came"
    grep -q '2 bad rows' "$scratch/said" || fail "bad rows are not said: $(cat "$scratch/said")"
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

# The same log in several files, read by each source of files, packed and not.
case_truth_splits() {
    need_shared
    local source wanted=$scratch/wanted
    tr -d '\r' <"$shared/truth/apache_error_log_tumble_10m_by_level.csv" | sort >"$wanted"
    mkdir "$scratch/in"
    split -n l/4 "$shared/logs/Apache_2k.log" "$scratch/in/part."
    for source in tail dir file; do
        [ $source = tail ] || gzip "$scratch"/in/part.a[bc] 2>/dev/null || true
        local uri="$source:$scratch/in/*"
        [ $source != dir ] || uri="dir:$scratch/in?glob=part.*"
        "$tailrace" --once -c "SELECT window_start / 1000 AS window_start, level, count(*) AS n
            FROM '$uri' GROUP BY level WINDOW 10m" 2>/dev/null | sort >"$scratch/came"
        same "$source" "$wanted" "$scratch/came"
    done
}

# Three files, each with rows that are bad, that come too late, and that WHERE does not want.
many_rows() {
    local file
    for file in 0 1 2; do
        seq 0 999 | awk -v file=$file '{
            late = ($1 * 7 + file) % 23
            second = $1 * 2 > late ? $1 * 2 - late : 0
            printf "2026-01-05T%02d:%02d:%02dZ,", second / 3600, second / 60 % 60, second % 60
            print ($1 % 7 == 0 ? "x" : "y") "," ($1 % 50 == 13 ? "bad" : $1)
            if ($1 == 500) print "no row at all"
        }' >"$scratch/in/$file.csv"
    done
}

# EXPLAIN ANALYZE adds up over the splits: rows in = rows out + filtered + bad + late.
case_counters() {
    local create select in filtered out bad late
    mkdir "$scratch/in"
    many_rows
    create="CREATE STREAM s (ts TIMESTAMP, k TEXT, v BIGINT, WATERMARK ts DELAY 5s)
        FROM 'tail:$scratch/in/*.csv' FORMAT csv WITH (header = 'false');"
    select="SELECT sum(v) AS total, count(*) AS n FROM s WHERE k = 'y' WINDOW 10s"
    "$tailrace" --once -o csv -c "$create $select" >"$scratch/rows" 2>/dev/null
    "$tailrace" --once -c "$create EXPLAIN ANALYZE $select" >"$scratch/explain" 2>/dev/null
    count() { # counter, of all operators
        grep -o " $1=[0-9]*" "$scratch/explain" | awk -F= '{ n += $2 } END { print n + 0 }'
    }
    in=$(count rows)
    bad=$(count bad)
    filtered=$(cat "$scratch"/in/*.csv | grep -c ',x,')
    late=$(count too_late)
    out=$(awk -F, 'NR > 1 { n += $NF } END { print n }' "$scratch/rows")
    [ "$in" = 3003 ] || fail "rows in are $in, and not 3003"
    [ "$bad" -gt 0 ] && [ "$late" -gt 0 ] || fail "$bad bad rows and $late late ones show nothing"
    [ "$in" = $((out + filtered + bad + late)) ] ||
        fail "$in rows came in, not $out + $filtered filtered + $bad bad + $late late"
}

# Rows on stdin, no DDL, format and columns found by looking.
case_pipe_in() {
    printf 'name,amount\nada,2\nbob,3\nada,5\n' |
        "$tailrace" -c "SELECT name, sum(amount) AS total FROM stdin
            GROUP BY name ORDER BY total DESC" >"$scratch/came" 2>/dev/null
    printf 'name,total\nada,7\nbob,3\n' >"$scratch/wanted"
    same "stdin" "$scratch/wanted" "$scratch/came"
}

# What came through a pipe is asked again, with what the second question wants of it.
case_tables() {
    printf 'ts,name,amount\n%s,ada,2\n%s,bob,3\nx,y\n%s,ada,5\n' 2026-01-05T09:00:0{1,9,2}Z |
        "$tailrace" -c "CREATE STREAM s (ts TIMESTAMP, name TEXT, amount BIGINT,
                WATERMARK ts DELAY 1s) FROM stdin FORMAT csv RETAIN 1h;
            SELECT count(*) AS n FROM s WINDOW 5s;
            SELECT count(*) AS n FROM TABLE(s) WINDOW 5s;
            SELECT name, sum(amount) AS total FROM TABLE(s)
                GROUP BY name ORDER BY total DESC LIMIT 1;
            SELECT _line, _offset FROM TABLE(s) ORDER BY amount DESC LIMIT 1" \
            >"$scratch/came" 2>/dev/null
    cat >"$scratch/wanted" <<'END'
window_start,window_end,n
2026-01-05T09:00:00Z,2026-01-05T09:00:05Z,1
2026-01-05T09:00:05Z,2026-01-05T09:00:10Z,1
window_start,window_end,n
2026-01-05T09:00:00Z,2026-01-05T09:00:05Z,2
2026-01-05T09:00:05Z,2026-01-05T09:00:10Z,1
name,total
ada,7
_line,_offset
"2026-01-05T09:00:02Z,ada,5",73
END
    same "stdin, again" "$scratch/wanted" "$scratch/came"
    exits 3 'error[E0127]: nothing of stream "s" is kept' \
        -c "CREATE STREAM s FROM stdin FORMAT line; SELECT line FROM TABLE(s)"
}

# In a script a SELECT reads along what another query says: nobody asks while they run.
case_results() {
    printf 'name,amount\nada,2\nbob,3\nada,5\n' | "$tailrace" -c "
        CREATE STREAM s FROM stdin FORMAT csv;
        CREATE QUERY totals AS SELECT name, sum(amount) AS total FROM s GROUP BY name
            INTO 'file:$scratch/totals.csv';
        SELECT name, total FROM totals WHERE total > 3" >"$scratch/came" 2>/dev/null
    printf 'name,total\nada,7\n' >"$scratch/wanted"
    same "totals, read along" "$scratch/wanted" "$scratch/came"
    printf 'name,total\nada,7\nbob,3\n' >"$scratch/wanted"
    same "totals" "$scratch/wanted" "$scratch/totals.csv"
    exits 3 'error[E0190]: queries that go on over TABLE(…) of another' \
        -c "CREATE QUERY q AS SELECT n FROM 'gen://rows?rows=3'; SELECT n FROM TABLE(q)"
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

# SHOW LATENESS: how far rows came behind, and the WATERMARK that would have kept them.
case_lateness() {
    printf '2026-01-05T09:00:%sZ\n' 01 30 03 >"$scratch/in.csv"
    "$tailrace" -c "
        CREATE STREAM s (ts TIMESTAMP, WATERMARK ts DELAY 0s)
            FROM 'file:$scratch/in.csv' FORMAT csv;
        SELECT count(*) AS n FROM s WINDOW 1h;
        SHOW LATENESS;" >"$scratch/came" 2>/dev/null
    cat >"$scratch/wanted" <<'END'
window_start,window_end,n
2026-01-05T09:00:00Z,2026-01-05T10:00:00Z,3
s: rows=3 p50=0s p99=27s max=27s
WATERMARK ts DELAY 27s would have kept 99.9 % of the rows in time
END
    same "lateness" "$scratch/wanted" "$scratch/came"
    # Of a script with several queries: each stream once, also of those that run because it asks.
    "$tailrace" -c "
        CREATE STREAM s (ts TIMESTAMP, WATERMARK ts DELAY 0s)
            FROM 'file:$scratch/in.csv' FORMAT csv;
        CREATE STREAM t (ts TIMESTAMP, WATERMARK ts DELAY 1m)
            FROM 'file:$scratch/in.csv' FORMAT csv;
        SELECT count(*) AS n FROM t WINDOW 1h INTO 'file:$scratch/t.csv';
        CREATE SINK hours TO 'file:$scratch/hours.csv';
        CREATE SINK days TO 'file:$scratch/days.csv';
        INSERT INTO hours SELECT count(*) AS n FROM s WINDOW 1h;
        INSERT INTO days SELECT count(*) AS n FROM s WINDOW 1d;
        SHOW LATENESS;" 2>/dev/null | grep rows= >"$scratch/came"
    printf '%s: rows=3 p50=0s p99=27s max=27s\n' t s >"$scratch/wanted"
    same "lateness of several" "$scratch/wanted" "$scratch/came"
}

# LATE INTO: the rows of no window, as they came.
case_late_into() {
    printf '%s\n' 2026-01-05T09:00:{01,30,03,31,04}Z >"$scratch/in.csv"
    "$tailrace" -c "
        CREATE STREAM s (ts TIMESTAMP, WATERMARK ts DELAY 0s)
            FROM 'file:$scratch/in.csv' FORMAT csv LATE INTO 'file:$scratch/late.csv';
        SELECT count(*) AS n FROM s WINDOW 10s;" >"$scratch/came" 2>"$scratch/said"
    printf '%s\n' ts 2026-01-05T09:00:{03,04}Z >"$scratch/wanted"
    same "late rows" "$scratch/wanted" "$scratch/late.csv"
    grep -q '^tailrace: 2 times a row came after its window was closed$' "$scratch/said" ||
        fail "late rows are not said: $(cat "$scratch/said")"
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
    "$tailrace" -c "$stream ON ERROR INTO 'file:$scratch/rejects.jsonl'; SELECT a FROM s
        WHERE b LIKE '%x%';" >"$scratch/came" 2>/dev/null
    printf 'a\n1\n' >"$scratch/wanted"
    same "good rows beside rejects" "$scratch/wanted" "$scratch/came"
    local source="\"source\":\"$scratch/in.csv\""
    cat >"$scratch/wanted" <<END
{$source,"offset":18,"column":null,"reason":"wrong field count","text":"4"}
{$source,"offset":24,"column":null,"reason":"unterminated quote","text":"6,\"end"}
END
    same "rejects" "$scratch/wanted" "$scratch/rejects.jsonl"
    "$tailrace" -c "$stream ON ERROR INTO 'file:$scratch/all.jsonl'; SELECT a FROM s" \
        >/dev/null 2>&1
    [ "$(wc -l <"$scratch/all.jsonl")" -eq 4 ] || fail "rejects: $(cat "$scratch/all.jsonl")"
    grep -qF '"column":"a","reason":"bad number","text":"\u0000,w"' "$scratch/all.jsonl" ||
        fail "control bytes: $(cat "$scratch/all.jsonl")"
    "$tailrace" -c "$stream ON ERROR NULL; SELECT a, b FROM s;" >"$scratch/came" 2>"$scratch/said"
    printf 'a,b\n1,x\n,y\n3,z\n,w\n' >"$scratch/wanted"
    same "rows with NULL" "$scratch/wanted" "$scratch/came"
    grep -q '2 rows have NULL' "$scratch/said" || fail "NULLs are not said: $(cat "$scratch/said")"
    code=0
    "$tailrace" -c "SELECT c FROM 'file:$scratch/in.csv'" >/dev/null 2>&1 || code=$?
    [ "$code" -eq 3 ] || fail "a wrong column ends with $code"
    code=0
    "$tailrace" --wrong >/dev/null 2>&1 || code=$?
    [ "$code" -eq 2 ] || fail "a wrong option ends with $code"
}

# A line of 1 MiB is a record, a longer one is a bad row; NUL bytes, a byte order mark and CR LF are
# taken for what they are.
case_odd_bytes() {
    local most
    most=$(printf '%*s' $((1 << 20)) '' | tr ' ' x)
    printf '\xef\xbb\xbffirst\r\n%s\n%sy\na\0b\n\nlast' "$most" "$most" >"$scratch/in.log"
    "$tailrace" -c "CREATE STREAM s FROM 'file:$scratch/in.log' FORMAT line;
        SELECT length(line) AS n FROM s;" >"$scratch/came" 2>"$scratch/said"
    printf 'n\n5\n%d\n3\n0\n4\n' $((1 << 20)) >"$scratch/wanted"
    same "lengths" "$scratch/wanted" "$scratch/came"
    grep -q '1 bad row was skipped: line too long' "$scratch/said" ||
        fail "the long line is not said: $(cat "$scratch/said")"
}

# On stdout there are only results; all else is on stderr, and the exit code says what it was.
exits() { # code, text on stderr, arguments…
    local wanted=$1 text=$2 code=0
    shift 2
    "$tailrace" "$@" >"$scratch/came" 2>"$scratch/said" </dev/null || code=$?
    [ "$code" -eq "$wanted" ] || fail "$*: ends with $code, not $wanted"
    [ ! -s "$scratch/came" ] || fail "$*: says on stdout $(head -c 200 "$scratch/came")"
    grep -qF -- "$text" "$scratch/said" || fail "$*: says $(cat "$scratch/said")"
}

# logrotate: a file is moved, SIGHUP makes the next epoch begin another. Each row is in one of them,
# and the checkpoint knows which is the one now: also behind a kill -9.
case_rotate() {
    local run=("$tailrace" run q.sql --state state) file last=100 part
    mkfifo "$scratch/in"
    cd "$scratch"
    cat >q.sql <<'SQL'
CREATE STREAM s (v BIGINT) FROM 'stdin:' FORMAT csv;
SET checkpoint = '20ms';
CREATE QUERY all_rows AS SELECT v FROM s INTO 'file:all.csv';
CREATE QUERY odd AS SELECT v FROM s WHERE v % 2 = 1 INTO 'file:odd.jsonl';
SQL
    "${run[@]}" <in >/dev/null 2>log &
    local pid=$!
    pids+=("$pid")
    exec 8>in
    seq 1 "$last" >&8
    for part in 1 2; do
        await_row "$pid" "$last" all.csv
        until [ -e odd.jsonl ]; do :; done
        mv all.csv "all.$part"
        mv odd.jsonl "odd.$part"
        kill -HUP "$pid"
        until [ -e all.csv ] && [ -e odd.jsonl ]; do # which rows are behind it, nobody can know
            kill -0 "$pid" 2>/dev/null || fail "it ended by itself: $(cat log)"
            echo $((++last)) >&8
        done
    done
    await_row "$pid" "$last" all.csv
    kill -9 "$pid"
    wait "$pid" 2>/dev/null || true
    exec 8>&-
    seq $((last + 1)) $((last + 50)) | "${run[@]}" 2>log || fail "the second run: $(cat log)"
    seq 1 $((last + 50)) >all.wanted
    awk '$1 % 2 { print "{\"v\":" $1 "}" }' all.wanted >odd.wanted
    cat all.1 all.2 all.csv | grep -vx v >all.came
    cat odd.1 odd.2 odd.jsonl >odd.came
    same "rows" all.wanted all.came
    same "odd rows" odd.wanted odd.came
    for file in all.1 all.2 all.csv odd.1 odd.2 odd.jsonl; do
        [ -s "$file" ] || fail "$file is empty"
    done
}

await_row() { # pid, row, file
    until [ "$(tail -n 1 "$3" 2>/dev/null)" = "$2" ]; do
        kill -0 "$1" 2>/dev/null || fail "it ended by itself: $(cat log)"
    done
}

# A directory of state is that of one job: two INSERTs are two queries of it, a second SELECT is
# refused before it could take the state of the first.
case_state_of_one_job() {
    local rc=0
    printf 'a,b\n1,2\n3,4\n' >"$scratch/in.csv"
    printf "INSERT INTO 'file:%s/%s.csv' SELECT %s FROM '%s/in.csv';\n" \
        "$scratch" x a "$scratch" "$scratch" y b "$scratch" >"$scratch/q.sql"
    "$tailrace" run "$scratch/q.sql" --state "$scratch/state" 2>"$scratch/log" ||
        fail "two INSERTs: $(cat "$scratch/log")"
    printf 'a\n1\n3\n' >"$scratch/wanted"
    same "x" "$scratch/wanted" "$scratch/x.csv"
    printf 'b\n2\n4\n' >"$scratch/wanted"
    same "y" "$scratch/wanted" "$scratch/y.csv"
    "$tailrace" --state "$scratch/other" -c "SELECT a FROM '$scratch/in.csv';
        SELECT b FROM '$scratch/in.csv'" >"$scratch/rows" 2>"$scratch/log" || rc=$?
    [ "$rc" = 1 ] || fail "a second SELECT gave $rc"
    grep -q 'all queries run together' "$scratch/log" || fail "$(cat "$scratch/log")"
    printf 'a\n1\n3\n' >"$scratch/wanted"
    same "the first SELECT" "$scratch/wanted" "$scratch/rows"
}

# kill -9 in the middle of a stream that cannot be read again: what was taken in counts once.
case_state() {
    local run=("$tailrace" run "$scratch/q.sql" --state "$scratch/state")
    mkfifo "$scratch/in"
    cat >"$scratch/q.sql" <<SQL
CREATE STREAM s (v BIGINT) FROM 'stdin:' FORMAT csv;
SET checkpoint = '20ms';
SELECT count(*) AS n, sum(v) AS total FROM s;
SQL
    "${run[@]}" <"$scratch/in" >/dev/null 2>&1 &
    local first=$!
    pids+=("$first")
    exec 8>"$scratch/in"
    seq 1 1000 >&8
    until "$tailrace" checkpoint show "$scratch/state" 2>/dev/null | grep -q 'epoch [1-9]'; do
        kill -0 "$first" 2>/dev/null || fail "it ended by itself"
    done
    "${run[@]}" </dev/null >/dev/null 2>&1 && fail "no lock"
    kill -9 "$first"
    wait "$first" 2>/dev/null || true
    exec 8>&-
    "$tailrace" checkpoint verify "$scratch/state" >"$scratch/verified" || fail "verify"
    grep -q 'is there and whole' "$scratch/verified" || fail "$(cat "$scratch/verified")"
    seq 1001 2000 | "${run[@]}" >"$scratch/rows" \
        2>"$scratch/log" ||
        fail "the second run: $(cat "$scratch/log")"
    grep -q 'goes on behind epoch' "$scratch/log" || fail "$(cat "$scratch/log")"
    printf 'n,total\n2000,2001000\n' >"$scratch/wanted"
    same "rows" "$scratch/wanted" "$scratch/rows"
    same "job.sql" "$scratch/q.sql" "$scratch/state/job.sql"
    cp "$scratch/q.sql" "$scratch/before.sql"
    sed -i 's/FROM s;/FROM s GROUP BY v;/' "$scratch/q.sql"
    local rc=0
    "${run[@]}" </dev/null >/dev/null 2>"$scratch/log" || rc=$?
    [ "$rc" = 30 ] || fail "a changed query gives $rc, not 30"
    grep -qxF -- '- SELECT count(*) AS n, sum(v) AS total FROM s;' "$scratch/log" &&
        grep -qxF -- '+ SELECT count(*) AS n, sum(v) AS total FROM s GROUP BY v;' "$scratch/log" ||
        fail "no diff of the statements: $(cat "$scratch/log")"
    same "job.sql after a refusal" "$scratch/before.sql" "$scratch/state/job.sql"
    "$tailrace" checkpoint show "$scratch/state" | grep -qF "    SET checkpoint = '20ms';" ||
        fail "checkpoint show does not show the statements"
}

# What is saved, as tables: open windows and groups with their values, whatever HAVING says of them.
case_export() {
    command -v sqlite3 >/dev/null || skip "no sqlite3"
    local state=$scratch/state file=$scratch/e.db
    seq 0 40 | awk '{
        printf "2026-01-05T09:00:%02dZ,%s,%d,%d.%02d\n", $1, $1 % 3 ? "y" : "x", $1, $1, $1
    }' >"$scratch/in.csv"
    (
        cd "$scratch"
        cat >q.sql <<'SQL'
CREATE STREAM s (ts TIMESTAMP, k TEXT, v BIGINT, amount DECIMAL(10,2), WATERMARK ts DELAY 5s)
  FROM 'stdin:' FORMAT csv;
CREATE QUERY hop AS SELECT k, count(*) AS n, sum(amount) AS total FROM s GROUP BY k
  WINDOW 30s SLIDE 10s HAVING count(*) > 1000 INTO 'file:hop.csv';
CREATE QUERY busy AS SELECT k, max(v) AS m FROM s GROUP BY k WINDOW SESSION 1m INTO 'file:b.csv';
CREATE QUERY counted AS SELECT k, sum(v) AS total FROM s GROUP BY k WINDOW 10 ROWS SLIDE 4 ROWS
  INTO 'file:counted.csv';
CREATE QUERY burst AS SELECT ts, k, sum(amount) AS total FROM s GROUP BY k WINDOW 15m SLIDE ROW
  HAVING count(*) > 2 EMIT ON RISE INTO 'file:burst.csv';
CREATE QUERY behind AS SELECT ts, k, sum(v) AS total FROM s GROUP BY k WINDOW 15m SLIDE ROW
  INTO 'file:behind.csv';
CREATE QUERY once AS SELECT DISTINCT k FROM s INTO 'file:once.csv';
CREATE QUERY raw AS SELECT v FROM s WINDOW 20s ORDER BY v DESC LIMIT 3 INTO 'file:raw.csv';
CREATE QUERY totals AS SELECT k, count(*) AS n FROM s GROUP BY k EMIT CHANGES INTO 'file:t.jsonl';
SQL
        "$tailrace" run q.sql --state state --no-flush <in.csv 2>/dev/null
    )
    "$tailrace" checkpoint export "$state" --sqlite "$file" 2>/dev/null || fail "export"
    sqlite3 "$file" "SELECT epoch > 0, next_is_open FROM checkpoint;
        SELECT name, can_be_read_again FROM sources; SELECT name, takes FROM sinks LIMIT 2;
        SELECT name, rows_in, watermark FROM queries LIMIT 1; SELECT * FROM state_hop;
        SELECT * FROM state_busy; SELECT * FROM state_counted; SELECT * FROM state_burst;
        SELECT k, _rows FROM state_behind; SELECT ts, k, v FROM state_behind_2;
        SELECT * FROM state_once; SELECT window_start, v FROM state_raw WHERE v > 37;
        SELECT * FROM state_totals;" >"$scratch/came"
    cat >"$scratch/wanted" <<'END'
1|0
s|0
hop|rows
busy|rows
hop|41|2026-01-05T09:00:35Z
2026-01-05T09:00:10Z|2026-01-05T09:00:40Z|x|10|257.55
2026-01-05T09:00:10Z|2026-01-05T09:00:40Z|y|20|484.8
2026-01-05T09:00:20Z|2026-01-05T09:00:50Z|x|7|212.1
2026-01-05T09:00:20Z|2026-01-05T09:00:50Z|y|14|424.2
2026-01-05T09:00:30Z|2026-01-05T09:01:00Z|x|4|139.38
2026-01-05T09:00:30Z|2026-01-05T09:01:00Z|y|7|249.47
2026-01-05T09:00:40Z|2026-01-05T09:01:10Z|y|1|40.4
2026-01-05T09:00:00Z|2026-01-05T09:01:39Z|x|39
2026-01-05T09:00:01Z|2026-01-05T09:01:40Z|y|40
2026-01-05T09:00:24Z|x|189
2026-01-05T09:00:31Z|y|247
x|14|2026-01-05T09:00:00Z|2026-01-05T09:00:39Z|275.73|14
y|27|2026-01-05T09:00:01Z|2026-01-05T09:00:40Z|552.47|27
x|12
y|23
2026-01-05T09:00:35Z|y|35
2026-01-05T09:00:36Z|x|36
2026-01-05T09:00:37Z|y|37
2026-01-05T09:00:38Z|y|38
2026-01-05T09:00:39Z|x|39
2026-01-05T09:00:40Z|y|40
x
y
2026-01-05T09:00:20Z|38
2026-01-05T09:00:20Z|39
2026-01-05T09:00:40Z|40
x|14
y|27
END
    same "tables" "$scratch/wanted" "$scratch/came"
    exits 2 'is there already' checkpoint export "$state" --sqlite "$file"
    "$tailrace" checkpoint export "$state" --sqlite "$file" --overwrite 2>/dev/null ||
        fail "--overwrite"
    # A crash left the statements that count without their name (docs/checkpoint.md).
    mv "$state/job.sql" "$(ls "$state"/snap.* | sed 's/snap\.\([0-9]*\)$/job.\1/')"
    echo 'SELECT 1;' >"$state/job.sql"
    "$tailrace" checkpoint export "$state" --sqlite "$file" --overwrite 2>"$scratch/log" ||
        fail "statements without their name: $(cat "$scratch/log")"
    exits 1 'No such file' checkpoint export "$scratch/no" --sqlite "$scratch/no.db"
    exits 2 'wants --sqlite' checkpoint export "$state"
    exits 2 'did you mean "export"' checkpoint exprot "$state"
    exits 2 'show, verify and export are what' checkpoint burn "$state"
    exits 2 'takes no --overwrite' checkpoint ls "$state" --overwrite
    exec 8<"$state/LOCK"
    flock 8
    exits 10 'is in use by' checkpoint export "$state" --sqlite "$scratch/no.db"
    exec 8>&-
    printf 'XX' | dd of="$(ls "$state"/snap.*)" bs=1 seek=60 conv=notrunc 2>/dev/null
    exits 21 'it is damaged' checkpoint export "$state" --sqlite "$scratch/no.db"
    [ -z "$(ls "$scratch" | grep '^no')" ] || fail "something is left of what was refused"
}

# What was inferred of streams that nobody can read again is known from what was saved: format and
# columns, whatever they are called.
case_export_inferred() {
    command -v sqlite3 >/dev/null || skip "no sqlite3"
    local state=$scratch/state file=$scratch/e.db
    (
        cd "$scratch"
        cat >q.sql <<'SQL'
CREATE QUERY sums AS SELECT "a, b", sum(v) AS total FROM stdin GROUP BY "a, b" WINDOW 1h
  INTO 'file:sums.csv';
SQL
        printf '%s\n' 'ts,"a, b",v' 2026-01-05T09:00:00Z,x,1.5 2026-01-05T09:00:01Z,x,2.5 |
            "$tailrace" run q.sql --state state --no-flush 2>/dev/null
    )
    "$tailrace" checkpoint export "$state" --sqlite "$file" 2>/dev/null || fail "export"
    sqlite3 "$file" "SELECT * FROM state_sums" >"$scratch/came"
    echo '2026-01-05T09:00:00Z|2026-01-05T10:00:00Z|x|4.0' >"$scratch/wanted"
    same "table" "$scratch/wanted" "$scratch/came"
    echo "CREATE STREAM other FROM 'tcp://127.0.0.1:1' FORMAT csv;" >>"$state/job.sql"
    exits 3 'are not declared' checkpoint export "$state" --sqlite "$scratch/no.db"
}

# Somebody else has the file of the sink. One signal ends the run all the same; behind a checkpoint
# the next one has the rows, without one it says that they are lost.
case_locked() {
    command -v sqlite3 >/dev/null || skip "no sqlite3"
    local name file=$scratch/a.db
    mkfifo "$scratch/in" "$scratch/hold"
    cat >"$scratch/q.sql" <<SQL
CREATE STREAM s (v BIGINT) FROM 'stdin:' FORMAT csv;
SET checkpoint = '20ms';
SELECT v FROM s INTO 'sqlite:$file?table=a';
SQL
    for name in TERM INT none; do
        rm -rf "$file"* "$scratch/state"
        local pid code=0 holder run=("$tailrace" run "$scratch/q.sql")
        [ $name = none ] || run+=(--state "$scratch/state")
        "${run[@]}" <"$scratch/in" 2>"$scratch/log" &
        pid=$!
        pids+=("$pid")
        exec 8>"$scratch/in"
        echo 1 >&8
        until [ "$(sqlite3 "$file" "SELECT v FROM a" 2>/dev/null)" = 1 ]; do
            kill -0 "$pid" 2>/dev/null || fail "it ended by itself: $(cat "$scratch/log")"
        done
        sqlite3 "$file" <"$scratch/hold" >/dev/null &
        holder=$!
        pids+=("$holder")
        exec 9>"$scratch/hold"
        printf '.timeout 5000\nBEGIN IMMEDIATE;\n' >&9
        while sqlite3 "$file" "BEGIN IMMEDIATE; ROLLBACK" 2>/dev/null; do
            kill -0 "$holder" 2>/dev/null || fail "nobody has the lock"
        done
        echo 2 >&8
        until grep -q "blocked [0-9]* s by sqlite3 (process $holder)" "$scratch/log"; do
            kill -0 "$pid" 2>/dev/null || fail "it ended by itself: $(cat "$scratch/log")"
        done
        kill -"${name/none/TERM}" "$pid"
        wait "$pid" || code=$?
        grep -q 'given up' "$scratch/log" || fail "$name: $(cat "$scratch/log")"
        exec 8>&- 9>&-
        wait "$holder"
        [ "$(sqlite3 "$file" "SELECT group_concat(v) FROM a")" = 1 ] || fail "$name: rows came"
        if [ $name = none ]; then
            [ "$code" = 1 ] || fail "without a checkpoint it ends with $code"
            continue
        fi
        [ "$code" = 0 ] || fail "SIG$name ends with $code: $(cat "$scratch/log")"
        "${run[@]}" </dev/null 2>"$scratch/log" || fail "the second run: $(cat "$scratch/log")"
        grep -q 'computed again' "$scratch/log" || fail "$(cat "$scratch/log")"
        [ "$(sqlite3 "$file" "SELECT group_concat(v) FROM a")" = 1,2 ] ||
            fail "$name: rows are lost"
    done
}

# The bank's rule from a socket into a table. The program is killed after every twenty lines, when
# all that were sent are acknowledged; the sender goes on with the next line. Not one alert is lost,
# and none is there twice.
case_fraud_resumes() {
    command -v sqlite3 >/dev/null || skip "no sqlite3"
    local lines at=0 n k pid port answer kills=0 program
    program=$(realpath examples/fraud/fraud_sqlite.sql)
    mapfile -t lines <examples/fraud/input.csv
    n=${#lines[@]}
    sed "s/127.0.0.1:9999/127.0.0.1:0/; s|sqlite:alerts.db|sqlite:$scratch/alerts.db|" \
        "$program" >"$scratch/fraud.sql"
    while [ "$at" -lt "$n" ]; do
        : >"$scratch/log"
        "$tailrace" run "$scratch/fraud.sql" --state "$scratch/state" 2>"$scratch/log" &
        pid=$!
        pids+=("$pid")
        until port=$(grep -so 'listening at [^:]*:[0-9]*$' "$scratch/log"); do
            kill -0 "$pid" 2>/dev/null || fail "it ended by itself: $(cat "$scratch/log")"
        done
        exec 8<>"/dev/tcp/127.0.0.1/${port##*:}"
        for ((k = 0; k < 20 && at < n; k++)); do
            echo "${lines[at++]}" >&8
        done
        answer=
        until [ "$answer" = "ok $k" ]; do
            read -r answer <&8 || fail "the connection ends: $(cat "$scratch/log")"
        done
        kill -9 "$pid"
        wait "$pid" 2>/dev/null || true
        exec 8<&-
        kills=$((kills + 1))
    done
    : >"$scratch/log"
    "$tailrace" run "$scratch/fraud.sql" --state "$scratch/state" 2>"$scratch/log" &
    pid=$!
    pids+=("$pid")
    until has_handler "$pid" && grep -q 'listening at' "$scratch/log"; do
        kill -0 "$pid" 2>/dev/null || fail "it ended by itself: $(cat "$scratch/log")"
    done
    kill -TERM "$pid"
    wait "$pid" || fail "the last run ends with $?: $(cat "$scratch/log")"
    [ "$kills" = $(((n + 19) / 20)) ] || fail "only $kills kills"
    sqlite3 -csv -header "$scratch/alerts.db" \
        "SELECT ts, card, atm, n, printf('%.2f', total) AS total FROM alerts ORDER BY ts" |
        tr -d '\r' >"$scratch/came"
    same "alerts" examples/fraud/expected.csv "$scratch/came"
}

case_exit_codes() {
    exits 2 'no option "--wrong"' --wrong
    exits 2 'no output format "nope"' -o nope -c "SELECT 1"
    exits 3 'error[E0104]: no such column "lin"' -c "SELECT lin FROM stdin"
    exits 3 'did you mean "line"' -c "SELECT lin FROM 'examples/log/README.md' FORMAT line"
    exits 1 'No such file or directory' -c "SELECT * FROM 'no/such/file.csv'"
    exits 1 'No such file or directory' -f "$scratch/no.sql"
    printf 'SELEC 1;\n' >"$scratch/wrong.sql"
    exits 3 'did you mean "SELECT"?' check "$scratch/wrong.sql"
}

# What ends a run, and which form its rows have.
case_options() {
    local rows="SELECT n FROM 'gen://rows?seed=1'"
    [ "$("$tailrace" --max-rows 3 -c "$rows" 2>/dev/null | wc -l)" -eq 4 ] || fail "--max-rows"
    [ "$("$tailrace" --until 'n = 5' -c "$rows" 2>/dev/null | tail -1)" = 5 ] || fail "--until"
    "$tailrace" --for 100ms --trigger 50ms -c "$rows" >/dev/null 2>&1 || fail "--for"
    "$tailrace" --clock 2026-01-05T09:00:00Z --once \
        -c "SELECT now() AS t FROM 'gen://rows?rows=1'" >"$scratch/came" 2>/dev/null
    printf 't\n2026-01-05T09:00:00Z\n' >"$scratch/wanted"
    same "--clock" "$scratch/wanted" "$scratch/came"
    : >"$scratch/came"
    local form
    for form in box table csv tsv json jsonl markdown line insert; do
        printf 'a,b\n1,2\n' | "$tailrace" -o "$form" -c "SELECT a FROM stdin" >>"$scratch/came"
    done
    cat >"$scratch/wanted" <<'END'
┌───┐
│ a │
├───┤
│ 1 │
└───┘
+---+
| a |
+---+
| 1 |
+---+
a
1
a
1
[
{"a":1}
]
{"a":1}
| a |
|--:|
| 1 |
a = 1

INSERT INTO "result" ("a") VALUES (1);
END
    same "-o" "$scratch/wanted" "$scratch/came"
}

# SIGINT and SIGTERM end a run cleanly, with what has come; statements behind it are not begun.
case_stop() {
    mkfifo "$scratch/out"
    local name
    for name in INT TERM; do
        "$tailrace" -c "SELECT n FROM 'gen://rows?rate=1000&seed=1'; SELECT 'later' AS x" \
            >"$scratch/out" 2>/dev/null &
        local pid=$!
        pids+=("$pid")
        exec 8<"$scratch/out"
        local header
        read -r header <&8
        [ "$header" = n ] || fail "no header but $header"
        kill -"$name" "$pid"
        cat <&8 >"$scratch/rest"
        wait "$pid" || fail "SIG$name ends with $?"
        ! grep -q later "$scratch/rest" || fail "the next statement ran after SIG$name"
        # The same where there is always more to read.
        "$tailrace" -c "SELECT n FROM 'gen://rows?seed=1'" >"$scratch/out" 2>/dev/null &
        pid=$!
        pids+=("$pid")
        exec 8<"$scratch/out"
        read -r header <&8
        kill -"$name" "$pid"
        cat <&8 >/dev/null
        wait "$pid" || fail "SIG$name of a busy run ends with $?"
    done
}

# Whether a process is tailrace, and not yet a copy of this shell, and has a handler for SIGTERM,
# which is bit 14.
has_handler() {
    [ "$(cat "/proc/$1/comm")" = tailrace ] &&
        (($((16#$(awk '/^SigCgt/ { print $2 }' "/proc/$1/status"))) >> 14 & 1))
}

# A second signal ends a run at once, also one that writes where nobody reads.
case_stuck() {
    mkfifo "$scratch/out"
    exec 8<>"$scratch/out"
    dd if=/dev/zero of="$scratch/out" oflag=nonblock bs=4096 count=1024 2>/dev/null || true
    "$tailrace" -c "SELECT n FROM 'gen://rows?seed=1'" >"$scratch/out" 2>/dev/null &
    local pid=$! code=0
    pids+=("$pid")
    until has_handler "$pid"; do :; done
    kill -TERM "$pid"
    while has_handler "$pid"; do :; done
    kill -TERM "$pid"
    wait "$pid" || code=$?
    [ "$code" -eq 143 ] || fail "the second SIGTERM ends with $code"
}

# A reader that goes away ends a run without a word.
case_pipe_closed() {
    { "$tailrace" -c "SELECT n FROM 'gen://rows?seed=1'" 2>"$scratch/said" || true; } |
        head -n 1 >/dev/null
    [ ! -s "$scratch/said" ] || fail "it says $(cat "$scratch/said")"
}

# What sinks would get is printed; they get nothing.
case_replay() {
    cat >"$scratch/job.sql" <<END
CREATE STREAM tx (ts TIMESTAMP, level TEXT, message TEXT)
  FROM 'tail:examples/log/input.csv' FORMAT csv;
SELECT count(*) AS n FROM tx WINDOW 30s ON ts INTO 'file:$scratch/out.csv';
END
    "$tailrace" replay --from 2026-01-05T09:00:30Z "$scratch/job.sql" >"$scratch/came"
    "$tailrace" run --once "$scratch/job.sql"
    grep -v '09:00:00Z,' "$scratch/out.csv" >"$scratch/wanted"
    [ "$(wc -l <"$scratch/wanted")" -ge 2 ] && same "replay" "$scratch/wanted" "$scratch/came"
    rm "$scratch/out.csv"
    "$tailrace" replay "$scratch/job.sql" >"$scratch/came" 2>&1
    [ ! -e "$scratch/out.csv" ] || fail "the sink of a replay got rows"
    echo "SELECT line FROM 'tcp://127.0.0.1:9' FORMAT line;" >"$scratch/tcp.sql"
    exits 1 'tcp cannot be read again' replay "$scratch/tcp.sql"
}

case_one_row() {
    cat >"$scratch/wanted" <<'END'
two,xy,nothing
2,xy,true
a
a
1
count(*),sum(3)
1,3
count(*),sum(3)
0,
END
    while IFS= read -r query; do
        "$tailrace" -c "$query" </dev/null
    done >"$scratch/came" 2>"$scratch/said" <<'END'
SELECT 1 + 1 AS two, 'x' || 'y' AS xy, upper(NULL) IS NULL AS nothing
SELECT 1 AS a WHERE 1 = 2
SELECT 1 AS a WHERE 1 = 1 ORDER BY a LIMIT 1
SELECT count(*), sum(3)
SELECT count(*), sum(3) WHERE false
END
    same "SELECT without FROM" "$scratch/wanted" "$scratch/came"
    same "what it says" /dev/null "$scratch/said"
}

# Says what it would do, and does nothing.
case_setup_dry_run() {
    local before after
    before=$(stat -c %Y tailrace build 2>/dev/null || true)
    ./setup --tests --dry-run >"$scratch/said"
    after=$(stat -c %Y tailrace build 2>/dev/null || true)
    grep -q '^dry run    nothing was done$' "$scratch/said" || fail "it says $(cat "$scratch/said")"
    [ "$before" = "$after" ] || fail "it did something"
}

# A password in a statement is in nothing that is printed.
case_secrets() {
    "$tailrace" -o csv -c "
        CREATE STREAM s (a TEXT) FROM 'kafka://h:9/t?kafka.sasl.password=geheim' FORMAT json
            WITH (kafka.ssl.key.password = 'geheim');
        CREATE SINK k TO 'kafka://h:9/o?kafka.sasl.password=geheim';
        CREATE QUERY q AS SELECT a FROM s INTO 'kafka://h:9/q?kafka.sasl.password=geheim';
        STOP QUERY q;
        CREATE VIEW v AS SELECT line FROM 'kafka://h:9/t?kafka.sasl.password=geheim' FORMAT line;
        SHOW STREAMS; SHOW SINKS; SHOW QUERIES; SHOW VIEWS; DESCRIBE s; DESCRIBE k; DESCRIBE q;
        EXPLAIN q; EXPLAIN SELECT a FROM s" \
        >"$scratch/came" 2>&1
    grep -qF 'kafka.sasl.password=***' "$scratch/came" || fail "the option is not shown"
    ! grep -q geheim "$scratch/came" || fail "the password is shown"
    local text
    printf 'a,b\n1,2\n' >"$scratch/in.csv"
    PASS=geheim "$tailrace" --state "$scratch/state" -c "
        CREATE STREAM s (a TEXT) FROM 'kafka://h:9/t?kafka.sasl.password=geheim' FORMAT json;
        CREATE STREAM t (a TEXT) FROM 'kafka://h:9/t?kafka.sasl.password=\${PASS}' FORMAT json;
        SELECT a FROM '$scratch/in.csv'" >/dev/null 2>&1 || fail "the run ends with $?"
    ! grep -rq geheim "$scratch/state" || fail "the password is in the state directory"
    for text in 'password=***' 'password=${PASS}'; do
        grep -qF "$text" "$scratch/state/job.sql" || fail "job.sql lacks $text"
    done
}

"case_$case"
