/* aggregate_rise: EMIT ON RISE. An alert leaves when the condition of a (window, group) turns true,
 * at the row that made it so: rows are added one by one, because what lies between two rows of a
 * batch must not be missed, however the batch was cut. */
#include "engine/ops/aggregate.h"

/* HAVING of the group in window k, now that a row was added. */
static void judge_window(struct aggregate_op *agg, int64_t k, uint32_t id)
{
    const struct pane *pane = slider_window_ids(&agg->slider, window_first_pane(&agg->grid, k),
                                                window_end_pane(&agg->grid, k), &id, 1);
    bool passes;
    aggregate_having(agg, k, pane, &id, 1, &passes);
    if (passes != aggregate_is_shown(agg, k, id)) {
        bool tells_falls = agg->op.node->emit.kind == EMIT_RISE_FALL;
        uint8_t op = passes ? ROW_INSERT : ROW_DELETE;
        aggregate_set_shown(agg, k, id, passes);
        if (passes || tells_falls) {
            aggregate_emit_ids(agg, k, pane, &id, 1, tells_falls ? &op : NULL);
        }
    }
    slider_done(&agg->slider);
}

static void add_row(struct aggregate_op *agg, const struct batch *row)
{
    uint32_t id;
    aggregate_add_rows(agg, row, &id);
    int64_t pane =
        agg->time_column < 0 ? 0 : window_pane(&agg->grid, row->columns[agg->time_column].i64[0]);
    int64_t k = window_first_of(&agg->grid, pane);
    if (agg->has_next && agg->next_window > k) {
        k = agg->next_window;
    }
    for (; k <= window_last_of(&agg->grid, pane); k++) {
        judge_window(agg, k, id);
    }
}

void aggregate_add_rising(struct aggregate_op *agg, const struct batch *batch)
{
    struct column *columns = arena_alloc(batch->arena, batch->schema->n * sizeof *columns);
    for (uint32_t i = 0; i < batch->n; i++) {
        struct batch row = *batch;
        row.columns = columns;
        memcpy(columns, batch->columns, batch->schema->n * sizeof *columns);
        batch_select(&row, &i, 1);
        row.first_row += i;
        add_row(agg, &row);
    }
}
