/* op_aggregate: GROUP BY over hopping, tumbling and cumulating windows, or over everything. Every
 * row goes into exactly one pane; windows are merged from panes when they close. See aggregate.h
 * for its parts. */
#include "engine/base/mem.h"
#include "engine/data/extent.h"
#include "engine/ops/aggregate.h"
#include "engine/ops/groups.h"
#include "engine/ops/ops.h"

/* ---- rows into panes ----------------------------------------------------------------------------
 */

static void mark_dirty(struct aggregate_op *agg, struct pane *pane, uint32_t id)
{
    if (agg->panes.tracks_dirty) {
        pane_mark_dirty(pane, id);
    }
}

/* All rows of the batch belong to one pane. Without keys only ids[0] is set. */
static void add_to_pane(struct aggregate_op *agg, struct pane *pane, const struct batch *batch,
                        uint32_t *ids)
{
    if (agg->op.node->n_keys == 0) {
        ids[0] = agg->only_id;
        pane_reserve(&agg->panes, pane, agg->only_id + 1);
        agg_set_add_run(agg->set, pane_touch(&agg->panes, pane, agg->only_id), batch);
        mark_dirty(agg, pane, agg->only_id);
        return;
    }
    uint8_t *cells[BATCH_ROWS];
    groups_find(agg->table, agg->op.node, batch, ids);
    pane_reserve(&agg->panes, pane, table_id_end(agg->table));
    for (uint32_t i = 0; i < batch->n; i++) {
        cells[i] = pane_touch(&agg->panes, pane, ids[i]);
        __builtin_prefetch(cells[i], 1);
    }
    for (uint32_t i = 0; agg->panes.tracks_dirty && i < batch->n; i++) {
        pane_mark_dirty(pane, ids[i]);
    }
    agg_set_add_many(agg->set, cells, batch);
}

/* The pane `index`, ready for more rows. A window may have seen it already. */
static struct pane *pane_for_rows(struct aggregate_op *agg, int64_t index)
{
    struct pane *pane = panes_get(&agg->panes, index);
    pane_unpack(&agg->panes, pane);
    slider_changed(&agg->slider, index);
    return pane;
}

/* The pane of each row and where it ends, remembered from row to row: neighbours mostly share it.
 */
struct pane_cursor {
    struct pane *pane;
    int64_t index;
    int64_t start_us;
    int64_t end_us;
};

static int64_t cursor_index(struct aggregate_op *agg, struct pane_cursor *cursor, int64_t time_us)
{
    if (time_us < cursor->start_us || time_us >= cursor->end_us) {
        cursor->index = window_pane(&agg->grid, time_us);
        cursor->start_us = window_pane_start(&agg->grid, cursor->index);
        cursor->end_us = window_pane_start(&agg->grid, cursor->index + 1);
        cursor->pane = NULL;
    }
    return cursor->index;
}

static struct pane *cursor_pane(struct aggregate_op *agg, struct pane_cursor *cursor,
                                int64_t time_us)
{
    int64_t index = cursor_index(agg, cursor, time_us);
    if (cursor->pane == NULL) {
        cursor->pane = pane_for_rows(agg, index);
        pane_reserve(&agg->panes, cursor->pane, table_id_end(agg->table));
    }
    return cursor->pane;
}

#define CURSOR_EMPTY                                                                               \
    {                                                                                              \
        .start_us = TIME_END, .end_us = TIME_NONE                                                  \
    }

/* Rows fall into several panes. */
static void add_to_panes(struct aggregate_op *agg, const struct batch *batch, uint32_t *ids)
{
    const int64_t *times = batch->columns[agg->time_column].i64;
    struct pane_cursor cursor = CURSOR_EMPTY;
    uint8_t *cells[BATCH_ROWS];
    groups_find(agg->table, agg->op.node, batch, ids);
    for (uint32_t i = 0; i < batch->n; i++) {
        struct pane *pane = cursor_pane(agg, &cursor, times[i]);
        cells[i] = pane_touch(&agg->panes, pane, ids[i]);
        __builtin_prefetch(cells[i], 1);
        mark_dirty(agg, pane, ids[i]);
    }
    agg_set_add_many(agg->set, cells, batch);
}

static struct extent time_extent(const struct aggregate_op *agg, const struct batch *batch)
{
    return extent_of(batch->columns[agg->time_column].i64, batch->n);
}

void aggregate_add_rows(struct aggregate_op *agg, const struct batch *batch, uint32_t *ids)
{
    if (agg->time_column < 0) {
        add_to_pane(agg, panes_get(&agg->panes, 0), batch, ids);
        return;
    }
    struct extent times = time_extent(agg, batch);
    int64_t index = window_pane(&agg->grid, times.low);
    if (window_pane(&agg->grid, times.high) == index) {
        add_to_pane(agg, pane_for_rows(agg, index), batch, ids);
    } else {
        add_to_panes(agg, batch, ids);
    }
}

static void add_batch(struct aggregate_op *agg, const struct batch *batch)
{
    uint32_t ids[BATCH_ROWS];
    if (aggregate_rises(agg)) {
        aggregate_add_rising(agg, batch);
    } else {
        aggregate_add_rows(agg, batch, ids);
    }
}

/* ---- late rows ----------------------------------------------------------------------------------
 */

static void add_segment(struct aggregate_op *agg, const struct batch *batch, const uint32_t *rows,
                        uint32_t n)
{
    if (n == 0) {
        return;
    }
    struct batch part;
    batch_part(batch, rows, n, &part);
    add_batch(agg, &part);
}

/* How many of the windows of pane p are closed at the watermark; *all = every one. They count as
 * closed from now on even if they held no row, or the late row would still get into them. */
static uint64_t close_for_row(struct aggregate_op *agg, int64_t pane, int64_t watermark, bool *all)
{
    int64_t last = window_last_of(&agg->grid, pane);
    int64_t k = window_first_of(&agg->grid, pane);
    uint64_t n = 0;
    for (; k <= last && window_is_due(&agg->grid, k, watermark); k++) {
        n++;
    }
    if (!agg->has_next || k > agg->next_window) {
        agg->has_next = true;
        agg->next_window = k;
    }
    *all = k > last;
    return n;
}

/* Some rows may be late. A row is left out of exactly those windows that were closed when it came,
 * so the windows that are due at that moment have to leave before it is added. */
static void add_with_late(struct aggregate_op *agg, const struct batch *batch)
{
    const int64_t *times = batch->columns[agg->time_column].i64;
    struct pane_cursor cursor = CURSOR_EMPTY;
    uint32_t rows[BATCH_ROWS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < batch->n; i++) {
        int64_t watermark = intake_watermark(batch, i);
        int64_t pane = cursor_index(agg, &cursor, times[i]);
        if (!window_is_due(&agg->grid, window_first_of(&agg->grid, pane), watermark)) {
            rows[n++] = i;
            continue;
        }
        add_segment(agg, batch, rows, n);
        n = 0;
        aggregate_close_due(agg, watermark);
        bool all;
        uint64_t pairs = close_for_row(agg, pane, watermark, &all);
        intake_late(&agg->op, batch, i, pairs, all);
        if (!all) {
            rows[n++] = i;
        }
    }
    add_segment(agg, batch, rows, n);
}

static bool some_may_be_late(const struct aggregate_op *agg, const struct batch *batch)
{
    if (agg->op.node->emit.kind == EMIT_COMPLETE || batch->watermark == TIME_NONE) {
        return false;
    }
    int64_t pane = window_pane(&agg->grid, time_extent(agg, batch).low);
    return window_is_due(&agg->grid, window_first_of(&agg->grid, pane), batch->watermark);
}

static size_t state_bytes(const struct aggregate_op *agg)
{
    return table_bytes(agg->table) + agg->panes.bytes + agg_set_owned_bytes(agg->set) +
           slider_bytes(&agg->slider);
}

static void aggregate_push(struct op *op, struct batch *batch)
{
    struct aggregate_op *agg = (struct aggregate_op *)op;
    if (!intake_take(&agg->intake, batch)) {
        return;
    }
    if (agg->time_column >= 0 && some_may_be_late(agg, batch)) {
        add_with_late(agg, batch);
    } else {
        add_batch(agg, batch);
    }
    intake_over_limit(op, state_bytes(agg));
}

/* ---- time and triggers --------------------------------------------------------------------------
 */

static void aggregate_advance(struct op *op, int64_t watermark)
{
    struct aggregate_op *agg = (struct aggregate_op *)op;
    if (agg->op.node->window.kind != WINDOW_NONE && watermark > agg->watermark) {
        aggregate_close_due(agg, watermark);
        agg->watermark = watermark;
    }
}

/* Over no rows at all an aggregate without GROUP BY and window is one row: count 0, the others
 * NULL. */
static void show_empty_total(struct aggregate_op *agg)
{
    if (agg->panes.n == 0 && agg->op.node->window.kind == WINDOW_NONE &&
        agg->op.node->n_keys == 0) {
        struct pane *pane = panes_get(&agg->panes, 0);
        pane_touch(&agg->panes, pane, agg->only_id);
        mark_dirty(agg, pane, agg->only_id);
    }
}

static void aggregate_trigger(struct op *op, bool at_end)
{
    struct aggregate_op *agg = (struct aggregate_op *)op;
    int64_t now_us = op->context->program.now_us;
    if (at_end) {
        show_empty_total(agg);
    }
    switch (op->node->emit.kind) {
    case EMIT_CHANGES:
        aggregate_emit_all_changes(agg);
        break;
    case EMIT_EVERY:
        if (at_end || now_us >= agg->every_next_us) {
            aggregate_emit_all_changes(agg);
            agg->every_next_us = emit_next_us(&op->node->emit, now_us);
        }
        break;
    case EMIT_COMPLETE:
        aggregate_emit_complete(agg);
        break;
    case EMIT_CLOSE:
        if (at_end && op->node->window.kind == WINDOW_NONE && agg->panes.n > 0) {
            aggregate_emit_pane(agg, 0, agg->panes.at[0]);
        }
        break;
    case EMIT_RISE:
    case EMIT_RISE_FALL:
        break;
    }
}

static void aggregate_measure(struct op *op)
{
    struct aggregate_op *agg = (struct aggregate_op *)op;
    uint64_t rows = 0;
    for (uint32_t i = 0; i < agg->panes.n; i++) {
        rows += agg->panes.at[i]->n_touched;
    }
    op->stats.state_rows = rows;
    op->stats.state_bytes = state_bytes(agg);
    int64_t k;
    op->stats.next_due = TIME_END;
    if (op->node->window.kind != WINDOW_NONE && aggregate_next_window(agg, TIME_NONE, &k)) {
        op->stats.next_due = window_end_us(&agg->grid, k) + op->node->window.grace_us;
    }
}

/* ---- life ---------------------------------------------------------------------------------------
 */

/* Without GROUP BY the one group has the empty key, and its id is never given back. */
static void add_only_group(struct aggregate_op *agg)
{
    struct batch one = {.n = 1};
    groups_find(agg->table, agg->op.node, &one, &agg->only_id);
    table_retain(agg->table, agg->only_id);
}

static void aggregate_close_op(struct op *op)
{
    struct aggregate_op *agg = (struct aggregate_op *)op;
    slider_release(&agg->slider);
    for (uint32_t i = 0; i < agg->panes.n; i++) {
        pane_release_cells(&agg->panes, agg->set, agg->panes.at[i]);
    }
    if (agg->known != NULL) {
        pane_release_cells(&agg->panes, agg->set, agg->known);
        panes_drop_loose(&agg->panes, agg->known);
    }
    panes_release(&agg->panes);
    for (uint32_t i = 0; i < agg->n_shown; i++) {
        mem_free(agg->shown[i].words);
        mem_free(agg->shown[i].changed);
    }
    bytebuf_release(&agg->gone);
    mem_free(agg->shown);
    mem_free(agg->fills_left);
    program_free(agg->having);
    agg_set_free(agg->set);
    table_free(agg->table);
    arena_release(&agg->emit);
}

static const struct op_kind aggregate_kind = {
    .name = "aggregate",
    .version = 1,
    .push = aggregate_push,
    .advance = aggregate_advance,
    .trigger = aggregate_trigger,
    .save = aggregate_save,
    .load = aggregate_load,
    .look = aggregate_look,
    .repeat = aggregate_repeat,
    .measure = aggregate_measure,
    .close = aggregate_close_op,
};

struct op *op_aggregate_new(struct op_context *context, const struct plan_node *node)
{
    struct aggregate_op *agg = arena_zalloc(context->query, sizeof *agg);
    agg->op = (struct op){.kind = &aggregate_kind, .node = node, .context = context};
    window_grid_init(&agg->grid, &node->window);
    agg->set = agg_set_new(context->query, node->calls, node->n_calls);
    agg->table = table_new();
    panes_init(&agg->panes, agg->table, agg_set_bytes(agg->set));
    agg->panes.tracks_dirty = aggregate_emits_changes(agg);
    slider_init(&agg->slider, &agg->panes, agg->set,
                window_merge_of(&node->window, node->emit.kind, agg_set_invertible(agg->set)));
    arena_init(&agg->emit);
    agg->watermark = TIME_NONE;
    agg->every_next_us = emit_next_us(&node->emit, context->program.now_us);
    intake_init(&agg->intake, &agg->op, NULL);
    agg->time_column = agg->intake.time_column;
    agg->having = having_new(&agg->op);
    if (node->n_keys == 0) {
        add_only_group(agg);
    }
    if (node->window.fill != FILL_NONE || node->window.clock_ticks) {
        agg->known = panes_loose(&agg->panes, true);
    }
    return &agg->op;
}
