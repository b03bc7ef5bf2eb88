/* query: one running query: its operators, its event time, its sink. The inside of a job; the
 * public side is in job.h.
 *
 *     query = query_new(config, plan, feed, sink);
 *     TRY(query_open(query, saved, err));
 *     TRY(query_begin(query, epoch, err));
 *     … the feed pushes batches …
 *     TRY(query_trigger(query, now_us, err));       // results leave
 *     TRY(query_end(query, now_us, flush, err));    // input has ended: the last trigger
 *     TRY(query_commit(query, err));                // then query_begin again
 *     query_free(query); */
#ifndef ENGINE_RUN_QUERY_H
#define ENGINE_RUN_QUERY_H

#include "engine/ops/op.h"
#include "engine/run/feed.h"
#include "engine/run/image.h"
#include "engine/run/job.h"
#include "engine/run/late_rows.h"
#include "engine/run/lateness.h"
#include "engine/run/outlet.h"
#include "engine/run/watermark.h"

struct query {
    const struct job_config *config;
    const struct plan *plan;
    const struct plan_node *scan;
    struct feed *feed;
    struct outlet rows;
    struct arena life;
    struct op_context context;
    struct op_output output;
    struct op *first;
    struct watermark watermark;
    struct lateness lateness;
    struct late_rows late;
    char number[16]; /* query_name of one that has no name */
    bool changed;    /* it is not the one that was saved */
    bool anew;       /* --accept-change: the saved state of its operators is of no use */
    bool uses_arrival;
    bool now_is_old; /* now() is of a trigger that is over: the next row brings its own */
    bool ended;
    bool repeats; /* what leaves just now is for rows.present alone */
    bool is_kept; /* a checkpoint has all of its state, so that changes are enough from here on */
    int64_t committed_at_us;
    /* EMIT COMPLETE: rows that had reached its operator when it spoke last; UINT64_MAX = never. */
    uint64_t complete_rows;
    bool said; /* there was a trigger since */
    struct query_progress progress;
    struct error failure; /* of the sink, found in the middle of a push */
};

struct query *query_new(const struct job_config *config, const struct plan *plan, struct feed *feed,
                        struct sink *sink);
void query_free(struct query *query); /* closes the sink */

/* Opens the plan's sink if none was given, and LATE INTO's. `saved`: what a checkpoint has of the
 * query, NULL = nothing. */
MUST_CHECK enum status query_open(struct query *query, const struct image_query *saved,
                                  struct error *err);
/* The newest epoch that any of its sinks says it has. */
uint64_t query_committed(const struct query *query);
MUST_CHECK enum status query_begin(struct query *query, uint64_t epoch, struct error *err);

/* Lets results leave. `now_us` is the trigger time. */
MUST_CHECK enum status query_trigger(struct query *query, int64_t now_us, struct error *err);
/* The stream has ended: closes all windows (if `flush`), the last results leave. */
MUST_CHECK enum status query_end(struct query *query, int64_t now_us, bool flush,
                                 struct error *err);
/* The epoch ends: what left is the sinks' for good. */
MUST_CHECK enum status query_commit(struct query *query, struct error *err);
/* COMMIT of that epoch is on disk. */
MUST_CHECK enum status query_settled(struct query *query, uint64_t epoch, struct error *err);

/* The sinks by what they take; returns how many (at most IMAGE_OUTLETS_MAX). */
uint32_t query_outlets(struct query *query, struct outlet **outlets, const char **roles);

/* Wall clock at which a trigger would let something leave without a further row; TIME_END = never.
 */
int64_t query_due_us(struct query *query);

/* Rows that were bad before the first operator: they could not be split, or had no good event time.
 * What other queries over the stream found is theirs. */
uint64_t query_rows_bad_early(const struct query *query);

/* The query's name; of one that has none, its place in the job: "#1". */
struct slice query_name(const struct query *query);

/* Its counters and watermark; and a changelog (changelog.h) of what its operators keep: of what has
 * changed since the last, or `whole`. */
void query_save(struct query *query, bool whole, struct bytebuf *out, struct bytebuf *changes);
/* With query->anew the state of the operators stays empty: the plan has changed too much. */
MUST_CHECK enum status query_load(struct query *query, struct reader *in, struct entries *entries,
                                  struct error *err);

#endif
