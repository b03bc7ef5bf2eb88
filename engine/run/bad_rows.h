/* bad_rows: what is kept of the bad rows of one stream: the newest BAD_ROWS_KEPT as samples, and
 * with ON ERROR INTO every one of them, as a row (source, offset, column, reason, text) of a sink.
 *
 *     bad = bad_rows_new(config, stream);
 *     TRY(bad_rows_open(bad, from, err));
 *     bad_rows_add(bad, &found);                    // counting is the feed's business
 *     TRY(bad_rows_flush(bad, err));                // per trigger
 *     bad_rows_free(bad);
 */
#ifndef ENGINE_RUN_BAD_ROWS_H
#define ENGINE_RUN_BAD_ROWS_H

#include "engine/run/job.h"
#include "engine/run/outlet.h"
#include "engine/run/progress.h"

struct bad_rows;

/* Valid during the call only. */
struct found_bad {
    const char *source;
    uint64_t offset; /* of the record in its split */
    struct slice record;
    struct slice column; /* empty: the whole record is bad */
    const char *reason;  /* static text */
    bool is_kept;        /* ON ERROR NULL: the field is NULL, the row went on */
    int64_t arrival_us;
};

struct bad_rows *bad_rows_new(const struct job_config *config, const struct stream_def *stream);
void bad_rows_free(struct bad_rows *bad); /* NULL is fine */

/* Opens the sink of ON ERROR INTO, if there is one; `from`: sink_config. */
MUST_CHECK enum status bad_rows_open(struct bad_rows *bad, struct slice from, struct error *err);
void bad_rows_add(struct bad_rows *bad, const struct found_bad *found);
/* Says what went wrong in bad_rows_add, too. */
MUST_CHECK enum status bad_rows_flush(struct bad_rows *bad, struct error *err);
/* The sink's epochs are the job's. */
struct outlet *bad_rows_outlet(struct bad_rows *bad);

/* Newest first; returns how many. */
uint32_t bad_rows_newest(const struct bad_rows *bad, const struct bad_row **out, uint32_t max);

#endif
