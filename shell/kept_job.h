/* kept_job: the job of a session with --state: its queries go on where they were when the next
 * session begins. What DIR/job.sql has makes the same queries again; each one that comes or goes is
 * there with all others, or not at all (engine/run/job.h).
 *
 *     TRY(kept_job_open(&config, &kept, err));        // locks DIR; nothing else is changed
 *     … the statements of kept_job_text, whose queries are added …
 *     TRY(kept_job_start(kept, err));
 *     TRY(kept_job_add(kept, plan, sink, &query, err));
 *     TRY(kept_job_remove(kept, query, err));
 *     TRY(kept_job_finish(kept, err));                // as SIGTERM does
 *     kept_job_free(kept); */
#ifndef SHELL_KEPT_JOB_H
#define SHELL_KEPT_JOB_H

#include "engine/run/job.h"
#include "shell/args.h"
#include "sql/catalog.h"

struct kept_job;

struct kept_job_config {
    const struct args *args; /* --state and what goes with it */
    const struct catalog *catalog;
    const struct fs *fs;
    const struct clock *clock;
    struct retention *retention;
    /* Appends the statements of what is defined and of all queries that run but `without`. */
    void (*script)(void *owner, struct slice without, struct bytebuf *out);
    void *owner;
};

MUST_CHECK enum status kept_job_open(const struct kept_job_config *config, struct kept_job **out,
                                     struct error *err);
void kept_job_free(struct kept_job *kept); /* NULL is fine */
struct job *kept_job_job(const struct kept_job *kept);

/* What the last session had; empty if there was none. */
void kept_job_text(const struct kept_job *kept, struct bytebuf *out);
MUST_CHECK enum status kept_job_start(struct kept_job *kept, struct error *err);

/* The script has the query already. */
MUST_CHECK enum status kept_job_add(struct kept_job *kept, const struct plan *plan,
                                    struct sink *sink, struct query **out, struct error *err);
MUST_CHECK enum status kept_job_remove(struct kept_job *kept, struct query *query,
                                       struct error *err);
MUST_CHECK enum status kept_job_checkpoint(struct kept_job *kept, struct checkpoint_written *out,
                                           struct error *err);
MUST_CHECK enum status kept_job_finish(struct kept_job *kept, struct error *err);

#endif
