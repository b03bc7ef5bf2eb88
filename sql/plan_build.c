/* plan_build: the nodes of a plan, from the scan up. Expressions over virtual columns become
 * expressions over the columns of the node below them. */
#include "engine/base/panic.h"
#include "sql/bind_parts.h"
#include "sql/errors.h"
#include "sql/lexer.h"
#include "sql/planning.h"

/* ---- virtual columns ------------------------------------------------------------------------- */

static int key_index(const struct planning *p, const struct expr *e)
{
    for (uint32_t i = 0; i < p->n_keys; i++) {
        if (expr_equal(p->keys[i], e)) {
            return (int)i;
        }
    }
    return -1;
}

bool planning_is_grouped(const struct planning *p, const struct expr *e)
{
    if (key_index(p, e) >= 0) {
        return true;
    }
    if (e->kind == EXPR_COLUMN) {
        return e->column >= p->input->schema.n;
    }
    for (uint32_t i = 0; i < e->n_args; i++) {
        if (!planning_is_grouped(p, e->args[i])) {
            return false;
        }
    }
    return true;
}

static struct expr *moved(struct planning *p, const struct expr *e, uint32_t column)
{
    struct expr *copy = expr_column(p->arena, column, e->type, e->not_null);
    copy->at = e->at;
    return copy;
}

/* The name at a place of the statement, a.b included: for the caret. */
static struct span name_span(const struct planning *p, int64_t at)
{
    struct lexer lexer = {.text = p->text, .at = (size_t)at};
    struct token token = {0};
    struct span span = {(uint32_t)at, 1};
    bool is_name = true;
    while (lexer_next(&lexer, &token, NULL) == OK && token.text.len > 0) {
        bool is_dot = token.text.len == 1 && token.text.at[0] == '.';
        if (is_dot == is_name) {
            break;
        }
        span.length = token.at + (uint32_t)token.text.len - span.at;
        is_name = !is_name;
    }
    return span;
}

/* As it is called in this query, which may have another name for it than the stream. */
static struct slice said_name(const struct planning *p, const struct expr *e)
{
    if (p->names.n == 0 || e->at < 0) {
        return p->input->schema.fields[e->column].name;
    }
    for (uint32_t i = 0; i < p->names.n; i++) {
        if (expr_equal(p->meanings[i], e)) {
            return p->names.fields[i].name;
        }
    }
    struct span span = name_span(p, e->at); /* a part of what is computed for it */
    return slice_of(p->text.at + span.at, span.length);
}

static enum status not_grouped(const struct planning *p, const struct expr *e, struct error *err)
{
    char *name = shown(p->arena, said_name(p, e));
    if (p->shape == SHAPE_DISTINCT || p->select->distinct) {
        error_set(err, ERR_SQL, "ORDER BY of SELECT DISTINCT must be in the SELECT list");
    } else {
        error_set(err, ERR_SQL, "column \"%s\" is neither grouped nor aggregated", name);
        error_hint(err,
                   "add it to GROUP BY, or say which value of a group: min(%s), max(%s), "
                   "first(%s), last(%s)",
                   name, name, name, name);
    }
    if (e->at >= 0) {
        return sql_fail(err, E_NOT_GROUPED, name_span(p, e->at));
    }
    return sql_fail(err, E_NOT_GROUPED, p->select->span);
}

/* Where key i and call i stand in the output of the node that groups. */
static uint32_t key_column(const struct planning *p, uint32_t i)
{
    if (p->shape == SHAPE_AGGREGATE) {
        return (planning_windowed(p) ? 2 : 0) + i;
    }
    return p->plan->root->keys[i]; /* DISTINCT: its input's columns */
}

static uint32_t call_column(const struct planning *p, uint32_t i)
{
    uint32_t first = p->shape == SHAPE_AGGREGATE ? (planning_windowed(p) ? 2 : 0) + p->n_keys
                                                 : p->input->schema.n + p->n_extend;
    return first + i;
}

static enum status map_column(struct planning *p, const struct expr *e, struct expr **out,
                              struct error *err)
{
    uint32_t n = p->input->schema.n;
    bool is_input = e->column < n;
    if (is_input && (p->shape == SHAPE_AGGREGATE || p->shape == SHAPE_DISTINCT)) {
        return not_grouped(p, e, err);
    }
    if (is_input) {
        *out = moved(p, e, e->column + (p->shape == SHAPE_WINDOW_ROWS ? 2 : 0));
    } else if (e->column < n + VIRTUAL_CALLS) {
        *out = moved(p, e, e->column - n);
    } else {
        *out = moved(p, e, call_column(p, e->column - n - VIRTUAL_CALLS));
    }
    return OK;
}

/* From virtual columns to those of plan->root. */
static enum status map_expr(struct planning *p, const struct expr *e, struct expr **out,
                            struct error *err)
{
    bool keyed = p->shape == SHAPE_AGGREGATE || p->shape == SHAPE_DISTINCT;
    int key = keyed ? key_index(p, e) : -1;
    if (key >= 0) {
        *out = moved(p, e, key_column(p, (uint32_t)key));
        return OK;
    }
    if (e->kind == EXPR_COLUMN) {
        return map_column(p, e, out, err);
    }
    struct expr *copy = arena_alloc(p->arena, sizeof *copy);
    *copy = *e;
    copy->args = arena_alloc(p->arena, (e->n_args + 1) * sizeof *copy->args);
    for (uint32_t i = 0; i < e->n_args; i++) {
        TRY(map_expr(p, e->args[i], &copy->args[i], err));
    }
    *out = copy;
    return OK;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

struct plan_node *planning_node(const struct planning *p, enum plan_kind kind)
{
    struct plan_node *node = arena_zalloc(p->arena, sizeof *node);
    node->kind = kind;
    node->time_column = -1;
    node->window_columns[0] = node->window_columns[1] = -1;
    node->limit = -1;
    return node;
}

struct plan_node *planning_push(struct planning *p, enum plan_kind kind)
{
    struct plan_node *node = planning_node(p, kind);
    const struct plan_node *input = p->plan->root;
    node->input = input;
    node->schema = input->schema;
    node->time_column = input->time_column;
    node->emit = p->plan->emit;
    p->plan->root = node;
    return node;
}

/* A schema of `n` fields, the first ones those of `from` (which may be NULL). */
static struct schema wider(struct planning *p, const struct schema *from, uint32_t n)
{
    struct field *fields = arena_zalloc(p->arena, (n + 1) * sizeof *fields);
    if (from != NULL) {
        memcpy(fields, from->fields, from->n * sizeof *fields);
    }
    return (struct schema){n, fields};
}

static struct field window_field(const char *name)
{
    return (
        struct field){.name = slice_text(name), .type = type_of(TYPE_TIMESTAMP), .not_null = true};
}

static void build_filter(struct planning *p)
{
    if (p->n_conditions > 0) {
        struct plan_node *node = planning_push(p, PLAN_FILTER);
        node->n_exprs = p->n_conditions;
        node->exprs = p->conditions;
    }
}

/* The column of the extended input that holds `e`. */
static uint32_t extend_column(struct planning *p, struct expr *e)
{
    uint32_t n = p->input->schema.n;
    if (e->kind == EXPR_COLUMN) {
        return e->column;
    }
    for (uint32_t i = 0; i < p->n_extend; i++) {
        if (expr_equal(p->extend[i], e)) {
            return n + i;
        }
    }
    if (p->n_extend == p->extend_cap) {
        uint32_t cap = p->extend_cap == 0 ? 8 : 2 * p->extend_cap;
        struct expr **extend = arena_alloc(p->arena, cap * sizeof(struct expr *));
        if (p->n_extend > 0) {
            memcpy(extend, p->extend, p->n_extend * sizeof(struct expr *));
        }
        p->extend = extend;
        p->extend_cap = cap;
    }
    p->extend[p->n_extend] = e;
    return n + p->n_extend++;
}

/* The virtual columns with their names, for printing what reads them. */
static struct schema virtual_schema(struct planning *p)
{
    const struct schema *in = &p->input->schema;
    struct schema all = wider(p, in, in->n + VIRTUAL_CALLS + p->calls.n);
    all.fields[in->n + VIRTUAL_WINDOW_START] = window_field("window_start");
    all.fields[in->n + VIRTUAL_WINDOW_END] = window_field("window_end");
    for (uint32_t i = 0; i < p->calls.n; i++) {
        all.fields[in->n + VIRTUAL_CALLS + i].name = p->calls.items[i].name;
    }
    return all;
}

/* What a computed column is called: as in the SELECT list, else as it is written. */
static struct slice expr_name(struct planning *p, const struct expr *e)
{
    for (uint32_t i = 0; i < p->n_outputs; i++) {
        if (expr_equal(p->outputs[i].expr, e)) {
            return p->outputs[i].name;
        }
    }
    struct schema all = virtual_schema(p);
    if (e->kind == EXPR_COLUMN) {
        return all.fields[e->column].name;
    }
    struct bytebuf text = {0};
    expr_print(&text, e, &all);
    struct slice name = arena_copy(p->arena, bytebuf_slice(&text));
    bytebuf_release(&text);
    return name;
}

static void build_extend(struct planning *p)
{
    if (p->n_extend == 0) {
        return;
    }
    struct plan_node *node = planning_push(p, PLAN_EXTEND);
    uint32_t n = node->input->schema.n;
    node->n_exprs = p->n_extend;
    node->exprs = p->extend;
    node->schema = wider(p, &node->input->schema, n + p->n_extend);
    for (uint32_t i = 0; i < p->n_extend; i++) {
        node->schema.fields[n + i] = (struct field){.name = expr_name(p, p->extend[i]),
                                                    .type = p->extend[i]->type,
                                                    .not_null = p->extend[i]->not_null,
                                                    .hidden = true};
    }
}

/* ---- nodes that keep state ------------------------------------------------------------------- */

/* Key and argument columns of the node to come; they may need an EXTEND below it. */
struct grouping {
    uint32_t *keys;
    struct agg_call *calls;
};

static struct grouping make_grouping(struct planning *p)
{
    struct grouping g = {
        .keys = arena_alloc(p->arena, (p->n_keys + 1) * sizeof *g.keys),
        .calls = arena_alloc(p->arena, (p->calls.n + 1) * sizeof *g.calls),
    };
    for (uint32_t i = 0; i < p->n_keys; i++) {
        g.keys[i] = extend_column(p, p->keys[i]);
    }
    for (uint32_t i = 0; i < p->calls.n; i++) {
        const struct bound_call *call = &p->calls.items[i];
        g.calls[i] = call->call;
        bool by_event = call->by_time && p->scan->time_origin != TIME_FROM_ARRIVAL;
        g.calls[i].time_column = by_event ? p->input->time_column : -1;
        for (uint32_t j = 0; j < call->call.n_args; j++) {
            g.calls[i].args[j] = extend_column(p, call->args[j]);
        }
    }
    return g;
}

static struct plan_node *push_grouping(struct planning *p, enum plan_kind kind,
                                       const struct grouping *g)
{
    struct plan_node *node = planning_push(p, kind);
    node->window = p->window;
    node->n_keys = p->n_keys;
    node->keys = g->keys;
    node->n_calls = p->calls.n;
    node->calls = g->calls;
    return node;
}

static void call_fields(struct planning *p, struct field *fields)
{
    for (uint32_t i = 0; i < p->calls.n; i++) {
        const struct bound_call *call = &p->calls.items[i];
        fields[i] = (struct field){.name = call->name,
                                   .type = call->call.result,
                                   .not_null = call->call.result_not_null,
                                   .hidden = true};
    }
}

/* Arrival-time windows of the whole stream tick like a clock (language.md §4.1). */
static bool window_ticks(const struct planning *p)
{
    bool fixed = p->window.kind == WINDOW_HOP || p->window.kind == WINDOW_CUMULATE;
    bool fill_none = p->select->window.fill_given && p->window.fill == FILL_NONE;
    return fixed && p->n_keys == 0 && p->calls.n > 0 && !fill_none &&
           p->scan->time_origin == TIME_FROM_ARRIVAL && p->plan->emit.kind == EMIT_CLOSE;
}

static enum status build_having(struct planning *p, struct plan_node *node, struct error *err)
{
    if (p->having == NULL) {
        return OK;
    }
    return map_expr(p, p->having, &node->having, err);
}

static enum status build_aggregate(struct planning *p, struct error *err)
{
    struct grouping g = make_grouping(p);
    build_extend(p);
    struct plan_node *node = push_grouping(p, PLAN_AGGREGATE, &g);
    bool windowed = planning_windowed(p);
    uint32_t first = windowed ? 2 : 0;
    node->window.clock_ticks = window_ticks(p);
    node->schema = wider(p, NULL, first + p->n_keys + p->calls.n);
    node->time_column = windowed ? 1 : -1;
    if (windowed) {
        node->schema.fields[0] = window_field("window_start");
        node->schema.fields[1] = window_field("window_end");
    }
    for (uint32_t i = 0; i < p->n_keys; i++) {
        node->schema.fields[first + i] = node->input->schema.fields[g.keys[i]];
        node->schema.fields[first + i].hidden = false;
    }
    call_fields(p, &node->schema.fields[first + p->n_keys]);
    return build_having(p, node, err);
}

static enum status build_over(struct planning *p, struct error *err)
{
    struct grouping g = make_grouping(p);
    build_extend(p);
    struct plan_node *node = push_grouping(p, PLAN_OVER, &g);
    uint32_t n = node->input->schema.n;
    node->schema = wider(p, &node->input->schema, n + p->calls.n);
    call_fields(p, &node->schema.fields[n]);
    return build_having(p, node, err);
}

static enum status build_window_rows(struct planning *p, struct error *err)
{
    for (uint32_t i = 0; i < p->n_keys; i++) {
        if (p->keys[i]->kind != EXPR_COLUMN) {
            error_set(err, ERR_SQL, "rows of windows can be grouped by plain columns only");
            error_hint(err, "add an aggregate");
            return sql_fail(err, E_UNSUPPORTED, p->select->group.first->span);
        }
    }
    struct grouping g = make_grouping(p);
    struct plan_node *node = push_grouping(p, PLAN_WINDOW_ROWS, &g);
    const struct schema *in = &node->input->schema;
    node->schema = wider(p, NULL, 2 + in->n);
    node->schema.fields[0] = window_field("window_start");
    node->schema.fields[1] = window_field("window_end");
    memcpy(&node->schema.fields[2], in->fields, in->n * sizeof *in->fields);
    node->time_column = node->input->time_column >= 0 ? node->input->time_column + 2 : -1;
    return OK;
}

static void build_distinct(struct planning *p)
{
    p->keys = arena_alloc(p->arena, (p->n_outputs + 1) * sizeof *p->keys);
    p->n_keys = 0;
    for (uint32_t i = 0; i < p->n_outputs; i++) {
        if (key_index(p, p->outputs[i].expr) < 0) {
            p->keys[p->n_keys++] = p->outputs[i].expr;
        }
    }
    struct grouping g = make_grouping(p);
    build_extend(p);
    push_grouping(p, PLAN_DISTINCT, &g);
}

static enum status build_middle(struct planning *p, struct error *err)
{
    switch (p->shape) {
    case SHAPE_PLAIN:
        break;
    case SHAPE_DISTINCT:
        build_distinct(p);
        break;
    case SHAPE_AGGREGATE:
        return build_aggregate(p, err);
    case SHAPE_OVER:
        return build_over(p, err);
    case SHAPE_WINDOW_ROWS:
        return build_window_rows(p, err);
    }
    return OK;
}

/* ---- the result ------------------------------------------------------------------------------ */

struct expr *planning_window_expr(const struct planning *p, uint32_t which)
{
    return expr_column(p->arena, p->input->schema.n + which, type_of(TYPE_TIMESTAMP), true);
}

uint32_t planning_find_output(struct planning *p, struct expr *e)
{
    for (uint32_t i = 0; i < p->n_outputs; i++) {
        if (expr_equal(p->outputs[i].expr, e)) {
            return i;
        }
    }
    return planning_output(p, e, expr_name(p, e));
}

void planning_window_columns(struct planning *p)
{
    if (!planning_windowed(p) || p->window_named) {
        return;
    }
    struct output first[2] = {
        {planning_window_expr(p, VIRTUAL_WINDOW_START), slice_text("window_start")},
        {planning_window_expr(p, VIRTUAL_WINDOW_END), slice_text("window_end")},
    };
    planning_output(p, NULL, (struct slice){0});
    planning_output(p, NULL, (struct slice){0});
    memmove(p->outputs + 2, p->outputs, (p->n_outputs - 2) * sizeof *p->outputs);
    memcpy(p->outputs, first, sizeof first);
}

/* Which output columns identify a row of a result that changes. */
static void find_keys(struct planning *p)
{
    bool windowed = p->shape == SHAPE_AGGREGATE && planning_windowed(p);
    uint32_t *keys = arena_alloc(p->arena, (2 + p->n_keys) * sizeof *keys);
    uint32_t n = 0;
    for (uint32_t i = 0; windowed && i < 2; i++) {
        keys[n++] = planning_find_output(p, planning_window_expr(p, i));
    }
    for (uint32_t i = 0; i < p->n_keys; i++) {
        keys[n++] = planning_find_output(p, p->keys[i]);
    }
    p->plan->keys = keys;
    p->plan->n_keys = n;
}

/* PROJECT to the first n outputs; those from `n_visible` on are hidden. */
static enum status build_project(struct planning *p, uint32_t n_visible, struct error *err)
{
    uint32_t n = p->n_outputs;
    struct expr **exprs = arena_alloc(p->arena, (n + 1) * sizeof(struct expr *));
    int time_column = -1;
    for (uint32_t i = 0; i < n; i++) {
        TRY(map_expr(p, p->outputs[i].expr, &exprs[i], err));
        bool is_time =
            exprs[i]->kind == EXPR_COLUMN && (int)exprs[i]->column == p->plan->root->time_column;
        time_column = is_time && time_column < 0 ? (int)i : time_column;
    }
    struct plan_node *node = planning_push(p, PLAN_PROJECT);
    node->n_exprs = n;
    node->exprs = exprs;
    node->time_column = time_column;
    node->schema = wider(p, NULL, n);
    for (uint32_t i = 0; i < n; i++) {
        node->schema.fields[i] = (struct field){.name = p->outputs[i].name,
                                                .type = exprs[i]->type,
                                                .not_null = exprs[i]->not_null,
                                                .hidden = i >= n_visible};
    }
    return OK;
}

/* A last PROJECT that keeps the first `n` columns. */
static void build_narrow(struct planning *p, uint32_t n)
{
    const struct schema *in = &p->plan->root->schema;
    if (in->n == n) {
        return;
    }
    struct plan_node *node = planning_push(p, PLAN_PROJECT);
    node->n_exprs = n;
    node->exprs = arena_alloc(p->arena, (n + 1) * sizeof(struct expr *));
    node->schema = (struct schema){n, in->fields};
    node->time_column = node->time_column < (int)n ? node->time_column : -1;
    for (uint32_t i = 0; i < n; i++) {
        node->exprs[i] = expr_field(p->arena, in, i);
    }
}

static void build_sort(struct planning *p, const uint32_t *columns, const int *windows)
{
    struct plan_node *node = planning_push(p, PLAN_SORT);
    node->limit = p->limit;
    node->n_sort_keys = p->n_order;
    node->sort_keys = arena_alloc(p->arena, (p->n_order + 1) * sizeof *node->sort_keys);
    for (uint32_t i = 0; i < p->n_order; i++) {
        node->sort_keys[i] = (struct sort_key){.column = columns[i],
                                               .descending = p->order[i].descending,
                                               .nulls_first = p->order[i].nulls_first};
    }
    node->window_columns[0] = windows[0];
    node->window_columns[1] = windows[1];
}

static enum status build_result(struct planning *p, struct error *err)
{
    uint32_t n_visible = p->n_outputs;
    if (p->plan->changes) {
        find_keys(p);
    }
    uint32_t n_kept = p->n_outputs;
    uint32_t *columns = arena_alloc(p->arena, (p->n_order + 1) * sizeof *columns);
    for (uint32_t i = 0; i < p->n_order; i++) {
        columns[i] = planning_find_output(p, p->order[i].expr);
    }
    int windows[2] = {-1, -1};
    for (uint32_t i = 0; p->sort_windows && i < 2; i++) {
        windows[i] = (int)planning_find_output(p, planning_window_expr(p, i));
    }
    if (p->n_outputs > SCHEMA_COLUMNS_MAX) {
        error_set(err, ERR_LIMIT, "a result has at most %d columns", SCHEMA_COLUMNS_MAX);
        sql_fail(err, E_NESTING, p->select->span);
        return ERR_LIMIT;
    }
    TRY(build_project(p, n_visible, err));
    if (p->sorts) {
        build_sort(p, columns, windows);
        build_narrow(p, n_kept);
    }
    if (p->limits) {
        planning_push(p, PLAN_LIMIT)->limit = p->limit;
    }
    return OK;
}

/* Who needs no event time does not have it decoded. Only the scan's own is known to it: it stays
 * while any query above needs it. */
static void forget_time(struct planning *p)
{
    bool needed = p->time_wanted || p->window.kind != WINDOW_NONE || planning_has_since(p);
    for (uint32_t i = 0; i < p->calls.n; i++) {
        needed = needed || p->calls.items[i].by_time;
    }
    needed = needed || (p->inner == NULL && p->scan->has_watermark);
    if (!needed) {
        p->input->time_column = -1;
    }
    if (p->inner != NULL) {
        p->inner->time_wanted = needed;
    }
}

enum status plan_build(struct planning *p, struct error *err)
{
    forget_time(p);
    TRY(planning_since_rows(p, err));
    if (p->inner != NULL) {
        TRY(subquery_build(p, err));
    } else {
        planning_find_needle(p);
        p->plan->root = p->scan;
    }
    build_filter(p);
    TRY(build_middle(p, err));
    TRY(planning_since_results(p, err));
    return build_result(p, err);
}
