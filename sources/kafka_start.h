/* kafka_start: where a stream begins in its partitions: option `start`, or where an earlier run
 * stopped.
 *
 *     TRY(kafka_start_init(&start, config, err));
 *     TRY(kafka_start_offset(&start, &place, &offset, &known, err)); */
#ifndef SOURCES_KAFKA_START_H
#define SOURCES_KAFKA_START_H

#include "engine/io/source.h"
#include "engine/kafka/kafka_topics.h"

enum kafka_start_mode { KAFKA_EARLIEST, KAFKA_LATEST, KAFKA_SINCE, KAFKA_OFFSETS };

struct kafka_start {
    enum kafka_start_mode mode;
    int64_t since_us;     /* KAFKA_SINCE */
    struct slice offsets; /* KAFKA_OFFSETS: checked text; a partition that it lacks begins early */
    bool resumed;         /* the offsets are those of a checkpoint */
};

/* A partition, as the brokers describe it. */
struct kafka_place {
    rd_kafka_t *rk;
    const char *topic;
    int32_t partition;
    struct kafka_range range;
};

MUST_CHECK enum status kafka_start_init(struct kafka_start *start,
                                        const struct source_config *config, struct error *err);

/* The offset that the partition is read from; *known = false: nobody answered.
 * ERR_STATE with exit code 24 if messages that a checkpoint still wants are gone, ERR_OPTION if
 * the option names messages that are not there. */
MUST_CHECK enum status kafka_start_offset(const struct kafka_start *start,
                                          const struct kafka_place *place, int64_t *offset,
                                          bool *known, struct error *err);

#endif
