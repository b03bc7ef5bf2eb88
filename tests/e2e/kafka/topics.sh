#!/usr/bin/env bash
# topics: topics that change below a job: partitions are added while it runs and dies, messages are
# compacted away, the offset that says which epoch is there expires.
#
#     tests/e2e/kafka/topics.sh TAILRACE         from the root of the tree; 77 = skipped
set -euo pipefail
. tests/e2e/kafka/broker.sh
broker_within 200 "$@"
tailrace=$(realpath "$1")
broker_fetch || exit $?
command -v sqlite3 >/dev/null || {
    echo "skipped: no sqlite3"
    exit 77
}

broker_scratch
broker_init
cat >>"$broker_folder/server.properties" <<END
log.cleaner.backoff.ms=200
log.initial.task.delay.ms=0
END
broker_start

# ---- partitions are added --------------------------------------------------------------------
# Two topics: the numbers of the one's splits must not move when the other grows.
topic_admin --create --topic grows --partitions 1
topic_admin --create --topic stays --partitions 2
cat >"$scratch/grow.sql" <<END
SET checkpoint = '20ms';
CREATE STREAM g (line TEXT) FROM 'kafka://$brokers/grows,stays?refresh=200ms' FORMAT line;
CREATE SINK o TO 'sqlite:$scratch/out.db?table=grown';
INSERT INTO o SELECT _topic AS t, _partition AS p, _offset AS o, line FROM g;
END
produced=0
produce() { # topic, partition
    seq "$produced" $((produced + 99)) | timeout 30 kcat -P -b "$brokers" -t "$1" -p "$2"
    produced=$((produced + 100))
}
grown() {
    sqlite3 "$scratch/out.db" "SELECT count(*) FROM grown $1" 2>/dev/null || echo 0
}
grown_is() {
    [ "$(grown "")" -eq "$produced" ]
}
has_new() { # partition
    [ "$(grown "WHERE p = $1 AND t = 'grows'")" -gt 0 ]
}
produce grows 0
produce stays 0
produce stays 1
job_start "$scratch/grow.sql" --state "$scratch/grow"
await 60 grown_is || failed "$(grown "") rows of $produced"
topic_admin --alter --topic grows --partitions 3
produce grows 1
produce grows 2
await 60 has_new 2 || failed "a new partition is not read"
job_kill
produce stays 1
topic_admin --alter --topic grows --partitions 4
produce grows 3
job_start "$scratch/grow.sql" --state "$scratch/grow"
await 60 has_new 3 || failed "a partition that came meanwhile is not read"
job_kill
produce grows 2
job_start "$scratch/grow.sql" --state "$scratch/grow" --once
job_wait 60
[ "$code" -eq 0 ] || failed "the last run ends with $code"
grown_is || failed "$(grown "") rows of $produced, partitions were added"
distinct=$(sqlite3 "$scratch/out.db" 'SELECT count(DISTINCT line) FROM grown')
[ "$distinct" -eq "$produced" ] || failed "$distinct rows of $produced are different"

# ---- where it began --------------------------------------------------------------------------
# The end of a topic is another one after a crash; what a checkpoint knows is where it was.
topic_admin --create --topic tail --partitions 2
seq 100 | timeout 30 kcat -P -b "$brokers" -t tail -p 0
cat >"$scratch/tail.sql" <<END
SET checkpoint = '1h';
CREATE STREAM t (line TEXT) FROM 'kafka://$brokers/tail?start=latest' FORMAT line;
CREATE SINK o TO 'sqlite:$scratch/tail.db?table=tail';
INSERT INTO o SELECT _partition AS p, _offset AS o, line FROM t;
END
knows_start() {
    "$tailrace" checkpoint show "$scratch/tail" 2>/dev/null | grep -qF '{"tail":{"0":100,"1":0}}'
}
job_start "$scratch/tail.sql" --state "$scratch/tail"
await 60 knows_start || failed "no COMMIT says where the topic was read from"
seq 101 110 | timeout 30 kcat -P -b "$brokers" -t tail -p 0
job_kill
seq 111 115 | timeout 30 kcat -P -b "$brokers" -t tail -p 1
job_start "$scratch/tail.sql" --state "$scratch/tail" --once
job_wait 60
came=$(sqlite3 "$scratch/tail.db" 'SELECT count(*), min(CAST(line AS INT)) FROM tail')
[ "$code $came" = "0 15|101" ] || failed "from the end of a topic: $came, exit $code"

# ---- partitions that hold the same hours -----------------------------------------------------
# One is read before the others, but nothing of them is late.
topic_admin --create --topic hours --partitions 3
for partition in 0 1 2; do
    seq 20000 | awk '{ printf "2026-01-05T%02d:%02d:%02dZ\n", $1 / 3600, $1 / 60 % 60, $1 % 60 }' |
        timeout 30 kcat -P -b "$brokers" -t hours -p "$partition"
done
"$tailrace" --once -o csv -c "CREATE STREAM h (ts TIMESTAMP, WATERMARK ts DELAY 0s)
    FROM 'kafka://$brokers/hours' FORMAT csv WITH (header = false);
    SELECT count(*) AS n FROM h WINDOW 10m" >"$scratch/windows" 2>"$scratch/said" ||
    failed "windows over partitions"
awk -F, 'NR > 1 { sum += $NF } END { print sum }' "$scratch/windows" >"$scratch/came"
[ "$(cat "$scratch/came")" = 60000 ] || failed "windows count $(cat "$scratch/came") rows of 60000"

# ---- headers ---------------------------------------------------------------------------------
echo one | timeout 30 kcat -P -b "$brokers" -t heads -p 0 -H trace=7 -H 'who="me"'
echo two | timeout 30 kcat -P -b "$brokers" -t heads -p 0
"$tailrace" --once -o jsonl -c "SELECT line, _headers AS h, json_value(_headers, '\$.trace') AS t
    FROM 'kafka://$brokers/heads' FORMAT line" >"$scratch/came" 2>"$scratch/said"
diff - "$scratch/came" <<'END' || failed "headers"
{"line":"one","h":"{\"trace\":\"7\",\"who\":\"\\\"me\\\"\"}","t":"7"}
{"line":"two","h":null,"t":null}
END

# ---- a compacted topic -----------------------------------------------------------------------
compacted=(--config cleanup.policy=compact --config segment.ms=100
    --config min.cleanable.dirty.ratio=0.001)
topic_admin --create --topic compact --partitions 1 "${compacted[@]}"
put() { # key, value
    echo "$1:$2" | timeout 30 kcat -P -b "$brokers" -t compact -p 0 -K :
}
for i in $(seq 50); do
    echo "k$((i % 5)):$i"
done | timeout 30 kcat -P -b "$brokers" -t compact -p 0 -K :
# The segment that is written to is never compacted: another message begins the next one.
is_compacted() {
    put last 51
    [ "$(topic_read compact | wc -l)" -lt 40 ]
}
await 60 is_compacted || failed "the broker does not compact"
"$tailrace" --once -o csv -c "SELECT count(*) AS n, min(_offset) AS first FROM
    'kafka://$brokers/compact' FORMAT line WHERE _key <> 'last'" >"$scratch/came" 2>"$scratch/said"
[ "$(tail -1 "$scratch/came")" = 5,45 ] || failed "a compacted topic: $(tail -1 "$scratch/came")"

# ---- a changing result in a compacted topic --------------------------------------------------
topic_admin --create --topic totals --partitions 1 "${compacted[@]}"
cat >"$scratch/totals.sql" <<END
SET checkpoint = '20ms';
CREATE STREAM v (k TEXT, v BIGINT) FROM 'kafka://$brokers/changes' FORMAT csv WITH (header = false);
CREATE SINK o TO 'kafka://$brokers/totals?transactional_id=totals';
INSERT INTO o SELECT k, count(*) AS n, sum(v) AS total FROM v GROUP BY k HAVING sum(v) < 100
  EMIT CHANGES;
END
# What a reader of the topic has who keeps the newest value of each key.
fold() {
    topic_read totals -Z -f '%k %s\n' | awk '
        $2 == "NULL" { delete last[$1]; next }
        { last[$1] = $2 }
        END { for (key in last) print last[key] }' | sort
}
folds_to() {
    [ "$(fold)" = "$1" ]
}
printf '%s\n' a,10 b,50 a,20 c,1 | timeout 30 kcat -P -b "$brokers" -t changes -p 0
job_start "$scratch/totals.sql" --state "$scratch/totals"
await 60 folds_to '{"k":"a","n":2,"total":30}
{"k":"b","n":1,"total":50}
{"k":"c","n":1,"total":1}' || failed "the topic folds to $(fold)"
job_kill

# The private group's offset is gone, as after seven days without a write: the topic itself says
# which epoch is there.
(broker_java -XX:TieredStopAtLevel=1 org.apache.kafka.tools.consumer.group.ConsumerGroupCommand \
    --bootstrap-server "$brokers" --delete --group totals) >"$scratch/admin" 2>&1 ||
    failed "kafka-consumer-groups: $(cat "$scratch/admin")"
printf '%s\n' b,60 c,2 d,7 | timeout 30 kcat -P -b "$brokers" -t changes -p 0
job_start "$scratch/totals.sql" --state "$scratch/totals"
final='{"k":"a","n":2,"total":30}
{"k":"c","n":2,"total":3}
{"k":"d","n":1,"total":7}'
await 60 folds_to "$final" || failed "the topic folds to $(fold)"
job_stop
[ "$(topic_read totals -Z -f '%k %s\n' | grep -c '^b NULL$')" -gt 0 ] || failed "no tombstone"
echo "$produced rows of added partitions, compacted topics, an expired group: each row once"
