/* slider: see slider.h. */
#include "engine/ops/slider.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/column.h"

enum { MERGE_IDS = BATCH_ROWS };

void slider_init(struct slider *slider, struct panes *panes, struct agg_set *set,
                 enum window_merge kind)
{
    *slider = (struct slider){.panes = panes, .set = set, .kind = kind};
    for (uint32_t i = 0; kind == WINDOW_TREE_OF_PANES && i < SLIDER_LEVELS; i++) {
        panes_init(&slider->levels[i], panes->table, panes->cell_bytes);
        slider->n_levels = i + 1;
    }
}

/* ---- panes into panes ---------------------------------------------------------------------------
 */

void pane_merge_ids(struct panes *panes, struct agg_set *set, struct pane *into,
                    const struct pane *from, const uint32_t *ids, uint32_t n)
{
    uint8_t *to_cells[MERGE_IDS];
    uint8_t *from_cells[MERGE_IDS];
    while (n > 0) {
        uint32_t part = n < MERGE_IDS ? n : MERGE_IDS;
        uint32_t found = 0;
        for (uint32_t i = 0; i < part; i++) {
            if (pane_has(from, ids[i])) {
                to_cells[found] = pane_touch(panes, into, ids[i]);
                from_cells[found++] = pane_cell(panes, from, ids[i]);
            }
        }
        agg_set_merge_many(set, to_cells, from_cells, found);
        ids += part;
        n -= part;
    }
}

/* into := into + from. `from` may belong to other panes over the same table. */
static void pane_merge(struct panes *panes, struct agg_set *set, struct pane *into,
                       const struct pane *from)
{
    uint32_t ids[MERGE_IDS];
    uint8_t *to_cells[MERGE_IDS];
    uint8_t *from_cells[MERGE_IDS];
    uint32_t at = 0;
    uint32_t n;
    while ((n = pane_walk(panes, from, &at, MERGE_IDS, ids, from_cells)) > 0) {
        for (uint32_t i = 0; i < n; i++) {
            to_cells[i] = pane_touch(panes, into, ids[i]);
        }
        agg_set_merge_many(set, to_cells, from_cells, n);
    }
}

void pane_release_cells(struct panes *panes, struct agg_set *set, const struct pane *pane)
{
    uint32_t ids[MERGE_IDS];
    uint8_t *cells[MERGE_IDS];
    uint32_t at = 0;
    uint32_t n;
    while (agg_set_owns_memory(set) &&
           (n = pane_walk(panes, pane, &at, MERGE_IDS, ids, cells)) > 0) {
        agg_set_release_many(set, cells, n);
    }
}

static struct pane *slider_begin(struct slider *slider)
{
    CHECK(slider->merged == NULL);
    slider->merged = panes_loose(slider->panes, false);
    pane_reserve(slider->panes, slider->merged, table_id_end(slider->panes->table));
    return slider->merged;
}

/* ---- running: exact inverse ---------------------------------------------------------------------
 */

static void holders_reserve(struct slider *slider)
{
    uint32_t end = slider->running->touched_words * 64;
    if (slider->holders_room < end) {
        slider->holders = mem_realloc(slider->holders, (size_t)end * sizeof *slider->holders);
        memset(slider->holders + slider->holders_room, 0,
               (size_t)(end - slider->holders_room) * sizeof *slider->holders);
        slider->holders_room = end;
    }
}

static void running_drop(struct slider *slider)
{
    if (slider->running != NULL) {
        pane_release_cells(slider->panes, slider->set, slider->running);
        panes_drop_loose(slider->panes, slider->running);
        slider->running = NULL;
        if (slider->holders_room > 0) {
            memset(slider->holders, 0, (size_t)slider->holders_room * sizeof *slider->holders);
        }
    }
}

static void running_add(struct slider *slider, const struct pane *pane)
{
    uint32_t ids[MERGE_IDS];
    uint8_t *cells[MERGE_IDS];
    uint32_t at = 0;
    uint32_t n;
    pane_merge(slider->panes, slider->set, slider->running, pane);
    while ((n = pane_walk(slider->panes, pane, &at, MERGE_IDS, ids, cells)) > 0) {
        for (uint32_t i = 0; i < n; i++) {
            slider->holders[ids[i]]++;
        }
    }
}

/* A key that no pane of the window holds any more is not in the window. */
static void running_lose(struct slider *slider, uint32_t id)
{
    struct pane *running = slider->running;
    uint8_t *cell = pane_cell(slider->panes, running, id);
    agg_set_release_many(slider->set, &cell, 1);
    memset(cell, 0, slider->panes->cell_bytes);
    pane_remove(running, id);
    table_drop(slider->panes->table, id);
}

static void running_subtract(struct slider *slider, const struct pane *pane)
{
    uint32_t ids[MERGE_IDS];
    uint8_t *from_cells[MERGE_IDS];
    uint8_t *cells[MERGE_IDS];
    uint32_t at = 0;
    uint32_t n;
    while ((n = pane_walk(slider->panes, pane, &at, MERGE_IDS, ids, from_cells)) > 0) {
        for (uint32_t i = 0; i < n; i++) {
            cells[i] = pane_cell(slider->panes, slider->running, ids[i]);
        }
        agg_set_inverse_many(slider->set, cells, from_cells, n);
        for (uint32_t i = 0; i < n; i++) {
            if (--slider->holders[ids[i]] == 0) {
                running_lose(slider, ids[i]);
            }
        }
    }
}

static const struct pane *running_window(struct slider *slider, int64_t first, int64_t end)
{
    struct panes *panes = slider->panes;
    if (slider->running != NULL &&
        (first < slider->first || first >= slider->end || end < slider->end)) {
        running_drop(slider);
    }
    if (slider->running == NULL) {
        slider->running = panes_loose(panes, true);
        slider->first = slider->end = first;
    }
    pane_reserve(panes, slider->running, table_id_end(panes->table));
    holders_reserve(slider);
    for (uint32_t at = panes_lower(panes, slider->end); at < panes->n && panes->at[at]->index < end;
         at++) {
        running_add(slider, panes->at[at]);
        pane_pack(panes, panes->at[at]);
    }
    slider->end = end;
    /* Panes before `first` that were not dropped and so not forgotten yet. */
    for (uint32_t at = panes_lower(panes, slider->first);
         at < panes->n && panes->at[at]->index < first; at++) {
        running_subtract(slider, panes->at[at]);
    }
    slider->first = first;
    return slider->running->n_touched > 0 ? slider->running : NULL;
}

/* ---- tree ---------------------------------------------------------------------------------------
 */

static int64_t node_panes(uint32_t level)
{
    return (int64_t)1 << (3 * (level + 1));
}

static void tree_drop(struct slider *slider, uint32_t level, struct pane *node)
{
    pane_release_cells(&slider->levels[level], slider->set, node);
    panes_drop(&slider->levels[level], node);
}

static void node_add(struct slider *slider, struct panes *panes, struct pane *node,
                     const struct pane *from)
{
    if (from != NULL) {
        pane_merge(panes, slider->set, node, from);
    }
}

/* Node `index` of `level`, built from its children if it is not there; NULL if nothing is below it.
 */
static const struct pane *tree_node(struct slider *slider, uint32_t level, int64_t index)
{
    struct panes *panes = &slider->levels[level];
    int64_t first = index * SLIDER_FANOUT;
    struct pane *node = panes_find(panes, index);
    if (node != NULL) {
        return node;
    }
    node = panes_get(panes, index);
    pane_reserve(panes, node, table_id_end(panes->table));
    for (int64_t child = first; child < first + SLIDER_FANOUT; child++) {
        if (level > 0) {
            node_add(slider, panes, node, tree_node(slider, level - 1, child));
            continue;
        }
        struct pane *pane = panes_find(slider->panes, child);
        node_add(slider, panes, node, pane);
        if (pane != NULL) {
            pane_pack(slider->panes, pane);
        }
    }
    if (node->n_touched == 0) {
        panes_drop(panes, node);
        return NULL;
    }
    pane_pack(panes, node);
    return node;
}

/* The largest node that starts at `first` and does not reach beyond `end`; -1 = a single pane. */
static int tree_level(const struct slider *slider, int64_t first, int64_t end)
{
    int level = -1;
    while (level + 1 < (int)slider->n_levels) {
        int64_t width = node_panes((uint32_t)level + 1);
        if ((first & (width - 1)) != 0 || first + width > end) {
            break;
        }
        level++;
    }
    return level;
}

static const struct pane *tree_window(struct slider *slider, int64_t first, int64_t end)
{
    struct panes *panes = slider->panes;
    struct pane *merged = slider_begin(slider);
    while (first < end) {
        int level = tree_level(slider, first, end);
        if (level < 0) {
            struct pane *pane = panes_find(panes, first++);
            if (pane != NULL) {
                pane_merge(panes, slider->set, merged, pane);
                pane_pack(panes, pane);
            }
            continue;
        }
        const struct pane *node =
            tree_node(slider, (uint32_t)level, first / node_panes((uint32_t)level));
        if (node != NULL) {
            pane_merge(panes, slider->set, merged, node);
        }
        first += node_panes((uint32_t)level);
    }
    return merged->n_touched > 0 ? merged : NULL;
}

/* Nodes above a pane that changes or goes are worth nothing: every window that needs a part of them
 * is behind it or must see the change. */
static void tree_forget(struct slider *slider, int64_t pane)
{
    for (uint32_t level = 0; level < slider->n_levels; level++) {
        pane >>= 3;
        struct pane *node = panes_find(&slider->levels[level], pane);
        if (node != NULL) {
            tree_drop(slider, level, node);
        }
    }
}

/* ---- windows ------------------------------------------------------------------------------------
 */

const struct pane *slider_window(struct slider *slider, int64_t first, int64_t end)
{
    struct panes *panes = slider->panes;
    if (slider->kind == WINDOW_EXACT_INVERSE) {
        return running_window(slider, first, end);
    }
    uint32_t at = panes_lower(panes, first);
    uint32_t stop = panes_lower(panes, end);
    if (at == stop) {
        return NULL;
    }
    if (stop - at == 1 && panes->at[at]->packed_ids == NULL) {
        return panes->at[at];
    }
    if (slider->kind == WINDOW_TREE_OF_PANES) {
        return tree_window(slider, first, end);
    }
    struct pane *merged = slider_begin(slider);
    for (; at < stop; at++) {
        pane_merge(panes, slider->set, merged, panes->at[at]);
    }
    return merged;
}

const struct pane *slider_window_ids(struct slider *slider, int64_t first, int64_t end,
                                     const uint32_t *ids, uint32_t n)
{
    struct panes *panes = slider->panes;
    uint32_t at = panes_lower(panes, first);
    uint32_t stop = panes_lower(panes, end);
    if (at == stop) {
        return NULL;
    }
    if (stop - at == 1) {
        return panes->at[at];
    }
    struct pane *merged = slider_begin(slider);
    for (; at < stop; at++) {
        pane_merge_ids(panes, slider->set, merged, panes->at[at], ids, n);
    }
    return merged;
}

void slider_done(struct slider *slider)
{
    if (slider->merged != NULL) {
        pane_release_cells(slider->panes, slider->set, slider->merged);
        panes_drop_loose(slider->panes, slider->merged);
        slider->merged = NULL;
    }
}

void slider_changed(struct slider *slider, int64_t pane)
{
    if (slider->kind == WINDOW_EXACT_INVERSE && slider->running != NULL && pane < slider->end) {
        running_drop(slider); /* rare: a row that is late for some of its windows */
    }
    if (slider->kind == WINDOW_TREE_OF_PANES) {
        tree_forget(slider, pane);
    }
}

void slider_forget(struct slider *slider, const struct pane *pane)
{
    if (slider->kind == WINDOW_TREE_OF_PANES) {
        tree_forget(slider, pane->index);
    }
    if (slider->running != NULL && pane->index >= slider->first && pane->index < slider->end) {
        running_subtract(slider, pane);
        slider->first = pane->index + 1;
    }
}

void slider_release(struct slider *slider)
{
    slider_done(slider);
    running_drop(slider);
    mem_free(slider->holders);
    for (uint32_t level = 0; level < slider->n_levels; level++) {
        struct panes *panes = &slider->levels[level];
        while (panes->n > 0) {
            tree_drop(slider, level, panes->at[0]);
        }
        panes_release(panes);
    }
}

size_t slider_bytes(const struct slider *slider)
{
    size_t bytes = (size_t)slider->holders_room * sizeof *slider->holders;
    for (uint32_t level = 0; level < slider->n_levels; level++) {
        bytes += slider->levels[level].bytes;
    }
    return bytes;
}
