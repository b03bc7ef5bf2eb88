/* deadlog: DIR/dead.<seq>, the rows that were rejected, each once, whatever happens in between. A
 * row is a line of JSON, so that cat, grep and jq can read it; <seq> is the number of the first row
 * in the file, counted from 1 over all runs: what is missing in front was dropped.
 *
 *     deadlog_init(&log, &dir, bytes_max);
 *     TRY(deadlog_verify(&dir, &mark, err));      // after a restart
 *     TRY(deadlog_recover(&log, &mark, err));     // cuts what no COMMIT knows of
 *     for (each epoch) {
 *         deadlog_add(&log, stream, &found);      // any number
 *         TRY(deadlog_commit(&log, err));         // on disk; COMMIT then has deadlog_mark
 *     }
 *     deadlog_close(&log);
 *
 * A stream that two queries read apart, as a file that is read twice, has its rows once for each
 * reading.
 *
 * What is kept has at most `bytes_max` bytes, and a last row: the oldest file goes when there are
 * more. Between epochs nothing is open, so files may be taken away at any time. An epoch without
 * rejected rows costs nothing. */
#ifndef ENGINE_RUN_DEADLOG_H
#define ENGINE_RUN_DEADLOG_H

#include "engine/run/state_dir.h"

struct found_bad;

enum { DEADLOG_BYTES_MAX = 64 << 20 };

/* What a COMMIT knows of. */
struct deadlog_mark {
    uint64_t segment; /* the newest file is dead.<segment>; 0 = there is none */
    uint64_t bytes;   /* of it */
    uint64_t rows;    /* rejected so far, since the job began */
};

struct deadlog_segment {
    uint64_t first; /* row; it is in the file's name */
    uint64_t bytes;
};

struct deadlog {
    const struct state_dir *dir;
    uint64_t bytes_max; /* 0 = nothing is kept */
    uint64_t rows;
    struct bytebuf out; /* rows that are not written yet */
    uint64_t out_first; /* number of the first of them */
    int fd;             /* of the newest segment; -1 = nothing of this epoch is in a file */
    bool is_new;        /* its directory entry is not on disk */
    struct deadlog_segment *segments; /* oldest first */
    uint32_t n_segments;
    bool has_dropped;     /* in this run: it was said */
    struct error failure; /* of deadlog_add */
};

/* `bytes_max`: 0 = DEADLOG_BYTES_MAX, negative = no row is kept. */
void deadlog_init(struct deadlog *log, const struct state_dir *dir, int64_t bytes_max);
void deadlog_close(struct deadlog *log); /* zero is fine */

/* Exit 21 if the file of the mark has fewer bytes. One that is not there was taken away: the next
 * row begins another. Nothing is changed. */
MUST_CHECK enum status deadlog_verify(const struct state_dir *dir, const struct deadlog_mark *mark,
                                      struct error *err);
MUST_CHECK enum status deadlog_recover(struct deadlog *log, const struct deadlog_mark *mark,
                                       struct error *err);

/* `stream`: its name, the same for all that read it. What goes wrong is said by deadlog_commit. */
void deadlog_add(struct deadlog *log, struct slice stream, const struct found_bad *found);
MUST_CHECK enum status deadlog_commit(struct deadlog *log, struct error *err);
struct deadlog_mark deadlog_mark(const struct deadlog *log);

/* Number of the oldest row among the files of a directory (fs->list); 0 = there is none. */
uint64_t deadlog_oldest(struct slice names);

#endif
