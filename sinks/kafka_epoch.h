/* kafka_epoch: asks the brokers which epoch of a writer is in a topic for good: the offset of its
 * private group or, when that has expired (offsets.retention.minutes), the newest epoch among the
 * last committed records of the topic. */
#ifndef SINKS_KAFKA_EPOCH_H
#define SINKS_KAFKA_EPOCH_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/fs.h"
#include "engine/base/status.h"
#include "engine/io/options.h"

/* Headers of each record that was written in a transaction. */
#define KAFKA_EPOCH_HEADER  "tailrace-epoch"
#define KAFKA_WRITER_HEADER "tailrace-writer"

struct kafka_epoch_config {
    const struct uri *uri;
    const struct options *options;
    const struct fs *fs;
    const char *topic;
    const char *writer; /* transactional id, and the group */
};

/* *known = false: the brokers do not answer now. *epoch = 0: none was ever committed. ERR_IO if
 * they will not say (not authorised). */
MUST_CHECK enum status kafka_epoch_committed(const struct kafka_epoch_config *config,
                                             uint64_t *epoch, bool *known, struct error *err);

#endif
