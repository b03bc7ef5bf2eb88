/* kafka_rows: the records of one epoch, ready to be sent and sent again: what a transaction holds.
 *
 *     kafka_rows_key(&rows, key);                 // or without: the record has none
 *     kafka_rows_value(&rows, value);             // or kafka_rows_tombstone
 *     for (at = 0; kafka_rows_next(&rows, &at, &record);) { … }
 *     kafka_rows_clear(&rows); */
#ifndef SINKS_KAFKA_ROWS_H
#define SINKS_KAFKA_ROWS_H

#include <stdbool.h>

#include "engine/base/bytebuf.h"

struct kafka_rows {
    struct bytebuf bytes;
    uint64_t n;
    bool has_key; /* of the record that comes next */
};

struct kafka_record {
    struct slice key;   /* at == NULL: none */
    struct slice value; /* at == NULL: a tombstone */
};

void kafka_rows_key(struct kafka_rows *rows, struct slice key);
void kafka_rows_value(struct kafka_rows *rows, struct slice value);
void kafka_rows_tombstone(struct kafka_rows *rows);
/* *at is 0 at first. The record points into `rows`. */
bool kafka_rows_next(const struct kafka_rows *rows, size_t *at, struct kafka_record *out);
void kafka_rows_clear(struct kafka_rows *rows);
void kafka_rows_release(struct kafka_rows *rows);

#endif
