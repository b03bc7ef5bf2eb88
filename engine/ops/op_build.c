/* op_build: a chain of operators from the chain of plan nodes. The one place that knows which
 * operator runs which node. */
#include "engine/base/panic.h"
#include "engine/ops/op.h"
#include "engine/ops/ops.h"
#include "engine/ops/wanted.h"

static struct op *op_for_aggregate(struct op_context *context, const struct plan_node *node)
{
    switch (node->window.kind) {
    case WINDOW_NONE:
    case WINDOW_HOP:
    case WINDOW_CUMULATE:
        return op_aggregate_new(context, node);
    case WINDOW_SESSION:
        return op_session_new(context, node);
    case WINDOW_ROWS:
        return op_count_window_new(context, node);
    case WINDOW_SLIDE_ROW:
        break;
    }
    PANIC("aggregate over a window that has no operator");
}

static struct op *op_for_node(struct op_context *context, const struct plan_node *node)
{
    switch (node->kind) {
    case PLAN_FILTER:
        return op_filter_new(context, node);
    case PLAN_EXTEND:
    case PLAN_PROJECT:
        return op_project_new(context, node);
    case PLAN_AGGREGATE:
        return op_for_aggregate(context, node);
    case PLAN_OVER:
        return op_over_new(context, node);
    case PLAN_WINDOW_ROWS:
        return op_window_rows_new(context, node);
    case PLAN_DISTINCT:
        return op_distinct_new(context, node);
    case PLAN_SORT:
        return op_sort_new(context, node);
    case PLAN_LIMIT:
        return op_limit_new(context, node);
    case PLAN_UNTIL:
        return op_until_new(context, node);
    case PLAN_SUBQUERY:
        return op_subquery_new(context, node);
    case PLAN_SCAN:
        break;
    }
    PANIC("plan node without operator");
}

struct output_op {
    struct op op;
    const struct op_output *output;
};

static void output_push(struct op *op, struct batch *batch)
{
    const struct op_output *output = ((struct output_op *)op)->output;
    op->stats.rows_out += batch->n;
    output->rows(output->owner, batch);
}

static const struct op_kind output_kind = {.name = "output", .push = output_push};

struct op *op_build(struct op_context *context, const struct plan *plan,
                    const struct op_output *output)
{
    struct output_op *last = arena_zalloc(context->query, sizeof *last);
    last->op = (struct op){.kind = &output_kind, .node = plan->root, .context = context};
    last->output = output;
    struct op *first = &last->op;
    context->wanted = NULL; /* the reader of the result wants all of it */
    for (const struct plan_node *node = plan->root; node->kind != PLAN_SCAN; node = node->input) {
        struct op *op = op_for_node(context, node);
        context->wanted = wanted_below(context->query, node, context->wanted);
        op->next = first;
        first = op;
    }
    return first;
}
