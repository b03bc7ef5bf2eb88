/* plan: what a query does, as plain const data: the contract between sql (which makes it) and ops
 * (which run it). A plan knows nothing about who runs it and holds no state; everything is in the
 * arena of the query.
 *
 * A plan is a tree of nodes; `input` is below. For the language without joins it is a chain, where
 * the chain of a sub-query stands below a SUBQUERY in place of the SCAN:
 *
 *     SCAN → FILTER* → EXTEND? → AGGREGATE | OVER | WINDOW_ROWS | DISTINCT → FILTER? → PROJECT →
 * SORT? → LIMIT? → UNTIL?
 *
 * Expressions of a node read the columns of its input's schema, except where said. */
#ifndef ENGINE_PLAN_PLAN_H
#define ENGINE_PLAN_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/agg/agg.h"
#include "engine/base/bytebuf.h"
#include "engine/data/schema.h"
#include "engine/expr/expr.h"
#include "engine/io/sink.h"
#include "engine/plan/stream.h"

struct zone;

enum plan_kind {
    PLAN_SCAN,
    PLAN_FILTER,
    PLAN_EXTEND,      /* the input's columns, and computed ones behind them */
    PLAN_PROJECT,     /* computed columns only */
    PLAN_AGGREGATE,   /* GROUP BY, with or without a window */
    PLAN_OVER,        /* WINDOW … SLIDE ROW: each row with aggregates over its past */
    PLAN_WINDOW_ROWS, /* SELECT without aggregates over a window: the rows of each closed window */
    PLAN_DISTINCT,    /* first row of each key */
    PLAN_SORT,        /* ORDER BY [LIMIT] within a window or a trigger */
    PLAN_LIMIT,       /* LIMIT without ORDER BY and without window: ends the query */
    PLAN_SUBQUERY,    /* what is below is a query of its own, and the rows are its result */
    PLAN_UNTIL,       /* the rows up to the first for which exprs[0] is TRUE; it ends the query */
};

enum window_kind {
    WINDOW_NONE,
    WINDOW_HOP, /* tumbling if size == slide */
    WINDOW_SESSION,
    WINDOW_ROWS,     /* count windows per group, in arrival order */
    WINDOW_CUMULATE, /* size = the outer period, slide = the step */
    WINDOW_SLIDE_ROW,
};

enum fill_kind { FILL_NONE, FILL_ZERO, FILL_NULL, FILL_PREVIOUS };

enum { FILL_ROWS_MAX = 10000 };

/* language.md §4.1. All durations in microseconds. */
struct window_spec {
    enum window_kind kind;
    int64_t size_us; /* SESSION: the gap */
    int64_t slide_us;
    int64_t offset_us;
    int64_t session_max_us; /* 0 = none */
    int64_t rows;
    int64_t rows_slide;
    int64_t grace_us;
    const struct zone *zone; /* NULL = UTC */
    enum fill_kind fill;
    int64_t fill_windows; /* FOR n WINDOWS; 1 by default */
    bool clock_ticks; /* arrival time without GROUP BY: every window from the first row on, count 0
                       */
};

enum emit_kind {
    EMIT_CLOSE,     /* one final row per (window, group) */
    EMIT_CHANGES,   /* at each trigger the newest value of what changed, + and - */
    EMIT_EVERY,     /* as EMIT_CHANGES, on a clock */
    EMIT_COMPLETE,  /* the whole result at each trigger */
    EMIT_RISE,      /* when HAVING turns true */
    EMIT_RISE_FALL, /* and when it turns false again */
};

struct emit_spec {
    enum emit_kind kind;
    int64_t every_us;
};

/* EMIT EVERY: the first tick of its clock behind `now_us`; TIME_END for every other EMIT. */
int64_t emit_next_us(const struct emit_spec *emit, int64_t now_us);

struct sort_key {
    uint32_t column;
    bool descending;
    bool nulls_first; /* default: NULL is largest (PostgreSQL): last ascending, first descending */
};

struct plan_node {
    enum plan_kind kind;
    struct schema schema; /* of its output */
    int time_column;      /* event time of output rows, -1 = none */
    const struct plan_node *input;

    /* SCAN */
    const struct stream_def
        *stream;        /* output schema is stream->schema; time_column may differ (ON ts) */
    int64_t delay_us;   /* watermark delay; used if has_watermark, and by SUBQUERY */
    bool has_watermark; /* false: finite and undeclared, nothing is ever late */
    enum time_origin time_origin;
    struct slice needle; /* see decoder_config; empty if some column of all rows is needed */

    /* SUBQUERY: output = the input's columns, the last of them perhaps event time that nobody can
     * name. Its watermark is that of the scan less delay_us. */
    struct slice name; /* of a view or WITH query, or its alias; may be empty */
    bool on_time;      /* rows leave the input as time passes, before it does so here */

    /* FILTER: all must be TRUE; cheapest first. OVER, AGGREGATE with HAVING: see having. */
    uint32_t n_exprs;
    struct expr **exprs; /* EXTEND, PROJECT: one per computed column; UNTIL: its condition */

    /* AGGREGATE: output = [window_start, window_end if kind != NONE] + keys + one column per call.
     * OVER: output = the input's columns + one column per call.
     * WINDOW_ROWS: output = [window_start, window_end] + the input's columns, SESSION groups by
     * keys. DISTINCT: output = the input's columns. */
    struct window_spec window;
    uint32_t n_keys;
    uint32_t *keys; /* columns of the input */
    uint32_t n_calls;
    struct agg_call *calls;
    struct expr *having; /* over this node's own output schema; NULL = none */
    struct emit_spec emit;

    /* SORT, LIMIT */
    uint32_t n_sort_keys;
    struct sort_key *sort_keys;
    int window_columns[2]; /* SORT: columns of window_start, window_end that separate windows; -1 =
                              none */
    int64_t limit;         /* -1 = none */
};

/* Where a query's rows go. */
struct sink_def {
    struct slice name;
    struct uri uri;
    struct options options;
    const struct sink_kind *kind;
    struct slice format;
};

/* A whole query. */
struct plan {
    struct slice name; /* of the query */
    struct slice text; /* the statement */
    const struct plan_node *root;
    const struct sink_def *sink; /* NULL: the console of whoever runs it */
    struct emit_spec emit;
    bool changes;         /* output rows carry ops */
    const uint32_t *keys; /* output columns that identify a row of a changing result */
    uint32_t n_keys;
    bool at_end; /* finite input whose result leaves once, at the end (no trigger was asked for) */
};

/* The scan at the bottom of a chain. */
const struct plan_node *plan_scan(const struct plan_node *node);

/* Pane width of a hopping or cumulating window: gcd(size, slide). */
int64_t window_pane_us(const struct window_spec *window);

/* "30s SLIDE 10s OFFSET 3s", as the language writes it. */
void window_print(struct bytebuf *out, const struct window_spec *window);

/* EXPLAIN: one line per node from the output down to the scan, indented, with keys, window, what is
 * kept, append or changes, how windows forget. */
void plan_print(struct bytebuf *out, const struct plan *plan);
void plan_print_json(struct bytebuf *out, const struct plan *plan);
void plan_print_dot(struct bytebuf *out, const struct plan *plan);

/* CHECKs that columns, types and schemas of all nodes agree: for the maker of plans and for tests.
 */
void plan_check(const struct plan *plan);

/* Structural equality, names of query and text aside: the tests of language.md §7 use it. */
bool plan_equal(const struct plan *a, const struct plan *b);

#endif
