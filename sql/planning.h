/* planning: one SELECT on its way to a plan; shared by planner.c (binds), emission.c (decides what
 * leaves when) and plan_build.c (makes the nodes). All expressions in here read the virtual columns
 * of bind.h. */
#ifndef SQL_PLANNING_H
#define SQL_PLANNING_H

#include "sql/bind.h"
#include "sql/catalog.h"

enum shape {
    SHAPE_PLAIN,
    SHAPE_DISTINCT,
    SHAPE_AGGREGATE,
    SHAPE_OVER,
    SHAPE_WINDOW_ROWS,
};

/* One column of the result. */
struct output {
    struct expr *expr;
    struct slice name;
};

struct order_key {
    struct expr *expr;
    bool descending;
    bool nulls_first;
};

struct planning {
    struct catalog *catalog;
    struct arena *arena;
    struct slice text; /* the statement */
    struct ast_select *select;
    struct plan *plan;

    struct ast_with *with; /* the WITH queries that FROM can name, the newest first */
    const struct stream_def *stream;
    struct plan_node *scan;
    struct plan_node *input; /* what is read: the scan, or the SUBQUERY above that of `inner` */
    const struct catalog_entry *from;  /* planner.h */
    const struct catalog_entry *entry; /* nested: the view or query whose text it is; else NULL */
    struct planning *inner;            /* the sub-query that is read; NULL: a stream is */
    /* FROM names a query that lets rows pass, which is merged into this one: its columns, and what
     * they stand for in p->input. Else names.n = 0. */
    struct schema names;
    struct expr **meanings;
    bool goes_on;     /* planner.h; so do its sub-queries */
    bool nested;      /* this is a sub-query itself */
    uint32_t depth;   /* how many it is in */
    int time_output;  /* nested: output that is its rows' event time; -1 = none */
    bool time_wanted; /* nested: the query above needs it */
    struct binder binder;
    struct bound_calls calls;
    struct window_spec window;
    enum shape shape;
    bool grouped; /* GROUP BY was written */

    uint32_t n_merged; /* conditions of queries that were merged, which stand first */
    uint32_t n_conditions;
    struct expr **conditions; /* WHERE, cheapest first */
    uint32_t n_keys;
    struct expr **keys;
    struct expr *having; /* NULL = none */
    uint32_t n_outputs;
    uint32_t outputs_cap;
    struct output *outputs;
    bool window_named; /* the SELECT list has window_start or window_end */
    uint32_t n_order;
    struct order_key *order;
    int64_t limit; /* -1 = none */

    /* Decided by emission.c. */
    bool sorts;        /* a SORT node, with the limit in it */
    bool sort_windows; /* … which sorts within each window */
    bool limits;       /* a LIMIT node */

    /* Columns that EXTEND computes. */
    uint32_t n_extend;
    struct expr **extend;
    uint32_t extend_cap;
};

static inline bool planning_windowed(const struct planning *p)
{
    return p->window.kind != WINDOW_NONE && p->window.kind != WINDOW_SLIDE_ROW;
}

/* planner.c: everything of the SELECT but its sink, down to emission_decide. */
MUST_CHECK enum status planning_bind(struct planning *p, struct error *err);

/* event_time.c: time of p->scan and p->input. ERR_SQL E0116 for what ON cannot name. */
MUST_CHECK enum status planning_time(struct planning *p, struct error *err);

/* subquery.c: the sub-query, WITH query or view that FROM names, if it does: binds it to p->inner.
 */
MUST_CHECK enum status subquery_find(struct planning *p, struct error *err);
/* The WITH queries of this SELECT can be read in it, and can read those of the queries around it.
 */
MUST_CHECK enum status subquery_open_with(struct planning *p, struct error *err);
/* Those that nobody reads are checked, too. */
MUST_CHECK enum status subquery_check_with(struct planning *p, struct error *err);
/* Its columns become p->input; or it is merged into this one. */
MUST_CHECK enum status subquery_read(struct planning *p, struct error *err);
/* Whether a nested query is merged into the one that reads it. */
bool subquery_merges(const struct planning *p);
/* Event time of one that is not, once its outputs are known: p->time_output. */
MUST_CHECK enum status subquery_time(struct planning *p, struct error *err);
/* Its nodes, and the SUBQUERY above them; they are p->plan->root. */
MUST_CHECK enum status subquery_build(struct planning *p, struct error *err);

/* Appends a column to the result; returns its index. */
uint32_t planning_output(struct planning *p, struct expr *expr, struct slice name);

/* shape.c: p->shape, from what is written (first) and from what that was bound to (last). ERR_SQL
 * where the parts do not fit together. */
MUST_CHECK enum status shape_choose(struct planning *p, struct error *err);
MUST_CHECK enum status shape_refine(struct planning *p, struct error *err);

/* emission.c: plan->emit, at_end and changes; sorts and limits. ERR_SQL E0118, E0119. */
MUST_CHECK enum status emission_decide(struct planning *p, struct error *err);
/* Whether plan->sink takes what the query says. */
MUST_CHECK enum status emission_check_sink(const struct planning *p, struct error *err);

/* plan_build.c: true if `e` needs only keys, windows, aggregates and constants. */
bool planning_is_grouped(const struct planning *p, const struct expr *e);

/* plan_build.c: window_start and window_end in front, if the SELECT list names neither. */
void planning_window_columns(struct planning *p);
/* plan_build.c: the output that is `e`; one that nobody sees is made if there is none. */
uint32_t planning_find_output(struct planning *p, struct expr *e);
/* plan_build.c: window_start (0) or window_end (1), as the virtual columns of bind.h. */
struct expr *planning_window_expr(const struct planning *p, uint32_t which);

/* plan_build.c: a node without input. */
struct plan_node *planning_node(const struct planning *p, enum plan_kind kind);
/* plan_build.c: a node above plan->root, which has its columns; it is the root now. */
struct plan_node *planning_push(struct planning *p, enum plan_kind kind);

/* since.c: conditions on rows, or a FILTER above what windows make of them, if the setting asks for
 * one. ERR_SQL E0122 without a place. */
bool planning_has_since(const struct planning *p);
MUST_CHECK enum status planning_since_rows(struct planning *p, struct error *err);
MUST_CHECK enum status planning_since_results(struct planning *p, struct error *err);

/* until.c: the UNTIL node, if the setting asks for one. ERR_SQL without a place. */
MUST_CHECK enum status planning_until(struct planning *p, struct error *err);

/* needle.c: sets scan->needle if it may be set. */
void planning_find_needle(struct planning *p);

/* plan_build.c: the nodes above the scan, plan->root and plan->keys. ERR_SQL E0107. */
MUST_CHECK enum status plan_build(struct planning *p, struct error *err);

#endif
