/* aggregate_changes: EMIT CHANGES and EMIT COMPLETE: what leaves per trigger instead of at window
 * close. */
#include "engine/base/mem.h"
#include "engine/ops/aggregate.h"
#include "engine/ops/look_end.h"

/* ---- what the reader has seen -------------------------------------------------------------------
 */

static struct shown *shown_find(struct aggregate_op *agg, int64_t k)
{
    for (uint32_t i = agg->n_shown; i > 0; i--) {
        if (agg->shown[i - 1].window == k) {
            return &agg->shown[i - 1];
        }
    }
    return NULL;
}

static struct shown *shown_get(struct aggregate_op *agg, int64_t k)
{
    struct shown *shown = shown_find(agg, k);
    if (shown == NULL) {
        if (agg->n_shown == agg->shown_room) {
            agg->shown_room = agg->shown_room == 0 ? 8 : agg->shown_room * 2;
            agg->shown = mem_realloc(agg->shown, agg->shown_room * sizeof *agg->shown);
        }
        shown = &agg->shown[agg->n_shown++];
        *shown = (struct shown){.window = k};
    }
    uint32_t words = bits_words(table_id_end(agg->table));
    if (words > shown->n_words) {
        shown->words = mem_realloc(shown->words, words * sizeof(uint64_t));
        memset(shown->words + shown->n_words, 0, (words - shown->n_words) * sizeof(uint64_t));
        shown->changed = mem_realloc(shown->changed, words * sizeof(uint64_t));
        memset(shown->changed + shown->n_words, 0, (words - shown->n_words) * sizeof(uint64_t));
        shown->n_words = words;
    }
    return shown;
}

static void shown_put(struct shown *shown, uint32_t id, bool is_shown)
{
    if (bits_get(shown->words, id) != is_shown) {
        bits_put(shown->words, id, is_shown);
        bits_set(shown->changed, id);
    }
}

bool aggregate_is_shown(struct aggregate_op *agg, int64_t k, uint32_t id)
{
    const struct shown *shown = shown_find(agg, k);
    return shown != NULL && id / 64 < shown->n_words && bits_get(shown->words, id);
}

void aggregate_set_shown(struct aggregate_op *agg, int64_t k, uint32_t id, bool shown)
{
    shown_put(shown_get(agg, k), id, shown);
}

void aggregate_forget_shown(struct aggregate_op *agg, int64_t k)
{
    struct shown *shown = shown_find(agg, k);
    if (shown != NULL) {
        aggregate_forgets_shown(agg, shown);
        mem_free(shown->words);
        mem_free(shown->changed);
        *shown = agg->shown[--agg->n_shown];
    }
}

/* ---- changes ------------------------------------------------------------------------------------
 */

/* Ids that changed in any pane of [first, end), in output order; mem_free them. */
static uint32_t *changed_ids(struct aggregate_op *agg, int64_t first, int64_t end, uint32_t *n)
{
    uint32_t words = bits_words(table_id_end(agg->table));
    uint64_t *changed = mem_zalloc((words + 1) * sizeof *changed);
    uint32_t count = 0;
    for (uint32_t at = panes_lower(&agg->panes, first);
         at < agg->panes.n && agg->panes.at[at]->index < end; at++) {
        const struct pane *pane = agg->panes.at[at];
        for (uint32_t i = 0; pane->any_dirty && i < words && i < pane->touched_words; i++) {
            changed[i] |= pane->dirty[i];
        }
    }
    for (uint32_t i = 0; i < words; i++) {
        count += (uint32_t)__builtin_popcountll(changed[i]);
    }
    uint32_t *ids = mem_alloc((count + 1) * sizeof *ids);
    *n = bits_indexes(changed, words * 64, ids);
    table_sort(agg->table, ids, *n);
    mem_free(changed);
    return ids;
}

/* With HAVING, a row whose condition is false leaves as a delete if the reader holds it, else not
 * at all. Shortens ids to the rows that leave and fills in their ops. */
static uint32_t judge(struct aggregate_op *agg, int64_t k, const struct pane *pane, uint32_t *ids,
                      uint32_t n, uint8_t *ops)
{
    bool *passes = mem_alloc(n + 1);
    struct shown *shown = shown_get(agg, k);
    uint32_t kept = 0;
    aggregate_having(agg, k, pane, ids, n, passes);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t id = ids[i];
        bool was_shown = bits_get(shown->words, id);
        if (passes[i] || was_shown) {
            ops[kept] = passes[i] ? ROW_INSERT : ROW_DELETE;
            ids[kept++] = id;
            shown_put(shown, id, passes[i]);
        }
    }
    mem_free(passes);
    return kept;
}

void aggregate_emit_changes(struct aggregate_op *agg, int64_t k)
{
    int64_t first = window_first_pane(&agg->grid, k);
    int64_t end = window_end_pane(&agg->grid, k);
    uint32_t n;
    uint32_t *ids = changed_ids(agg, first, end, &n);
    if (n > 0) {
        const struct pane *pane = slider_window_ids(&agg->slider, first, end, ids, n);
        uint8_t *ops = mem_alloc(n);
        memset(ops, ROW_INSERT, n);
        if (agg->having != NULL) {
            n = judge(agg, k, pane, ids, n, ops);
        }
        aggregate_emit_ids(agg, k, pane, ids, n, ops);
        slider_done(&agg->slider);
        mem_free(ops);
    }
    mem_free(ids);
}

/* First open window of the first pane, or false: nothing is open. */
static bool open_windows(const struct aggregate_op *agg, int64_t *first, int64_t *last)
{
    if (agg->panes.n == 0) {
        return false;
    }
    *first = window_first_of(&agg->grid, agg->panes.at[0]->index);
    *last = window_last_of(&agg->grid, agg->panes.at[agg->panes.n - 1]->index);
    if (agg->has_next && agg->next_window > *first) {
        *first = agg->next_window;
    }
    return *first <= *last;
}

/* The next window from k on that contains a pane which is there. */
static int64_t skip_gap(const struct aggregate_op *agg, int64_t k)
{
    uint32_t at = panes_lower(&agg->panes, window_first_pane(&agg->grid, k));
    int64_t first = window_first_of(&agg->grid, agg->panes.at[at]->index);
    return first > k ? first : k;
}

void aggregate_emit_all_changes(struct aggregate_op *agg)
{
    int64_t k;
    int64_t last;
    if (open_windows(agg, &k, &last)) {
        for (; k <= last; k++) {
            k = skip_gap(agg, k);
            aggregate_emit_changes(agg, k);
        }
    }
    for (uint32_t i = 0; i < agg->panes.n; i++) {
        pane_clear_dirty(agg->panes.at[i]);
    }
    agg->n_cleared++;
}

void aggregate_look(struct op *op, const struct op_look *look)
{
    struct aggregate_op *agg = (struct aggregate_op *)op;
    struct look_end end;
    look->columns(look->owner, op, &op->node->schema, NULL);
    look_end_put(&end, op, look, &agg->having);
    aggregate_emit_complete(agg);
    look_end_take(&end, op);
}

void aggregate_repeat(struct op *op)
{
    struct aggregate_op *agg = (struct aggregate_op *)op;
    enum emit_kind emit = op->node->emit.kind;
    if (emit != EMIT_CLOSE && emit != EMIT_RISE) {
        aggregate_emit_complete(agg);
    }
}

void aggregate_emit_complete(struct aggregate_op *agg)
{
    int64_t k;
    int64_t last;
    if (!open_windows(agg, &k, &last)) {
        return;
    }
    for (; k <= last; k++) {
        k = skip_gap(agg, k);
        const struct pane *pane = slider_window(&agg->slider, window_first_pane(&agg->grid, k),
                                                window_end_pane(&agg->grid, k));
        if (pane != NULL) {
            aggregate_emit_pane(agg, k, pane);
        }
        slider_done(&agg->slider);
    }
}
