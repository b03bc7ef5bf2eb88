/* kafka_sink: kafka://b1:9092,b2/topic?key=card: rows as messages, JSON objects or CSV lines.
 *
 * With transactions (the default where a checkpoint stands behind the query) an epoch is one
 * transaction and exactly once for readers with isolation.level read_committed (kafka_txn.h).
 * Without, rows leave at each trigger, at least once; the producer is idempotent, so the library's
 * own repetitions are not seen.
 *
 * Rows of a changing result are keyed; a row that is deleted becomes a tombstone of its key. */
#ifndef SINKS_KAFKA_SINK_H
#define SINKS_KAFKA_SINK_H

#include "engine/io/sink.h"

extern const struct sink_kind kafka_sink;

#endif
