/* results: what the results of queries are at present, or were when they ended, by name; until
 * the query starts anew or is dropped.
 *
 *     struct results *results = results_new(clock);
 *     query_keep(query, results_begin(results, plan, &limits));
 *     present = results_find(results, name);             // NULL: it has not run
 *     results_forget(results, name);                     // DROP QUERY
 *     results_free(results);                             // behind the queries
 */
#ifndef SHELL_RESULTS_H
#define SHELL_RESULTS_H

#include "engine/run/present.h"

struct results;

struct results *results_new(const struct clock *clock);
void results_free(struct results *results); /* NULL is fine */

/* An empty one; what was there under the name of the plan is gone. */
struct present *results_begin(struct results *results, const struct plan *plan,
                              const struct retain *limits);
struct present *results_find(const struct results *results, struct slice name);
void results_forget(struct results *results, struct slice name);

#endif
