#include "engine/ops/slider.h"

#include "engine/base/panic.h"
#include "engine/data/column.h"

enum { MERGE_IDS = BATCH_ROWS };

void slider_init(struct slider *slider, struct panes *panes, struct agg_set *set)
{
    *slider = (struct slider){.panes = panes, .set = set};
}

void slider_release(struct slider *slider)
{
    slider_done(slider);
}

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

static void pane_merge(struct panes *panes, struct agg_set *set, struct pane *into,
                       const struct pane *from)
{
    uint32_t ids[MERGE_IDS];
    uint32_t word = 0;
    while (word < from->touched_words) {
        uint32_t n = pane_ids(from, word, MERGE_IDS, ids, &word);
        pane_merge_ids(panes, set, into, from, ids, n);
    }
}

void pane_release_cells(struct panes *panes, struct agg_set *set, const struct pane *pane)
{
    if (!agg_set_owns_memory(set)) {
        return;
    }
    uint32_t ids[MERGE_IDS];
    uint8_t *cells[MERGE_IDS];
    uint32_t word = 0;
    while (word < pane->touched_words) {
        uint32_t n = pane_ids(pane, word, MERGE_IDS, ids, &word);
        for (uint32_t i = 0; i < n; i++) {
            cells[i] = pane_cell(panes, pane, ids[i]);
        }
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

const struct pane *slider_window(struct slider *slider, int64_t first, int64_t end)
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
