/* slider: panes into windows. Gives the merged pane of each window; how depends on how many panes a
 * window has and on what the aggregates can:
 *
 *     WINDOW_ONE_PANE       the pane itself
 *     WINDOW_MERGE_ANEW     all panes of the window, merged anew
 *     WINDOW_EXACT_INVERSE  one running pane: new panes are added, old ones subtracted
 *     WINDOW_TREE_OF_PANES  a tree over whole panes with 8 children a node, kept while it is
 * needed: a window is at most 14 nodes a level. Nodes lie at multiples of their size, so what is
 * merged in which order does not depend on history, and DOUBLE sums are the same after a restart.
 *
 *     struct slider slider;
 *     slider_init(&slider, &panes, set, window_merge_of(…));
 *     const struct pane *window = slider_window(&slider, first_pane, end_pane);   // NULL: no rows
 *     …use it…
 *     slider_done(&slider);              // before the next window, and before panes are dropped
 *     slider_changed(&slider, index);    // a row goes into a pane that a window has seen already
 *     slider_forget(&slider, pane);      // before a pane is dropped
 *     slider_release(&slider); */
#ifndef ENGINE_OPS_SLIDER_H
#define ENGINE_OPS_SLIDER_H

#include "engine/agg/agg.h"
#include "engine/plan/window.h"
#include "engine/state/panes.h"

enum {
    SLIDER_FANOUT = 8,
    SLIDER_LEVELS = 6, /* 8^6 panes: a window of a day sliding by a second */
};

struct slider {
    struct panes *panes;
    struct agg_set *set;
    enum window_merge kind;
    struct pane *merged; /* NULL between windows */

    /* EXACT_INVERSE: the sum of panes [first, end); NULL = to be built. */
    struct pane *running;
    int64_t first;
    int64_t end;
    uint32_t *holders; /* by id: how many of those panes hold it */
    uint32_t holders_room;

    /* TREE_OF_PANES: levels[i] has nodes of 8^(i+1) panes. */
    struct panes levels[SLIDER_LEVELS];
    uint32_t n_levels;
};

void slider_init(struct slider *slider, struct panes *panes, struct agg_set *set,
                 enum window_merge kind);
void slider_release(struct slider *slider);

/* The state of panes [first, end) as one pane; NULL if none of them is there. */
const struct pane *slider_window(struct slider *slider, int64_t first, int64_t end);
/* The same for the keys of `ids` only. */
const struct pane *slider_window_ids(struct slider *slider, int64_t first, int64_t end,
                                     const uint32_t *ids, uint32_t n);
void slider_done(struct slider *slider);

void slider_changed(struct slider *slider, int64_t pane);
void slider_forget(struct slider *slider, const struct pane *pane);

/* Bytes held besides the panes. */
size_t slider_bytes(const struct slider *slider);

/* into := into + from for the ids in ids[0..n) that `from` has; the ids of `into` are marked. */
void pane_merge_ids(struct panes *panes, struct agg_set *set, struct pane *into,
                    const struct pane *from, const uint32_t *ids, uint32_t n);

/* Releases what the pane's cells own outside themselves; before every panes_drop. */
void pane_release_cells(struct panes *panes, struct agg_set *set, const struct pane *pane);

#endif
