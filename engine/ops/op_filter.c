/* op_filter: WHERE and HAVING on plain rows. Each condition runs alone, cheapest first, so that a
 * column which only a later condition reads is decoded just for the rows that are still there. */
#include "engine/ops/op.h"
#include "engine/ops/ops.h"

struct filter_op {
    struct op op;
    struct program **conditions;
};

static void filter_push(struct op *op, struct batch *batch)
{
    struct filter_op *filter = (struct filter_op *)op;
    for (uint32_t i = 0; i < op->node->n_exprs && batch->n > 0; i++) {
        uint32_t n_inputs;
        const uint32_t *inputs = program_inputs(filter->conditions[i], &n_inputs);
        batch_require(batch, inputs, n_inputs);
        uint32_t rows[BATCH_ROWS];
        uint32_t n = program_filter(filter->conditions[i], &op->context->program, batch, rows);
        if (n < batch->n) {
            batch_select(batch, rows, n);
        }
    }
    op->stats.rows_out += batch->n;
    op_push(op->next, batch);
}

static void filter_close(struct op *op)
{
    struct filter_op *filter = (struct filter_op *)op;
    for (uint32_t i = 0; i < op->node->n_exprs; i++) {
        program_free(filter->conditions[i]);
    }
}

static const struct op_kind filter_kind = {.name = "filter",
                                           .push = filter_push,
                                           .close = filter_close};

struct op *op_filter_new(struct op_context *context, const struct plan_node *node)
{
    struct filter_op *filter = arena_zalloc(context->query, sizeof *filter);
    filter->op = (struct op){.kind = &filter_kind, .node = node, .context = context};
    filter->conditions = arena_alloc(context->query, node->n_exprs * sizeof(struct program *));
    for (uint32_t i = 0; i < node->n_exprs; i++) {
        filter->conditions[i] =
            program_new(context->query, &node->exprs[i], 1, &node->input->schema);
    }
    return &filter->op;
}
