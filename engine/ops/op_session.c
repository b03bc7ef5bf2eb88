/* op_session: GROUP BY over session windows. Each session has one cell; sessions that a row brings
 * together are merged. When a group has no session any more, it is forgotten.
 *
 * EMIT ON WINDOW CLOSE: a session leaves when it is closed, in the order of (window_end,
 * window_start, group).
 *
 * EMIT CHANGES: rows are keyed by window_start, window_end and group. A session that grew or was
 * merged has another key now: its old row leaves as a delete, before all inserts of the trigger,
 * and with the values of the session that it is part of now. So does a row whose HAVING turned
 * false. A closed session is forgotten after its last change has left.
 *
 * EMIT ON RISE [AND FALL]: rows are added one by one; a session leaves with the row that makes its
 * HAVING true, as a delete with one that makes it false. One that is merged from others has risen
 * if one of them had. */
#include <stdlib.h>

#include "engine/agg/agg.h"
#include "engine/base/mem.h"
#include "engine/ops/groups.h"
#include "engine/ops/look_end.h"
#include "engine/ops/ops.h"
#include "engine/ops/session_totals.h"

static bool emits_changes(const struct session_op *op)
{
    return op->op.node->emit.kind == EMIT_CHANGES || op->op.node->emit.kind == EMIT_EVERY;
}

static bool emits_rises(const struct session_op *op)
{
    return op->op.node->emit.kind == EMIT_RISE || op->op.node->emit.kind == EMIT_RISE_FALL;
}

void session_reserve(struct session_op *op)
{
    uint32_t room = op->sessions.room;
    if (room <= op->room) {
        return;
    }
    op->cells = mem_realloc(op->cells, (size_t)room * op->cell_bytes);
    memset(op->cells + (size_t)op->room * op->cell_bytes, 0,
           (size_t)(room - op->room) * op->cell_bytes);
    op->extra = mem_realloc(op->extra, room * sizeof *op->extra);
    memset(op->extra + op->room, 0, (room - op->room) * sizeof *op->extra);
    op->room = room;
}

/* ---- what changed ---------------------------------------------------------------------------- */

void session_mark_dirty(struct session_op *op, uint32_t id)
{
    if (!emits_changes(op) || op->extra[id].is_dirty) {
        return;
    }
    if (op->n_dirty == op->dirty_room) {
        op->dirty_room = op->dirty_room == 0 ? 64 : op->dirty_room * 2;
        op->dirty = mem_realloc(op->dirty, op->dirty_room * sizeof *op->dirty);
    }
    op->extra[id].is_dirty = true;
    op->dirty[op->n_dirty++] = id;
}

void session_add_gone(struct session_op *op, const struct shown_row *row)
{
    if (op->n_gone == op->gone_room) {
        op->gone_room = op->gone_room == 0 ? 64 : op->gone_room * 2;
        op->gone = mem_realloc(op->gone, op->gone_room * sizeof *op->gone);
    }
    op->gone[op->n_gone++] = *row;
}

/* The session's cell is empty or moved; its id may be another's afterwards. An id in `dirty` is
 * looked at again when the trigger comes. */
static void forget_session(struct session_op *op, uint32_t id)
{
    uint8_t *cell = session_cell(op, id);
    agg_set_release_many(op->set, &cell, 1);
    op->extra[id].is_shown = false;
    session_forgets(op, id);
    sessions_remove(&op->sessions, id);
}

static void merge_session(struct session_op *op, uint32_t into, uint32_t absorbed)
{
    uint8_t *to = session_cell(op, into);
    uint8_t *from = session_cell(op, absorbed);
    agg_set_merge_many(op->set, &to, &from, 1);
    if (emits_rises(op)) {
        op->extra[into].is_shown |= op->extra[absorbed].is_shown;
    } else if (op->extra[absorbed].is_shown) {
        session_add_gone(op, &op->extra[absorbed].shown);
    }
    forget_session(op, absorbed);
}

/* ---- rows come ------------------------------------------------------------------------------- */

/* Rows that have a session but are not in its cell yet: ids[0..n) of rows[0..n). */
struct pending {
    uint32_t n;
    uint32_t rows[BATCH_ROWS];
    uint32_t ids[BATCH_ROWS];
};

static void add_pending(struct session_op *op, const struct batch *batch, struct pending *pending)
{
    uint8_t *cells[BATCH_ROWS];
    struct batch part;
    if (pending->n == 0) {
        return;
    }
    for (uint32_t i = 0; i < pending->n; i++) {
        cells[i] = session_cell(op, pending->ids[i]);
    }
    batch_part(batch, pending->rows, pending->n, &part);
    agg_set_add_many(op->set, cells, &part);
    pending->n = 0;
}

static void judge_rise(struct session_op *op, uint32_t id);

/* A merge wants the cells as they are, so what is pending is added before it: sums of DOUBLE come
 * out the same wherever the batch was cut. */
static void place_rows(struct session_op *op, const struct batch *batch, const uint32_t *groups)
{
    const int64_t *times = batch->columns[op->intake.time_column].i64;
    struct pending pending;
    pending.n = 0;
    for (uint32_t i = 0; i < batch->n; i++) {
        uint32_t absorbed;
        uint32_t id = sessions_place(&op->sessions, groups[i], times[i], intake_watermark(batch, i),
                                     &absorbed);
        if (id == SESSION_LATE) {
            intake_late(&op->op, batch, i, 1, true);
            continue;
        }
        session_reserve(op);
        session_mark_changed(op, id);
        if (absorbed != SESSION_NONE) {
            add_pending(op, batch, &pending);
            merge_session(op, id, absorbed);
        }
        session_mark_dirty(op, id);
        pending.ids[pending.n] = id;
        pending.rows[pending.n++] = i;
        if (emits_rises(op)) {
            add_pending(op, batch, &pending);
            judge_rise(op, id);
        }
    }
    add_pending(op, batch, &pending);
}

static size_t session_bytes(const struct session_op *op)
{
    return table_bytes(op->table) + sessions_bytes(&op->sessions) + agg_set_owned_bytes(op->set) +
           op->room * (op->cell_bytes + sizeof *op->extra) + op->dirty_room * sizeof *op->dirty +
           op->gone_room * sizeof *op->gone;
}

static void session_push(struct op *base, struct batch *batch)
{
    struct session_op *op = (struct session_op *)base;
    if (!intake_take(&op->intake, batch)) {
        return;
    }
    uint32_t groups[BATCH_ROWS];
    groups_find(op->table, base->node, batch, groups);
    groups_hold(op->table, groups, batch->n);
    place_rows(op, batch, groups);
    groups_let_go(op->table, groups, batch->n);
    intake_over_limit(base, session_bytes(op));
}

/* ---- rows leave ------------------------------------------------------------------------------ */

/* Rows to emit: what each says, and whose values it has. */
struct leaving {
    uint32_t n;
    struct shown_row rows[BATCH_ROWS];
    uint32_t ids[BATCH_ROWS];
};

static void make_batch(struct session_op *op, const struct leaving *leaving, struct batch *out)
{
    uint32_t n = leaving->n;
    uint32_t groups[BATCH_ROWS];
    uint8_t *cells[BATCH_ROWS];
    arena_clear(&op->emit);
    emit_init(&op->op, &op->emit, op->watermark, out);
    out->n = n;
    struct column_out start = column_out_new(&op->emit, type_of(TYPE_TIMESTAMP), n);
    struct column_out end = column_out_new(&op->emit, type_of(TYPE_TIMESTAMP), n);
    for (uint32_t i = 0; i < n; i++) {
        const struct shown_row *row = &leaving->rows[i];
        start.i64[i] = row->start;
        end.i64[i] = time_plus(row->last, op->op.node->window.size_us);
        groups[i] = row->group;
        cells[i] = session_cell(op, leaving->ids[i]);
    }
    out->columns[0] = column_view(&start, n);
    out->columns[1] = column_view(&end, n);
    groups_columns(op->table, op->op.node, groups, n, &op->emit, out->columns + 2);
    emit_results(&op->op, op->set, cells, n, &op->emit, out->columns + 2 + op->op.node->n_keys);
}

/* The rows of ids[0..n), n <= BATCH_ROWS. */
static void take_rows(const struct session_op *op, const uint32_t *ids, uint32_t n,
                      struct leaving *leaving)
{
    leaving->n = n;
    for (uint32_t i = 0; i < n; i++) {
        leaving->ids[i] = ids[i];
        leaving->rows[i] = session_row(op, ids[i]);
    }
}

static void emit_sessions(struct session_op *op, const uint32_t *ids, uint32_t n)
{
    for (uint32_t done = 0; done < n; done += BATCH_ROWS) {
        struct leaving leaving;
        struct batch out;
        take_rows(op, ids + done, n - done < BATCH_ROWS ? n - done : BATCH_ROWS, &leaving);
        make_batch(op, &leaving, &out);
        emit_rows(&op->op, op->having, &out);
    }
}

/* From the back: there a group's newest session comes first, which is where its list begins. */
static void forget_sessions(struct session_op *op, const uint32_t *ids, uint32_t n)
{
    for (uint32_t i = n; i > 0; i--) {
        forget_session(op, ids[i - 1]);
    }
    op->op.stats.rows_evicted += n;
}

static void session_advance(struct op *base, int64_t watermark)
{
    struct session_op *op = (struct session_op *)base;
    op->watermark = watermark > op->watermark ? watermark : op->watermark;
    if (emits_changes(op) || base->node->emit.kind == EMIT_COMPLETE ||
        sessions_next_due(&op->sessions) > watermark) {
        return;
    }
    uint32_t n;
    uint32_t *ids = sessions_closed(&op->sessions, watermark, &n);
    if (!emits_rises(op)) {
        emit_sessions(op, ids, n);
    }
    forget_sessions(op, ids, n);
    mem_free(ids);
}

/* ---- EMIT CHANGES ---------------------------------------------------------------------------- */

static bool row_equal(const struct shown_row *a, const struct shown_row *b)
{
    return a->start == b->start && a->last == b->last && a->group == b->group;
}

static void push_with_op(struct session_op *op, struct batch *out, uint8_t row_op)
{
    uint8_t *ops = arena_alloc(&op->emit, out->n);
    memset(ops, row_op, out->n);
    out->ops = ops;
    emit_rows(&op->op, NULL, out);
}

/* The session has got one row more. */
static void judge_rise(struct session_op *op, uint32_t id)
{
    struct session_extra *extra = &op->extra[id];
    bool falls = op->op.node->emit.kind == EMIT_RISE_FALL;
    struct leaving leaving;
    struct batch out;
    uint32_t row;
    take_rows(op, &id, 1, &leaving);
    make_batch(op, &leaving, &out);
    bool passes = op->having == NULL || having_rows(&op->op, op->having, &out, &row) == 1;
    if (passes == extra->is_shown) {
        return;
    }
    extra->is_shown = passes;
    extra->shown = leaving.rows[0];
    if (falls) {
        push_with_op(op, &out, passes ? ROW_INSERT : ROW_DELETE);
    } else if (passes) {
        emit_rows(&op->op, NULL, &out);
    }
}

/* Deletes of rows[0..n) that the reader holds. */
static void emit_deletes(struct session_op *op, const struct shown_row *rows, uint32_t n)
{
    for (uint32_t done = 0; done < n; done += BATCH_ROWS) {
        struct leaving leaving = {.n = n - done < BATCH_ROWS ? n - done : BATCH_ROWS};
        struct batch out;
        for (uint32_t i = 0; i < leaving.n; i++) {
            leaving.rows[i] = rows[done + i];
            leaving.ids[i] = sessions_at(&op->sessions, rows[done + i].group, rows[done + i].start);
        }
        make_batch(op, &leaving, &out);
        push_with_op(op, &out, ROW_DELETE);
    }
}

/* Which of the dirty sessions pass HAVING. */
static void judge(struct session_op *op, const uint32_t *ids, uint32_t n, bool *passes)
{
    for (uint32_t done = 0; done < n; done += BATCH_ROWS) {
        struct leaving leaving;
        struct batch out;
        uint32_t rows[BATCH_ROWS];
        uint32_t part = n - done < BATCH_ROWS ? n - done : BATCH_ROWS;
        memset(passes + done, op->having == NULL, part);
        if (op->having == NULL) {
            continue;
        }
        take_rows(op, ids + done, part, &leaving);
        make_batch(op, &leaving, &out);
        uint32_t kept = having_rows(&op->op, op->having, &out, rows);
        for (uint32_t i = 0; i < kept; i++) {
            passes[done + rows[i]] = true;
        }
    }
}

/* Keeps the ids of sessions that are still there, once each. */
static void tidy_dirty(struct session_op *op)
{
    uint32_t kept = 0;
    for (uint32_t i = 0; i < op->n_dirty; i++) {
        uint32_t id = op->dirty[i];
        if (op->extra[id].is_dirty && op->sessions.at[id].is_there) {
            op->dirty[kept++] = id;
        }
        op->extra[id].is_dirty = false;
    }
    op->n_dirty = kept;
    sessions_sort(&op->sessions, op->dirty, kept);
}

static int compare_rows(const void *a, const void *b, void *owner)
{
    const struct shown_row *x = a;
    const struct shown_row *y = b;
    if (x->last != y->last) {
        return x->last < y->last ? -1 : 1;
    }
    if (x->start != y->start) {
        return x->start < y->start ? -1 : 1;
    }
    return groups_compare(owner, x->group, y->group);
}

static void emit_changes(struct session_op *op)
{
    tidy_dirty(op);
    bool *passes = mem_alloc((size_t)op->n_dirty + 1);
    judge(op, op->dirty, op->n_dirty, passes);
    uint32_t kept = 0;
    for (uint32_t i = 0; i < op->n_dirty; i++) {
        uint32_t id = op->dirty[i];
        struct session_extra *extra = &op->extra[id];
        struct shown_row row = session_row(op, id);
        if (extra->is_shown && (!passes[i] || !row_equal(&extra->shown, &row))) {
            session_add_gone(op, &extra->shown);
        }
        extra->is_shown = passes[i];
        extra->shown = row;
        session_mark_changed(op, id);
        if (passes[i]) {
            op->dirty[kept++] = id;
        }
    }
    mem_free(passes);
    if (op->n_gone > 1) {
        qsort_r(op->gone, op->n_gone, sizeof *op->gone, compare_rows, op->table);
    }
    emit_deletes(op, op->gone, op->n_gone);
    for (uint32_t done = 0; done < kept; done += BATCH_ROWS) {
        struct leaving leaving;
        struct batch out;
        take_rows(op, op->dirty + done, kept - done < BATCH_ROWS ? kept - done : BATCH_ROWS,
                  &leaving);
        make_batch(op, &leaving, &out);
        push_with_op(op, &out, ROW_INSERT);
    }
    session_forgets_gone(op);
    op->n_gone = 0;
    op->n_dirty = 0;
    op->n_cleared++;
}

static void forget_closed(struct session_op *op)
{
    uint32_t n;
    uint32_t *ids = sessions_closed(&op->sessions, op->watermark, &n);
    forget_sessions(op, ids, n);
    mem_free(ids);
}

static void emit_complete(struct session_op *op)
{
    uint32_t n;
    uint32_t *ids = sessions_all(&op->sessions, &n);
    emit_sessions(op, ids, n);
    mem_free(ids);
}

static void session_look(struct op *base, const struct op_look *look)
{
    struct session_op *op = (struct session_op *)base;
    struct look_end end;
    look->columns(look->owner, base, &base->node->schema, NULL);
    look_end_put(&end, base, look, &op->having);
    emit_complete(op);
    look_end_take(&end, base);
}

static void session_repeat(struct op *base)
{
    enum emit_kind emit = base->node->emit.kind;
    if (emit != EMIT_CLOSE && emit != EMIT_RISE) {
        emit_complete((struct session_op *)base);
    }
}

static void session_trigger(struct op *base, bool at_end)
{
    struct session_op *op = (struct session_op *)base;
    int64_t now_us = base->context->program.now_us;
    switch (base->node->emit.kind) {
    case EMIT_EVERY:
        if (!at_end && now_us < op->every_next_us) {
            return;
        }
        op->every_next_us = emit_next_us(&base->node->emit, now_us);
        emit_changes(op);
        forget_closed(op);
        break;
    case EMIT_CHANGES:
        emit_changes(op);
        forget_closed(op);
        break;
    case EMIT_COMPLETE:
        emit_complete(op);
        break;
    case EMIT_CLOSE:
    case EMIT_RISE:
    case EMIT_RISE_FALL:
        break; /* they left when they were closed */
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

static void session_measure(struct op *base)
{
    const struct session_op *op = (const struct session_op *)base;
    base->stats.state_rows = op->sessions.n;
    base->stats.state_bytes = session_bytes(op);
    base->stats.next_due = sessions_next_due(&op->sessions);
}

static void session_close(struct op *base)
{
    struct session_op *op = (struct session_op *)base;
    for (uint32_t id = 0; id < op->room; id++) {
        uint8_t *cell = session_cell(op, id);
        agg_set_release_many(op->set, &cell, 1);
    }
    sessions_release(&op->sessions);
    mem_free(op->cells);
    mem_free(op->extra);
    mem_free(op->dirty);
    mem_free(op->gone);
    mem_free(op->changed);
    bytebuf_release(&op->erased);
    program_free(op->having);
    agg_set_free(op->set);
    table_free(op->table);
    arena_release(&op->emit);
}

static const struct op_kind session_kind = {
    .name = "session",
    .version = 1,
    .push = session_push,
    .advance = session_advance,
    .trigger = session_trigger,
    .save = session_save,
    .load = session_load,
    .look = session_look,
    .repeat = session_repeat,
    .measure = session_measure,
    .close = session_close,
};

struct op *op_session_new(struct op_context *context, const struct plan_node *node)
{
    struct session_op *op = arena_zalloc(context->query, sizeof *op);
    op->op = (struct op){.kind = &session_kind, .node = node, .context = context};
    intake_init(&op->intake, &op->op, NULL);
    op->set = agg_set_new(context->query, node->calls, node->n_calls);
    op->cell_bytes = agg_set_bytes(op->set);
    op->table = table_new();
    sessions_init(&op->sessions, &node->window, op->table);
    op->sessions.never_closes = node->emit.kind == EMIT_COMPLETE;
    op->having = having_new(&op->op);
    arena_init(&op->emit);
    op->watermark = TIME_NONE;
    op->every_next_us = emit_next_us(&node->emit, context->program.now_us);
    return &op->op;
}
