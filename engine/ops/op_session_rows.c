/* op_session_rows: the rows of each session, as they are, when it is closed. */
#include "engine/base/mem.h"
#include "engine/ops/groups.h"
#include "engine/ops/kept_rows.h"
#include "engine/ops/sessions.h"

struct session_rows_op {
    struct kept_rows kept;
    struct table *table;
    struct sessions sessions;
    struct number_list *lists; /* by session id */
    uint32_t room;
    size_t list_bytes;
};

static void reserve_lists(struct session_rows_op *op)
{
    uint32_t room = op->sessions.room;
    if (room > op->room) {
        op->lists = mem_realloc(op->lists, room * sizeof *op->lists);
        memset(op->lists + op->room, 0, (room - op->room) * sizeof *op->lists);
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
    forget_session(op, absorbed);
}

static size_t session_rows_bytes(const struct session_rows_op *op)
{
    return rowlog_bytes(op->kept.log) + table_bytes(op->table) + sessions_bytes(&op->sessions) +
           op->list_bytes + op->room * sizeof *op->lists;
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

/* i64 watermark, log, u32 sessions { key, i64 start, i64 last, numbers } */
static void session_rows_save(const struct op *base, struct bytebuf *out)
{
    const struct session_rows_op *op = (const struct session_rows_op *)base;
    uint32_t n;
    uint32_t *ids = sessions_to_save(&op->sessions, &n);
    codec_put_i64(out, op->kept.watermark);
    rowlog_save(op->kept.log, out);
    codec_put_u32(out, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct session *session = &op->sessions.at[ids[i]];
        groups_save(op->table, session->group, out);
        codec_put_i64(out, session->start);
        codec_put_i64(out, session->last);
        number_list_save(&op->lists[ids[i]], out);
    }
    mem_free(ids);
}

static bool load_session(struct session_rows_op *op, struct reader *in)
{
    uint32_t group = groups_load(op->table, op->kept.op.node, in);
    int64_t start = reader_i64(in);
    int64_t last = reader_i64(in);
    if (!reader_ok(in)) {
        return false;
    }
    uint32_t id = sessions_restore(&op->sessions, group, start, last);
    if (id == SESSION_NONE) {
        return false;
    }
    reserve_lists(op);
    bool ok = number_list_load(&op->lists[id], op->kept.log, in);
    op->list_bytes += op->lists[id].room * sizeof(uint64_t);
    return ok;
}

/* Every row is in exactly one session, or dropping it would fail later. */
static bool lists_match_log(const struct session_rows_op *op)
{
    struct number_list all = {0};
    for (uint32_t id = 0; id < op->sessions.end; id++) {
        for (uint32_t i = 0; i < op->lists[id].n; i++) {
            number_list_add(&all, op->lists[id].at[i]);
        }
    }
    bool match = number_list_is(&all, op->kept.log);
    number_list_release(&all);
    return match;
}

static enum status session_rows_load(struct op *base, struct reader *in, struct error *err)
{
    struct session_rows_op *op = (struct session_rows_op *)base;
    op->kept.watermark = reader_i64(in);
    TRY(rowlog_load(op->kept.log, in, err));
    uint32_t n = reader_u32(in);
    bool ok = reader_ok(in);
    for (uint32_t i = 0; i < n && ok; i++) {
        ok = load_session(op, in);
    }
    return ok && lists_match_log(op) ? OK : error_set(err, ERR_STATE, "saved sessions are damaged");
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
    }
    mem_free(op->lists);
    sessions_release(&op->sessions);
    table_free(op->table);
    kept_rows_release(&op->kept);
}

static const struct op_kind session_rows_kind = {
    .name = "session rows",
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
