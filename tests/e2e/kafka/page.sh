#!/usr/bin/env bash
# page: runs docs/kafka.md against a real broker.
#
#     tests/e2e/kafka/page.sh TAILRACE         from the root of the tree; 77 = skipped
set -euo pipefail
. tests/e2e/kafka/broker.sh
broker_within 200 "$@"
tailrace=$(realpath "$1")
broker_fetch || exit $?
broker_scratch
broker_init
broker_start

# The page and the example that it runs name the usual address.
mkdir "$scratch/tree"
cp -R examples docs tests "$scratch/tree"
cd "$scratch/tree"
sed -i "s/localhost:9092/$brokers/g" docs/kafka.md examples/kafka/topic_errors.sql
tests/docs/shell_page.sh "$tailrace" docs/kafka.md
