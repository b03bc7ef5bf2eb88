/* explain_statement: what EXPLAIN says: the plan, or what its operators see of the input. */
#ifndef SHELL_EXPLAIN_STATEMENT_H
#define SHELL_EXPLAIN_STATEMENT_H

#include "shell/runner.h"
#include "sql/statement.h"

/* True for ANALYZE and WHY, but of what is asked once: they run the query, unless it runs already.
 */
bool explain_runs(const struct statement *statement);

/* Appends it as text. ANALYZE and WHY look at `running`, the query of that name in the background;
 * NULL: they run the query with its rows going nowhere, by `runner`, which is filled in but for
 * the query. `runner` NULL: nothing may run, they say nothing. */
MUST_CHECK enum status explain_statement(struct bytebuf *out, const struct statement *statement,
                                         struct query *running, struct runner *runner,
                                         struct error *err);

#endif
