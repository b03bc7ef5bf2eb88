/* kafka_split: one partition of a topic: messages that the library has fetched wait here, and are
 * framed as lines for the decoders.
 *
 *     kafka_split_add(split, message);                  // takes it; in offset order
 *     while (kafka_split_waits(split)) {
 *         room = kafka_split_room(split);
 *         n = kafka_split_read(split, framing, at, max);    // max ≥ room
 *         kafka_split_message(split, byte, &message);       // of that read
 *     }
 *
 * A message may hold several lines, each a record. A message that ends without a line end gets
 * one, so that the next message begins a record of its own. */
#ifndef SOURCES_KAFKA_SPLIT_H
#define SOURCES_KAFKA_SPLIT_H

#include <librdkafka/rdkafka.h>
#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytebuf.h"
#include "engine/io/source.h"

enum kafka_framing {
    KAFKA_LINES,
    KAFKA_OBJECTS, /* JSON: line ends are blanks between its tokens, so a message is one record */
    KAFKA_QUOTED,  /* CSV: a quote that stays open must not swallow the next message */
};

/* The framing for a format. */
enum kafka_framing kafka_framing_of(struct slice format);

/* Where a message begins in the bytes of the last read. */
struct kafka_mark {
    size_t at;
    rd_kafka_message_t *message;
};

struct kafka_split {
    char *name;         /* "topic/3" */
    struct slice topic; /* the source's */
    int32_t partition;
    int64_t next;    /* first offset that was not read */
    int64_t fetched; /* first offset that is not waiting here either */
    int64_t end;     /* --once: where it ends; -1 = never */
    bool is_absent;  /* only its number is there */
    bool ended;
    bool told; /* the engine knows that it has ended */
    uint64_t tombstones;

    rd_kafka_message_t **waiting; /* ring */
    uint32_t first;
    uint32_t n_waiting;
    uint32_t cap;

    struct kafka_mark *marks; /* of the last read; they own their messages */
    uint32_t n_marks;
    uint32_t marks_cap;
    struct bytebuf headers; /* of the message asked about last */
};

void kafka_split_init(struct kafka_split *split, struct slice topic, int32_t partition);
void kafka_split_release(struct kafka_split *split);

/* Takes the message. One at or beyond `end` ends the split and is dropped. */
void kafka_split_add(struct kafka_split *split, rd_kafka_message_t *message);
/* There is nothing before `offset` that has not been added. */
void kafka_split_reached(struct kafka_split *split, int64_t offset);

static inline bool kafka_split_waits(const struct kafka_split *split)
{
    return split->n_waiting > 0;
}

size_t kafka_split_room(const struct kafka_split *split);
/* 0 though messages wait: the first one is longer than `max`. */
size_t kafka_split_read(struct kafka_split *split, enum kafka_framing framing, uint8_t *at,
                        size_t max);
void kafka_split_message(struct kafka_split *split, size_t at, struct source_message *out);

#endif
