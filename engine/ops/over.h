/* over: the inside of op_over, shared by its parts and by nobody else.
 *
 * op_over.c        late rows, what is forgotten and when
 * over_behind.c    rows that leave behind the watermark, in the order of their times
 * over_arrival.c   rows that leave as they arrive; EMIT ON RISE and AND FALL
 * over_window.c    the rows of each group and aggregates over them
 * over_tree.c      aggregates without an inverse
 * over_save.c      the state as entries and back */
#ifndef ENGINE_OPS_OVER_H
#define ENGINE_OPS_OVER_H

#include "engine/ops/intake.h"
#include "engine/ops/over_window.h"
#include "engine/state/agenda.h"
#include "engine/state/rowlog.h"
#include "engine/state/timers.h"

/* EMIT ON RISE: where a group stands. Zeroed: nothing known. */
struct over_mark {
    int64_t from;    /* the window of its newest row, as far as time has not passed: from here on */
    int64_t expires; /* watermark at which the first row of that window leaves it */
    uint8_t *last;   /* its newest row, as long as HAVING is true; may be NULL */
    uint32_t fresh;  /* while a segment is judged: 1 + the row that becomes `last` */
    uint32_t segment; /* the segment that has a row of the group which is not judged yet */
    bool risen;       /* HAVING is true */
};

struct over_op {
    struct op op;
    struct intake intake;
    struct table *table; /* of groups: retained once as long as the group has rows */
    struct over_window window;
    struct program *having;
    struct arena emit; /* lifetime: one emitted batch */
    int64_t size_us;
    int64_t lifetime_us; /* size and grace: how long a row can matter */
    int64_t watermark;   /* of the last advance */

    bool is_behind;
    struct record_layout layout; /* is_behind: kept columns; rises: those of `last` */
    struct rowlog *log;          /* is_behind: rows whose time has not come */
    struct agenda agenda;

    bool rises;              /* EMIT ON RISE … */
    bool falls;              /* … AND FALL */
    struct over_mark *marks; /* by id */
    uint32_t n_marks;
    struct timers timers; /* falls: expiry of groups whose HAVING is true */
    uint32_t segment;
    int64_t segment_expires; /* the earliest in this segment */

    int64_t swept_at; /* watermark of the last look at all groups */
    uint64_t n_fresh; /* rows since then */
    int64_t newest;   /* time of any row */
};

/* True if a row at `time` can be in no window of a row that is still to come. */
static inline bool over_is_dead(const struct over_op *over, int64_t time, int64_t watermark)
{
    return watermark == TIME_END || time_plus(time, over->lifetime_us) < watermark;
}

/* Puts row `row` of the batch that was taken into its group; returns its position. A group whose
 * rows are all below `dead_below` begins anew. */
uint64_t over_insert(struct over_op *over, uint32_t id, int64_t time, uint32_t row,
                     int64_t dead_below);

/* Forgets the group's rows before `position`, and the group if none is left. */
void over_forget(struct over_op *over, uint32_t id, uint64_t position);

/* Rows of the batch come, none of them late. */
void over_behind_rows(struct over_op *over, struct batch *batch);
void over_arrival_rows(struct over_op *over, struct batch *batch);

/* Rows whose time has not come, in the order they came. */
void over_behind_look(struct over_op *over, const struct op_look *look);

/* The watermark has come to here. */
void over_behind_advance(struct over_op *over, int64_t watermark);
void over_arrival_advance(struct over_op *over, int64_t watermark);

/* Time passes for one group whose HAVING is true: rows leave its window. */
void over_arrival_expire(struct over_op *over, uint32_t id, int64_t watermark);
/* Room for the marks of all groups. */
void over_arrival_reserve(struct over_op *over);
/* After a group and its mark were loaded; false if they do not go together. */
bool over_arrival_restore(struct over_op *over, uint32_t id);

void over_save(struct op *op, struct changelog *log);
enum status over_load(struct op *op, struct entries_walk *walk, struct error *err);

#endif
