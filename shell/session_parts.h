/* session_parts: the inside of a session, shared by its parts and by nobody else.
 *
 * session.c         statements, and what each does
 * session_run.c     what it runs in the foreground
 * session_script.c  what it has done, as statements
 * session_look.c    what is said of queries */
#ifndef SHELL_SESSION_PARTS_H
#define SHELL_SESSION_PARTS_H

#include "shell/file_out.h"
#include "shell/prepared.h"
#include "shell/runner.h"
#include "shell/session.h"
#include "shell/tables.h"

struct session {
    struct session_config config;
    struct stream_sampler *sampler;
    struct catalog *catalog;
    struct tables *tables;
    struct background *background; /* interactive */
    struct prepared_list queries;  /* collected, or in the background */
    struct bytebuf defined;        /* by all statements so far, as text (job_script.h) */
    size_t known;                  /* bytes of `defined` that tailracerc may say again; else 0 */
    struct inspected last;         /* of what ran last in the foreground */
    struct file_out output;        /* .output, .once */
    bool has_kept;                 /* queries have run that --state was meant for */
    bool resumes;                  /* its statements are those of the last session */
    int exit_code;                 /* of what was kept and has failed; 0 = it goes on */
    bool terminated;               /* by SIGTERM; a script by any signal: nothing else runs */
    struct pager *pager;           /* off unless interactive */
};

/* ---- session_run.c */

struct runner session_runner(struct session *session);
MUST_CHECK enum status session_run_collected(struct session *session, struct error *err);
/* At a prompt; the queries in the background go on. */
MUST_CHECK enum status session_run_foreground(struct session *session, const struct plan *plan,
                                              struct error *err);

/* ---- session_script.c */

/* Appends what was defined and set and the queries that run, in the order in which they came. One
 * that does not run, but is read, is stopped at the end; `without` runs no more. */
void session_script(const struct session *session, struct slice without, struct bytebuf *out);

/* Whether tailracerc says what job.sql has said, or sets what is set, so that there is nothing to
 * do. `statement` is all zero if `text` could not be prepared. */
bool session_says_again(const struct session *session, const struct statement *statement,
                        struct slice text);

/* ---- session_look.c */

MUST_CHECK enum status session_explain_statement(struct session *session,
                                                 const struct statement *statement,
                                                 struct error *err);
MUST_CHECK enum status session_show_lateness(struct session *session, struct error *err);

#endif
