/* session_save: the state of op_session as bytes and back. */
#include "engine/agg/agg.h"
#include "engine/base/mem.h"
#include "engine/ops/groups.h"
#include "engine/ops/session_totals.h"

static void save_row(const struct session_op *op, const struct shown_row *row, struct bytebuf *out)
{
    groups_save(op->table, row->group, out);
    codec_put_i64(out, row->start);
    codec_put_i64(out, row->last);
}

/* i64 watermark, i64 every_next_us, u32 sessions { row, u8 is_dirty, u8 is_shown, row shown, cell
 * }, u32 gone { row }; row = key, i64 start, i64 last */
void session_save(const struct op *base, struct bytebuf *out)
{
    const struct session_op *op = (const struct session_op *)base;
    uint32_t n;
    uint32_t *ids = sessions_to_save(&op->sessions, &n);
    codec_put_i64(out, op->watermark);
    codec_put_i64(out, op->every_next_us);
    codec_put_u32(out, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct session_extra *extra = &op->extra[ids[i]];
        struct shown_row row = session_row(op, ids[i]);
        save_row(op, &row, out);
        codec_put_u8(out, extra->is_dirty);
        codec_put_u8(out, extra->is_shown);
        save_row(op, extra->is_shown ? &extra->shown : &row, out);
        agg_set_save(op->set, session_cell(op, ids[i]), out);
    }
    mem_free(ids);
    codec_put_u32(out, op->n_gone);
    for (uint32_t i = 0; i < op->n_gone; i++) {
        save_row(op, &op->gone[i], out);
    }
}

static enum status damaged(struct error *err)
{
    return error_set(err, ERR_STATE, "saved sessions are damaged");
}

static bool load_row(struct session_op *op, struct reader *in, struct shown_row *row)
{
    row->group = groups_load(op->table, op->op.node, in);
    row->start = reader_i64(in);
    row->last = reader_i64(in);
    return reader_ok(in);
}

static enum status load_session(struct session_op *op, struct reader *in, struct error *err)
{
    struct shown_row row;
    struct shown_row shown;
    if (!load_row(op, in, &row)) {
        return damaged(err);
    }
    uint32_t id = sessions_restore(&op->sessions, row.group, row.start, row.last);
    if (id == SESSION_NONE) {
        return damaged(err);
    }
    session_reserve(op);
    bool is_dirty = reader_u8(in) != 0;
    bool is_shown = reader_u8(in) != 0;
    if (!load_row(op, in, &shown) || shown.group != row.group) {
        return damaged(err);
    }
    op->extra[id].is_shown = is_shown;
    op->extra[id].shown = shown;
    if (is_dirty) {
        session_mark_dirty(op, id);
    }
    return agg_set_load(op->set, session_cell(op, id), in, err);
}

/* A row that is gone lies within a session that is there. */
static bool gone_is_sound(const struct session_op *op, const struct shown_row *row)
{
    uint32_t id =
        row->group < op->sessions.n_groups ? op->sessions.newest[row->group] : SESSION_NONE;
    while (id != SESSION_NONE &&
           (op->sessions.at[id].start > row->start || op->sessions.at[id].last < row->start)) {
        id = op->sessions.at[id].older;
    }
    return id != SESSION_NONE;
}

enum status session_load(struct op *base, struct reader *in, struct error *err)
{
    struct session_op *op = (struct session_op *)base;
    op->watermark = reader_i64(in);
    op->every_next_us = reader_i64(in);
    uint32_t n = reader_u32(in);
    for (uint32_t i = 0; i < n; i++) {
        TRY(load_session(op, in, err));
    }
    uint32_t n_gone = reader_u32(in);
    for (uint32_t i = 0; i < n_gone; i++) {
        struct shown_row row;
        if (!load_row(op, in, &row) || !gone_is_sound(op, &row)) {
            return damaged(err);
        }
        session_add_gone(op, &row);
    }
    return OK;
}
