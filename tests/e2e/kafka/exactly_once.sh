#!/usr/bin/env bash
# exactly_once: kill -9 at random points, the broker killed in between: what was read from Kafka is
# in a topic and in SQLite once, and windows are those of a run that nobody disturbed.
#
#     tests/e2e/kafka/exactly_once.sh TAILRACE [KILLS [SEED]]       77 = skipped
#
# From the root of the tree.
#
# No kill waits for a time: after a start the table is asked a random number of times, which takes
# from before the job has connected to the middle of its epochs.
set -euo pipefail
. tests/e2e/kafka/broker.sh
broker_within 500 "$@"
tailrace=$(realpath "$1")
kills=${2:-50}
RANDOM=${3:-1}
broker_fetch || exit $?
command -v sqlite3 >/dev/null || {
    echo "skipped: no sqlite3"
    exit 77
}

broker_scratch
broker_init
broker_start

per_kill=400
rows=$((kills * per_kill))
"$tailrace" gen bank --rows "$rows" --seed 7 | tail -n +2 >"$scratch/input.csv"
split -l "$per_kill" -a 4 -d "$scratch/input.csv" "$scratch/part."

columns="ts TIMESTAMP, account TEXT, card TEXT, atm TEXT, kind TEXT, amount DECIMAL(12,2),
    city TEXT, WATERMARK ts DELAY 5s"
windows="SELECT kind, count(*) AS n, sum(amount) AS total FROM tx GROUP BY kind WINDOW 10s"
cat >"$scratch/job.sql" <<END
SET checkpoint = '20ms';
CREATE STREAM tx ($columns) FROM 'kafka://$brokers/tx' FORMAT csv IDLE NEVER
  WITH (header = false);
CREATE SINK copies TO 'kafka://$brokers/copies' FORMAT json;
CREATE SINK stored TO 'sqlite:$scratch/out.db?table=stored';
CREATE SINK per_kind TO 'sqlite:$scratch/out.db?table=per_kind';
INSERT INTO copies SELECT _partition AS p, _offset AS o FROM tx;
INSERT INTO stored SELECT _partition AS p, _offset AS o, amount FROM tx;
INSERT INTO per_kind $windows;
END

stored() {
    sqlite3 "$scratch/out.db" 'SELECT count(*) FROM stored' 2>/dev/null || echo 0
}

in_flight=0
for ((i = 0; i < kills; i++)); do
    kcat -P -b "$brokers" -t tx "$scratch/part.$(printf %04d "$i")" -l -p $((i % 3))
    before=$(stored)
    job_start "$scratch/job.sql" --state "$scratch/state"
    for ((asked = RANDOM % 700; asked > 0; asked--)); do
        stored >"$scratch/asked"
    done
    job_kill
    [ "$(stored)" = "$before" ] || in_flight=$((in_flight + 1))
    if [ $((i % 20)) -eq 13 ]; then
        broker_kill
        broker_start
    fi
done
[ "$in_flight" -gt $((kills / 5)) ] ||
    failed "only $in_flight of $kills kills came while rows were written"
job_start "$scratch/job.sql" --state "$scratch/state" --once
job_wait 60
[ "$code" -eq 0 ] || failed "the last run ends with $code"

# ---- what came of it -------------------------------------------------------------------------
topic_read copies | sort >"$scratch/copies"
[ "$(wc -l <"$scratch/copies")" -eq "$rows" ] ||
    failed "the topic has $(wc -l <"$scratch/copies") messages of $rows"
[ -z "$(uniq -d "$scratch/copies")" ] || failed "messages are there twice"
[ "$(stored)" -eq "$rows" ] || failed "SQLite has $(stored) rows of $rows"
twice=$(sqlite3 "$scratch/out.db" 'SELECT count(*) - count(DISTINCT p || "/" || o) FROM stored')
[ "$twice" -eq 0 ] || failed "SQLite has $twice rows twice"

"$tailrace" -o csv -c "CREATE STREAM tx ($columns) FROM 'file:$scratch/input.csv' FORMAT csv
    WITH (header = false); $windows ORDER BY kind" 2>/dev/null |
    tail -n +2 | sort >"$scratch/wanted"
sqlite3 -csv "$scratch/out.db" 'SELECT window_start, window_end, kind, n, printf("%.2f", total)
    FROM per_kind' | sort >"$scratch/came"
diff "$scratch/wanted" "$scratch/came" || failed "the windows differ"
echo "$kills kills, $in_flight of them while rows were written; $rows rows, each once"
