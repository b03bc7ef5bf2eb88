/* slider: panes into windows. Gives the merged pane of each window; how depends on how many panes a
 * window has:
 *
 *     1            the pane itself
 *     more         all panes of the window, merged anew
 *
 *     struct slider slider;
 *     slider_init(&slider, &panes, set);
 *     const struct pane *window = slider_window(&slider, first_pane, end_pane);   // NULL: no rows
 *     …use it…
 *     slider_done(&slider);              // before the next window, and before panes are dropped
 *     slider_release(&slider); */
#ifndef ENGINE_OPS_SLIDER_H
#define ENGINE_OPS_SLIDER_H

#include "engine/agg/agg.h"
#include "engine/state/panes.h"

struct slider {
    struct panes *panes;
    struct agg_set *set;
    struct pane *merged; /* NULL between windows */
};

void slider_init(struct slider *slider, struct panes *panes, struct agg_set *set);
void slider_release(struct slider *slider);

/* The state of panes [first, end) as one pane; NULL if none of them is there. */
const struct pane *slider_window(struct slider *slider, int64_t first, int64_t end);
/* The same for the keys of `ids` only. */
const struct pane *slider_window_ids(struct slider *slider, int64_t first, int64_t end,
                                     const uint32_t *ids, uint32_t n);
void slider_done(struct slider *slider);

/* into := into + from for the ids in ids[0..n) that `from` has; the ids of `into` are marked. */
void pane_merge_ids(struct panes *panes, struct agg_set *set, struct pane *into,
                    const struct pane *from, const uint32_t *ids, uint32_t n);

/* Releases what the pane's cells own outside themselves; before every panes_drop. */
void pane_release_cells(struct panes *panes, struct agg_set *set, const struct pane *pane);

#endif
