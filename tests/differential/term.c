/* term: see term.h. */
#include "tests/differential/term.h"

#include "engine/base/panic.h"

/* $1 to $3 are the arguments. `oracle` is NULL where both say the same. */
struct term_rule {
    enum term_type type;
    int args[TERM_ARGS_MAX]; /* enum term_type, -1 = none */
    const char *ours;
    const char *oracle;
};

#define B TERM_BOOL
#define I TERM_INT
#define F TERM_FLOAT
#define X TERM_TEXT
#define M TERM_MONEY
#define NONE                                                                                       \
    {                                                                                              \
        -1, -1, -1                                                                                 \
    }
#define ONE(a)                                                                                     \
    {                                                                                              \
        a, -1, -1                                                                                  \
    }
#define TWO(a, b)                                                                                  \
    {                                                                                              \
        a, b, -1                                                                                   \
    }

#define COMPARISONS(T)                                                                             \
    {B, TWO(T, T), "($1 = $2)", NULL}, {B, TWO(T, T), "($1 <> $2)", NULL},                         \
        {B, TWO(T, T), "($1 < $2)", NULL}, {B, TWO(T, T), "($1 <= $2)", NULL},                     \
        {B, TWO(T, T), "($1 > $2)", NULL}, {B, TWO(T, T), "($1 >= $2)", NULL},                     \
        {B, {T, T, T}, "($1 BETWEEN $2 AND $3)", NULL},                                            \
        {B, {T, T, T}, "($1 NOT BETWEEN $2 AND $3)", NULL},                                        \
        {B, {T, T, T}, "($1 IN ($2, $3))", NULL}, {B, {T, T, T}, "($1 NOT IN ($2, $3))", NULL},    \
        {B, TWO(T, T), "($1 IS DISTINCT FROM $2)", "($1 IS NOT $2)"},                              \
        {B, TWO(T, T), "($1 IS NOT DISTINCT FROM $2)", "($1 IS $2)"},                              \
        {B, ONE(T), "($1 IS NULL)", NULL},                                                         \
    {                                                                                              \
        B, ONE(T), "($1 IS NOT NULL)", NULL                                                        \
    }

#define CHOICES(T)                                                                                 \
    {T, {B, T, T}, "(CASE WHEN $1 THEN $2 ELSE $3 END)", NULL},                                    \
        {T, TWO(B, T), "(CASE WHEN $1 THEN $2 END)", NULL},                                        \
        {T, {T, T, T}, "(CASE $1 WHEN $2 THEN $3 ELSE $1 END)", NULL},                             \
        {T, TWO(T, T), "coalesce($1, $2)", NULL},                                                  \
    {                                                                                              \
        T, TWO(T, T), "nullif($1, $2)", NULL                                                       \
    }

#define EXTREMES(T)                                                                                \
    {T, TWO(T, T), "greatest($1, $2)", "coalesce(max($1, $2), $1, $2)"},                           \
    {                                                                                              \
        T, TWO(T, T), "least($1, $2)", "coalesce(min($1, $2), $1, $2)"                             \
    }

static const struct term_rule rules[] = {
    {B, TWO(B, B), "($1 AND $2)", NULL},
    {B, TWO(B, B), "($1 OR $2)", NULL},
    {B, ONE(B), "(NOT $1)", NULL},
    {B, ONE(B), "($1 IS TRUE)", NULL},
    {B, ONE(B), "($1 IS NOT TRUE)", NULL},
    {B, ONE(B), "($1 IS FALSE)", NULL},
    {B, ONE(B), "($1 IS NOT FALSE)", NULL},
    COMPARISONS(I),
    COMPARISONS(F),
    COMPARISONS(X),
    COMPARISONS(M),
    COMPARISONS(B),
    {B, TWO(I, F), "($1 < $2)", "(CAST($1 AS REAL) < $2)"},
    {B, TWO(F, I), "($1 = $2)", "($1 = CAST($2 AS REAL))"},
    {B, ONE(X), "($1 LIKE 'a%')", NULL},
    {B, ONE(X), "($1 LIKE '%b')", NULL},
    {B, ONE(X), "($1 LIKE '%b%')", NULL},
    {B, ONE(X), "($1 NOT LIKE '%A%')", NULL},
    {B, ONE(X), "($1 LIKE '_')", NULL},
    {B, ONE(X), "($1 LIKE '_b%')", NULL},
    {B, ONE(X), "($1 LIKE '%a_c%b')", NULL},
    {B, ONE(X), "($1 LIKE '')", NULL},
    {B, ONE(X), "($1 LIKE '%!%%' ESCAPE '!')", NULL},
    {B, ONE(X), "($1 LIKE '!_a' ESCAPE '!')", NULL},
    {B, ONE(X), "($1 ILIKE '%aB%')", "(lower($1) LIKE '%ab%')"},
    {B, ONE(X), "starts_with($1, 'ab')", "(substr($1, 1, 2) = 'ab')"},
    {B, ONE(X), "contains($1, 'b')", "(instr($1, 'b') > 0)"},
    CHOICES(B),
    {I, TWO(I, I), "($1 + $2)", "whole($1 + $2)"},
    {I, TWO(I, I), "($1 - $2)", "whole($1 - $2)"},
    {I, TWO(I, I), "($1 * $2)", "whole($1 * $2)"},
    {I, TWO(I, I), "($1 / $2)", "whole($1 / $2)"},
    {I, TWO(I, I), "($1 % $2)", "whole($1 % $2)"},
    {I, ONE(I), "(- $1)", "whole(- $1)"},
    {I, ONE(I), "sign($1)", "whole(($1 > 0) - ($1 < 0))"},
    {I, ONE(I), "abs($1)", "whole(CASE WHEN $1 < 0 THEN - $1 ELSE $1 END)"},
    {I, ONE(X), "length($1)", NULL},
    {I, ONE(X), "octet_length($1)", "length(CAST($1 AS BLOB))"},
    {I, ONE(X), "strpos($1, 'b')", "instr($1, 'b')"},
    {I, ONE(B), "CAST($1 AS BIGINT)", "CAST($1 AS INTEGER)"},
    CHOICES(I),
    EXTREMES(I),
    {F, TWO(F, F), "($1 + $2)", NULL},
    {F, TWO(F, F), "($1 - $2)", NULL},
    {F, TWO(F, F), "($1 * $2)", NULL},
    {F, TWO(F, F), "($1 / $2)", NULL},
    {F, TWO(F, I), "($1 + $2)", NULL},
    {F, TWO(I, F), "($1 * $2)", NULL},
    {F, ONE(F), "(- $1)", NULL},
    {F, ONE(F), "abs($1)", NULL},
    {F, ONE(F), "floor($1)", NULL},
    {F, ONE(F), "ceil($1)", NULL},
    {F, ONE(I), "CAST($1 AS DOUBLE)", "CAST($1 AS REAL)"},
    CHOICES(F),
    EXTREMES(F),
    {X, TWO(X, X), "($1 || $2)", NULL},
    {X, ONE(X), "lower($1)", NULL},
    {X, ONE(X), "upper($1)", NULL},
    {X, ONE(X), "trim($1)", NULL},
    {X, ONE(X), "ltrim($1)", NULL},
    {X, ONE(X), "rtrim($1)", NULL},
    {X, ONE(X), "substr($1, 2)", NULL},
    {X, ONE(X), "substr($1, 1, 2)", NULL},
    {X, ONE(X), "left($1, 1)", "substr($1, 1, 1)"},
    {X, ONE(X), "replace($1, 'b', 'xy')", NULL},
    {X, ONE(I), "CAST($1 AS TEXT)", NULL},
    {X, ONE(B), "CAST($1 AS TEXT)", "(CASE WHEN $1 THEN 'true' WHEN NOT $1 THEN 'false' END)"},
    CHOICES(X),
    EXTREMES(X),
    {M, TWO(M, M), "CAST($1 + $2 AS DECIMAL(18,2))", "whole($1 + $2)"},
    {M, TWO(M, M), "CAST($1 - $2 AS DECIMAL(18,2))", "whole($1 - $2)"},
    {M, ONE(M), "(- $1)", "whole(- $1)"},
    {M, ONE(M), "abs($1)", "abs($1)"},
    CHOICES(M),
    EXTREMES(M),
};

/* Columns first. */
static const struct term_rule leaves[] = {
    {B, NONE, "b", NULL},
    {B, NONE, "TRUE", NULL},
    {B, NONE, "FALSE", NULL},
    {B, NONE, "CAST(NULL AS BOOLEAN)", "NULL"},
    {I, NONE, "i", NULL},
    {I, NONE, "g", NULL},
    {I, NONE, "0", NULL},
    {I, NONE, "1", NULL},
    {I, NONE, "(-3)", NULL},
    {I, NONE, "7", NULL},
    {I, NONE, "9223372036854775807", NULL},
    {I, NONE, "CAST(NULL AS BIGINT)", "NULL"},
    {F, NONE, "d", NULL},
    {F, NONE, "0.5::DOUBLE", "0.5"},
    {F, NONE, "(-2.25::DOUBLE)", "(-2.25)"},
    {F, NONE, "0::DOUBLE", "0.0"},
    {F, NONE, "CAST(NULL AS DOUBLE)", "CAST(NULL AS REAL)"},
    {X, NONE, "t", NULL},
    {X, NONE, "k", NULL},
    {X, NONE, "''", NULL},
    {X, NONE, "'ab'", NULL},
    {X, NONE, "'B'", NULL},
    {X, NONE, "'it''s é'", NULL},
    {X, NONE, "CAST(NULL AS TEXT)", "NULL"},
    {M, NONE, "m", NULL},
    {M, NONE, "1.50", "150"},
    {M, NONE, "CAST(0 AS DECIMAL(12,2))", "0"},
    {M, NONE, "(-0.25)", "(-25)"},
    {M, NONE, "CAST(NULL AS DECIMAL(12,2))", "NULL"},
};

enum {
    N_RULES = sizeof rules / sizeof rules[0],
    N_LEAVES = sizeof leaves / sizeof leaves[0],
};

static const struct term_rule *pick(struct rng *rng, const struct term_rule *from, uint32_t n,
                                    enum term_type type)
{
    const struct term_rule *rule;
    do {
        rule = &from[rng_below(rng, n)];
    } while (rule->type != type);
    return rule;
}

static struct term *term_of(struct arena *arena, const struct term_rule *rule)
{
    struct term *term = arena_zalloc(arena, sizeof *term);
    term->rule = rule;
    term->type = rule->type;
    return term;
}

static const struct term_rule *first_leaf(enum term_type type)
{
    const struct term_rule *leaf = leaves;
    while (leaf->type != type) {
        leaf++;
    }
    return leaf;
}

struct term *term_column(struct arena *arena, struct rng *rng, enum term_type type)
{
    const struct term_rule *leaf = first_leaf(type);
    /* Integers and texts have two columns. */
    bool second = (type == TERM_INT || type == TERM_TEXT) && rng_once_in(rng, 2);
    return term_of(arena, leaf + second);
}

struct term *term_random(struct arena *arena, struct rng *rng, enum term_type type, uint32_t depth)
{
    bool is_leaf = depth == 0 || rng_once_in(rng, 5);
    if (is_leaf && rng_below(rng, 3) > 0) {
        return term_column(arena, rng, type);
    }
    const struct term_rule *rule =
        is_leaf ? pick(rng, leaves, N_LEAVES, type) : pick(rng, rules, N_RULES, type);
    struct term *term = term_of(arena, rule);
    for (uint32_t i = 0; i < TERM_ARGS_MAX && rule->args[i] >= 0; i++) {
        term->args[i] = term_random(arena, rng, (enum term_type)rule->args[i], depth - 1);
    }
    return term;
}

void term_print(struct bytebuf *out, const struct term *term, enum dialect dialect)
{
    const char *text = term->rule->ours;
    if (dialect == DIALECT_ORACLE && term->rule->oracle != NULL) {
        text = term->rule->oracle;
    }
    for (; *text != '\0'; text++) {
        if (*text == '$') {
            text++;
            CHECK(*text >= '1' && *text <= '3');
            term_print(out, term->args[*text - '1'], dialect);
        } else {
            bytebuf_add_byte(out, (uint8_t)*text);
        }
    }
}

/* ---- smaller --------------------------------------------------------------------------------- */

static uint32_t n_args(const struct term *term)
{
    uint32_t n = 0;
    while (n < TERM_ARGS_MAX && term->rule->args[n] >= 0) {
        n++;
    }
    return n;
}

/* Counts *i down over the arguments and, once it is used up, stands for the candidate. */
struct term *term_smaller(struct arena *arena, const struct term *term, uint32_t i)
{
    uint32_t n = n_args(term);
    for (uint32_t a = 0; a < n; a++) {
        if (term->args[a]->type == term->type && i-- == 0) {
            return term->args[a];
        }
    }
    bool is_column = n == 0 && term->rule == first_leaf(term->type);
    if (!is_column && i-- == 0) {
        return term_of(arena, first_leaf(term->type));
    }
    for (uint32_t a = 0; a < n; a++) {
        uint32_t k = 0;
        struct term *smaller;
        while ((smaller = term_smaller(arena, term->args[a], k)) != NULL) {
            if (i-- == 0) {
                struct term *copy = arena_alloc(arena, sizeof *copy);
                *copy = *term;
                copy->args[a] = smaller;
                return copy;
            }
            k++;
        }
    }
    return NULL;
}
