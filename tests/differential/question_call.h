/* question_call: a random aggregate call that can be said in two languages, as term.h does for
 * scalars. What SQLite lacks is registered by oracle_functions.c.
 *
 *     struct question_call call = call_random(arena, &rng);
 *     call_print(&text, &call, DIALECT_OURS, ORDER_TIME);
 */
#ifndef TESTS_DIFFERENTIAL_QUESTION_CALL_H
#define TESTS_DIFFERENTIAL_QUESTION_CALL_H

#include "tests/differential/term.h"

struct call_rule;

struct question_call {
    const struct call_rule *rule;
    bool distinct;
    struct term *arg;    /* NULL: count(*) */
    struct term *filter; /* NULL = none */
};

struct question_call call_random(struct arena *arena, struct rng *rng);
struct question_call call_count_rows(void);

/* Which kind of call it is, of how many. */
uint32_t call_number(const struct question_call *call);
uint32_t call_rules(void);

bool call_counts(const struct question_call *call);
/* Over no rows it is 0, not NULL. */
bool call_is_zero(const struct question_call *call);
/* The result can be compared with 0. */
bool call_is_number(const struct question_call *call);

/* What rows are ordered by: for first and last by their event time if they have one; for string_agg
 * by arrival, but in SLIDE ROW, where rows stand in the order of time, by that. */
enum call_order { ORDER_ARRIVAL, ORDER_TIME, ORDER_ALL_BY_TIME };

void call_print(struct bytebuf *out, const struct question_call *call, enum dialect dialect,
                enum call_order order);

#endif
