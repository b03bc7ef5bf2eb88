/* op_limit: LIMIT without ORDER BY and without window: the first rows pass, then the query needs no
 * more input. */
#include "engine/ops/op.h"
#include "engine/ops/ops.h"

struct limit_op {
    struct op op;
    uint64_t left;
};

static void limit_push(struct op *op, struct batch *batch)
{
    struct limit_op *limit = (struct limit_op *)op;
    if (op->context->repeats) {
        op_push(op->next, batch);
        return;
    }
    if (limit->left < batch->n) {
        uint32_t rows[BATCH_ROWS];
        for (uint32_t i = 0; i < limit->left; i++) {
            rows[i] = i;
        }
        batch_select(batch, rows, (uint32_t)limit->left);
    }
    limit->left -= batch->n;
    op->stats.rows_out += batch->n;
    op_push(op->next, batch);
    op->context->finished |= limit->left == 0;
}

static void limit_save(struct op *op, struct changelog *log)
{
    op_save_head(log);
    codec_put_u64(log->out, ((const struct limit_op *)op)->left);
    changelog_done(log);
}

static enum status limit_load(struct op *op, struct entries_walk *in, struct error *err)
{
    struct reader head;
    TRY(op_load_head(op, in, &head, err));
    uint64_t left = reader_u64(&head);
    if (!reader_ok(&head) || reader_left(&head) != 0 || left > (uint64_t)op->node->limit) {
        return op_damaged(op, err);
    }
    ((struct limit_op *)op)->left = left;
    op->context->finished |= left == 0;
    return OK;
}

static const struct op_kind limit_kind = {.name = "limit",
                                          .version = 1,
                                          .push = limit_push,
                                          .save = limit_save,
                                          .load = limit_load};

struct op *op_limit_new(struct op_context *context, const struct plan_node *node)
{
    struct limit_op *limit = arena_zalloc(context->query, sizeof *limit);
    limit->op = (struct op){.kind = &limit_kind, .node = node, .context = context};
    limit->left = node->limit < 0 ? UINT64_MAX : (uint64_t)node->limit;
    context->finished |= limit->left == 0;
    return &limit->op;
}
