/* bind: AST expressions to typed ones: names are looked up, functions chosen, aggregates collected.
 *
 *     struct binder binder = {.arena = arena, .schema = &scan->schema, .qualifier = alias, …};
 *     TRY(bind_expr(&binder, ast, &expr, err));
 *
 * An expression that is bound reads *virtual columns*: the input's columns 0 … n-1, then
 * window_start (n) and window_end (n + 1), then one column for each aggregate call (n + 2 …).
 * Whoever makes the plan maps them to the columns of the node that computes them. */
#ifndef SQL_BIND_H
#define SQL_BIND_H

#include "engine/agg/agg.h"
#include "engine/expr/expr.h"
#include "sql/ast.h"

/* Virtual columns behind the input's. */
enum { VIRTUAL_WINDOW_START, VIRTUAL_WINDOW_END, VIRTUAL_CALLS };

/* One aggregate of the query; `args` are over the input. */
struct bound_call {
    struct agg_call call;
    struct expr *args[AGG_ARGS_MAX];
    struct slice name; /* as a column: count(*), sum(amount) */
    bool by_time;      /* first, last: needs the time of its rows */
};

struct bound_calls {
    uint32_t n;
    uint32_t cap;
    struct bound_call *items;
};

struct binder {
    struct arena *arena;
    const struct schema *schema;  /* what can be named; NULL: no columns */
    struct expr *const *meanings; /* of each; NULL: it is the column of the input in its place */
    uint32_t n_input;             /* columns of the input: the other virtual ones are behind */
    struct slice qualifier;       /* a in a.b: alias or name of the stream */
    bool json;                    /* a.b may be member b of the JSON in column a */
    bool windowed;                /* window_start and window_end exist */
    bool window_later;            /* the query has a window, but rows do not know it here */
    /* WINDOW … SLIDE ROW: both are computed from the time of the row; NULL otherwise. */
    struct expr *row_window[2];
    struct bound_calls *calls;     /* where aggregates go; NULL: they are refused at this place */
    const char *place;             /* "WHERE", for the text of errors */
    const struct ast_items *items; /* whose aliases may be used; NULL = none */
    bool alias_first;              /* an alias hides a column of the same name (ORDER BY) */
    /* HAVING: a column that is no key is hidden by an alias of the same name. */
    struct expr *const *keys;
    uint32_t n_keys;
    bool window_named; /* set when window_start, window_end or window_time is used */
};

/* ERR_SQL with code and place. */
MUST_CHECK enum status bind_expr(struct binder *binder, const struct ast_expr *ast,
                                 struct expr **out, struct error *err);

/* The same, and the result must be a condition; `what` = "WHERE". E0109 otherwise. */
MUST_CHECK enum status bind_condition(struct binder *binder, const struct ast_expr *ast,
                                      const char *what, struct expr **out, struct error *err);

/* Index of the column that a name means in the input, -1 if none. */
int bind_column(const struct binder *binder, const struct ast_expr *name);

/* What column `column` of binder->schema stands for, as said at byte `at` of the statement. */
struct expr *bind_named(const struct binder *binder, uint32_t column, int64_t at);

/* A time less a duration. */
MUST_CHECK enum status bind_time_minus(struct arena *arena, struct expr *time, int64_t us,
                                       int64_t at, struct expr **out, struct error *err);
/* window_time: the last instant that belongs to a window which ends at `end`, in milliseconds, as
 * in Flink. */
MUST_CHECK enum status bind_window_time(struct arena *arena, struct expr *end, int64_t at,
                                        struct expr **out, struct error *err);

/* The item whose alias is `name`, NULL if none. */
const struct ast_item *items_find(const struct ast_items *items, struct slice name);

/* The type at `span`, as SQL spells it; E0114 with near names. */
MUST_CHECK enum status bind_type(struct slice text, struct span span, struct type *out,
                                 struct error *err);

/* ERR_SQL with code and place; the text was set before. */
enum status sql_fail(struct error *err, int code, struct span span);

/* True if the expression calls an aggregate somewhere. */
bool ast_has_aggregate(const struct ast_expr *expr);

#endif
