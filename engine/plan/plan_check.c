/* plan_check: the invariants of a plan, CHECKed. A plan that passes can be run; one that does not
 * is a mistake of its maker, never of the person who wrote the statement. */
#include "engine/base/panic.h"
#include "engine/plan/plan.h"

static bool same_fields(const struct schema *a, uint32_t from_a, const struct schema *b)
{
    if (a->n < from_a + b->n) {
        return false;
    }
    for (uint32_t i = 0; i < b->n; i++) {
        if (!type_equal(a->fields[from_a + i].type, b->fields[i].type)) {
            return false;
        }
    }
    return true;
}

static void check_condition(const struct expr *e)
{
    CHECK(e->type.id == TYPE_BOOLEAN);
}

/* Columns that `e` reads exist in `schema` and have the type it thinks. */
static void check_expr(const struct expr *e, const struct schema *schema)
{
    if (e->kind == EXPR_COLUMN) {
        CHECK(e->column < schema->n);
        CHECK(type_equal(e->type, schema->fields[e->column].type));
    }
    for (uint32_t i = 0; i < e->n_args; i++) {
        check_expr(e->args[i], schema);
    }
}

static void check_exprs(const struct plan_node *node, uint32_t first_field)
{
    CHECK(node->schema.n == first_field + node->n_exprs);
    for (uint32_t i = 0; i < node->n_exprs; i++) {
        check_expr(node->exprs[i], &node->input->schema);
        CHECK(type_equal(node->exprs[i]->type, node->schema.fields[first_field + i].type));
    }
}

static void check_scan(const struct plan_node *node)
{
    CHECK(node->input == NULL && node->stream != NULL);
    CHECK(same_fields(&node->schema, 0, &node->stream->schema));
    uint32_t n_hidden = node->stream->schema.n - node->stream->n_visible;
    CHECK(n_hidden == HIDDEN_OF_BYTES || n_hidden == HIDDEN_COUNT);
    CHECK(node->delay_us >= 0);
    CHECK(!node->has_watermark || node->time_column >= 0);
    CHECK(node->needle.len == 0 || !node->has_watermark);
}

static void check_window(const struct window_spec *w)
{
    CHECK(w->grace_us >= 0);
    switch (w->kind) {
    case WINDOW_NONE:
        break;
    case WINDOW_HOP:
    case WINDOW_CUMULATE:
        CHECK(w->slide_us > 0 && w->size_us >= w->slide_us);
        break;
    case WINDOW_SESSION:
    case WINDOW_SLIDE_ROW:
        CHECK(w->size_us > 0);
        break;
    case WINDOW_ROWS:
        CHECK(w->rows_slide > 0 && w->rows >= w->rows_slide);
        break;
    }
}

static void check_keys_and_calls(const struct plan_node *node)
{
    const struct schema *in = &node->input->schema;
    for (uint32_t i = 0; i < node->n_keys; i++) {
        CHECK(node->keys[i] < in->n);
    }
    for (uint32_t i = 0; i < node->n_calls; i++) {
        const struct agg_call *call = &node->calls[i];
        for (uint32_t j = 0; j < call->n_args; j++) {
            CHECK(call->args[j] < in->n);
            CHECK(type_equal(call->arg_types[j], in->fields[call->args[j]].type));
        }
        CHECK(call->time_column < (int)in->n);
    }
    if (node->having != NULL) {
        check_condition(node->having);
        check_expr(node->having, &node->schema);
    }
}

static void check_window_fields(const struct plan_node *node)
{
    CHECK(node->schema.n >= 2);
    CHECK(node->schema.fields[0].type.id == TYPE_TIMESTAMP);
    CHECK(node->schema.fields[1].type.id == TYPE_TIMESTAMP);
}

static void check_aggregate(const struct plan_node *node)
{
    uint32_t first = node->window.kind == WINDOW_NONE ? 0 : 2;
    check_window(&node->window);
    check_keys_and_calls(node);
    CHECK(node->window.kind != WINDOW_SLIDE_ROW);
    CHECK(node->schema.n == first + node->n_keys + node->n_calls);
    if (first > 0) {
        check_window_fields(node);
    }
    for (uint32_t i = 0; i < node->n_keys; i++) {
        CHECK(type_equal(node->schema.fields[first + i].type,
                         node->input->schema.fields[node->keys[i]].type));
    }
    for (uint32_t i = 0; i < node->n_calls; i++) {
        CHECK(
            type_equal(node->schema.fields[first + node->n_keys + i].type, node->calls[i].result));
    }
    bool on_rise = node->emit.kind == EMIT_RISE || node->emit.kind == EMIT_RISE_FALL;
    CHECK(!on_rise || node->having != NULL);
}

static void check_over(const struct plan_node *node)
{
    CHECK(node->window.kind == WINDOW_SLIDE_ROW);
    CHECK(node->input->time_column >= 0);
    check_window(&node->window);
    check_keys_and_calls(node);
    CHECK(node->schema.n == node->input->schema.n + node->n_calls);
    CHECK(same_fields(&node->schema, 0, &node->input->schema));
}

static void check_window_rows(const struct plan_node *node)
{
    CHECK(node->window.kind != WINDOW_NONE && node->window.kind != WINDOW_SLIDE_ROW);
    check_window(&node->window);
    check_keys_and_calls(node);
    check_window_fields(node);
    CHECK(node->schema.n == 2 + node->input->schema.n);
    CHECK(same_fields(&node->schema, 2, &node->input->schema));
}

static void check_sort(const struct plan_node *node)
{
    CHECK(same_fields(&node->schema, 0, &node->input->schema));
    for (uint32_t i = 0; i < node->n_sort_keys; i++) {
        CHECK(node->sort_keys[i].column < node->schema.n);
    }
    for (int i = 0; i < 2; i++) {
        CHECK(node->window_columns[i] < (int)node->schema.n);
    }
    CHECK(node->limit >= -1);
}

static void check_node(const struct plan_node *node)
{
    CHECK(node->time_column < (int)node->schema.n);
    CHECK((node->kind == PLAN_SCAN) == (node->input == NULL));
    switch (node->kind) {
    case PLAN_SCAN:
        check_scan(node);
        break;
    case PLAN_FILTER:
        CHECK(node->n_exprs > 0 && node->schema.n == node->input->schema.n);
        for (uint32_t i = 0; i < node->n_exprs; i++) {
            check_condition(node->exprs[i]);
            check_expr(node->exprs[i], &node->input->schema);
        }
        break;
    case PLAN_EXTEND:
        CHECK(same_fields(&node->schema, 0, &node->input->schema));
        check_exprs(node, node->input->schema.n);
        break;
    case PLAN_PROJECT:
        check_exprs(node, 0);
        break;
    case PLAN_AGGREGATE:
        check_aggregate(node);
        break;
    case PLAN_OVER:
        check_over(node);
        break;
    case PLAN_WINDOW_ROWS:
        check_window_rows(node);
        break;
    case PLAN_DISTINCT:
        check_keys_and_calls(node);
        CHECK(node->schema.n == node->input->schema.n);
        break;
    case PLAN_SUBQUERY:
        CHECK(node->schema.n == node->input->schema.n);
        CHECK(same_fields(&node->schema, 0, &node->input->schema));
        CHECK(node->delay_us >= 0);
        break;
    case PLAN_SORT:
    case PLAN_LIMIT:
        check_sort(node);
        break;
    case PLAN_UNTIL:
        CHECK(same_fields(&node->schema, 0, &node->input->schema));
        CHECK(node->n_exprs == 1 && node->exprs[0]->type.id == TYPE_BOOLEAN);
        break;
    }
}

void plan_check(const struct plan *plan)
{
    CHECK(plan->root != NULL);
    for (const struct plan_node *node = plan->root; node != NULL; node = node->input) {
        check_node(node);
    }
    for (uint32_t i = 0; i < plan->n_keys; i++) {
        CHECK(plan->keys[i] < plan->root->schema.n);
    }
}
