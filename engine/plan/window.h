/* window: the arithmetic of hopping, tumbling and cumulating windows, in whole panes.
 *
 * A pane is gcd(size, slide) wide; pane p is [p × pane, (p+1) × pane) + offset, in the local time
 * of the window's zone, by floor division, so that times before 1970 fall where they belong.
 * Windows are numbered so that their ends ascend with the number:
 *
 *     HOP       window k = panes [k × slide, k × slide + size)
 *     CUMULATE  window k ends after pane k and starts with its period
 *
 * WINDOW_NONE is one pane, 0, and one window, 0, that never ends. */
#ifndef ENGINE_PLAN_WINDOW_H
#define ENGINE_PLAN_WINDOW_H

#include <stdint.h>

#include "engine/plan/plan.h"

struct window_grid {
    const struct window_spec *spec;
    int64_t pane_us;
    int64_t size_panes;  /* CUMULATE: of the period */
    int64_t slide_panes; /* CUMULATE: 1 */
};

void window_grid_init(struct window_grid *grid, const struct window_spec *spec);

/* The pane of an event time. */
int64_t window_pane(const struct window_grid *grid, int64_t time_us);
/* Where a pane begins, as an instant; TIME_END if that lies beyond what can be said. */
int64_t window_pane_start(const struct window_grid *grid, int64_t pane);

/* First pane of window k, and the pane after its last. */
int64_t window_first_pane(const struct window_grid *grid, int64_t k);
int64_t window_end_pane(const struct window_grid *grid, int64_t k);

/* First and last window that contain pane p; there may be none between (slide > size is refused).
 */
int64_t window_first_of(const struct window_grid *grid, int64_t pane);
int64_t window_last_of(const struct window_grid *grid, int64_t pane);

/* window_end of window k as an instant; TIME_END for WINDOW_NONE. */
int64_t window_end_us(const struct window_grid *grid, int64_t k);
int64_t window_start_us(const struct window_grid *grid, int64_t k);

/* Whether a pane, or a window, can be of a time that a row has. What was saved is asked before any
 * of the above, which would overflow for others. */
bool window_has_pane(const struct window_grid *grid, int64_t pane);
bool window_has(const struct window_grid *grid, int64_t k);

/* True if window k is closed at this watermark: window_end + grace <= watermark. */
bool window_is_due(const struct window_grid *grid, int64_t k, int64_t watermark);

/* How the panes of a window become its rows (engine/ops/slider.h does it). */
enum window_merge {
    WINDOW_ONE_PANE,      /* the pane is the window */
    WINDOW_MERGE_ANEW,    /* all panes, for each window */
    WINDOW_EXACT_INVERSE, /* new panes are added to a running sum, old ones subtracted */
    WINDOW_TREE_OF_PANES, /* merged panes of 8, 64, … are kept while they are needed */
};

enum { WINDOW_MERGE_ANEW_MAX = 8 }; /* panes; more are worth keeping what was merged */

/* `invertible`: every aggregate has an exact inverse. Only windows that close one after the other
 * share work; other emissions look at any window. */
enum window_merge window_merge_of(const struct window_spec *window, enum emit_kind emit,
                                  bool invertible);
/* For EXPLAIN. */
const char *window_merge_name(enum window_merge merge);

#endif
