/* op_session_rows: the rows of each session, as they are, when it is closed. */
#include <stdlib.h>

#include "engine/base/mem.h"
#include "engine/ops/groups.h"
#include "engine/ops/kept_rows.h"
#include "engine/ops/sessions.h"
#include "engine/ops/sessions_saved.h"

/* What saves know of a session. */
struct session_mark {
    uint64_t serial;
    bool is_saved;
    bool is_changed;           /* it is in `changed` */
    struct number_list former; /* serials of saved sessions that it has absorbed */
};

struct session_rows_op {
    struct kept_rows kept;
    struct table *table;
    struct sessions sessions;
    struct number_list *lists;  /* by session id */
    struct session_mark *marks; /* by session id */
    uint32_t room;              /* of both */
    size_t list_bytes;

    uint64_t serial;            /* of the newest session */
    struct number_list changed; /* ids since the last save; some may be gone */
    struct bytebuf gone;        /* changelog of saved sessions that went since */
};

static void reserve_lists(struct session_rows_op *op)
{
    uint32_t room = op->sessions.room;
    if (room > op->room) {
        op->lists = mem_realloc(op->lists, room * sizeof *op->lists);
        memset(op->lists + op->room, 0, (room - op->room) * sizeof *op->lists);
        op->marks = mem_realloc(op->marks, room * sizeof *op->marks);
        memset(op->marks + op->room, 0, (room - op->room) * sizeof *op->marks);
        op->room = room;
    }
}

static void list_add(struct session_rows_op *op, uint32_t id, uint64_t number)
{
    op->list_bytes -= op->lists[id].room * sizeof(uint64_t);
    number_list_add(&op->lists[id], number);
    op->list_bytes += op->lists[id].room * sizeof(uint64_t);
}

static void forget_session(struct session_rows_op *op, uint32_t id)
{
    struct changelog gone = {.out = &op->gone};
    if (op->marks[id].is_saved) {
        changelog_erase(&gone);
        changelog_put_number(gone.out, op->marks[id].serial);
        changelog_done(&gone);
    }
    number_list_release(&op->marks[id].former);
    op->marks[id] = (struct session_mark){0};
    op->list_bytes -= op->lists[id].room * sizeof(uint64_t);
    number_list_release(&op->lists[id]);
    sessions_remove(&op->sessions, id);
}

/* Rows of this batch that have a session but are not in the log yet. */
struct placed {
    uint32_t n;
    uint32_t rows[BATCH_ROWS];
    uint32_t ids[BATCH_ROWS];
};

static void merge_session(struct session_rows_op *op, struct placed *placed, uint32_t into,
                          uint32_t absorbed)
{
    for (uint32_t i = 0; i < op->lists[absorbed].n; i++) {
        list_add(op, into, op->lists[absorbed].at[i]);
    }
    for (uint32_t i = 0; i < placed->n; i++) {
        placed->ids[i] = placed->ids[i] == absorbed ? into : placed->ids[i];
    }
    const struct session_mark *mark = &op->marks[absorbed];
    for (uint32_t i = 0; i < mark->former.n; i++) {
        number_list_add(&op->marks[into].former, mark->former.at[i]);
    }
    if (mark->is_saved) {
        number_list_add(&op->marks[into].former, mark->serial);
    }
    forget_session(op, absorbed);
}

static size_t session_rows_bytes(const struct session_rows_op *op)
{
    return rowlog_bytes(op->kept.log) + table_bytes(op->table) + sessions_bytes(&op->sessions) +
           op->list_bytes + op->room * (sizeof *op->lists + sizeof *op->marks);
}

/* A row came to the session. */
static void mark_session(struct session_rows_op *op, uint32_t id)
{
    struct session_mark *mark = &op->marks[id];
    mark->serial = mark->serial == 0 ? ++op->serial : mark->serial;
    if (op->kept.op.is_saved && !mark->is_changed) {
        mark->is_changed = true;
        number_list_add(&op->changed, id);
    }
}

static void place_rows(struct session_rows_op *op, const struct batch *batch,
                       const uint32_t *groups)
{
    const int64_t *times = batch->columns[op->kept.intake.time_column].i64;
    struct placed placed;
    placed.n = 0;
    for (uint32_t i = 0; i < batch->n; i++) {
        uint32_t absorbed;
        uint32_t id = sessions_place(&op->sessions, groups[i], times[i], intake_watermark(batch, i),
                                     &absorbed);
        if (id == SESSION_LATE) {
            intake_late(&op->kept.op, batch, i, 1, true);
            continue;
        }
        reserve_lists(op);
        mark_session(op, id);
        if (absorbed != SESSION_NONE) {
            merge_session(op, &placed, id, absorbed);
        }
        placed.rows[placed.n] = i;
        placed.ids[placed.n++] = id;
    }
    uint64_t number = rowlog_append(op->kept.log, batch, placed.rows, placed.n);
    for (uint32_t i = 0; i < placed.n; i++) {
        list_add(op, placed.ids[i], number + i);
    }
}

static void session_rows_push(struct op *base, struct batch *batch)
{
    struct session_rows_op *op = (struct session_rows_op *)base;
    if (!intake_take(&op->kept.intake, batch)) {
        return;
    }
    uint32_t groups[BATCH_ROWS];
    groups_find(op->table, base->node, batch, groups);
    groups_hold(op->table, groups, batch->n);
    place_rows(op, batch, groups);
    groups_let_go(op->table, groups, batch->n);
    intake_over_limit(base, session_rows_bytes(op));
}

static void emit_session(struct session_rows_op *op, uint32_t id)
{
    const struct session *session = &op->sessions.at[id];
    number_list_sort(&op->lists[id]);
    kept_rows_emit(&op->kept, session->start, sessions_window_end(&op->sessions, session),
                   op->lists[id].at, op->lists[id].n);
}

static void session_rows_advance(struct op *base, int64_t watermark)
{
    struct session_rows_op *op = (struct session_rows_op *)base;
    uint32_t n = 0;
    op->kept.watermark = watermark > op->kept.watermark ? watermark : op->kept.watermark;
    if (sessions_next_due(&op->sessions) > watermark) {
        return;
    }
    uint32_t *ids = sessions_closed(&op->sessions, watermark, &n);
    for (uint32_t i = 0; i < n; i++) {
        emit_session(op, ids[i]);
    }
    for (uint32_t i = n; i > 0; i--) { /* a group's newest session first: its list begins there */
        uint32_t id = ids[i - 1];
        base->stats.rows_evicted += op->lists[id].n;
        for (uint32_t row = 0; row < op->lists[id].n; row++) {
            rowlog_drop(op->kept.log, &op->lists[id].at[row], 1);
        }
        forget_session(op, id);
    }
    mem_free(ids);
}

static void emit_all(struct session_rows_op *op)
{
    uint32_t n;
    uint32_t *ids = sessions_all(&op->sessions, &n);
    for (uint32_t i = 0; i < n; i++) {
        emit_session(op, ids[i]);
    }
    mem_free(ids);
}

static void session_rows_trigger(struct op *base, bool at_end)
{
    (void)at_end;
    if (base->node->emit.kind == EMIT_COMPLETE) {
        emit_all((struct session_rows_op *)base);
    }
}

static void session_rows_look(struct op *base, const struct op_look *look)
{
    struct session_rows_op *op = (struct session_rows_op *)base;
    struct look_end end;
    kept_rows_look(&op->kept, look, &end);
    emit_all(op);
    look_end_take(&end, base);
}

/* ---- snapshot -------------------------------------------------------------------------------- */

/* "" = i64 watermark, u64 end of the log, u64 last serial
 * section s: serial = i64 start, i64 last, u32 former { u64 serial }, group
 * section r: number = u64 serial, row
 *
 * Sessions have serial numbers. One that absorbs others has theirs as well, so that the rows which
 * were saved as theirs need not be saved again. */
static void save_rows(struct session_rows_op *op, uint32_t id, uint64_t from, struct changelog *log)
{
    const struct number_list *list = &op->lists[id];
    uint8_t key_group = groups_key_group(op->table, op->sessions.at[id].group);
    for (uint32_t i = 0; i < list->n; i++) {
        if (list->at[i] >= from) {
            changelog_put(log, key_group);
            changelog_put_number(log->out, list->at[i]);
            changelog_value(log);
            codec_put_u64(log->out, op->marks[id].serial);
            rowlog_save_row(op->kept.log, list->at[i], log->out);
            changelog_done(log);
        }
    }
}

static void save_session(struct session_rows_op *op, uint32_t id, struct changelog *log)
{
    const struct session *session = &op->sessions.at[id];
    struct session_mark *mark = &op->marks[id];
    changelog_put(log, groups_key_group(op->table, session->group));
    changelog_put_number(log->out, mark->serial);
    changelog_value(log);
    codec_put_i64(log->out, session->start);
    codec_put_i64(log->out, session->last);
    number_list_save(&mark->former, log->out);
    groups_put_key(op->table, session->group, log->out);
    changelog_done(log);
    mark->is_saved = true;
}

/* Sessions that have changed, once each; mem_free them. */
static uint32_t *changed_sessions(struct session_rows_op *op, bool whole, uint32_t *n)
{
    if (whole) {
        for (uint32_t id = 0; id < op->room; id++) {
            op->marks[id].is_changed = false;
        }
        op->changed.n = 0;
        return sessions_all(&op->sessions, n);
    }
    uint32_t *ids = mem_alloc(((size_t)op->changed.n + 1) * sizeof *ids);
    *n = 0;
    for (uint32_t i = 0; i < op->changed.n; i++) {
        uint32_t id = (uint32_t)op->changed.at[i];
        if (op->sessions.at[id].is_there && op->marks[id].is_changed) {
            ids[(*n)++] = id;
        }
        op->marks[id].is_changed = false;
    }
    op->changed.n = 0;
    return ids;
}

static void session_rows_save(struct op *base, struct changelog *log)
{
    struct session_rows_op *op = (struct session_rows_op *)base;
    uint32_t n;
    uint32_t *ids = changed_sessions(op, log->whole, &n);
    op_save_head(log);
    codec_put_i64(log->out, op->kept.watermark);
    codec_put_u64(log->out, rowlog_end(op->kept.log));
    codec_put_u64(log->out, op->serial);
    changelog_done(log);
    changelog_section(log, slice_text("s"));
    if (!log->whole) {
        bytebuf_add(log->out, op->gone.at, op->gone.len);
    }
    bytebuf_clear(&op->gone);
    for (uint32_t i = 0; i < n; i++) {
        save_session(op, ids[i], log);
    }
    changelog_section(log, slice_text("r"));
    uint64_t from = rowlog_begin_save(op->kept.log, log);
    for (uint32_t i = 0; i < n; i++) {
        save_rows(op, ids[i], from, log);
    }
    rowlog_end_save(op->kept.log);
    mem_free(ids);
}

/* Which session has which serial numbers. */
struct serial {
    uint64_t serial;
    uint32_t id;
};

static int compare_serials(const void *a, const void *b)
{
    const struct serial *x = a;
    const struct serial *y = b;
    return x->serial < y->serial ? -1 : x->serial > y->serial;
}

struct serials {
    struct serial *at;
    uint32_t n;
    uint32_t room;
};

static void serials_add(struct serials *serials, uint64_t serial, uint32_t id)
{
    if (serials->n == serials->room) {
        serials->room = serials->room == 0 ? 64 : serials->room * 2;
        serials->at = mem_realloc(serials->at, serials->room * sizeof *serials->at);
    }
    serials->at[serials->n++] = (struct serial){serial, id};
}

static bool load_session(struct session_rows_op *op, const struct session_saved *saved,
                         struct serials *serials)
{
    struct reader in = saved->rest;
    struct number_list former = {0};
    bool ok = number_list_load(&former, &in);
    uint32_t group =
        groups_take_key(op->table, op->kept.op.node, reader_raw(&in, reader_left(&in)));
    uint32_t id = ok && group != TABLE_NO_ID
                      ? sessions_restore(&op->sessions, group, saved->start, saved->last)
                      : SESSION_NONE;
    if (id == SESSION_NONE || saved->serial > op->serial) {
        number_list_release(&former);
        return false;
    }
    reserve_lists(op);
    op->marks[id] =
        (struct session_mark){.serial = saved->serial, .is_saved = true, .former = former};
    serials_add(serials, saved->serial, id);
    for (uint32_t i = 0; i < former.n; i++) {
        serials_add(serials, former.at[i], id);
    }
    return true;
}

static bool load_row(struct session_rows_op *op, const struct serials *serials,
                     const struct entry *entry)
{
    struct reader in = reader_of(entry->value);
    uint64_t number = changelog_number(entry->key, &in);
    const struct serial wanted = {.serial = reader_u64(&in)};
    const struct serial *of = serials->n == 0 ? NULL
                                              : bsearch(&wanted, serials->at, serials->n,
                                                        sizeof *serials->at, compare_serials);
    if (!reader_ok(&in) || of == NULL || !rowlog_load_row(op->kept.log, number, &in) ||
        reader_left(&in) != 0) {
        return false;
    }
    list_add(op, of->id, number);
    return true;
}

/* Sessions come before rows: in the order of sections. */
static bool load_rows(struct session_rows_op *op, struct entries_walk *walk)
{
    struct sessions_saved saved = {0};
    struct serials serials = {0};
    struct entry entry;
    bool has_entry = sessions_saved_take(&saved, walk, &entry);
    bool ok = !saved.is_damaged;
    for (uint32_t i = 0; i < saved.n && ok; i++) {
        ok = load_session(op, &saved.at[i], &serials);
    }
    if (serials.n > 0) {
        qsort(serials.at, serials.n, sizeof *serials.at, compare_serials);
    }
    for (; has_entry && ok; has_entry = entries_next(walk, &entry)) {
        ok = load_row(op, &serials, &entry);
    }
    mem_free(serials.at);
    mem_free(saved.at);
    return ok;
}

static bool all_have_rows(const struct session_rows_op *op)
{
    for (uint32_t id = 0; id < op->sessions.end; id++) {
        if (op->sessions.at[id].is_there && op->lists[id].n == 0) {
            return false;
        }
    }
    return true;
}

static enum status session_rows_load(struct op *base, struct entries_walk *walk, struct error *err)
{
    struct session_rows_op *op = (struct session_rows_op *)base;
    struct reader in;
    TRY(op_load_head(base, walk, &in, err));
    op->kept.watermark = reader_i64(&in);
    uint64_t end = reader_u64(&in);
    op->serial = reader_u64(&in);
    bool ok = reader_ok(&in) && reader_left(&in) == 0 && load_rows(op, walk) && all_have_rows(op);
    return ok && rowlog_end_load(op->kept.log, end) ? OK : op_damaged(base, err);
}

static void session_rows_measure(struct op *base)
{
    const struct session_rows_op *op = (const struct session_rows_op *)base;
    base->stats.state_rows = rowlog_rows(op->kept.log);
    base->stats.state_bytes = session_rows_bytes(op);
    base->stats.next_due = sessions_next_due(&op->sessions);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void session_rows_close(struct op *base)
{
    struct session_rows_op *op = (struct session_rows_op *)base;
    for (uint32_t id = 0; id < op->room; id++) {
        number_list_release(&op->lists[id]);
        number_list_release(&op->marks[id].former);
    }
    mem_free(op->lists);
    mem_free(op->marks);
    number_list_release(&op->changed);
    bytebuf_release(&op->gone);
    sessions_release(&op->sessions);
    table_free(op->table);
    kept_rows_release(&op->kept);
}

static const struct op_kind session_rows_kind = {
    .name = "session rows",
    .version = 1,
    .push = session_rows_push,
    .advance = session_rows_advance,
    .trigger = session_rows_trigger,
    .save = session_rows_save,
    .load = session_rows_load,
    .look = session_rows_look,
    .measure = session_rows_measure,
    .close = session_rows_close,
};

struct op *op_session_rows_new(struct op_context *context, const struct plan_node *node)
{
    struct session_rows_op *op = arena_zalloc(context->query, sizeof *op);
    kept_rows_init(&op->kept, context, node, &session_rows_kind);
    op->table = table_new();
    sessions_init(&op->sessions, &node->window, op->table);
    op->sessions.never_closes = node->emit.kind == EMIT_COMPLETE;
    return &op->kept.op;
}
