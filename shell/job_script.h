/* job_script: the statements of a job as one text: what was defined and set, and its queries. It
 * is kept beside the state (job.sql) and makes the same plans again.
 *
 *     job_script_add(&script, statement);     // in order, once it was done
 */
#ifndef SHELL_JOB_SCRIPT_H
#define SHELL_JOB_SCRIPT_H

#include "sql/statement.h"

/* Appends the statement with ';' and a new line, secrets hidden, ${NAME} as it is. What
 * defines nothing (SHOW, START, STOP, DROP, …) is left out. */
void job_script_add(struct bytebuf *script, const struct statement *statement);
/* Whether `text` is one of its statements, to the letter. */
bool job_script_has(struct slice script, struct slice text);
/* What was dropped is not in it any more. */
void job_script_drop(struct bytebuf *script, const struct catalog_entry *dropped);

/* ERR_OPTION if a script that is to be run again has a secret that was hidden. `dir`: where its
 * job.sql is. */
MUST_CHECK enum status job_script_check(struct slice script, const char *dir, struct error *err);

#endif
