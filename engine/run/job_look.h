/* job_look: the saved state of a job, for somebody who does not go on with it. It is loaded the way
 * a start loads it, into the operators of the same plans; but no source and no sink is opened, and
 * in the directory nothing is written but the lock.
 *
 *     job = job_new(&config);                              // config.looks, config.state_dir
 *     TRY(job_look_open(job, &saved, err));
 *     TRY(job_add_query(job, plan, NULL, &query, err));    // all of job.sql, in its order
 *     TRY(job_look_load(job, err));
 *     query_look(query, &look);                            // engine/ops/op.h
 *     job_free(job);
 */
#ifndef ENGINE_RUN_JOB_LOOK_H
#define ENGINE_RUN_JOB_LOOK_H

#include "engine/ops/op.h"
#include "engine/run/image.h"
#include "engine/run/job.h"

struct job_saved {
    uint64_t generation;
    uint64_t epoch;            /* of the last COMMIT, whose state it is */
    bool is_open;              /* epoch + 1 was begun: the next start computes it again */
    const struct image *image; /* until job_free */
};

/* Exit 10 if another process has the directory, 20 if there is no checkpoint in it, else as a
 * start. */
MUST_CHECK enum status job_look_open(struct job *job, struct job_saved *saved, struct error *err);
/* Exit 30 if a query is not the one that was saved. */
MUST_CHECK enum status job_look_load(struct job *job, struct error *err);
/* The queries that were added: 0, 1, … until NULL, and what the checkpoint calls them. */
struct query *job_query_at(const struct job *job, uint32_t index);
struct slice query_saved_name(const struct query *query);
/* What the query's operators keep. Once: it can only be freed then. */
void query_look(struct query *query, const struct op_look *look);
/* Event time up to which it has come; TIME_NONE = no row has come, or it has no event time. */
int64_t query_watermark_us(const struct query *query);

#endif
