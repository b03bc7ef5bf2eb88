/* aggregate: the inside of op_aggregate, shared by its parts and by nobody else.
 *
 * op_aggregate.c   rows into panes, the lateness verdict, snapshots
 * aggregate_close.c   windows that are due: which, in what order, filled or not
 * aggregate_emit.c   rows of state into batches: keys, window columns, HAVING
 * aggregate_save.c   snapshot
 * aggregate_rise.c   alerts: HAVING looked at after every row
 * aggregate_changes.c   what changed since the last trigger; the whole result
 * slider.c           panes into windows */
#ifndef ENGINE_OPS_AGGREGATE_H
#define ENGINE_OPS_AGGREGATE_H

#include "engine/agg/agg.h"
#include "engine/ops/intake.h"
#include "engine/ops/op.h"
#include "engine/ops/slider.h"
#include "engine/plan/window.h"
#include "engine/state/panes.h"
#include "engine/state/table.h"

/* Keys of a window whose rows the reader has seen (EMIT CHANGES with HAVING): bit per id. */
struct shown {
    int64_t window;
    uint64_t *words;
    uint64_t *changed; /* bit per id, since the last save */
    uint32_t n_words;  /* of both */
    bool is_saved;     /* a save knows of it */
};

struct aggregate_op {
    struct op op;
    struct window_grid grid;
    struct agg_set *set;
    struct table *table;
    struct panes panes;
    struct slider slider;
    struct program *having; /* NULL = none */
    struct arena emit;      /* lifetime: one emitted batch */

    struct intake intake;
    int time_column;  /* of the input; -1 for WINDOW_NONE */
    uint32_t only_id; /* without keys: the one row's id */

    bool has_next;       /* a window was closed or ticking has begun: next_window is set */
    int64_t next_window; /* all windows below are closed */
    int64_t watermark;   /* of the last advance */

    struct shown *shown; /* by window, ascending */
    uint32_t n_shown;
    uint32_t shown_room;
    int64_t every_next_us; /* EMIT EVERY: trigger time of the next output */

    /* FILL: groups that were in the last windows, absent now. Cells hold what a fill row shows. */
    struct pane *known; /* NULL: no FILL */
    uint32_t *fills_left;
    uint32_t fills_room;

    uint64_t n_cleared;  /* how often nothing counted as changed since a trigger */
    struct bytebuf gone; /* changelog of what is gone since the last save */
};

static inline bool aggregate_emits_changes(const struct aggregate_op *agg)
{
    return agg->op.node->emit.kind == EMIT_CHANGES || agg->op.node->emit.kind == EMIT_EVERY;
}

static inline bool aggregate_rises(const struct aggregate_op *agg)
{
    return agg->op.node->emit.kind == EMIT_RISE || agg->op.node->emit.kind == EMIT_RISE_FALL;
}

/* Adds the rows of the batch to their panes; none of them is late for all its windows. ids[i]
 * becomes the id of row i's group. */
void aggregate_add_rows(struct aggregate_op *agg, const struct batch *batch, uint32_t *ids);

/* EMIT ON RISE: adds the rows one by one and emits the groups whose HAVING turns true (or false).
 */
void aggregate_add_rising(struct aggregate_op *agg, const struct batch *batch);

/* Closes every window that is due at `watermark`, in order: emits it, drops panes that no later
 * window needs. */
void aggregate_close_due(struct aggregate_op *agg, int64_t watermark);

/* The next window to close, filled ones included; false if none is open. At the end of input
 * (`watermark` is TIME_END) nothing is filled behind the last row. */
bool aggregate_next_window(const struct aggregate_op *agg, int64_t watermark, int64_t *k);

/* Pushes the rows of window k for ids[0..n) whose cells are in `pane`; `ops` is NULL or one row_op
 * each. Ids are in output order. Returns nothing: HAVING may drop rows. */
void aggregate_emit_ids(struct aggregate_op *agg, int64_t k, const struct pane *pane,
                        const uint32_t *ids, uint32_t n, const uint8_t *ops);
/* The same for every id of `pane` (NULL: none) and every group that FILL knows, in the order of
 * keys. */
void aggregate_emit_pane(struct aggregate_op *agg, int64_t k, const struct pane *pane);
/* For the ids, which are in output order: HAVING verdict of each into passes[0..n). */
void aggregate_having(struct aggregate_op *agg, int64_t k, const struct pane *pane,
                      const uint32_t *ids, uint32_t n, bool *passes);

/* EMIT CHANGES: rows of window k that changed since the last trigger. */
void aggregate_emit_changes(struct aggregate_op *agg, int64_t k);
/* All open windows, oldest first; afterwards nothing counts as changed. */
void aggregate_emit_all_changes(struct aggregate_op *agg);
/* EMIT COMPLETE. */
void aggregate_emit_complete(struct aggregate_op *agg);
/* Whether the reader holds the row of `id` in window k. */
bool aggregate_is_shown(struct aggregate_op *agg, int64_t k, uint32_t id);
void aggregate_set_shown(struct aggregate_op *agg, int64_t k, uint32_t id, bool shown);
/* Window k is gone: forgets what the reader has seen of it. */
void aggregate_forget_shown(struct aggregate_op *agg, int64_t k);

/* FILL knows the group from now on, for `fills` windows without a row. */
void aggregate_know(struct aggregate_op *agg, uint32_t id, uint32_t fills);

void aggregate_look(struct op *op, const struct op_look *look);
void aggregate_repeat(struct op *op);
void aggregate_save(struct op *op, struct changelog *log);
enum status aggregate_load(struct op *op, struct entries_walk *in, struct error *err);
/* Remember for the next save that a pane is gone, what the reader has seen of a window, or a group
 * that FILL knew. Before they go. */
void aggregate_forgets_pane(struct aggregate_op *agg, const struct pane *pane);
void aggregate_forgets_shown(struct aggregate_op *agg, const struct shown *shown);
void aggregate_forgets_known(struct aggregate_op *agg, uint32_t id);

#endif
