/* planner: see planner.h. Here the statement is bound; emission.c decides what leaves when,
 * plan_build.c makes the nodes. */
#include "sql/planner.h"

#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/expr/function.h"
#include "sql/bind_parts.h"
#include "sql/define_result.h"
#include "sql/define_sink.h"
#include "sql/define_stream.h"
#include "sql/define_table.h"
#include "sql/errors.h"
#include "sql/planning.h"
#include "sql/suggest.h"
#include "sql/synonyms.h"
#include "sql/windowing.h"

/* ---- what is not there yet ------------------------------------------------------------------- */

static enum status refuse_unsupported(const struct ast_select *select, struct error *err)
{
    const struct ast_from *from = select->from;
    if (select->union_all != NULL) {
        return sql_unsupported("UNION ALL is", select->union_all->span, err);
    }
    if (from->join != NULL) {
        return sql_unsupported("joins are", from->join->span, err);
    }
    return OK;
}

/* ---- FROM ------------------------------------------------------------------------------------ */

static enum status no_stream(const struct planning *p, const struct ast_from *from,
                             struct error *err)
{
    struct slice name = from->name.text;
    if (catalog_find(p->catalog, CATALOG_TABLE, name) != NULL) {
        return sql_unsupported("reading a table is", from->name.span, err);
    }
    unsigned kinds = 1u << CATALOG_STREAM | 1u << CATALOG_VIEW | 1u << CATALOG_QUERY;
    catalog_missing(p->catalog, kinds, name, err);
    struct suggest suggest = suggest_for(name);
    for (const struct ast_with *with = p->with; with != NULL; with = with->before) {
        suggest_add(&suggest, with->name.text);
    }
    (void)suggest_hint(&suggest, err);
    bool is_path = memchr(name.at, '.', name.len) != NULL;
    if (is_path) {
        error_hint(err, "the name of a file stands in quotes: FROM '%s'", shown(p->arena, name));
    }
    return sql_fail(err, E_NO_OBJECT, from->name.span);
}

static enum status refuse_without_from(const struct planning *p, struct error *err)
{
    const struct ast_select *select = p->select;
    if (select->window.kind != AST_WINDOW_ABSENT) {
        error_set(err, ERR_SQL, "a window needs FROM");
        return sql_fail(err, E_CLAUSE, select->window.span);
    }
    for (const struct ast_item *item = select->items.first; item != NULL; item = item->next) {
        if (item->expr->kind == AST_STAR) {
            error_set(err, ERR_SQL, "* needs FROM");
            return sql_fail(err, E_CLAUSE, item->expr->span);
        }
    }
    return OK;
}

/* SELECT 1 reads one generated row. */
static enum status find_one_row(struct planning *p, struct error *err)
{
    TRY(refuse_without_from(p, err));
    struct ast_from row = {.kind = FROM_URI,
                           .name = {slice_text("gen://rows?rows=1"), p->select->from->span}};
    return stream_inline(p->catalog, p->arena, &row, &p->stream, err);
}

/* …whose columns nobody can name. */
static void hide_columns(struct planning *p, struct plan_node *scan)
{
    scan->schema = schema_copy(p->arena, &p->stream->schema);
    for (uint32_t i = 0; i < scan->schema.n; i++) {
        scan->schema.fields[i].name = slice_text("");
        scan->schema.fields[i].hidden = true;
    }
}

static enum status find_stream(struct planning *p, const struct ast_from *from, struct error *err)
{
    if (from->kind == FROM_NOTHING) {
        return find_one_row(p, err);
    }
    TRY(result_find(p->catalog, from, &p->from, err));
    if (p->from != NULL && p->goes_on) {
        sql_unsupported("queries that go on over TABLE(…) of another are", from->span, err);
        error_hint(err, "FROM %s reads its rows as they leave", shown(p->arena, p->from->name));
        return ERR_SQL;
    }
    if (p->from != NULL) {
        return result_define(p->catalog, p->arena, from, p->from, &p->stream, err);
    }
    if (from->kind == FROM_URI) {
        return stream_inline(p->catalog, p->arena, from, &p->stream, err);
    }
    p->from = catalog_find(p->catalog, CATALOG_STREAM, from->name.text);
    if (from->kind == FROM_TABLE) {
        return table_define(p->catalog, p->arena, from, &p->stream, err);
    }
    bool has_format = name_given(&from->format.name) || from->options.first != NULL;
    if (p->from == NULL && slice_equal_nocase(from->name.text, slice_text("stdin"))) {
        return stream_inline(p->catalog, p->arena, from, &p->stream, err);
    }
    if (p->from == NULL) {
        return no_stream(p, from, err);
    }
    if (has_format) {
        error_set(err, ERR_SQL, "stream \"%s\" has its format from CREATE STREAM",
                  shown(p->arena, from->name.text));
        return sql_fail(err, E_STREAM, from->name.span);
    }
    p->stream = p->from->stream;
    return OK;
}

static bool reads_json(const struct stream_def *stream)
{
    return stream->decoder != NULL && strcmp(stream->decoder->name, "json") == 0;
}

static enum status read_stream(struct planning *p, struct error *err)
{
    const struct ast_from *from = p->select->from;
    TRY(find_stream(p, from, err));
    struct plan_node *scan = planning_node(p, PLAN_SCAN);
    scan->stream = p->stream;
    scan->schema = p->stream->schema;
    scan->time_origin = TIME_FROM_ARRIVAL;
    if (from->kind == FROM_NOTHING) {
        hide_columns(p, scan);
    }
    p->scan = p->input = scan;
    return OK;
}

static enum status bind_from(struct planning *p, struct error *err)
{
    const struct ast_from *from = p->select->from;
    TRY(subquery_find(p, err));
    TRY(p->inner != NULL ? subquery_read(p, err) : read_stream(p, err));
    p->binder =
        (struct binder){.arena = p->arena,
                        .schema = p->names.n > 0 ? &p->names : &p->input->schema,
                        .meanings = p->meanings,
                        .n_input = p->input->schema.n,
                        .json = p->inner == NULL && reads_json(p->stream),
                        .qualifier = name_given(&from->alias) ? from->alias.text : from->name.text};
    return OK;
}

/* ---- SELECT list ----------------------------------------------------------------------------- */

uint32_t planning_output(struct planning *p, struct expr *expr, struct slice name)
{
    if (p->n_outputs == p->outputs_cap) {
        uint32_t cap = p->outputs_cap == 0 ? 16 : 2 * p->outputs_cap;
        struct output *outputs = arena_alloc(p->arena, cap * sizeof *outputs);
        if (p->n_outputs > 0) {
            memcpy(outputs, p->outputs, p->n_outputs * sizeof *outputs);
        }
        p->outputs = outputs;
        p->outputs_cap = cap;
    }
    p->outputs[p->n_outputs] = (struct output){expr, name};
    return p->n_outputs++;
}

/* A column without alias is called as the person would call it, but not by a whole page. */
enum { NAME_BYTES_MAX = 120 };

static struct slice output_name(const struct planning *p, const struct ast_item *item)
{
    if (name_given(&item->alias)) {
        return item->alias.text;
    }
    int column = item->expr->kind == AST_NAME ? bind_column(&p->binder, item->expr) : -1;
    if (column >= 0) {
        return p->binder.schema->fields[column].name;
    }
    struct bytebuf text = {0};
    ast_print(&text, item->expr);
    if (text.len > NAME_BYTES_MAX) {
        text.len = NAME_BYTES_MAX;
        bytebuf_add_text(&text, "...");
    }
    struct slice name = arena_copy(p->arena, bytebuf_slice(&text));
    bytebuf_release(&text);
    return name;
}

static enum status bind_star(struct planning *p, const struct ast_expr *star, struct error *err)
{
    if (star->text.len > 0 && !slice_equal_nocase(star->text, p->binder.qualifier)) {
        error_set(err, ERR_SQL, "no stream \"%s\" in FROM", shown(p->arena, star->text));
        return sql_fail(err, E_NO_OBJECT, star->span);
    }
    const struct schema *schema = p->binder.schema;
    for (uint32_t i = 0; i < schema->n; i++) {
        const struct field *field = &schema->fields[i];
        if (!field->hidden) {
            planning_output(p, bind_named(&p->binder, i, star->span.at), field->name);
        }
    }
    return OK;
}

static enum status bind_items(struct planning *p, struct error *err)
{
    struct binder *binder = &p->binder;
    for (const struct ast_item *item = p->select->items.first; item != NULL; item = item->next) {
        if (item->expr->kind == AST_STAR) {
            TRY(bind_star(p, item->expr, err));
        } else {
            struct expr *e;
            TRY(bind_expr(binder, item->expr, &e, err));
            planning_output(p, e, output_name(p, item));
        }
        if (p->n_outputs > SCHEMA_COLUMNS_MAX) {
            error_set(err, ERR_LIMIT, "a result has at most %d columns", SCHEMA_COLUMNS_MAX);
            sql_fail(err, E_NESTING, item->expr->span);
            return ERR_LIMIT;
        }
    }
    p->window_named = binder->window_named;
    return OK;
}

/* ---- WHERE, GROUP BY, HAVING, ORDER BY, LIMIT -------------------------------------------------
 */

static struct binder row_binder(const struct planning *p, const char *place)
{
    struct binder binder = p->binder;
    binder.calls = NULL;
    binder.windowed = false;
    binder.window_later = p->window.kind != WINDOW_NONE;
    binder.place = place;
    return binder;
}

static enum status where_alias_hint(const struct planning *p, enum status status, struct error *err)
{
    if (status == OK || err->code != E_NO_COLUMN || err->at < 0) {
        return status;
    }
    struct slice name = slice_of(p->text.at + err->at, (size_t)err->length);
    if (items_find(&p->select->items, name) != NULL) {
        error_hint(err, "\"%s\" is computed after WHERE: repeat its expression here",
                   shown(p->arena, name));
    }
    return status;
}

enum { CONDITIONS_MAX = 4096 };

/* What a condition costs for a row that comes from bytes: text is only pointed at, other types are
 * converted first, which is dearer than most comparisons. */
static uint32_t condition_cost(const struct planning *p, const struct expr *e)
{
    enum { CONVERSION_COST = 6 };
    const struct schema *schema = &p->input->schema;
    uint32_t n = schema->n;
    uint64_t *used = arena_zalloc(p->arena, bits_words(n) * sizeof *used);
    uint32_t cost = expr_cost(e);
    expr_columns(e, used);
    for (uint32_t i = 0; i < n; i++) {
        bool is_ready = p->inner != NULL || schema->fields[i].type.id == TYPE_TEXT;
        cost += bits_get(used, i) && !is_ready ? CONVERSION_COST : 0;
    }
    return cost;
}

static enum status bind_where(struct planning *p, struct error *err)
{
    const struct ast_expr *where = p->select->where;
    if (where == NULL) {
        return OK;
    }
    struct binder binder = row_binder(p, "WHERE");
    uint32_t n = where->kind == AST_AND ? where->args.n : 1;
    const struct ast_expr *part = where->kind == AST_AND ? where->args.first : where;
    if (n > CONDITIONS_MAX) {
        error_set(err, ERR_LIMIT, "WHERE has at most %d parts joined by AND", CONDITIONS_MAX);
        sql_fail(err, E_NESTING, where->span);
        return ERR_LIMIT;
    }
    struct expr **merged = p->conditions;
    p->conditions = arena_alloc(p->arena, (p->n_merged + n) * sizeof *p->conditions);
    for (uint32_t i = 0; i < p->n_merged; i++) {
        p->conditions[i] = merged[i];
    }
    for (uint32_t i = 0; i < n; i++, part = part->next) {
        struct expr *e;
        TRY(where_alias_hint(p, bind_condition(&binder, part, "WHERE", &e, err), err));
        bool is_true = e->kind == EXPR_CONSTANT && !e->constant.is_null && e->constant.boolean;
        if (is_true) {
            continue;
        }
        /* Cheapest first; equal ones stay in the order they were written. */
        uint32_t at = p->n_conditions++;
        while (at > p->n_merged &&
               condition_cost(p, p->conditions[at - 1]) > condition_cost(p, e)) {
            p->conditions[at] = p->conditions[at - 1];
            at--;
        }
        p->conditions[at] = e;
    }
    return OK;
}

/* GROUP BY 2, ORDER BY 1: the column of that number. False if it is no number. */
static bool is_position(const struct ast_expr *expr)
{
    if (expr->kind != AST_NUMBER) {
        return false;
    }
    for (size_t i = 0; i < expr->text.len; i++) {
        if (!ascii_is_digit(expr->text.at[i])) {
            return false;
        }
    }
    return true;
}

static enum status bind_position(const struct planning *p, const struct ast_expr *expr,
                                 struct expr **out, struct error *err)
{
    int64_t position;
    if (expr->flag || !slice_to_i64(expr->text, &position) || position < 1 ||
        position > p->n_outputs) {
        error_set(err, ERR_SQL, "there is no column number %s%s in the SELECT list",
                  expr->flag ? "-" : "", shown(p->arena, expr->text));
        return sql_fail(err, E_CONSTANT, expr->span);
    }
    *out = p->outputs[position - 1].expr;
    return OK;
}

static bool reads_calls(const struct planning *p, const struct expr *e)
{
    if (e->kind == EXPR_COLUMN) {
        return e->column >= p->input->schema.n + VIRTUAL_CALLS;
    }
    for (uint32_t i = 0; i < e->n_args; i++) {
        if (reads_calls(p, e->args[i])) {
            return true;
        }
    }
    return false;
}

static enum status bind_key(const struct planning *p, const struct ast_expr *key, struct expr **out,
                            struct error *err)
{
    struct binder binder = row_binder(p, "GROUP BY");
    binder.items = &p->select->items;
    if (!is_position(key)) {
        return bind_expr(&binder, key, out, err);
    }
    TRY(bind_position(p, key, out, err));
    if (reads_calls(p, *out)) {
        error_set(err, ERR_SQL, "an aggregate cannot stand in GROUP BY");
        return sql_fail(err, E_AGGREGATE_PLACE, key->span);
    }
    return OK;
}

static enum status bind_keys(struct planning *p, struct error *err)
{
    const struct ast_list *group = &p->select->group;
    if (group->n > SCHEMA_COLUMNS_MAX / 2) {
        error_set(err, ERR_LIMIT, "GROUP BY has at most %d keys", SCHEMA_COLUMNS_MAX / 2);
        sql_fail(err, E_NESTING, group->last->span);
        return ERR_LIMIT;
    }
    p->keys = arena_alloc(p->arena, (group->n + 1) * sizeof *p->keys);
    for (const struct ast_expr *key = group->first; key != NULL; key = key->next) {
        struct expr *e;
        TRY(bind_key(p, key, &e, err));
        bool known = false;
        for (uint32_t i = 0; i < p->n_keys; i++) {
            known = known || expr_equal(p->keys[i], e);
        }
        if (!known) {
            p->keys[p->n_keys++] = e;
        }
    }
    return OK;
}

static enum status bind_having(struct planning *p, struct error *err)
{
    if (p->select->having == NULL) {
        return OK;
    }
    struct binder binder = p->binder;
    binder.items = &p->select->items;
    binder.place = "HAVING";
    binder.keys = p->keys;
    binder.n_keys = p->n_keys;
    return bind_condition(&binder, p->select->having, "HAVING", &p->having, err);
}

static enum status bind_order(struct planning *p, struct error *err)
{
    const struct ast_items *order = &p->select->order;
    struct binder binder = p->binder;
    binder.items = &p->select->items;
    binder.alias_first = true;
    binder.place = "ORDER BY";
    p->order = arena_alloc(p->arena, (order->n + 1) * sizeof *p->order);
    for (const struct ast_item *item = order->first; item != NULL; item = item->next) {
        struct order_key *key = &p->order[p->n_order++];
        key->descending = item->descending;
        key->nulls_first = item->nulls_given ? item->nulls_first : item->descending;
        if (is_position(item->expr)) {
            TRY(bind_position(p, item->expr, &key->expr, err));
        } else {
            TRY(bind_expr(&binder, item->expr, &key->expr, err));
        }
    }
    return OK;
}

static enum status bind_limit(struct planning *p, struct error *err)
{
    p->limit = -1;
    const struct ast_expr *limit = p->select->limit;
    if (limit == NULL) {
        return OK;
    }
    struct binder binder = {.arena = p->arena, .place = "LIMIT"};
    struct expr *e = NULL;
    enum status status = bind_expr(&binder, limit, &e, err);
    if (status != OK && err->code != E_NO_COLUMN) {
        return status;
    }
    if (status != OK || e->kind != EXPR_CONSTANT || e->constant.is_null ||
        e->type.id != TYPE_BIGINT || e->constant.i64 < 0) {
        error_set(err, ERR_SQL, "LIMIT needs a number of rows");
        return sql_fail(err, E_CONSTANT, limit->span);
    }
    p->limit = e->constant.i64;
    return OK;
}

/* ---- the whole ------------------------------------------------------------------------------- */

/* The row windows of SLIDE ROW have no columns of their own: they end at the row's time. */
static enum status bind_row_window(struct planning *p, struct error *err)
{
    if (p->window.kind != WINDOW_SLIDE_ROW) {
        return OK;
    }
    struct expr **bounds = p->binder.row_window;
    bounds[1] = expr_field(p->arena, &p->input->schema, (uint32_t)p->input->time_column);
    return bind_time_minus(p->arena, bounds[1], p->window.size_us, -1, &bounds[0], err);
}

static enum status bind_sink(struct planning *p, const struct sink_def *sink, struct error *err)
{
    const struct ast_into *into = &p->select->into;
    p->plan->sink = sink;
    if (!name_given(&into->target)) {
        return OK;
    }
    if (sink != NULL) {
        error_set(err, ERR_SQL, "INSERT INTO and INTO both say where the rows go");
        return sql_fail(err, E_CLAUSE, into->target.span);
    }
    return sink_resolve(p->catalog, p->arena, into, &p->plan->sink, err);
}

static enum status bind_all(struct planning *p, struct error *err)
{
    TRY(bind_from(p, err));
    TRY(window_bind(p->arena, catalog_fs(p->catalog), &p->select->window, &p->window, err));
    TRY(shape_choose(p, err));
    TRY(planning_time(p, err));
    TRY(bind_row_window(p, err));
    p->binder.calls = &p->calls;
    p->binder.windowed = p->window.kind != WINDOW_NONE;
    p->binder.place = "SELECT";
    TRY(bind_where(p, err));
    TRY(bind_items(p, err));
    TRY(bind_keys(p, err));
    TRY(bind_having(p, err));
    TRY(bind_order(p, err));
    TRY(bind_limit(p, err));
    return shape_refine(p, err);
}

enum status planning_bind(struct planning *p, struct error *err)
{
    TRY(refuse_unsupported(p->select, err));
    TRY(synonyms_apply(p->arena, p->select, err));
    TRY(subquery_open_with(p, err));
    TRY(bind_all(p, err));
    TRY(subquery_check_with(p, err));
    planning_window_columns(p);
    TRY(emission_decide(p, err));
    return p->nested && !subquery_merges(p) ? subquery_time(p, err) : OK;
}

enum status planner_plan(const struct plan_request *request, struct plan **out, struct error *err)
{
    struct planning p = {.catalog = request->catalog,
                         .arena = request->arena,
                         .text = request->text,
                         .select = request->select,
                         .goes_on = request->goes_on || !catalog_keeper(request->catalog)->result,
                         .plan = arena_zalloc(request->arena, sizeof *p.plan)};
    p.plan->text = request->text;
    TRY(planning_bind(&p, err));
    TRY(bind_sink(&p, request->sink, err));
    TRY(emission_check_sink(&p, err));
    TRY(plan_build(&p, err));
    TRY(planning_until(&p, err));
    plan_check(p.plan);
    if (request->from != NULL) {
        *request->from = p.from;
    }
    *out = p.plan;
    return OK;
}
