/* session_save: the state of op_session as entries and back.
 *
 *     section ""  "" = i64 watermark, i64 every_next_us, u64 last serial, u64 n_cleared
 *     section s   serial = i64 start, i64 last, u8 is_dirty, u64 n_cleared, u8 is_shown,
 *                          i64 start and last of what is shown, group, cell
 *     section g   number = group, i64 start, i64 last                       rows that must go yet
 *
 * A session is dirty if it was saved as dirty and nothing has been cleared since, as in
 * aggregate_save.c. */
#include "engine/agg/agg.h"
#include "engine/base/mem.h"
#include "engine/ops/groups.h"
#include "engine/ops/session_totals.h"
#include "engine/ops/sessions_saved.h"

/* ---- what changed, what is gone -----------------------------------------------------------------
 */

void session_mark_changed(struct session_op *op, uint32_t id)
{
    struct session_extra *extra = &op->extra[id];
    extra->serial = extra->serial == 0 ? ++op->serial : extra->serial;
    if (!op->op.is_saved || extra->is_changed) {
        return;
    }
    if (op->n_changed == op->changed_room) {
        op->changed_room = op->changed_room == 0 ? 64 : op->changed_room * 2;
        op->changed = mem_realloc(op->changed, op->changed_room * sizeof *op->changed);
    }
    extra->is_changed = true;
    op->changed[op->n_changed++] = id;
}

void session_forgets(struct session_op *op, uint32_t id)
{
    struct changelog erased = {.out = &op->erased};
    struct session_extra *extra = &op->extra[id];
    if (extra->is_saved) {
        changelog_section(&erased, slice_text("s"));
        changelog_erase(&erased);
        changelog_put_number(erased.out, extra->serial);
        changelog_done(&erased);
    }
    extra->serial = 0;
    extra->is_saved = false;
    extra->is_changed = false;
}

void session_forgets_gone(struct session_op *op)
{
    struct changelog erased = {.out = &op->erased};
    if (op->n_gone_saved > 0) {
        changelog_section(&erased, slice_text("g"));
        changelog_drop(&erased);
    }
    op->n_gone_saved = 0;
}

/* ---- saving -------------------------------------------------------------------------------------
 */

static void save_session(struct session_op *op, uint32_t id, struct changelog *log)
{
    struct session_extra *extra = &op->extra[id];
    struct shown_row row = session_row(op, id);
    changelog_put(log, groups_key_group(op->table, row.group));
    changelog_put_number(log->out, extra->serial);
    changelog_value(log);
    codec_put_i64(log->out, row.start);
    codec_put_i64(log->out, row.last);
    codec_put_u8(log->out, extra->is_dirty);
    codec_put_u64(log->out, op->n_cleared);
    codec_put_u8(log->out, extra->is_shown);
    codec_put_i64(log->out, extra->shown.start);
    codec_put_i64(log->out, extra->shown.last);
    groups_save(op->table, row.group, log->out);
    agg_set_save(op->set, session_cell(op, id), log->out);
    changelog_done(log);
    extra->is_changed = false;
    extra->is_saved = true;
}

static void save_gone(struct session_op *op, struct changelog *log)
{
    changelog_section(log, slice_text("g"));
    for (uint32_t i = log->whole ? 0 : op->n_gone_saved; i < op->n_gone; i++) {
        const struct shown_row *row = &op->gone[i];
        changelog_put(log, groups_key_group(op->table, row->group));
        changelog_put_number(log->out, i);
        changelog_value(log);
        groups_save(op->table, row->group, log->out);
        codec_put_i64(log->out, row->start);
        codec_put_i64(log->out, row->last);
        changelog_done(log);
    }
    op->n_gone_saved = op->n_gone;
}

static void save_head(const struct session_op *op, struct changelog *log)
{
    op_save_head(log);
    codec_put_i64(log->out, op->watermark);
    codec_put_i64(log->out, op->every_next_us);
    codec_put_u64(log->out, op->serial);
    codec_put_u64(log->out, op->n_cleared);
    changelog_done(log);
}

void session_save(struct op *base, struct changelog *log)
{
    struct session_op *op = (struct session_op *)base;
    uint32_t n = log->whole ? op->sessions.end : op->n_changed;
    save_head(op, log);
    if (!log->whole) {
        bytebuf_add(log->out, op->erased.at, op->erased.len);
    }
    bytebuf_clear(&op->erased);
    changelog_section(log, slice_text("s"));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t id = log->whole ? i : op->changed[i];
        /* An id may be there twice, or have gone to another session since. */
        if (op->sessions.at[id].is_there && (log->whole || op->extra[id].is_changed)) {
            save_session(op, id, log);
        }
    }
    op->n_changed = 0;
    save_gone(op, log);
}

/* ---- loading ------------------------------------------------------------------------------------
 */

static enum status load_session(struct session_op *op, const struct session_saved *saved,
                                struct error *err)
{
    struct reader in = saved->rest;
    bool is_dirty = reader_u8(&in) != 0;
    is_dirty &= reader_u64(&in) == op->n_cleared;
    bool is_shown = reader_u8(&in) != 0;
    struct shown_row shown = {.start = reader_i64(&in), .last = reader_i64(&in)};
    shown.group = groups_load(op->table, op->op.node, &in);
    if (!reader_ok(&in) || saved->serial > op->serial) {
        return op_damaged(&op->op, err);
    }
    uint32_t id = sessions_restore(&op->sessions, shown.group, saved->start, saved->last);
    if (id == SESSION_NONE) {
        return op_damaged(&op->op, err);
    }
    session_reserve(op);
    struct session_extra *extra = &op->extra[id];
    extra->serial = saved->serial;
    extra->is_saved = true;
    extra->is_shown = is_shown;
    extra->shown = shown;
    if (is_dirty) {
        session_mark_dirty(op, id);
    }
    TRY(agg_set_load(op->set, session_cell(op, id), &in, err));
    return reader_ok(&in) && reader_left(&in) == 0 ? OK : op_damaged(&op->op, err);
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

static bool load_gone(struct session_op *op, const struct entry *entry)
{
    struct reader in = reader_of(entry->value);
    struct shown_row row = {.group = groups_load(op->table, op->op.node, &in)};
    row.start = reader_i64(&in);
    row.last = reader_i64(&in);
    if (!reader_ok(&in) || reader_left(&in) != 0 || !gone_is_sound(op, &row)) {
        return false;
    }
    session_add_gone(op, &row);
    return true;
}

static enum status load_sessions(struct session_op *op, const struct sessions_saved *saved,
                                 struct error *err)
{
    if (saved->is_damaged) {
        return op_damaged(&op->op, err);
    }
    for (uint32_t i = 0; i < saved->n; i++) {
        TRY(load_session(op, &saved->at[i], err));
    }
    return OK;
}

enum status session_load(struct op *base, struct entries_walk *walk, struct error *err)
{
    struct session_op *op = (struct session_op *)base;
    struct sessions_saved saved = {0};
    struct reader in;
    struct entry entry;
    TRY(op_load_head(base, walk, &in, err));
    op->watermark = reader_i64(&in);
    op->every_next_us = reader_i64(&in);
    op->serial = reader_u64(&in);
    op->n_cleared = reader_u64(&in);
    if (!reader_ok(&in) || reader_left(&in) != 0) {
        return op_damaged(base, err);
    }
    bool has_entry = sessions_saved_take(&saved, walk, &entry);
    enum status status = load_sessions(op, &saved, err);
    mem_free(saved.at);
    TRY(status);
    for (; has_entry; has_entry = entries_next(walk, &entry)) {
        if (!load_gone(op, &entry)) {
            return op_damaged(base, err);
        }
    }
    op->n_gone_saved = op->n_gone;
    return OK;
}
