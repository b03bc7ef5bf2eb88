/* kafka_topics: what the cluster knows of the topics of a stream: their partitions, and the offsets
 * between which their messages stand. Every call asks the brokers and waits a moment for them.
 *
 *     TRY(kafka_topics_partitions(rk, topic, &n, err));       // ERR_IO: no such topic
 *     TRY(kafka_topics_range(rk, topic, partition, &range, err));
 *
 * "Not reachable just now" is no error: *n = 0, or KAFKA_WAIT. */
#ifndef ENGINE_KAFKA_KAFKA_TOPICS_H
#define ENGINE_KAFKA_KAFKA_TOPICS_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"
#include "engine/base/status.h"

struct kafka_range {
    int64_t low;  /* first message that is kept */
    int64_t high; /* where the next one will be written (after the last committed transaction) */
};

/* How long a call waits for the brokers: Ctrl-C is heard after that. */
enum { KAFKA_ASK_MS = 250 };

/* *n = 0: nobody answered. ERR_IO with near names if the topic is not there, or with the broker's
 * words if we may not read it. */
MUST_CHECK enum status kafka_topics_partitions(rd_kafka_t *rk, const char *topic, uint32_t *n,
                                               struct error *err);

/* *known = false: nobody answered. */
MUST_CHECK enum status kafka_topics_exists(rd_kafka_t *rk, const char *topic, bool *exists,
                                           bool *known, struct error *err);

/* *known = false: nobody answered. */
MUST_CHECK enum status kafka_topics_range(rd_kafka_t *rk, const char *topic, int32_t partition,
                                          struct kafka_range *out, bool *known, struct error *err);

/* The first offset of the partition whose message has a timestamp from `time_us` on; its high end
 * if there is none. */
MUST_CHECK enum status kafka_topics_since(rd_kafka_t *rk, const char *topic, int32_t partition,
                                          int64_t time_us, int64_t *offset, bool *known,
                                          struct error *err);

#endif
