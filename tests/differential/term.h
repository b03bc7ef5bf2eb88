/* term: a random scalar expression that can be said in two languages: ours and SQLite's. A term is
 * a rule with arguments, so both texts come from one tree and a failing one can be made smaller.
 *
 *     struct term *term = term_random(arena, &rng, TERM_BOOL, 3);
 *     term_print(&ours, term, DIALECT_OURS);
 *     term_print(&theirs, term, DIALECT_ORACLE);
 *
 * Both texts mean the same over the columns of dataset.h, given what oracle.c registers. Where the
 * languages differ, the oracle's text says what ours means: an overflow is NULL, not a float; money
 * is whole cents. */
#ifndef TESTS_DIFFERENTIAL_TERM_H
#define TESTS_DIFFERENTIAL_TERM_H

#include "engine/base/arena.h"
#include "engine/base/bytebuf.h"
#include "tests/support/rng.h"

enum term_type { TERM_BOOL, TERM_INT, TERM_FLOAT, TERM_TEXT, TERM_MONEY, TERM_TYPES };
enum dialect { DIALECT_OURS, DIALECT_ORACLE };

enum { TERM_ARGS_MAX = 3 };

struct term_rule;

struct term {
    const struct term_rule *rule;
    enum term_type type;
    struct term *args[TERM_ARGS_MAX];
};

/* At most `depth` rules deep. */
struct term *term_random(struct arena *arena, struct rng *rng, enum term_type type, uint32_t depth);
/* A column of the type, nothing else. */
struct term *term_column(struct arena *arena, struct rng *rng, enum term_type type);

void term_print(struct bytebuf *out, const struct term *term, enum dialect dialect);

/* The `i`-th smaller term of the same type: a part of it, a part made smaller, or the first leaf
 * there is. NULL when there are no more. */
struct term *term_smaller(struct arena *arena, const struct term *term, uint32_t i);

#endif
