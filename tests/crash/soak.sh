#!/usr/bin/env bash
# soak: minutes of 50,000 rows a second over TCP, each acknowledged, into files and SQLite. The
# resident memory must not grow by a MiB a minute once the job is warm, nor open files at all.
#
#     tests/crash/soak.sh TAILRACE TOOLS [--seconds 180] [--rate 50000]
set -euo pipefail
# shellcheck source=tests/crash/harness.sh
. "$(dirname "${BASH_SOURCE[0]}")/harness.sh"
seconds=$(number seconds 180 "$@")
rate=$(number rate 50000 "$@")
dir=$scratch/soak
mkdir "$dir"
port=$(free_port)

cat >"$dir/job.sql" <<END
CREATE STREAM s (ts TIMESTAMP, k TEXT, v BIGINT, id BIGINT, attempt BIGINT,
    WATERMARK ts DELAY 5s) FROM 'tcp-listen://:$port?ack=line' FORMAT csv WITH (header = false);
CREATE SINK windows TO 'file:windows.csv?roll=1MiB';
CREATE SINK kept TO 'sqlite:out.db?table=kept';
CREATE SINK totals TO 'sqlite:out.db?table=totals';
INSERT INTO windows SELECT window_start, k, count(*) AS n, sum(v) AS total, min(v) AS least
    FROM s GROUP BY k WINDOW 60s SLIDE 10s;
INSERT INTO kept SELECT ts, id, k FROM s WHERE v = 7;
INSERT INTO totals SELECT k, count(*) AS n, sum(v) AS total FROM s GROUP BY k EMIT CHANGES;
END
(cd "$dir" && exec "$tailrace" run job.sql --state state) >"$dir/log" 2>&1 &
job=$!
pids[$job]=1
began=$SECONDS
rows=$((seconds * rate))
timeout $((seconds * 2 + 60)) "$tools/line_sender" tcp "$rows" "$port" --keys 1000 --rate "$rate" \
    --window $((rate * 4)) >"$dir/sent" &
sender=$!
pids[$sender]=1

# second, KiB resident, open files
while kill -0 "$sender" 2>/dev/null; do
    kib=$(awk '/^VmRSS/ { print $2 }' "/proc/$job/status" 2>/dev/null) || true
    [ -n "$kib" ] || fail "the job has ended: $(tail -3 "$dir/log")"
    echo "$((SECONDS - began)) $kib $(find "/proc/$job/fd" -type l | wc -l)"
    sleep 1
done >"$scratch/samples"
ended "$sender"
[ "$code" -eq 0 ] || fail "the sender ends with $code"
took=$((SECONDS - began))
kill -TERM "$job"
ended "$job"
[ "$code" -eq 0 ] || fail "the job ends with $code: $(tail -3 "$dir/log")"

read -r first acknowledged < <(tail -1 "$dir/sent" | cut -d ' ' -f 2,3)
[ "$first $acknowledged" = "1 $rows" ] || fail "it was sent $(cat "$dir/sent")"
counted=$(sqlite3 "$dir/out.db" 'SELECT sum(n) FROM totals')
[ "$counted" -eq "$rows" ] || fail "$counted rows are counted of $rows"
awk -v warm=$((seconds / 3)) -v seconds="$seconds" -v rows="$rows" -v took="$took" '
    $2 > most { most = $2 }
    $1 >= warm {
        n++; x += $1; y += $2; xx += $1 * $1; xy += $1 * $2
        late = $1 >= (warm + seconds) / 2
        if ($3 > files[late]) files[late] = $3
    }
    END {
        slope = (n * xy - x * y) / (n * xx - x * x) * 60 / 1024
        printf "%d rows in %d s: %.1f MiB resident at most, slope %.2f MiB a minute, %d files\n",
            rows, took, most / 1024, slope, files[1]
        if (n < 5 || slope >= 1 || files[0] != files[1]) {
            print "open files before: " files[0]
            exit 1
        }
    }' "$scratch/samples" || fail "it grows"
[ $((rows / (took > 1 ? took - 1 : 1))) -ge $((rate * 9 / 10)) ] ||
    fail "$rows rows took $took s: not $rate a second"
