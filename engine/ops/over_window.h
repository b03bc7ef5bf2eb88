/* over_window: the rows of each group by time, and aggregates over any stretch of them. What
 * op_over.c asks, row by row:
 *
 *     over_window_take(window, batch);                      // the rows that may be inserted
 *     position = over_window_insert(window, id, time, row);
 *     from = over_window_seek(window, id, time - size);
 *     over_window_ask(window, id, from, position + 1);      // up to 1024 questions
 *     …
 *     over_window_answer(window, n, arena, columns);        // one row for each, in their order
 *
 * An answer is what was true when it was asked, though it may be worked out later, many at once.
 * Three ways, chosen by the aggregates:
 *
 *     counts of rows      differences of positions
 *     exact inverse       a cell per group that moves: rows are added and taken away; O(1) a row
 *                         while time goes on, and as far as it jumps when it does not
 *     all others          over_tree.h: O(log n) a row
 */
#ifndef ENGINE_OPS_OVER_WINDOW_H
#define ENGINE_OPS_OVER_WINDOW_H

#include "engine/agg/agg.h"
#include "engine/ops/op.h"
#include "engine/ops/over_tree.h"
#include "engine/state/changelog.h"
#include "engine/state/series.h"
#include "engine/state/table.h"

struct over_group {
    struct series series;
    uint64_t low; /* the moving cell holds rows [low, high) once all work is done */
    uint64_t high;
    struct over_tree *tree; /* NULL: no question has needed one */
    uint32_t round;         /* its cell has work to do in this round … */
    bool is_asked;          /* … and then a question */

    /* Saves: rows [put_first, put_end) are in the last one, those from clean_end on as something
     * else than what they are now. */
    bool is_changed; /* since then: in `changed` */
    uint64_t put_first;
    uint64_t put_end;
    uint64_t clean_end;
};

enum over_way { OVER_COUNT, OVER_INVERSE, OVER_TREE };

/* Rows to be added to cells, or to be taken away. */
struct over_work {
    uint32_t n;
    const uint8_t *records[BATCH_ROWS];
    uint8_t *cells[BATCH_ROWS];
};

struct over_window {
    struct op *op;
    struct agg_set *set;
    struct table *table;
    struct record_layout layout; /* the columns that aggregates read */
    struct series_pool pool;
    enum over_way way;
    uint32_t cell_bytes;

    struct over_group *groups; /* by id */
    uint8_t *cells;            /* OVER_INVERSE: by id */
    uint32_t room;             /* of both */
    size_t tree_bytes;
    uint64_t n_rows; /* of all groups */

    const uint8_t **records; /* of the batch that was taken */
    uint32_t *record_sizes;

    uint32_t round; /* of work: ends when it is done */
    uint32_t n_questions;
    uint32_t n_answered;        /* their results are in `results` */
    uint32_t ids[BATCH_ROWS];   /* whose cell each question is about */
    int64_t counts[BATCH_ROWS]; /* OVER_COUNT */
    uint8_t *results;           /* cells, one for each question */
    struct over_work add;
    struct over_work retract;
    struct arena scratch; /* lifetime: one lot of work */

    uint32_t *changed; /* ids of groups that have changed since the last save; some may be gone */
    uint32_t n_changed;
    uint32_t changed_room;
    struct bytebuf erased; /* changelog of groups that went since */
};

void over_window_init(struct over_window *window, struct op *op, struct table *table);
void over_window_release(struct over_window *window);

/* Room for all ids of the table: after groups were found. */
void over_window_reserve(struct over_window *window);

/* Fetches into the cache what the groups' next insertions and questions look at: with many groups
 * that is most of their time. */
void over_window_prefetch(const struct over_window *window, const uint32_t *ids, uint32_t n);

/* Rows that are inserted next are rows of this batch, which must live as long. */
void over_window_take(struct over_window *window, const struct batch *batch);

/* Puts row `row` of the batch that was taken behind the group's rows of the same time; returns its
 * position (series.h). */
uint64_t over_window_insert(struct over_window *window, uint32_t id, int64_t time, uint32_t row);

/* Does the work that inserts have left: before the rows that were taken go, where nobody asks. */
void over_window_settle(struct over_window *window);

/* Position of the group's first row with a time of at least `time`. */
uint64_t over_window_seek(const struct over_window *window, uint32_t id, int64_t time);

/* What are the aggregates over the group's rows [from, end) now? At most BATCH_ROWS questions
 * before the answers are taken. */
void over_window_ask(struct over_window *window, uint32_t id, uint64_t from, uint64_t end);

/* One row of results for each question since the last answers. */
void over_window_answer(struct over_window *window, struct arena *arena, struct column *columns);

/* Forgets all rows of the group before `position`; when none is left, everything about it: its
 * positions begin at 0 again. Not while questions are open about it, except that work that is left
 * to do is done first. */
void over_window_drop_before(struct over_window *window, uint32_t id, uint64_t position);

static inline const struct series *over_window_series(const struct over_window *window, uint32_t id)
{
    return &window->groups[id].series;
}

static inline int64_t over_window_time(const struct over_window *window, uint32_t id,
                                       uint64_t position)
{
    return series_time(&window->pool, &window->groups[id].series, position);
}

size_t over_window_bytes(const struct over_window *window);

/* The group has changed since the last save. */
void over_window_mark_changed(struct over_window *window, uint32_t id);

/* The group is about to go. */
void over_window_forget_saved(struct over_window *window, uint32_t id);

/* The key of an entry of the group: its own, then the kind; a position is behind it where the kind
 * has one. */
enum over_entry { OVER_MARK, OVER_ROW };
void over_window_put_key(const struct over_window *window, uint32_t id, enum over_entry kind,
                         struct bytebuf *out);
bool over_window_take_key(struct over_window *window, struct slice key, uint32_t *id,
                          enum over_entry *kind, uint64_t *position);

/* Erases the groups that went, and rows of this one; writes its rows that are not saved as they are
 * now: key, position = i64 time, record. */
void over_window_save_gone(struct over_window *window, struct changelog *log);
void over_window_save_group(struct over_window *window, uint32_t id, struct changelog *log);
/* The row behind those that the group has, or its first. False if it is damaged. */
bool over_window_load_row(struct over_window *window, uint32_t id, uint64_t position,
                          struct reader *in);
/* Everything is saved as it is. */
void over_window_saved(struct over_window *window);

#endif
