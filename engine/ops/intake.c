/* intake: see intake.h. */
#include "engine/ops/intake.h"

#include <stdio.h>

#include "engine/agg/agg.h"

void intake_init(struct intake *intake, struct op *op, const uint64_t *also)
{
    const struct plan_node *node = op->node;
    struct arena *query = op->context->query;
    uint32_t n_columns = node->input->schema.n;
    uint64_t *words = arena_zalloc(query, (size_t)bits_words(n_columns) * sizeof *words);
    for (uint32_t i = 0; i < bits_words(n_columns) && also != NULL; i++) {
        words[i] = also[i];
    }
    for (uint32_t i = 0; i < node->n_keys; i++) {
        bits_set(words, node->keys[i]);
    }
    for (uint32_t i = 0; i < node->n_calls; i++) {
        for (uint32_t arg = 0; arg < node->calls[i].n_args; arg++) {
            bits_set(words, node->calls[i].args[arg]);
        }
        if (node->calls[i].time_column >= 0) {
            bits_set(words, (uint32_t)node->calls[i].time_column);
        }
    }
    bool is_total = node->kind == PLAN_AGGREGATE && node->window.kind == WINDOW_NONE;
    intake->time_column = is_total ? -1 : node->input->time_column;
    if (intake->time_column >= 0) {
        bits_set(words, (uint32_t)intake->time_column);
    }
    intake->op = op;
    intake->columns = arena_alloc(query, n_columns * sizeof *intake->columns);
    intake->n_columns = bits_indexes(words, n_columns, intake->columns);
}

static void drop_rows_without_time(const struct intake *intake, struct batch *batch)
{
    const struct column *times = &batch->columns[intake->time_column];
    if (times->valid == NULL) {
        return;
    }
    uint32_t rows[BATCH_ROWS];
    uint32_t n = bits_indexes(times->valid, batch->n, rows);
    intake->op->stats.rows_no_time += batch->n - n;
    batch_select(batch, rows, n);
}

bool intake_take(const struct intake *intake, struct batch *batch)
{
    if (intake->op->context->failure.status != OK) {
        return false;
    }
    batch_require(batch, intake->columns, intake->n_columns);
    if (intake->time_column >= 0) {
        drop_rows_without_time(intake, batch);
    }
    return batch->n > 0;
}

void intake_late(struct op *op, const struct batch *batch, uint32_t row, uint64_t pairs, bool all)
{
    const struct late_sink *late = op->context->late;
    op->stats.rows_late += pairs;
    op->stats.rows_too_late += all;
    if (late != NULL) {
        late->late(late->owner, batch, row, intake_watermark(batch, row));
    }
}

void batch_part(const struct batch *batch, const uint32_t *rows, uint32_t n, struct batch *part)
{
    *part = *batch;
    part->columns = arena_alloc(batch->arena, batch->schema->n * sizeof(struct column));
    memcpy(part->columns, batch->columns, batch->schema->n * sizeof(struct column));
    batch_select(part, rows, n);
    part->first_row += n > 0 ? rows[0] : 0;
}

bool intake_over_limit(struct op *op, size_t state_bytes)
{
    struct op_context *context = op->context;
    if (context->state_bytes_max == 0 || state_bytes <= context->state_bytes_max) {
        return false;
    }
    if (context->failure.status == OK) {
        op->kind->measure(op);
        error_set(&context->failure, ERR_LIMIT,
                  "state of operator \"%s\" has %llu keys and %zu bytes, more than %zu",
                  op->kind->name, (unsigned long long)op->stats.state_rows, state_bytes,
                  context->state_bytes_max);
        error_hint(&context->failure,
                   "SET memory_limit to more, or let the query forget: a window, a shorter one, or "
                   "event time among the keys");
    }
    return true;
}

struct program *having_new(struct op *op)
{
    const struct plan_node *node = op->node;
    if (node->having == NULL) {
        return NULL;
    }
    struct expr **exprs = arena_alloc(op->context->query, sizeof *exprs);
    exprs[0] = node->having;
    return program_new(op->context->query, exprs, 1, &node->schema);
}

uint32_t having_rows(struct op *op, struct program *having, struct batch *batch, uint32_t *rows)
{
    uint32_t n_inputs;
    const uint32_t *inputs = program_inputs(having, &n_inputs);
    batch_require(batch, inputs, n_inputs);
    return batch->n == 0 ? 0 : program_filter(having, &op->context->program, batch, rows);
}

void emit_rows(struct op *op, struct program *having, struct batch *batch)
{
    if (having != NULL) {
        uint32_t rows[BATCH_ROWS];
        batch_select(batch, rows, having_rows(op, having, batch, rows));
    }
    op->stats.rows_out += batch->n;
    op_push(op->next, batch);
}

void emit_init(const struct op *op, struct arena *arena, int64_t watermark, struct batch *batch)
{
    batch_init(batch, &op->node->schema, arena);
    batch->time_column = op->node->time_column;
    batch->watermark = watermark;
}

void emit_results(struct op *op, struct agg_set *set, uint8_t *const *cells, uint32_t n,
                  struct arena *arena, struct column *columns)
{
    agg_set_emit(set, cells, n, arena, columns);
    uint64_t errors = agg_set_take_errors(set);
    if (errors > 0) {
        struct runtime_errors *all = &op->context->program.errors;
        all->count += errors;
        snprintf(all->newest, sizeof all->newest, "an aggregate's result does not fit its type");
    }
}
