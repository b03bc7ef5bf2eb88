/* session: statements in order, each doing what it says: DDL goes to the catalog, SELECT runs now
 * and prints, INSERT and CREATE QUERY are collected and run together.
 *
 *     struct session *session = session_new(&config);
 *     exit_code = session_text(session, text, "fraud.sql");       // all statements, to the first
 * error exit_code = session_run(session);                           // what was collected
 *     session_free(session);
 *
 * A SELECT after collected queries runs together with them. In an interactive session nothing is
 * collected: such queries run in the background (background.h) from then on. Errors are printed
 * here, with their place in the text; what comes back is an exit code of exactly-once.md §7. */
#ifndef SHELL_SESSION_H
#define SHELL_SESSION_H

#include <stdbool.h>

#include "engine/base/clock.h"
#include "engine/base/fs.h"
#include "shell/args.h"
#include "shell/inspect.h"
#include "sql/statement.h"

struct above;
struct session;

struct session_config {
    const struct args *args;
    const struct fs *fs;
    const struct clock *clock;
    /* Says what it did; INSERT and CREATE QUERY run in the background at once. */
    bool interactive;
    struct above *above; /* interactive: rows of the background go there */
    bool replay;         /* results are printed, sinks get nothing, no state is kept */
    bool check_only;     /* DDL is done, nothing runs: the check and explain commands */
};

struct session *session_new(const struct session_config *config);
void session_free(struct session *session); /* NULL is fine */

/* Makes the options of the command line settings, which hold until a SET says otherwise;
 * session_new does it. Again behind a text that the command line goes before: tailracerc. */
void session_set_from_args(struct session *session);

/* `origin` is the file's name for errors, NULL = none. Returns an exit code. */
int session_text(struct session *session, struct slice text, const char *origin);
/* Runs what was collected; 0 if that is nothing. */
int session_run(struct session *session);
bool session_has_queries(const struct session *session);
/* Forgets what was collected. */
void session_forget(struct session *session);

/* The statements that follow are those of the last session (resumption.h). */
void session_set_resumes(struct session *session, bool resumes);
/* Behind them: starts its queries, but for those that a STOP among them stopped. */
MUST_CHECK enum status session_go_on(struct session *session, struct error *err);
/* What follows is tailracerc, which says again what is in job.sql since an earlier start. */
void session_set_repeats(struct session *session, bool repeats);
/* Behind that, when its queries have their state: reads the streams that say RETAIN from now on. */
MUST_CHECK enum status session_collect(struct session *session, struct error *err);
/* With --state: what is kept has failed, and the next start takes it up. An exit code; 0 = it goes
 * on. */
int session_failed(const struct session *session);
/* Interactive: SIGTERM came while a statement had the terminal, or its pager: it is time to go. */
bool session_is_terminated(const struct session *session);

/* Interactive: the queries in the background; else NULL. */
struct background *session_background(struct session *session);
/* Their job has failed: says so, and all have stopped. */
void session_background_failed(struct session *session, const struct error *err);
/* Says which of them have come to the end of their input. */
void session_background_reap(struct session *session);

/* What is known of the query of that name; of those in the background and of what ran in the
 * foreground last (empty name). */
MUST_CHECK enum status session_inspect(struct session *session, enum inspect_view view,
                                       struct slice name, struct bytebuf *out, struct error *err);

/* With check_only: prints the plans of all queries so far to standard output. */
void session_explain(struct session *session);

/* Results of the foreground go to a file from now on, or for one statement; empty path: to the
 * terminal again. */
MUST_CHECK enum status session_set_output(struct session *session, struct slice path, bool once,
                                          struct error *err);

struct catalog *session_catalog(struct session *session);
/* For what is taller than the terminal; off unless interactive. */
struct pager *session_pager(struct session *session);
/* The plans of the queries that were collected: 0, 1, … until NULL. */
const struct plan *session_plan(const struct session *session, uint32_t index);

/* Exit code for an error that no statement is to blame for. */
int session_exit_code(const struct error *err);

#endif
