/* background: the queries of an interactive session that run while the prompt waits, in one job.
 * Streams that cannot be read twice are read once for all of them, and for the query in the
 * foreground too. With --state they run in a job of their own that is kept (kept_job.h), beside the
 * one for what is gone with the session.
 *
 *     background = background_new(&config);
 *     TRY(background_open_state(background, args, err));  // with --state
 *     TRY(background_start(background, plan, err));
 *     loop_config.job = background_job(background);       // NULL: nothing runs
 *     background_failed(background);                      // the job has failed: all have stopped
 *     TRY(background_stop(background, name, err));
 *     background_free(background); */
#ifndef SHELL_BACKGROUND_H
#define SHELL_BACKGROUND_H

#include "engine/run/job.h"
#include "shell/args.h"
#include "shell/stream_sampler.h"
#include "shell/tables.h"
#include "sql/catalog.h"

struct background;
struct kept_job;

struct background_config {
    const struct catalog *catalog;
    const struct fs *fs;
    const struct clock *clock;
    struct stream_sampler *sampler;
    struct retention *retention; /* keeps what is read; NULL = nothing is kept */
    struct tables *tables;       /* keeps what leaves */
    const struct fs *above;      /* rows that go to no sink are written to its handle 1 */
    /* The statements of all queries that run but `without`, and what they need: for job.sql. */
    void (*script)(void *owner, struct slice without, struct bytebuf *out);
    void *owner;
};

struct background *background_new(const struct background_config *config);
/* Ends all queries: what they have goes to their sinks. */
void background_free(struct background *background); /* NULL is fine */

/* With --state, before the first query: from here on queries that are started are kept. Opens what
 * is there; what the last session had is in *text. */
MUST_CHECK enum status background_open_state(struct background *background, const struct args *args,
                                             struct bytebuf *text, struct error *err);
/* The queries of that text have been started: they go on. */
MUST_CHECK enum status background_start_state(struct background *background, struct error *err);
/* NULL without --state. */
struct kept_job *background_kept(const struct background *background);
/* Leaving: what is kept is on disk, in a snapshot. Without --state nothing happens. */
MUST_CHECK enum status background_finish(struct background *background, struct error *err);

/* The job for a query in the foreground: made if there is none. */
MUST_CHECK enum status background_open_job(struct background *background, struct job **out,
                                           struct error *err);
/* The job, if a query runs in it; else NULL. */
struct job *background_job(const struct background *background);

/* `plan` must live until the query is stopped. ERR_OPTION if one of that name runs. */
MUST_CHECK enum status background_start(struct background *background, const struct plan *plan,
                                        struct error *err);
/* The same for a query that is only there to read its stream (collector.h): its rows are discarded,
 * and a job of such queries alone follows SET. */
MUST_CHECK enum status background_collect(struct background *background, const struct plan *plan,
                                          struct error *err);
/* The query's sink commits and is closed; nothing happens if no such query runs. */
MUST_CHECK enum status background_stop(struct background *background, struct slice name,
                                       struct error *err);
/* NULL if none of that name runs. */
struct query *background_find(const struct background *background, struct slice name);
/* Walks them: 0, 1, … until NULL. */
struct query *background_at(const struct background *background, uint32_t index);
/* It is only there to read its stream. */
bool background_collects(const struct background *background, uint32_t index);

/* The job has failed: it is gone with its queries. False if those that are kept run on. */
bool background_failed(struct background *background);
/* A change of what is kept has failed: nothing but background_failed is left. */
bool background_is_broken(const struct background *background);
bool background_any_ended(const struct background *background);
/* Takes out the queries whose input has ended; true if there was one, with its name. */
bool background_reap(struct background *background, struct bytebuf *name, struct error *err);

#endif
