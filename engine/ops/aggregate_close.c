/* aggregate_close: windows that are due. Only windows that hold rows are looked at, however far
 * apart they are, unless FILL or a ticking clock asks for the ones between. */
#include "engine/base/checked.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/ops/aggregate.h"

/* The first window that is not closed and holds a row; false if there are no rows. */
static bool next_with_rows(const struct aggregate_op *agg, int64_t *k)
{
    if (agg->panes.n == 0) {
        return false;
    }
    *k = window_first_of(&agg->grid, agg->panes.at[0]->index);
    if (agg->has_next && agg->next_window > *k) {
        *k = agg->next_window;
    }
    return true;
}

bool aggregate_next_window(const struct aggregate_op *agg, int64_t watermark, int64_t *k)
{
    bool has_rows = next_with_rows(agg, k);
    bool fills = agg->known != NULL && agg->known->n_touched > 0 && agg->has_next;
    if (fills && (has_rows || watermark != TIME_END)) {
        *k = agg->next_window;
        return true;
    }
    return has_rows;
}

static void drop_panes_below(struct aggregate_op *agg, int64_t index)
{
    while (agg->panes.n > 0 && agg->panes.at[0]->index < index) {
        struct pane *pane = agg->panes.at[0];
        agg->op.stats.rows_evicted += pane->n_touched;
        slider_forget(&agg->slider, pane);
        aggregate_forgets_pane(agg, pane);
        pane_release_cells(&agg->panes, agg->set, pane);
        panes_drop(&agg->panes, pane);
    }
}

/* ---- FILL ---------------------------------------------------------------------------------------
 */

static void fills_reserve(struct aggregate_op *agg)
{
    uint32_t end = table_id_end(agg->table);
    pane_reserve(&agg->panes, agg->known, end);
    if (agg->fills_room < end) {
        agg->fills_room = agg->known->touched_words * 64;
        agg->fills_left =
            mem_realloc(agg->fills_left, (size_t)agg->fills_room * sizeof *agg->fills_left);
    }
}

void aggregate_know(struct aggregate_op *agg, uint32_t id, uint32_t fills)
{
    fills_reserve(agg);
    pane_touch(&agg->panes, agg->known, id);
    agg->fills_left[id] = fills;
}

/* The groups of a window are known from now on. */
static void fill_learn(struct aggregate_op *agg, const struct pane *window)
{
    int64_t windows = agg->op.node->window.fill_windows;
    uint32_t fills = windows < UINT32_MAX ? (uint32_t)windows : UINT32_MAX;
    for (uint32_t word = 0; word < window->touched_words; word++) {
        for (uint64_t bits = window->touched[word]; bits != 0; bits &= bits - 1) {
            aggregate_know(agg, word * 64 + (uint32_t)__builtin_ctzll(bits), fills);
        }
    }
}

static void fill_forget(struct aggregate_op *agg, uint32_t id)
{
    uint8_t *cell = pane_cell(&agg->panes, agg->known, id);
    agg_set_release_many(agg->set, &cell, 1);
    memset(cell, 0, agg->panes.cell_bytes);
    aggregate_forgets_known(agg, id);
    pane_remove(agg->known, id);
    table_drop(agg->table, id);
}

/* After window k left: what was there is what FILL PREVIOUS repeats; what was not is a window
 * older. */
static void fill_age(struct aggregate_op *agg, const struct pane *window)
{
    pane_change_all(agg->known);
    bool keeps = agg->op.node->window.fill == FILL_PREVIOUS;
    for (uint32_t word = 0; word < agg->known->touched_words; word++) {
        for (uint64_t bits = agg->known->touched[word]; bits != 0; bits &= bits - 1) {
            uint32_t id = word * 64 + (uint32_t)__builtin_ctzll(bits);
            uint8_t *cell = pane_cell(&agg->panes, agg->known, id);
            if (window != NULL && pane_has(window, id)) {
                uint8_t *from = pane_cell(&agg->panes, window, id);
                if (keeps) {
                    agg_set_release_many(agg->set, &cell, 1);
                    memset(cell, 0, agg->panes.cell_bytes);
                    agg_set_merge_many(agg->set, &cell, &from, 1);
                }
            } else if (agg->op.node->n_keys > 0 && --agg->fills_left[id] == 0) {
                fill_forget(agg, id);
            }
        }
    }
}

/* Too many empty windows in a row: go on at the next one with rows, or behind the last due one. */
static void fill_jump(struct aggregate_op *agg, int64_t watermark)
{
    int64_t k;
    agg->op.stats.fill_gaps++;
    if (next_with_rows(agg, &k)) {
        agg->next_window = k;
        return;
    }
    int64_t pane = window_pane(&agg->grid, watermark - agg->op.node->window.grace_us);
    while (window_is_due(&agg->grid, window_last_of(&agg->grid, pane), watermark)) {
        pane++;
    }
    k = window_first_of(&agg->grid, pane);
    while (window_is_due(&agg->grid, k, watermark)) {
        k++;
    }
    agg->next_window = k > agg->next_window ? k : agg->next_window;
}

/* ---- closing ------------------------------------------------------------------------------------
 */

static void close_window(struct aggregate_op *agg, int64_t k)
{
    int64_t first = window_first_pane(&agg->grid, k);
    int64_t end = window_end_pane(&agg->grid, k);
    if (aggregate_emits_changes(agg)) {
        aggregate_emit_changes(agg, k);
        aggregate_forget_shown(agg, k);
        return;
    }
    if (aggregate_rises(agg)) {
        aggregate_forget_shown(agg, k);
        return;
    }
    const struct pane *window = slider_window(&agg->slider, first, end);
    if (agg->known == NULL) {
        if (window != NULL) {
            aggregate_emit_pane(agg, k, window);
        }
    } else {
        if (window != NULL) {
            fill_learn(agg, window);
        }
        aggregate_emit_pane(agg, k, window);
        fill_age(agg, window);
    }
    slider_done(&agg->slider);
}

void aggregate_close_due(struct aggregate_op *agg, int64_t watermark)
{
    uint64_t filled = 0;
    int64_t k;
    if (agg->op.node->emit.kind == EMIT_COMPLETE) {
        return; /* nothing is ever closed or evicted */
    }
    while (aggregate_next_window(agg, watermark, &k) && window_is_due(&agg->grid, k, watermark)) {
        bool empty = agg->panes.n == 0 || agg->panes.at[0]->index >= window_end_pane(&agg->grid, k);
        filled = empty ? filled + agg->known->n_touched : 0;
        if (filled > FILL_ROWS_MAX) {
            fill_jump(agg, watermark);
            filled = 0;
            continue;
        }
        close_window(agg, k);
        agg->has_next = true;
        agg->next_window = k + 1;
        drop_panes_below(agg, window_first_pane(&agg->grid, k + 1));
    }
    if (watermark == TIME_END) {
        drop_panes_below(agg, INT64_MAX);
    }
}
