/* kafka_offsets: offsets of partitions as JSON that a person can read, the form that Spark uses:
 * {"topic":{"0":123,"1":456}}. An offset is the first message that has not been read.
 *
 *     TRY(kafka_offsets_check(text, err));
 *     kafka_offsets_find(text, topic, 0, &offset);
 *
 *     kafka_offsets_begin(&printer, out);
 *     kafka_offsets_put(&printer, topic, partition, offset);      // topics in a row
 *     kafka_offsets_end(&printer); */
#ifndef SOURCES_KAFKA_OFFSETS_H
#define SOURCES_KAFKA_OFFSETS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytebuf.h"
#include "engine/base/status.h"

/* Spark's numbers for "where it begins" and "where it ends now". */
enum { KAFKA_OFFSET_EARLIEST = -2, KAFKA_OFFSET_LATEST = -1 };

/* ERR_OPTION if the text is anything else than objects of offsets from -2 on. */
MUST_CHECK enum status kafka_offsets_check(struct slice text, struct error *err);

/* False if the checked text does not name the partition. */
bool kafka_offsets_find(struct slice text, struct slice topic, int32_t partition, int64_t *out);

struct kafka_offsets_printer {
    struct bytebuf *out;
    struct slice topic; /* the open one; at == NULL: none */
    bool comma;
};

void kafka_offsets_begin(struct kafka_offsets_printer *printer, struct bytebuf *out);
void kafka_offsets_put(struct kafka_offsets_printer *printer, struct slice topic, int32_t partition,
                       int64_t offset);
void kafka_offsets_end(struct kafka_offsets_printer *printer);

#endif
