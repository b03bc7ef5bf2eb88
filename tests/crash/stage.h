/* stage: one life of a job that a test writes in SQL, on simulated files. Its streams are
 * FROM 'memory:NAME'; its sinks are those of the program and ledger:PATH.
 *
 *     struct stage stage;
 *     stage_init(&stage, fs);
 *     stage.config.accept_change = true;             // what the test is about
 *     memory_feed_add(stage_feed(&stage, "s"), 0, slice_text("…\n"));
 *     status = stage_start(&stage, "CREATE STREAM s …; INSERT INTO a SELECT …;");
 *     status = stage_steps(&stage, 8, 0);            // stage.err says what failed
 *     stage_release(&stage);                         // as kill -9: nothing more is written
 *
 * The next life is another stage on the same files. */
#ifndef TESTS_CRASH_STAGE_H
#define TESTS_CRASH_STAGE_H

#include "engine/base/arena.h"
#include "engine/run/job.h"
#include "sources/memory_source.h"
#include "sql/statement.h"
#include "tests/support/simfs.h"

/* 2026-01-05T09:00:00Z: near the event times that tests give, so that no row is in the future. */
#define STAGE_START_US INT64_C(1767603600000000)

enum { STAGE_KINDS_MAX = 48 };

struct stage {
    struct memory_feeds *feeds;
    const struct source_kind *sources[STAGE_KINDS_MAX];
    const struct sink_kind *sinks[STAGE_KINDS_MAX];
    struct kinds kinds;
    struct hand_clock clock;
    struct catalog *catalog;
    struct arena arena;
    struct job_config config; /* state_dir "state"; may be changed before stage_start */
    struct job *job;
    const struct plan *plan; /* of the first query */
    struct query *query;     /* the first one */
    struct error err;
};

/* `fs` stays the caller's. */
void stage_init(struct stage *stage, const struct simfs *fs);
void stage_release(struct stage *stage);
/* One sink kind more, before stage_start. */
void stage_add_sink(struct stage *stage, const struct sink_kind *kind);

/* The feed that 'memory:name' reads; a life without it has no such source. */
struct memory_feed *stage_feed(struct stage *stage, const char *name);

/* Makes the job and its queries and starts it: stage_open, stage_sql, job_start. */
MUST_CHECK enum status stage_start(struct stage *stage, const char *sql);
MUST_CHECK enum status stage_open(struct stage *stage);
/* Definitions, and queries that come, before or behind job_start. */
MUST_CHECK enum status stage_sql(struct stage *stage, const char *sql);
/* Up to n steps, fewer if the job is done; the clock moves on by step_us behind each. */
MUST_CHECK enum status stage_steps(struct stage *stage, uint32_t n, int64_t step_us);
/* These rows come into stream s, and an epoch of them ends. */
MUST_CHECK enum status stage_epoch(struct stage *stage, struct slice rows);

#endif
