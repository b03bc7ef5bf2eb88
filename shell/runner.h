/* runner: runs queries together as one job until it is done, stopped or has said enough; shows
 * progress, start line, and at the end what went wrong with single rows.
 *
 *     struct runner_query queries[] = {{.plan = plan}};
 *     struct runner runner = {…, .queries = queries, .n_queries = 1};
 *     TRY(runner_run(&runner, err));
 *
 * Results that go to no sink of their own go to standard output: on a terminal as boxes and live
 * tables (screen.h), else as CSV. Everything else goes to standard error. */
#ifndef SHELL_RUNNER_H
#define SHELL_RUNNER_H

#include "engine/run/job.h"
#include "shell/above.h"
#include "shell/args.h"
#include "shell/pager.h"
#include "shell/stream_sampler.h"
#include "sql/catalog.h"

enum { RUNNER_QUERIES_MAX = 256 };

struct runner_query {
    const struct plan *plan;
    bool discard; /* rows go nowhere: EXPLAIN ANALYZE and WHY */
    bool print;   /* rows are printed, whatever sink the plan has: replay */
};

struct runner {
    const struct args *args;
    const struct catalog *catalog; /* its settings: trigger, once, … */
    const struct fs *fs;
    const struct clock *clock;
    struct stream_sampler *sampler;
    const struct runner_query *queries;
    uint32_t n_queries;
    bool keeps_state;    /* --state is meant for these queries */
    struct slice script; /* keeps_state: their statements as text (job_script.h) */
    int64_t for_us;      /* 0 = args->for_us */
    struct job *job;     /* the queries run in this one, which goes on; NULL = a job of their own */
    struct job *beside;  /* another one that goes on meanwhile; NULL = none */
    struct retention *retention; /* keeps what is read; NULL = nothing is kept */
    struct above *above;         /* rows of others go above this run's; NULL = there are none */
    struct pager *pager;         /* finite results go through it; NULL = not */
    const struct fs *rows_fs;    /* printed rows go to its handle 1; NULL = the terminal or pipe */
    /* After the last row, while the queries are still there. May be NULL. */
    void (*finished)(void *owner, struct query *const *queries, uint32_t n);
    void *owner;
    bool stopped;    /* out: by a signal */
    bool terminated; /* out: that was SIGTERM, which means all that runs */
    bool job_failed; /* out: the shared job, or the one beside, can only be freed */
    struct error beside_failure;
};

MUST_CHECK enum status runner_run(struct runner *runner, struct error *err);

#endif
