/* aggregate_emit: rows of state into batches. */
#include "engine/base/mem.h"
#include "engine/ops/aggregate.h"
#include "engine/ops/groups.h"

static void emit_cells(struct aggregate_op *agg, const struct pane *pane, const uint32_t *ids,
                       uint32_t n, struct column *columns)
{
    uint8_t *cells[BATCH_ROWS];
    for (uint32_t i = 0; i < n; i++) {
        cells[i] = pane_cell(&agg->panes, pane, ids[i]);
        __builtin_prefetch(cells[i]);
    }
    emit_results(&agg->op, agg->set, cells, n, &agg->emit, columns);
}

static bool has_zero(struct type type)
{
    switch ((enum type_id)type.id) {
    case TYPE_BIGINT:
    case TYPE_DOUBLE:
    case TYPE_DECIMAL:
    case TYPE_INTERVAL:
        return true;
    default:
        return false;
    }
}

/* FILL 0: a NULL of a filled row becomes 0, if it is a number or a duration: max(ts) of no rows is
 * not 1970. Values under a NULL are 0 already (column.h). */
static void nulls_to_zero(struct arena *arena, struct column *column, const uint64_t *filled)
{
    if (column->valid == NULL || !has_zero(column->type)) {
        return;
    }
    uint64_t *valid = arena_alloc(arena, bits_words(column->n) * sizeof *valid);
    for (uint32_t i = 0; i < bits_words(column->n); i++) {
        valid[i] = column->valid[i] | filled[i];
    }
    column->valid = valid;
}

/* Groups without a row in this window show what FILL keeps for them. */
static void emit_filled_cells(struct aggregate_op *agg, const struct pane *pane,
                              const uint32_t *ids, uint32_t n, struct column *columns)
{
    uint8_t *cells[BATCH_ROWS];
    uint64_t filled[BATCH_WORDS] = {0};
    for (uint32_t i = 0; i < n; i++) {
        bool is_there = pane != NULL && pane_has(pane, ids[i]);
        cells[i] = pane_cell(&agg->panes, is_there ? pane : agg->known, ids[i]);
        bits_put(filled, i, !is_there);
    }
    emit_results(&agg->op, agg->set, cells, n, &agg->emit, columns);
    for (uint32_t i = 0; agg->op.node->window.fill == FILL_ZERO && i < agg->op.node->n_calls; i++) {
        nulls_to_zero(&agg->emit, &columns[i], filled);
    }
}

/* The batch of window k for ids[0..n), n <= BATCH_ROWS, in agg->emit. */
static void make_batch(struct aggregate_op *agg, int64_t k, const struct pane *pane,
                       const uint32_t *ids, uint32_t n, struct batch *batch)
{
    const struct plan_node *node = agg->op.node;
    arena_clear(&agg->emit);
    emit_init(&agg->op, &agg->emit, agg->watermark, batch);
    batch->n = n;
    uint32_t col = 0;
    if (node->window.kind != WINDOW_NONE) {
        batch->columns[col++] = column_constant_time(&agg->emit, window_start_us(&agg->grid, k), n);
        batch->columns[col++] = column_constant_time(&agg->emit, window_end_us(&agg->grid, k), n);
    }
    groups_columns(agg->table, node, ids, n, &agg->emit, batch->columns + col);
    col += node->n_keys;
    if (agg->known == NULL) {
        emit_cells(agg, pane, ids, n, batch->columns + col);
    } else {
        emit_filled_cells(agg, pane, ids, n, batch->columns + col);
    }
}

void aggregate_emit_ids(struct aggregate_op *agg, int64_t k, const struct pane *pane,
                        const uint32_t *ids, uint32_t n, const uint8_t *ops)
{
    while (n > 0) {
        uint32_t part = n < BATCH_ROWS ? n : BATCH_ROWS;
        struct batch batch;
        make_batch(agg, k, pane, ids, part, &batch);
        batch.ops = ops;
        emit_rows(&agg->op, ops == NULL ? agg->having : NULL, &batch);
        ids += part;
        ops = ops == NULL ? NULL : ops + part;
        n -= part;
    }
}

void aggregate_having(struct aggregate_op *agg, int64_t k, const struct pane *pane,
                      const uint32_t *ids, uint32_t n, bool *passes)
{
    while (n > 0) {
        uint32_t part = n < BATCH_ROWS ? n : BATCH_ROWS;
        struct batch batch;
        make_batch(agg, k, pane, ids, part, &batch);
        uint32_t rows[BATCH_ROWS];
        uint32_t kept = having_rows(&agg->op, agg->having, &batch, rows);
        memset(passes, 0, part * sizeof *passes);
        for (uint32_t i = 0; i < kept; i++) {
            passes[rows[i]] = true;
        }
        ids += part;
        passes += part;
        n -= part;
    }
}

/* Few of many keys are sorted; most of many are picked from the table's standing order. */
static bool picks_from_order(const struct aggregate_op *agg, const struct pane *pane)
{
    return pane->n_touched >= table_count(agg->table) / 8;
}

void aggregate_emit_pane(struct aggregate_op *agg, int64_t k, const struct pane *pane)
{
    /* What FILL knows contains what the window holds. */
    const struct pane *all = agg->known != NULL ? agg->known : pane;
    if (!picks_from_order(agg, all)) {
        uint32_t *ids = mem_alloc(((size_t)all->n_touched + 64) * sizeof *ids);
        uint32_t word;
        uint32_t n = pane_ids(all, 0, all->n_touched + 64, ids, &word);
        table_sort(agg->table, ids, n);
        aggregate_emit_ids(agg, k, pane, ids, n, NULL);
        mem_free(ids);
        return;
    }
    uint32_t ids[BATCH_ROWS];
    uint32_t n_order;
    const uint32_t *order = table_order(agg->table, &n_order);
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_order; i++) {
        ids[n] = order[i];
        n += pane_has(all, order[i]);
        if (n == BATCH_ROWS || i + 1 == n_order) {
            aggregate_emit_ids(agg, k, pane, ids, n, NULL);
            n = 0;
        }
    }
}
