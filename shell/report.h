/* report: what a run says about itself on standard error: which time is used, how far it is, what
 * it has done, what was wrong with single rows. */
#ifndef SHELL_REPORT_H
#define SHELL_REPORT_H

#include "engine/base/clock.h"
#include "engine/base/log.h"
#include "engine/run/job.h"

/* LOG_INFO if somebody looks on, standard error being a terminal; else LOG_DEBUG, for -v. */
enum log_level report_level(void);

/* "access: format apache: ts TIMESTAMP, status BIGINT", of a stream whose columns nobody declared;
 * false for others and for NULL. */
bool report_columns(struct bytebuf *out, const struct stream_def *stream);

/* False for SELECT without FROM: the row that it is computed for is not worth a word. */
bool report_reads(const struct plan *plan);

/* "event time ts (declared), watermark delay 5s"; false if time means nothing to the query. */
bool report_time(struct bytebuf *out, const struct plan *plan);

/* True if windows go by arrival because nobody said which of the row's times counts. */
bool report_passes_over_time(const struct plan *plan);

/* What the status line was made of, for the rates of the next one. */
struct report_rate {
    int64_t at_us; /* steady; at first the start of the run */
    uint64_t rows;
    double rows_per_second;
    /* Of streams that others have been reading already: no work of this run. */
    uint64_t rows_before;
    uint64_t bytes_before;
};

/* Before the queries read anything. */
void report_begin(struct report_rate *rate, struct query *const *queries, uint32_t n);

/* "batch 128 · 12.3k rows/s · watermark 10:14:55 (lag 4.8 s) · late 0 · state 1.2k · Ctrl-C stops",
 * and for finite input "[████····] 45 % · 1.20 M rows · …". */
void report_status(struct bytebuf *out, struct query *const *queries, uint32_t n,
                   struct report_rate *rate, const struct clock *clock);

/* "Processed 1.00 M rows, 98 MB in 0.42 s", a line; nothing if no query reads */
void report_summary(struct bytebuf *out, struct query *const *queries, uint32_t n,
                    const struct report_rate *rate, int64_t took_us);

/* Lines "tailrace: …" on bad rows, late rows, values that could not be computed. */
void report_warnings(struct bytebuf *out, struct query *const *queries, uint32_t n);

#endif
