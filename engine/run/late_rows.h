/* late_rows: rows that came after a window of theirs had closed: counted by the operators, the
 * newest kept as text, all of them written where LATE INTO says.
 *
 *     struct late_rows late;
 *     late_rows_init(&late);
 *     TRY(late_rows_open(&late, config, plan, err));              // LATE INTO's sink, if there is
 * one context.late = late_rows_sink(&late);                       // the operators tell
 *     TRY(late_rows_flush(&late, err));                           // per trigger
 *     late_rows_release(&late); */
#ifndef ENGINE_RUN_LATE_ROWS_H
#define ENGINE_RUN_LATE_ROWS_H

#include "engine/ops/op.h"
#include "engine/run/job.h"
#include "engine/run/outlet.h"
#include "engine/run/progress.h"

struct late_rows {
    struct late_sink sink; /* what the operators call */
    struct schema visible; /* the stream's columns but the hidden ones */
    struct late_row *kept; /* ring of LATE_ROWS_KEPT */
    uint64_t n;
    struct outlet into; /* without a sink: nobody asked for them */
    struct arena life;
    struct error failure;
};

void late_rows_init(struct late_rows *late);
void late_rows_release(struct late_rows *late);

/* Opens the sink of the stream's LATE INTO; `from`: sink_config. */
MUST_CHECK enum status late_rows_open(struct late_rows *late, const struct job_config *config,
                                      const struct stream_def *stream, struct slice from,
                                      struct error *err);
MUST_CHECK enum status late_rows_flush(struct late_rows *late, struct error *err);

/* Newest first; returns how many. */
uint32_t late_rows_newest(const struct late_rows *late, const struct late_row **out, uint32_t max);

#endif
