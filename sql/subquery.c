/* subquery: a query in FROM: in parentheses, by the name that WITH gave it, a view, or for one that
 * goes on another that does: then what that says is computed along. It is planned like any other;
 * its chain of nodes ends in a SUBQUERY, which is what the query around it reads.
 *
 * The rows of a window carry the event time window_time (language.md §4.1), which is behind the
 * watermark until the window has closed: so time goes on from query to query. */
#include "sql/bind_parts.h"
#include "sql/define_result.h"
#include "sql/errors.h"
#include "sql/parser.h"
#include "sql/planning.h"

/* How deep queries can stand in one another, views that read views included. */
enum { SUBQUERIES_MAX = 16 };

/* The largest computed column of a query that is merged. */
enum { MERGED_NODES_MAX = 32 };

/* ---- finding --------------------------------------------------------------------------------- */

/* Errors of a view have their place in another text: its name is theirs in this one. */
static enum status in_entry(struct planning *p, const struct catalog_entry *entry,
                            enum status status, struct error *err)
{
    const struct ast_name *name = &p->select->from->name;
    struct error reason = *err;
    error_set(err, status, "in %s \"%s\": %s", catalog_kind_name(entry->kind),
              shown(p->arena, entry->name), reason.text);
    error_hint(err, "%s", reason.hint);
    error_place(err, reason.code, name->span.at, name->span.length);
    return status;
}

static enum status bind_inner(struct planning *p, struct ast_select *select, struct slice text,
                              struct ast_with *with, struct error *err)
{
    if (p->depth == SUBQUERIES_MAX) {
        error_set(err, ERR_LIMIT, "queries can stand in one another %d deep", SUBQUERIES_MAX);
        sql_fail(err, E_NESTING, select->span);
        return ERR_LIMIT;
    }
    struct planning *inner = arena_zalloc(p->arena, sizeof *inner);
    *inner = (struct planning){.catalog = p->catalog,
                               .arena = p->arena,
                               .text = text,
                               .select = select,
                               .plan = arena_zalloc(p->arena, sizeof *inner->plan),
                               .with = with,
                               .goes_on = p->goes_on,
                               .nested = true,
                               .depth = p->depth + 1};
    p->inner = inner;
    return planning_bind(inner, err);
}

/* Its text is planned anew. Where it goes when it runs alone is not asked here. */
static enum status bind_entry(struct planning *p, const struct catalog_entry *entry,
                              struct error *err)
{
    struct ast_statement *statement;
    struct slice text = arena_copy(p->arena, entry->query);
    enum status status = parse_statement(p->arena, text, &statement, err);
    if (status == OK) {
        statement->select->into = (struct ast_into){.is_uri = false};
        status = bind_inner(p, statement->select, text, NULL, err);
    }
    if (status == OK) {
        p->inner->entry = entry;
    }
    return status == OK ? OK : in_entry(p, entry, status, err);
}

enum status subquery_find(struct planning *p, struct error *err)
{
    const struct ast_from *from = p->select->from;
    if (from->kind == FROM_QUERY) {
        return bind_inner(p, from->query, p->text, p->with, err);
    }
    if (from->kind != FROM_NAME) {
        return OK;
    }
    for (struct ast_with *with = p->with; with != NULL; with = with->before) {
        if (slice_equal_nocase(with->name.text, from->name.text)) {
            with->is_read = true;
            return bind_inner(p, with->query, p->text, with->before, err);
        }
    }
    const struct catalog_entry *entry = catalog_find(p->catalog, CATALOG_VIEW, from->name.text);
    if (entry == NULL && p->goes_on) {
        TRY(result_find(p->catalog, from, &entry, err));
    }
    return entry == NULL ? OK : bind_entry(p, entry, err);
}

/* ---- WITH ------------------------------------------------------------------------------------ */

static enum status check_with_names(const struct planning *p, struct error *err)
{
    for (const struct ast_with *with = p->select->with; with != NULL; with = with->before) {
        for (const struct ast_with *other = with->before; other != NULL; other = other->before) {
            if (slice_equal_nocase(with->name.text, other->name.text)) {
                error_set(err, ERR_SQL, "WITH has \"%s\" already",
                          shown(p->arena, with->name.text));
                return sql_fail(err, E_EXISTS, with->name.span);
            }
        }
    }
    return OK;
}

/* A WITH query may be bound more than once, but what is around it is always the same. */
enum status subquery_open_with(struct planning *p, struct error *err)
{
    struct ast_select *select = p->select;
    struct ast_with *first = select->with;
    if (!select->with_is_open) {
        TRY(check_with_names(p, err));
        while (first != NULL && first->before != NULL) {
            first = first->before;
        }
        if (first != NULL) {
            first->before = p->with;
        }
        select->with_around = first != NULL ? p->with : NULL;
        select->with_is_open = true;
    }
    p->with = select->with != NULL ? select->with : p->with;
    return OK;
}

enum status subquery_check_with(struct planning *p, struct error *err)
{
    const struct ast_with *end = p->select->with_around;
    for (struct ast_with *with = p->select->with; with != end; with = with->before) {
        struct planning reader = *p;
        if (!with->is_read) {
            with->is_read = true;
            TRY(bind_inner(&reader, with->query, p->text, with->before, err));
        }
    }
    return OK;
}

/* ---- what can be read ------------------------------------------------------------------------ */

static const char *inner_name(const struct planning *p)
{
    const struct ast_from *from = p->select->from;
    return from->kind == FROM_QUERY
               ? "the sub-query"
               : arena_printf(p->arena, "\"%s\"", shown(p->arena, from->name.text));
}

static enum status check_names(const struct planning *p, const struct planning *inner,
                               struct error *err)
{
    for (uint32_t i = 0; i < inner->n_outputs; i++) {
        for (uint32_t j = 0; j < i; j++) {
            struct slice name = inner->outputs[i].name;
            if (name.len > 0 && slice_equal_nocase(name, inner->outputs[j].name)) {
                error_set(err, ERR_SQL, "two columns of %s are called \"%s\"", inner_name(p),
                          shown(p->arena, name));
                error_hint(err, "give one of them another name: AS other");
                return sql_fail(err, E_EXISTS, p->select->from->span);
            }
        }
    }
    return OK;
}

static enum status check_readable(const struct planning *p, struct error *err)
{
    const struct planning *inner = p->inner;
    enum emit_kind emit = inner->plan->emit.kind;
    bool replaces = inner->shape == SHAPE_AGGREGATE && emit != EMIT_CLOSE && emit != EMIT_RISE;
    if (name_given(&inner->select->into.target)) {
        error_set(err, ERR_SQL, "INTO in a sub-query: its rows go to the query around it");
        return sql_fail(err, E_CLAUSE, p->select->from->span);
    }
    if (!inner->plan->at_end && (replaces || inner->plan->changes)) {
        error_set(err, ERR_SQL, "rows of %s are replaced later, and cannot be read on",
                  inner_name(p));
        error_hint(err, "give it a WINDOW whose rows are final, or leave its EMIT out");
        return sql_fail(err, E_EMIT, p->select->from->span);
    }
    return check_names(p, inner, err);
}

static uint32_t expr_nodes(const struct expr *e)
{
    uint32_t n = 1;
    for (uint32_t i = 0; i < e->n_args; i++) {
        n += expr_nodes(e->args[i]);
    }
    return n;
}

/* A name that is read twice is computed twice: what is large is computed once, below. Without that
 * expressions could grow with each query to as many nodes as there is memory for. */
bool subquery_merges(const struct planning *p)
{
    bool passes = p->shape == SHAPE_PLAIN && !p->sorts && !p->limits;
    for (uint32_t i = 0; passes && i < p->n_outputs; i++) {
        passes = expr_nodes(p->outputs[i].expr) <= MERGED_NODES_MAX;
    }
    return passes;
}

static struct schema output_schema(const struct planning *inner)
{
    struct field *fields = arena_zalloc(inner->arena, (inner->n_outputs + 1) * sizeof *fields);
    for (uint32_t i = 0; i < inner->n_outputs; i++) {
        const struct output *output = &inner->outputs[i];
        fields[i] = (struct field){.name = output->name,
                                   .type = output->expr->type,
                                   .not_null = output->expr->not_null,
                                   .hidden = output->name.len == 0};
    }
    return (struct schema){inner->n_outputs, fields};
}

/* Filters and computed columns: the query that reads them does that itself, and so no column is
 * decoded or computed that it does not need. Its own conditions come last, as some may fail for
 * rows that the others drop. */
static void merge(struct planning *p)
{
    const struct planning *inner = p->inner;
    p->names = output_schema(inner);
    p->meanings = arena_alloc(p->arena, (inner->n_outputs + 1) * sizeof *p->meanings);
    for (uint32_t i = 0; i < inner->n_outputs; i++) {
        p->meanings[i] = inner->outputs[i].expr;
    }
    p->n_merged = p->n_conditions = inner->n_conditions;
    p->conditions = inner->conditions;
    p->input = inner->input;
    p->inner = inner->inner;
}

static struct plan_node *border(const struct planning *p)
{
    const struct ast_from *from = p->select->from;
    struct plan_node *node = planning_node(p, PLAN_SUBQUERY);
    node->schema = output_schema(p->inner);
    node->name = name_given(&from->alias) ? from->alias.text : from->name.text;
    node->time_column = p->inner->time_output;
    return node;
}

enum status subquery_read(struct planning *p, struct error *err)
{
    TRY(check_readable(p, err));
    p->from = p->inner->entry != NULL ? p->inner->entry : p->inner->from;
    p->scan = p->inner->scan;
    p->stream = p->inner->stream;
    if (subquery_merges(p->inner)) {
        merge(p);
    } else {
        p->input = border(p);
    }
    return OK;
}

/* ---- event time ------------------------------------------------------------------------------ */

/* Rows leave as time passes, so that none is late for the query that reads them. */
static bool is_behind_time(const struct planning *p)
{
    return (planning_windowed(p) || p->shape == SHAPE_OVER) && p->window.kind != WINDOW_ROWS &&
           p->plan->emit.kind == EMIT_CLOSE;
}

static bool is_selected(const struct planning *p, int column)
{
    for (uint32_t i = 0; i < p->n_outputs; i++) {
        const struct expr *e = p->outputs[i].expr;
        if (e->kind == EXPR_COLUMN && (int)e->column == column) {
            return true;
        }
    }
    return false;
}

/* The column of what is read that holds the time of rows; that they came in is theirs if no other
 * is. -1 if what becomes of them has no time that a watermark could follow. */
static int row_time(const struct planning *p)
{
    bool passes = (p->shape == SHAPE_PLAIN || p->shape == SHAPE_DISTINCT) && !p->sorts;
    if (!passes && !(p->shape == SHAPE_OVER && is_behind_time(p))) {
        return -1;
    }
    if (p->shape == SHAPE_DISTINCT && !is_selected(p, p->input->time_column)) {
        return -1; /* rows that are the same may differ in time */
    }
    if (p->input->time_column < 0 && p->inner == NULL) {
        return (int)p->stream->n_visible + HIDDEN_ARRIVAL;
    }
    return p->input->time_column;
}

enum status subquery_time(struct planning *p, struct error *err)
{
    struct expr *time;
    int column = row_time(p);
    p->time_output = -1;
    if (planning_windowed(p) && is_behind_time(p)) {
        struct expr *end = planning_window_expr(p, VIRTUAL_WINDOW_END);
        TRY(bind_window_time(p->arena, end, -1, &time, err));
    } else if (column >= 0) {
        time = expr_field(p->arena, &p->input->schema, (uint32_t)column);
    } else {
        return OK;
    }
    uint32_t n = p->n_outputs;
    p->time_output = (int)planning_find_output(p, time);
    if (p->n_outputs > n) {
        p->outputs[n].name = slice_of(NULL, 0);
    }
    return OK;
}

/* ---- nodes ----------------------------------------------------------------------------------- */

/* Time that only the query above would have read is not computed if it does not. */
static void forget_output(struct planning *inner)
{
    if (inner->time_output >= 0 && !inner->time_wanted &&
        inner->outputs[inner->time_output].name.len == 0) {
        inner->outputs[inner->time_output].expr =
            expr_constant(inner->arena, value_null(type_of(TYPE_TIMESTAMP)));
    }
}

enum status subquery_build(struct planning *p, struct error *err)
{
    struct planning *inner = p->inner;
    forget_output(inner);
    enum status status = plan_build(inner, err);
    if (status != OK) {
        return inner->entry != NULL ? in_entry(p, inner->entry, status, err) : status;
    }
    p->input->input = inner->plan->root;
    p->input->on_time = is_behind_time(inner);
    p->input->delay_us = p->input->on_time ? inner->window.grace_us : 0;
    p->plan->root = p->input;
    return OK;
}
