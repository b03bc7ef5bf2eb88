/* question_call: see question_call.h. */
#include "tests/differential/question_call.h"

#include "engine/base/panic.h"

enum { ARG_DEPTH = 2 };

#define OF(type) (1u << TERM_##type)
#define NUMBERS  (OF(INT) | OF(FLOAT) | OF(MONEY))
#define ANYTHING (NUMBERS | OF(BOOL) | OF(TEXT))

/* In the texts $1 is the argument, $D stands for DISTINCT where that is wanted, $T for what orders
 * rows for first and last, $A for string_agg, $M turns the oracle's cents into money, $F is the
 * FILTER. */
struct call_rule {
    const char *ours;
    const char *oracle;
    uint32_t types; /* of the argument, a bit each; 0 = there is none */
    bool distinct;  /* may be */
    bool column;    /* a FLOAT argument is the column: what its order rounds is exact only there */
    bool counts;
    bool is_zero;   /* over no rows */
    bool is_number; /* whatever the argument is */
    bool keeps_type;
};

static const struct call_rule rules[] = {
    {.ours = "count(*)$F", .oracle = "count(*)$F", .counts = true, .is_number = true},
    {.ours = "count($D$1)$F",
     .oracle = "count($D$1)$F",
     .types = ANYTHING,
     .distinct = true,
     .counts = true,
     .is_number = true},
    {.ours = "sum($D$1)$F",
     .oracle = "sum_whole($D$1)$F",
     .types = OF(INT) | OF(MONEY),
     .distinct = true,
     .is_number = true},
    {.ours = "sum($D$1)$F",
     .oracle = "sum($D$1)$F",
     .types = OF(FLOAT),
     .distinct = true,
     .column = true,
     .is_number = true},
    {.ours = "avg($D$1)$F",
     .oracle = "avg_whole($D$1)$F$M",
     .types = OF(INT) | OF(MONEY),
     .distinct = true,
     .is_number = true},
    {.ours = "avg($D$1)$F",
     .oracle = "avg($D$1)$F",
     .types = OF(FLOAT),
     .distinct = true,
     .column = true,
     .is_number = true},
    {.ours = "min($1)$F", .oracle = "min($1)$F", .types = ANYTHING, .keeps_type = true},
    {.ours = "max($1)$F", .oracle = "max($1)$F", .types = ANYTHING, .keeps_type = true},
    {.ours = "any($1)$F", .oracle = "max($1)$F", .types = OF(BOOL)},
    {.ours = "every($1)$F", .oracle = "min($1)$F", .types = OF(BOOL)},
    {.ours = "var_pop($D$1 % 1000)$F",
     .oracle = "var_pop($D$1 % 1000)$F",
     .types = OF(INT),
     .distinct = true,
     .is_number = true},
    {.ours = "var_samp($D$1)$F",
     .oracle = "var_samp($D$1)$F",
     .types = OF(FLOAT),
     .distinct = true,
     .column = true,
     .is_number = true},
    {.ours = "stddev_pop($D$1)$F",
     .oracle = "stddev_pop($D$1$M)$F",
     .types = OF(MONEY),
     .distinct = true,
     .is_number = true},
    {.ours = "stddev_samp($D$1 % 1000)$F",
     .oracle = "stddev_samp($D$1 % 1000)$F",
     .types = OF(INT),
     .distinct = true,
     .is_number = true},
    {.ours = "median($D$1)$F",
     .oracle = "percentile_50($D$1$M)$F",
     .types = NUMBERS,
     .distinct = true,
     .is_number = true},
    {.ours = "percentile($D$1, 0.9)$F",
     .oracle = "percentile_90($D$1$M)$F",
     .types = NUMBERS,
     .distinct = true,
     .is_number = true},
    {.ours = "first($1)$F", .oracle = "first_by($T, $1)$F", .types = ANYTHING, .keeps_type = true},
    {.ours = "last($1)$F", .oracle = "last_by($T, $1)$F", .types = ANYTHING, .keeps_type = true},
    /* Few different values: the sketches' errors are far below what is asked. */
    {.ours = "approx_count_distinct($1 % 5)$F",
     .oracle = "count(DISTINCT $1 % 5)$F",
     .types = OF(INT),
     .is_zero = true,
     .is_number = true},
    {.ours = "approx_count_distinct(left($1, 1))$F",
     .oracle = "count(DISTINCT substr($1, 1, 1))$F",
     .types = OF(TEXT),
     .is_zero = true,
     .is_number = true},
    {.ours = "round(approx_percentile($1 % 5 * 1000, 0.9)$F / 1000)",
     .oracle = "rank_90($1 % 5)$F",
     .types = OF(INT),
     .is_number = true},
    {.ours = "string_agg($1, '|')$F", .oracle = "join_by($A, $1)$F", .types = OF(TEXT) | OF(INT)},
    {.ours = "string_agg(DISTINCT $1, '|')$F",
     .oracle = "join_values(DISTINCT CAST($1 AS TEXT))$F",
     .types = OF(TEXT) | OF(INT)},
    {.ours = "top_k($1, 2)$F", .oracle = "top_2($1)$F", .types = OF(TEXT) | OF(INT)},
};

enum { N_RULES = sizeof rules / sizeof rules[0] };

static enum term_type type_random(struct rng *rng, uint32_t types)
{
    enum term_type type;
    do {
        type = (enum term_type)rng_below(rng, TERM_TYPES);
    } while ((types >> type & 1) == 0);
    return type;
}

struct question_call call_count_rows(void)
{
    return (struct question_call){.rule = &rules[0]};
}

struct question_call call_random(struct arena *arena, struct rng *rng)
{
    struct question_call call = {.rule = &rules[rng_below(rng, N_RULES)]};
    if (call.rule->types != 0) {
        enum term_type type = type_random(rng, call.rule->types);
        bool column = call.rule->column && type == TERM_FLOAT;
        call.arg =
            column ? term_column(arena, rng, type) : term_random(arena, rng, type, ARG_DEPTH);
        call.distinct = call.rule->distinct && rng_once_in(rng, 4);
    }
    call.filter = rng_once_in(rng, 5) ? term_random(arena, rng, TERM_BOOL, ARG_DEPTH) : NULL;
    return call;
}

uint32_t call_number(const struct question_call *call)
{
    return (uint32_t)(call->rule - rules);
}

uint32_t call_rules(void)
{
    return N_RULES;
}

bool call_counts(const struct question_call *call)
{
    return call->rule->counts;
}

bool call_is_zero(const struct question_call *call)
{
    return call->rule->counts || call->rule->is_zero;
}

bool call_is_number(const struct question_call *call)
{
    bool is_number = call->arg != NULL && (NUMBERS >> call->arg->type & 1) != 0;
    return call->rule->is_number || (call->rule->keeps_type && is_number);
}

static void print_filter(struct bytebuf *out, const struct question_call *call,
                         enum dialect dialect)
{
    if (call->filter != NULL) {
        bytebuf_add_text(out, " FILTER (WHERE ");
        term_print(out, call->filter, dialect);
        bytebuf_add_text(out, ")");
    }
}

static void print_mark(struct bytebuf *out, char mark, const struct question_call *call,
                       enum dialect dialect, enum call_order order)
{
    switch (mark) {
    case '1':
        term_print(out, call->arg, dialect);
        return;
    case 'D':
        bytebuf_add_text(out, call->distinct ? "DISTINCT " : "");
        return;
    case 'T':
        bytebuf_add_text(out, order != ORDER_ARRIVAL ? "ts, n" : "0, n");
        return;
    case 'A':
        bytebuf_add_text(out, order == ORDER_ALL_BY_TIME ? "ts, n" : "0, n");
        return;
    case 'F':
        print_filter(out, call, dialect);
        return;
    case 'M':
        bytebuf_add_text(out, call->arg->type == TERM_MONEY ? " / 100.0" : "");
        return;
    }
    PANIC("no such mark");
}

void call_print(struct bytebuf *out, const struct question_call *call, enum dialect dialect,
                enum call_order order)
{
    const char *text = dialect == DIALECT_OURS ? call->rule->ours : call->rule->oracle;
    for (; *text != '\0'; text++) {
        if (*text == '$') {
            print_mark(out, *++text, call, dialect, order);
        } else {
            bytebuf_add_byte(out, (uint8_t)*text);
        }
    }
}
