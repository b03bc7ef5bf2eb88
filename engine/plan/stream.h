/* stream: what CREATE STREAM (or a bare FROM 'file') said, checked and resolved. Plain const data
 * in the arena of the catalog entry; nothing is open yet. */
#ifndef ENGINE_PLAN_STREAM_H
#define ENGINE_PLAN_STREAM_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/data/schema.h"
#include "engine/io/decoder.h"
#include "engine/io/options.h"
#include "engine/io/source.h"

/* The hidden columns stand behind the visible ones, in this order: number n_visible + HIDDEN_x. */
enum hidden_column {
    HIDDEN_ARRIVAL,  /* _arrival TIMESTAMP: when the bytes were read */
    HIDDEN_SOURCE,   /* _source TEXT: file, connection or partition */
    HIDDEN_OFFSET,   /* _offset BIGINT: where it is in its split: bytes, or the message's */
    HIDDEN_LINE,     /* _line TEXT: the record as it came */
    HIDDEN_OF_BYTES, /* how many a stream of plain bytes has; of messages it has all: */
    HIDDEN_KEY = HIDDEN_OF_BYTES, /* _key TEXT: NULL if the message has none */
    HIDDEN_TOPIC,                 /* _topic TEXT */
    HIDDEN_PARTITION,             /* _partition BIGINT */
    HIDDEN_TIMESTAMP,             /* _timestamp TIMESTAMP: the broker's or the producer's */
    HIDDEN_HEADERS,               /* _headers TEXT: a JSON object; NULL if it has none */
    HIDDEN_COUNT,
};

const char *hidden_column_name(enum hidden_column which);
struct type hidden_column_type(enum hidden_column which);
bool hidden_column_not_null(enum hidden_column which);

enum on_error { ON_ERROR_SKIP, ON_ERROR_FAIL, ON_ERROR_NULL, ON_ERROR_INTO };

/* What of a stream's rows is kept for FROM TABLE(s). */
struct retain {
    int64_t age_us; /* 0: of any age */
    int64_t bytes;  /* 0: not said */
};

/* "1h", "64MB", "off" (both 0). False if it is none of them. */
bool retain_parse(struct slice text, struct retain *out);

#define WATERMARK_DELAY_DEFAULT_US INT64_C(5000000)
#define IDLE_TIMEOUT_DEFAULT_US    INT64_C(10000000)
#define MAX_FUTURE_DEFAULT_US      INT64_C(3600000000)
#define IDLE_NEVER                 INT64_C(-1)

/* Why rows have the event time they have: said by EXPLAIN and the start line. */
enum time_origin {
    TIME_FROM_ARRIVAL,   /* no event time: _arrival */
    TIME_FROM_WATERMARK, /* WATERMARK clause */
    TIME_FROM_QUERY,     /* ON ts */
    TIME_FROM_FORMAT,    /* the format has a time of its own */
    TIME_FROM_SCHEMA,    /* the only TIMESTAMP column of an inferred schema */
    TIME_FROM_RESULT,    /* rows of a query's result go on with the time that they had */
};

struct stream_def {
    struct slice name;
    struct uri uri;
    struct options options; /* URI and WITH together */
    const struct source_kind *source;
    const struct decoder_kind *decoder;
    struct slice format_argument;
    struct schema schema; /* visible columns, then the hidden ones */
    uint32_t n_visible;
    bool inferred; /* the schema was taken from format or sample, not declared */
    bool finite;   /* ends by itself: file, stdin, gen with rows, --once */

    int time_column; /* -1: arrival time */
    enum time_origin time_origin;
    bool watermark_declared; /* else: finite input is exact, live input gets
                                WATERMARK_DELAY_DEFAULT_US */
    int64_t delay_us;
    int64_t idle_timeout_us; /* IDLE_NEVER: never */
    int64_t max_future_us;

    enum on_error on_error;
    struct slice on_error_uri; /* ON_ERROR_INTO */
    struct slice late_uri;     /* LATE INTO, empty = none */
    bool retain_given;         /* RETAIN; else SET retain says it */
    struct retain retain;

    bool is_table; /* FROM TABLE(…): what there is at present, read once */
};

/* True if what there is of the stream at present can be read from its source whenever one likes: a
 * file, a folder, a topic. Then FROM TABLE(s) does so, and nothing needs to be retained. Of an
 * endless one that can be read again (tail:) RETAIN makes a table of what came lately. */
bool stream_keeps_itself(const struct stream_def *stream);

#endif
