/* progress: what a job has done, in numbers and newest samples. Read by the shell's status line,
 * EXPLAIN ANALYZE/WHY, .bad and .late; written by the feed and the query only. */
#ifndef ENGINE_RUN_PROGRESS_H
#define ENGINE_RUN_PROGRESS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"

enum { BAD_ROWS_KEPT = 100, LATE_ROWS_KEPT = 1000, SAMPLE_TEXT_BYTES = 256 };

/* Of one stream. rows_in = rows_unsplit + what was handed to the queries. */
struct feed_progress {
    uint64_t bytes_in;
    uint64_t rows_in;      /* records, bad ones among them */
    uint64_t rows_bad;     /* records that some query could not use, each counted once */
    uint64_t rows_unsplit; /* of them, those that were not even split into fields */
    uint64_t rows_nulled;  /* ON ERROR NULL: rows that lost a field and went on */
    uint64_t rows_no_time; /* event time NULL */
    uint64_t rows_future;  /* beyond max_future: counted, the watermark did not follow */
    uint64_t n_lost;       /* messages that the system threw away unread: in no other figure */
    int64_t watermark;     /* TIME_NONE before the first row */
    int64_t event_time_max;
    int64_t total_bytes; /* of a finite source, -1 = unknown */
    uint32_t n_splits;
    uint32_t n_idle;
    const char *holds_watermark; /* name of the split with the smallest watermark; NULL = none */
    bool done;
};

struct bad_row {
    char source[64];
    uint64_t offset;
    char column[64]; /* empty: the whole record */
    const char *reason;
    bool is_kept; /* the field is NULL and the row went on (ON ERROR NULL) */
    uint32_t text_len;
    uint8_t text[SAMPLE_TEXT_BYTES]; /* start of the record */
};

/* A row that came after a window of its had closed. */
struct late_row {
    int64_t watermark; /* when it came */
    uint32_t text_len;
    uint8_t text[SAMPLE_TEXT_BYTES]; /* its visible columns as CSV, cut */
};

/* Of one query. Rows of the stream (rows_in of the feed) = rows_bad + rows_unread + rows_filtered +
 * rows_too_late + rows_no_time + rows that are in the result, or in windows and groups of it. */
struct query_progress {
    uint64_t triggers;
    uint64_t epochs;
    uint64_t rows_handed; /* rows of the stream, without those that could not be split */
    uint64_t rows_unread; /* of them, those that came when the query had its LIMIT */
    uint64_t rows_in;     /* rows pushed into the chain: the others had a bad event time */
    uint64_t rows_bad;    /* that this query could not use */
    uint64_t rows_filtered;
    uint64_t rows_late;     /* (row, window) pairs */
    uint64_t rows_too_late; /* rows that are in no window because all of theirs were closed */
    uint64_t rows_out;
    uint64_t rows_no_time;
    uint64_t runtime_errors;
    const char *runtime_error_newest; /* NULL = none */
    uint64_t rows_evicted;            /* rows of state that went because time has passed them */
    uint64_t state_rows;              /* that are there now */
    uint64_t state_bytes;
    int64_t next_due;
    int64_t trigger_us; /* how long the last trigger took, steady time */
};

#endif
