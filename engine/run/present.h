/* present: the result of a query as it is at present, so that FROM TABLE(query) can ask for it.
 * What it holds depends on how the query speaks:
 *
 *     rows that change (EMIT CHANGES, ON RISE AND FALL)   the newest of each key, until it is taken
 *                                                         out
 *     the whole each time (EMIT COMPLETE)                 what was said last
 *     rows that stay                                      those that have left
 *
 * Bounded by bytes, and rows that stay by age, too: what was written longest ago is forgotten
 * first.
 *
 *     present = present_new(clock, plan, &limits);
 *     query_keep(query, present);                  // job.h: present_write and present_flush
 *     present_define(present, arena, &table);      // a stream over what is there when it is opened
 *     present_free(present);                       // behind the query
 *
 * It does not know the query, which may end before it. */
#ifndef ENGINE_RUN_PRESENT_H
#define ENGINE_RUN_PRESENT_H

#include "engine/plan/plan.h"
#include "engine/run/retained.h"

struct present;

/* `limits`: see retained_new. Keeps nothing of the plan but copies. */
struct present *present_new(const struct clock *clock, const struct plan *plan,
                            const struct retain *limits);
void present_free(struct present *present); /* NULL is fine; sources that are open go on */

/* Rows of the plan's output are about to leave, every column decoded. */
void present_write(struct present *present, const struct batch *batch);
/* Those were all of one trigger: they have left. */
void present_flush(struct present *present);

/* The name of the query that it was made for. */
struct slice present_name(const struct present *present);
/* `since_us` is when the oldest row that is there left, or was changed last. */
void present_measure(const struct present *present, struct retained_state *out);

/* Fills in the columns, their event time, the source and the decoder of a table over it, in
 * `arena`; the source lives as long as `present`. */
void present_define(const struct present *present, struct arena *arena, struct stream_def *table);

#endif
