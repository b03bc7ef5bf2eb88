/* session_totals: the inside of op_session, shared with session_save.c and nobody else. */
#ifndef ENGINE_OPS_SESSION_TOTALS_H
#define ENGINE_OPS_SESSION_TOTALS_H

#include "engine/ops/intake.h"
#include "engine/ops/sessions.h"

/* A row that the reader holds. */
struct shown_row {
    int64_t start;
    int64_t last;
    uint32_t group;
};

/* What is known of a session besides its times (sessions.h): by session id. */
struct session_extra {
    bool is_dirty;   /* in `dirty` */
    bool is_shown;   /* the reader holds `shown` */
    bool is_changed; /* since the last save: in `changed` */
    bool is_saved;   /* a save knows it as … */
    uint64_t serial; /* … this; 0 = none yet */
    struct shown_row shown;
};

struct session_op {
    struct op op;
    struct intake intake;
    struct agg_set *set;
    struct table *table;
    struct sessions sessions;
    struct program *having;
    struct arena emit; /* lifetime: one emitted batch */
    uint32_t cell_bytes;

    uint8_t *cells; /* by session id */
    struct session_extra *extra;
    uint32_t room; /* of both */

    uint32_t *dirty; /* changed since the last trigger; some may be gone */
    uint32_t n_dirty;
    uint32_t dirty_room;
    struct shown_row *gone; /* rows of sessions that were merged into others */
    uint32_t n_gone;
    uint32_t gone_room;

    int64_t watermark;     /* of the last advance */
    int64_t every_next_us; /* EMIT EVERY: trigger time of the next output */

    uint64_t serial;    /* of the newest session */
    uint64_t n_cleared; /* how often nothing was dirty after a trigger */
    uint32_t *changed;  /* ids since the last save; some may be gone */
    uint32_t n_changed;
    uint32_t changed_room;
    uint32_t n_gone_saved; /* of `gone` */
    struct bytebuf erased; /* changelog of what is gone since the last save */
};

static inline uint8_t *session_cell(const struct session_op *op, uint32_t id)
{
    return op->cells + (size_t)id * op->cell_bytes;
}

/* What the session says now. */
static inline struct shown_row session_row(const struct session_op *op, uint32_t id)
{
    const struct session *session = &op->sessions.at[id];
    return (struct shown_row){session->start, session->last, session->group};
}

/* Room for all ids that sessions have. */
void session_reserve(struct session_op *op);
/* EMIT CHANGES: the session, or the row of one that is not there any more, has something to say at
 * the next trigger. */
void session_mark_dirty(struct session_op *op, uint32_t id);
void session_add_gone(struct session_op *op, const struct shown_row *row);

/* The session, which has a serial number from now on, has changed since the last save. */
void session_mark_changed(struct session_op *op, uint32_t id);
/* Remember for the next save that a session is gone, or that all of `gone` is. Before they go. */
void session_forgets(struct session_op *op, uint32_t id);
void session_forgets_gone(struct session_op *op);

void session_save(struct op *base, struct changelog *log);
enum status session_load(struct op *base, struct entries_walk *in, struct error *err);

#endif
