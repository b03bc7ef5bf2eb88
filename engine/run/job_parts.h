/* job_parts: the inside of a job, shared by its parts and by nobody else.
 *
 * job.c       queries, steps, triggers
 * job_feeds.c the streams that queries read
 * job_change.c queries that come and go behind a checkpoint
 * job_saves.c all of it as bytes, without a checkpoint
 * epoch.c     what came in an epoch, and its end: INTENT, commits, COMMIT, snapshots
 * resume.c    after a restart: what was saved
 * redo.c      and what came then: the last epoch again, input that waits */
#ifndef ENGINE_RUN_JOB_PARTS_H
#define ENGINE_RUN_JOB_PARTS_H

#include "engine/run/checkpoint.h"
#include "engine/run/deadlog.h"
#include "engine/run/feed.h"
#include "engine/run/image.h"
#include "engine/run/job.h"
#include "engine/run/query.h"
#include "engine/run/recovered.h"

enum { JOB_QUERIES_MAX = 256 };

/* Stands still within a step, and is what was logged while an epoch is done again: what depends on
 * time is the same both times. */
struct step_clock {
    struct clock clock;
    const struct clock *host;
    int64_t now_us;
};

struct job {
    struct job_config config;
    struct step_clock clock;
    struct feed *feeds[JOB_QUERIES_MAX];
    uint32_t n_feeds;
    struct query *queries[JOB_QUERIES_MAX];
    uint32_t n_queries;
    struct job *guest;     /* whose host this is; NULL = nobody's */
    int64_t trigger_at_us; /* steady time of the next trigger, for an interval */
    bool rows_waiting;     /* rows were pushed since the last trigger */
    bool done;
    uint64_t heard; /* job_heard behind the host's last step */
    bool host_failed;
    struct bytebuf text; /* job_set_text */

    /* With a checkpoint. */
    struct checkpoint *checkpoint; /* NULL: none */
    struct deadlog dead;
    struct arena found;          /* INTENTs that were read of it, until the job has started */
    struct recovered *recovered; /* what its last COMMIT has, until then; NULL: it is new */
    bool started;
    bool failed;                       /* in the middle of a change: it can only be freed */
    uint64_t resumed_epoch;            /* that the last run had committed, 0 = none */
    bool redone;                       /* the one after it was done again */
    bool wants_snapshot;               /* somebody asked for a checkpoint now */
    uint64_t epoch;                    /* that is open */
    struct bytebuf cuts;               /* of it */
    int64_t epoch_due_us;              /* steady time at which it ends, if something came */
    uint64_t settled;                  /* newest epoch whose COMMIT is on disk */
    uint64_t merge_epoch;              /* of the merge that was begun last */
    uint64_t n_merges;                 /* that were taken */
    struct inlog_mark committed_input; /* end of the input that the last image has */
    int64_t sync_due_us;     /* steady time at which COMMIT(epoch - 1) is synced, if it is not */
    uint64_t snapshot_epoch; /* of the newest snapshot */
    /* Where images are made, epoch after epoch: new pages would be dearer than what is in them. */
    struct bytebuf image;
    struct bytebuf changes; /* of one query */
    struct bytebuf grouped; /* the same by key group */
};

static inline void job_set_now(struct job *job, int64_t now_us)
{
    job->clock.now_us = now_us;
}

/* ---- job.c */

/* Results leave. */
MUST_CHECK enum status job_trigger(struct job *job, struct error *err);
/* Query number `of` has ended. */
MUST_CHECK enum status job_end_query(struct job *job, uint32_t of, bool flush, struct error *err);

/* ---- job_feeds.c */

/* The feed for a query over the stream, made if there is none that it may read along with. `saved`:
 * what the checkpoint has of the query, NULL = nothing. */
struct feed *job_feed(struct job *job, const struct stream_def *stream,
                      const struct image_query *saved);
/* Its number; -1 = there is none of that name. */
int job_feed_number(const struct job *job, struct slice name);
/* Those that nobody reads. */
void job_drop_idle_feeds(struct job *job);
/* What the guest, if there is one, reads of a stream that nobody can read twice, is read by this
 * job from now on, and the guest reads along. Before a query over `stream` is made. */
void job_take_feed(struct job *job, const struct stream_def *stream);
/* The guest goes on by itself with what this job has no query for. Between two epochs: the cuts of
 * one know their feeds by number. */
void job_leave_feeds(struct job *job);

/* ---- job_change.c: while the job runs behind a checkpoint */

/* The open epoch ends: the next one may have other queries. */
MUST_CHECK enum status change_begin(struct job *job, struct error *err);
/* The query, whose sinks are open, takes part from here on. */
MUST_CHECK enum status change_join(struct job *job, struct query *query, struct error *err);
/* The last epoch of the query ends, and is on disk with all that its sinks do then. */
MUST_CHECK enum status change_leave(struct job *job, struct query *query, struct error *err);
/* The queries are others now: so they are on disk. */
MUST_CHECK enum status change_end(struct job *job, struct error *err);
/* The next snapshot has the text of job_set_text. */
void change_take_text(struct job *job);

/* ---- epoch.c */

/* Listens to the feeds. */
enum status epoch_came(void *owner, const struct feed *feed, const struct cut *cut,
                       struct slice bytes, struct error *err);
void epoch_rejected(void *owner, const struct feed *feed, const struct found_bad *found);
/* Remembers a cut that no feed has said. */
void epoch_cut(struct job *job, const struct cut *cut);
/* Begins epoch job->epoch in all sinks. */
MUST_CHECK enum status epoch_begin(struct job *job, struct error *err);
/* INTENT, the sinks' commits, COMMIT, the next epoch begins. */
MUST_CHECK enum status epoch_end(struct job *job, struct error *err);
/* The same without INTENT, which is there already. */
MUST_CHECK enum status epoch_end_redone(struct job *job, struct error *err);
/* Ends it if it is time; syncs what waits for it. */
MUST_CHECK enum status epoch_step(struct job *job, struct error *err);
/* Steady time of the next epoch_step, INT64_MAX = nothing waits. */
int64_t epoch_wake_us(const struct job *job);
/* Ends it now and takes a snapshot, also if nothing came; goes on with the next one. */
MUST_CHECK enum status epoch_checkpoint(struct job *job, struct error *err);
/* COMMIT of the last epoch is on disk. */
MUST_CHECK enum status epoch_sync(struct job *job, struct error *err);
/* Clean stop: everything is on disk, in a snapshot. */
MUST_CHECK enum status epoch_finish(struct job *job, struct error *err);
/* COMMIT of that epoch is on disk. */
MUST_CHECK enum status epoch_settle(struct job *job, uint64_t epoch, struct error *err);
/* The job as it is between epochs; of its state what has changed since the last image, or `whole`.
 */
void epoch_image(struct job *job, bool whole, struct bytebuf *out);

/* ---- resume.c */

/* What a checkpoint has of a feed or query of that name; NULL = nothing. */
const struct image_feed *resume_feed(const struct job *job, struct slice name);
const struct image_query *resume_query(const struct job *job, struct slice name);
/* Compares the query with what the checkpoint has of it: exit 30 if it has changed more than may
 * be. */
MUST_CHECK enum status resume_check(struct job *job, struct query *query, struct error *err);
/* The operators, watermarks and counters of all queries as they were saved. */
MUST_CHECK enum status resume_queries(struct job *job, struct error *err);
/* The place of a query in the job, -1 if it has none of that name. */
int job_query_number(const struct job *job, struct slice name);

/* ---- redo.c */

/* Bytes in the input log for a cut of a logged feed. */
void redo_put_input(struct bytebuf *out, const struct feed *feed, const struct cut *cut,
                    struct slice bytes);
/* The last record is an INTENT without COMMIT: its epoch is done again. Exit 24 if it comes to
 * other rows. */
MUST_CHECK enum status redo_epoch(struct job *job, const struct intent *intent, struct error *err);
/* What no INTENT speaks of is the beginning of the epoch that is open. */
MUST_CHECK enum status redo_pending(struct job *job, struct error *err);

#endif
