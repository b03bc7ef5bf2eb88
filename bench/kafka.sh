#!/usr/bin/env bash
# kafka: the Kafka source with Q1 against librdkafka alone, in one run, on a real broker.
#
#     bench/kafka.sh [--rows N] [--runs N]         from the root of the tree
#
# Writes N bank payments (default 5000000) into one partition, a message each, then reads them with
# both programs in turn, N times (default 5). Prints the median time of each and the ratio of rates:
# bare time over tailrace time; and the CPU time of each.
set -euo pipefail

rows=5000000
runs=5
while [ $# -gt 0 ]; do
    case "$1" in
    --rows) rows=$2 && shift ;;
    --runs) runs=$2 && shift ;;
    *)
        sed -n '2,8s/^# \{0,1\}//p' "${BASH_SOURCE[0]}" >&2
        exit 2
        ;;
    esac
    shift
done
build=$PWD/build/release
source tests/e2e/kafka/broker.sh
broker_fetch
broker_scratch
broker_init
sed -i 's/^num.partitions=.*/num.partitions=1/' "$broker_folder/server.properties"
broker_start

"$build/tailrace" gen bank --rows "$rows" --seed 42 | tail -n +2 |
    kcat -P -b "$brokers" -t bank -X linger.ms=50 -z lz4
cat >"$scratch/q1.sql" <<END
CREATE STREAM bank (
    ts TIMESTAMP, account TEXT, card TEXT, atm TEXT, kind TEXT, amount DECIMAL(12,2), city TEXT,
    WATERMARK ts DELAY 2s
) FROM 'kafka://$brokers/bank' FORMAT csv WITH (header = false);
SELECT count(*) FROM bank WHERE kind = 'withdrawal' AND amount > 100 WINDOW 10s;
END

run_one() { # name, command…
    local name=$1
    shift
    local TIMEFORMAT='%R %U %S'
    { time "$@" >"$scratch/out" 2>"$scratch/err"; } 2>"$scratch/time"
    printf '%s %s\n' "$name" "$(cat "$scratch/time")" >>"$scratch/figures"
}
for _ in $(seq "$runs"); do
    run_one bare "$build/bench/kafka_bare" "$brokers" bank
    run_one tailrace "$build/tailrace" --once -o csv -f "$scratch/q1.sql"
done
sort -k1,1 -k2,2n "$scratch/figures" | awk -v runs="$runs" -v rows="$rows" '
    { n[$1]++; if (n[$1] == int((runs + 1) / 2)) wall[$1] = $2; cpu[$1] += $3 + $4 }
    END {
        for (name in wall)
            printf "%-9s %.2f s, %.2f M messages/s, %.2f s of CPU\n", name, wall[name],
                   rows / wall[name] / 1e6, cpu[name] / runs
        printf "rate of tailrace over bare: %.2f\n", wall["bare"] / wall["tailrace"]
    }'
