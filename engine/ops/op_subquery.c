/* op_subquery: the border between a sub-query and the query that reads its result. What its windows
 * say leaves as time passes, and carries a time below that: so rows are judged by the watermark
 * that stood before it passed, and only then, op_advance tells the operators behind of it, less
 * what windows wait for late rows. */
#include "engine/ops/intake.h"
#include "engine/ops/op.h"
#include "engine/ops/ops.h"

struct subquery_op {
    struct op op;
    int64_t watermark; /* of the operators behind */
    uint64_t rows;     /* so far: they are numbered anew */
};

static void subquery_push(struct op *op, struct batch *batch)
{
    struct subquery_op *subquery = (struct subquery_op *)op;
    struct batch out = *batch;
    out.schema = &op->node->schema;
    out.time_column = op->node->time_column;
    out.first_row = subquery->rows;
    if (op->node->on_time) {
        out.watermark = subquery->watermark;
        out.watermarks = NULL;
    }
    subquery->rows += batch->n;
    op->stats.rows_out += batch->n;
    op_push(op->next, &out);
}

static void subquery_advance(struct op *op, int64_t watermark)
{
    ((struct subquery_op *)op)->watermark = op_watermark_behind(op, watermark);
}

static void subquery_save(struct op *op, struct changelog *log)
{
    const struct subquery_op *subquery = (const struct subquery_op *)op;
    op_save_head(log);
    codec_put_i64(log->out, subquery->watermark);
    codec_put_u64(log->out, subquery->rows);
    changelog_done(log);
}

static enum status subquery_load(struct op *op, struct entries_walk *in, struct error *err)
{
    struct subquery_op *subquery = (struct subquery_op *)op;
    struct reader head;
    TRY(op_load_head(op, in, &head, err));
    subquery->watermark = reader_i64(&head);
    subquery->rows = reader_u64(&head);
    return reader_ok(&head) && reader_left(&head) == 0 ? OK : op_damaged(op, err);
}

static const struct op_kind subquery_kind = {.name = "subquery",
                                             .version = 1,
                                             .push = subquery_push,
                                             .advance = subquery_advance,
                                             .save = subquery_save,
                                             .load = subquery_load};

struct op *op_subquery_new(struct op_context *context, const struct plan_node *node)
{
    struct subquery_op *subquery = arena_zalloc(context->query, sizeof *subquery);
    subquery->op = (struct op){.kind = &subquery_kind, .node = node, .context = context};
    subquery->watermark = TIME_NONE;
    return &subquery->op;
}
