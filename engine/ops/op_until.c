/* op_until: rows pass up to the first for which the condition is TRUE, then the query needs no more
 * input. A row that only takes back another (EMIT CHANGES) does not end it. */
#include "engine/ops/op.h"
#include "engine/ops/ops.h"

struct until_op {
    struct op op;
    struct program *condition;
};

/* Row number of the first that ends the query; batch->n if there is none. */
static uint32_t find_end(struct until_op *until, struct batch *batch)
{
    uint32_t rows[BATCH_ROWS];
    uint32_t n_inputs;
    const uint32_t *inputs = program_inputs(until->condition, &n_inputs);
    batch_require(batch, inputs, n_inputs);
    uint32_t n = program_filter(until->condition, &until->op.context->program, batch, rows);
    for (uint32_t i = 0; i < n; i++) {
        if (batch->ops == NULL || batch->ops[rows[i]] != ROW_DELETE) {
            return rows[i];
        }
    }
    return batch->n;
}

static void until_push(struct op *op, struct batch *batch)
{
    if (op->context->repeats) {
        op_push(op->next, batch);
        return;
    }
    if (op->context->finished) {
        return;
    }
    uint32_t end = find_end((struct until_op *)op, batch);
    if (end < batch->n) {
        uint32_t rows[BATCH_ROWS];
        for (uint32_t i = 0; i <= end; i++) {
            rows[i] = i;
        }
        batch_select(batch, rows, end + 1);
        op->context->finished = true;
    }
    op->stats.rows_out += batch->n;
    op_push(op->next, batch);
}

static void until_close(struct op *op)
{
    program_free(((struct until_op *)op)->condition);
}

static const struct op_kind until_kind = {.name = "until",
                                          .push = until_push,
                                          .close = until_close};

struct op *op_until_new(struct op_context *context, const struct plan_node *node)
{
    struct until_op *until = arena_zalloc(context->query, sizeof *until);
    until->op = (struct op){.kind = &until_kind, .node = node, .context = context};
    until->condition = program_new(context->query, node->exprs, 1, &node->input->schema);
    return &until->op;
}
