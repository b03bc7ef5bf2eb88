/* op_project: computed columns. PROJECT replaces the row; EXTEND keeps the input's columns, late
 * ones included, and puts the computed ones behind them. */
#include "engine/ops/op.h"
#include "engine/ops/ops.h"

struct project_op {
    struct op op;
    struct program *program;
};

static void project_push(struct op *op, struct batch *batch)
{
    struct project_op *project = (struct project_op *)op;
    const struct plan_node *node = op->node;
    uint32_t n_inputs;
    const uint32_t *inputs = program_inputs(project->program, &n_inputs);
    batch_require(batch, inputs, n_inputs);
    if (batch->n == 0) {
        return;
    }
    struct batch out = *batch;
    out.schema = &node->schema;
    out.time_column = node->time_column;
    out.columns = arena_alloc(batch->arena, node->schema.n * sizeof(struct column));
    uint32_t n_kept = 0;
    if (node->kind == PLAN_EXTEND) {
        n_kept = node->input->schema.n;
        memcpy(out.columns, batch->columns, n_kept * sizeof(struct column));
    } else {
        out.late = NULL;
        out.origin = NULL;
    }
    program_run(project->program, &op->context->program, batch, out.columns + n_kept);
    op->stats.rows_out += out.n;
    op_push(op->next, &out);
}

static void project_close(struct op *op)
{
    program_free(((struct project_op *)op)->program);
}

static const struct op_kind project_kind = {.name = "project",
                                            .push = project_push,
                                            .close = project_close};

struct op *op_project_new(struct op_context *context, const struct plan_node *node)
{
    struct project_op *project = arena_zalloc(context->query, sizeof *project);
    project->op = (struct op){.kind = &project_kind, .node = node, .context = context};
    project->program =
        program_new(context->query, node->exprs, node->n_exprs, &node->input->schema);
    return &project->op;
}
