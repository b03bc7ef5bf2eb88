/* job_script: the statements of a job as one text: what was defined and set, then its queries. It
 * is kept beside the state (job.sql) and makes the same plans again.
 *
 *     job_script_add(&script, catalog, statement);     // in order, once it was done
 */
#ifndef SHELL_JOB_SCRIPT_H
#define SHELL_JOB_SCRIPT_H

#include "sql/statement.h"

/* Appends the statement with ';' and a new line, secrets hidden, ${NAME} as it is. A START is the
 * statement that made the query; what defines nothing (SHOW, STOP, …) is left out. */
void job_script_add(struct bytebuf *script, const struct catalog *catalog,
                    const struct statement *statement);

#endif
