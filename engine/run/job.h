/* job: queries that run together over their streams, one epoch clock for all. No loop and no sleep
 * in here: whoever owns the job calls job_step, and waits as it says.
 *
 *     struct job *job = job_new(&config);
 *     TRY(job_add_query(job, plan, sink, &query, err));           // any number
 *     do {
 *         TRY(job_step(job, &what, err));
 *         if (what == JOB_IDLE) { wait until job_wake_us() or one of job_wait_fds() is readable }
 *     } while (what != JOB_DONE);
 *     TRY(job_finish(job, err));                                  // commits; after a stop request
 *     job_free(job);
 *
 * A stream that several queries read is read once. Behind a checkpoint queries may come and go,
 * too, once the job runs: each change is on disk when its call returns. Not thread-safe. */
#ifndef ENGINE_RUN_JOB_H
#define ENGINE_RUN_JOB_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/clock.h"
#include "engine/base/fs.h"
#include "engine/base/status.h"
#include "engine/io/kinds.h"
#include "engine/plan/plan.h"
#include "engine/run/progress.h"

struct job;
struct query;
struct retention;
struct present;

#define TRIGGER_ASAP INT64_C(0)
#define TRIGGER_ONCE INT64_C(-1) /* results leave once, when the input has ended */

/* How often transactional sinks and state commit: SET checkpoint's default. */
#define CHECKPOINT_INTERVAL_DEFAULT_US US_PER_SECOND

enum { STATE_BYTES_MAX_DEFAULT = 1 << 30 };

struct job_config {
    const struct kinds *kinds;
    const struct fs *fs;
    const struct clock *clock;
    const struct interrupt *interrupt; /* of sinks that wait; NULL = without end */
    int64_t trigger_us;                /* TRIGGER_ASAP, TRIGGER_ONCE or an interval */
    bool once;                         /* --once: sources end at what is there now */
    bool no_flush; /* --no-flush: windows still open at the end of finite input stay unsaid */
    size_t state_bytes_max; /* 0 = STATE_BYTES_MAX_DEFAULT */
    int64_t checkpoint_us;  /* length of an epoch; 0 = CHECKPOINT_INTERVAL_DEFAULT_US */
    const char *state_dir;  /* --state: directory of the checkpoint; NULL = none */
    bool new_state;         /* --new-state: what is there is thrown away */
    bool grows;         /* queries may come later, so what nobody can read twice is read whole */
    bool looks;         /* job_look.h: nothing is opened, read or written */
    bool accept_change; /* --accept-change: go on though the queries give other results now */
    struct slice text;  /* the statements, for DIR/job.sql, without secrets; empty = not known */
    /* --replay-from earliest: state and positions of the input are forgotten, the sinks go on. */
    bool replay;
    uint64_t log_bytes_min;       /* a log may be that large before a snapshot; 0 = 64 MiB */
    uint64_t log_bytes_max;       /* and no larger, for tests; 0 = as large as the state */
    uint64_t commit_bytes_max;    /* a larger COMMIT is a snapshot; 0 = 512 MiB */
    uint64_t merge_bytes_min;     /* snapshots of more state are made beside; 0 = 64 MiB */
    bool merges_in_place;         /* not beside: for tests whose files are not for threads */
    int64_t dead_bytes_max;       /* of rejected rows (deadlog.h); 0 = 64 MiB, negative = none */
    uint64_t input_segment_bytes; /* of the input log; 0 = INLOG_SEGMENT_BYTES */
    struct retention *retention;  /* keeps rows for FROM TABLE(s), outlives the job; NULL = none */
    /* Another job that goes on meanwhile, and outlives this one: each step is one of it, too, and
     * this one is done when both are. What it reads and nobody can read twice, is read along with
     * it; what this one reads so is the host's while that has a query for it, read along from then
     * on. A host has one guest at a time. NULL = none. */
    struct job *host;
};

enum job_state { JOB_WORKED, JOB_IDLE, JOB_DONE };

struct job *job_new(const struct job_config *config);
/* Trigger, length of an epoch, --once, --no-flush and the limit of state are those of `config` from
 * now on; for what is open already they stay what they were. */
void job_follow(struct job *job, const struct job_config *config);

/* With a state_dir: locks it and reads what the last run left, so that queries that are added go on
 * from there. Before the first query. Exit codes are those of exactly-once.md §7. */
MUST_CHECK enum status job_open(struct job *job, struct error *err);
/* After the last query: loads the saved state and does the last epoch again if it may be needed.
 * The first step does it if nobody else has. */
MUST_CHECK enum status job_start(struct job *job, struct error *err);
/* What an epoch lacks when the run ends in the middle of it, the next start computes again. */
bool job_has_checkpoint(const struct job *job);
/* What the start did, for a person: where it went on. False if it began anew. */
bool job_resumed(const struct job *job, uint64_t *epoch, bool *redone);
/* SIGUSR2: the epoch ends with the next step, and a snapshot is taken. */
void job_checkpoint(struct job *job);

/* What is in a snapshot, and where. */
struct checkpoint_written {
    uint64_t epoch;      /* it holds everything up to the end of this one */
    uint64_t generation; /* snap.<generation> */
    uint64_t bytes;
};

/* CHECKPOINT: the same at once, between steps; when it returns, the snapshot is on disk. ERR_OPTION
 * if the job has no state_dir. */
MUST_CHECK enum status job_checkpoint_now(struct job *job, struct checkpoint_written *out,
                                          struct error *err);
/* Snapshots that were made from files, beside the job. */
uint64_t job_merges(const struct job *job);
void job_free(struct job *job); /* closes sources and sinks; commits nothing */

/* The statements that DIR/job.sql has, after job_open; nothing if there are none. */
void job_saved_text(const struct job *job, struct bytebuf *out);
/* Those of the queries as they are going to be: copied, and in job.sql together with the next
 * change of queries, CHECKPOINT or clean stop. */
void job_set_text(struct job *job, struct slice text);
/* A change of queries or a step of the host has failed: the job, or its host, can only be freed. */
bool job_has_failed(const struct job *job);
bool job_host_has_failed(const struct job *job);

/* What was read from a stream while its schema was inferred. */
struct feed_start {
    struct source *source; /* is handed over; NULL = the job opens it, and there are no bytes */
    uint32_t split;        /* that the bytes are from */
    struct slice bytes;
    enum source_state last; /* what `split` said last: ENDED and CUT are not said again */
};

/* The job goes on behind what was read. Call before the first query over `stream`. */
void job_feed_opened(struct job *job, const struct stream_def *stream,
                     const struct feed_start *start);

/* Starts a query. `plan` must live until job_free. Rows go to `sink`, which the job closes; if it
 * is NULL, to plan->sink, which is opened here. After a failure the job goes on without the query,
 * unless job_has_failed. */
MUST_CHECK enum status job_add_query(struct job *job, const struct plan *plan, struct sink *sink,
                                     struct query **out, struct error *err);
/* Ends one query: its sink commits what it has and is closed. The checkpoint forgets it. */
MUST_CHECK enum status job_remove_query(struct job *job, struct query *query, struct error *err);
/* The same without a commit, also of a job that has failed; one without a checkpoint. */
void job_drop_query(struct job *job, struct query *query);

/* Reads what is there, at most one trigger's worth, pushes it through all queries and lets results
 * leave. JOB_IDLE: nothing to do now. JOB_DONE: all streams have ended and all results have left.
 * On failure the job can only be freed. */
MUST_CHECK enum status job_step(struct job *job, enum job_state *what, struct error *err);

/* When to call job_step again at the latest, in steady time; INT64_MAX = only when a descriptor is
 * readable. */
int64_t job_wake_us(const struct job *job);
/* Descriptors to wait for, at most `max`; returns how many. */
uint32_t job_wait_fds(const struct job *job, int *fds, uint32_t max);

/* Ends all queries as a stop does: rows that have left the operators are committed, open windows
 * are not said (their state would be in the checkpoint). */
MUST_CHECK enum status job_finish(struct job *job, struct error *err);
/* SIGHUP: file sinks open their files again. */
MUST_CHECK enum status job_reopen(struct job *job, struct error *err);

/* What has changed of a job without a checkpoint since it was saved last, or the `whole` of it,
 * which the first save must be; and back into a fresh one before its first step: n saves, in order,
 * the first of them whole. Between steps: operators, watermarks and what of the input is not
 * decoded yet. For tests; the checkpoint writes it to disk. */
void job_save(struct job *job, bool whole, struct bytebuf *out);
MUST_CHECK enum status job_load(struct job *job, const struct slice *saves, uint32_t n,
                                struct error *err);

const struct plan *query_plan(const struct query *query);
/* Rows that leave from now on are kept in `present` (present.h), too, which outlives the query; so
 * is, of a result that changes, what it is already. NULL: no longer. */
void query_keep(struct query *query, struct present *present);
/* Its input is over, or it has said all it will: its results have left. */
bool query_has_ended(const struct query *query);
void query_measure(struct query *query, struct query_progress *out);
/* The stream that the query reads. */
void query_feed(const struct query *query, struct feed_progress *out);
/* Newest bad rows of the query's stream, newest first; returns how many (≤ max). */
uint32_t query_bad_rows(const struct query *query, const struct bad_row **out, uint32_t max);
/* Newest late rows of the query, newest first. */
uint32_t query_late_rows(const struct query *query, const struct late_row **out, uint32_t max);
/* SHOW LATENESS: how late rows come, and the WATERMARK clause that would have kept 99.9 %
 * (lateness.h); nothing if the query has no watermark. */
void query_lateness(const struct query *query, struct bytebuf *out);
/* EXPLAIN ANALYZE and EXPLAIN WHY as text. */
void query_explain(struct query *query, bool why, struct bytebuf *out);

#endif
