/* op_window_rows: the rows of each hopping, tumbling or cumulating window, as they are. Each row is
 * kept once, in its pane; a window is the rows of its panes in the order they came.
 *
 * A row that came when some of its windows were closed remembers the first one that was not, since
 * closed windows may still be waiting for the next advance to leave. */
#include "engine/base/mem.h"
#include "engine/ops/kept_rows.h"
#include "engine/ops/ops.h"
#include "engine/plan/window.h"

struct pane_row {
    uint64_t number;
    int64_t first_window; /* it is in no window before this one */
};

struct row_pane {
    int64_t index;
    struct pane_row *rows;
    uint32_t n;
    uint32_t room;
};

struct window_rows_op {
    struct kept_rows kept;
    struct window_grid grid;
    struct row_pane *panes; /* by index, ascending */
    uint32_t n;
    uint32_t room;
    size_t list_bytes;   /* of their rows */
    bool has_next;       /* a window has left: next_window is set */
    int64_t next_window; /* all below have left */
};

/* ---- panes ----------------------------------------------------------------------------------- */

/* Position of the first pane with at least this index. */
static uint32_t panes_lower(const struct window_rows_op *op, int64_t index)
{
    uint32_t low = 0;
    uint32_t high = op->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (op->panes[middle].index < index) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

static struct row_pane *pane_get(struct window_rows_op *op, int64_t index)
{
    uint32_t at = panes_lower(op, index);
    if (at < op->n && op->panes[at].index == index) {
        return &op->panes[at];
    }
    if (op->n == op->room) {
        op->room = op->room == 0 ? 16 : op->room * 2;
        op->panes = mem_realloc(op->panes, op->room * sizeof *op->panes);
    }
    memmove(op->panes + at + 1, op->panes + at, (op->n - at) * sizeof *op->panes);
    op->panes[at] = (struct row_pane){.index = index};
    op->n++;
    return &op->panes[at];
}

static void pane_add(struct window_rows_op *op, int64_t index, struct pane_row row)
{
    struct row_pane *pane = pane_get(op, index);
    if (pane->n == pane->room) {
        op->list_bytes -= pane->room * sizeof *pane->rows;
        pane->room = pane->room == 0 ? 16 : pane->room * 2;
        pane->rows = mem_realloc(pane->rows, pane->room * sizeof *pane->rows);
        op->list_bytes += pane->room * sizeof *pane->rows;
    }
    pane->rows[pane->n++] = row;
}

static void drop_panes_below(struct window_rows_op *op, int64_t index)
{
    uint32_t n = panes_lower(op, index);
    for (uint32_t i = 0; i < n; i++) {
        struct row_pane *pane = &op->panes[i];
        for (uint32_t row = 0; row < pane->n; row++) {
            rowlog_drop(op->kept.log, &pane->rows[row].number, 1);
        }
        op->kept.op.stats.rows_evicted += pane->n;
        op->list_bytes -= pane->room * sizeof *pane->rows;
        mem_free(pane->rows);
    }
    op->n -= n;
    memmove(op->panes, op->panes + n, op->n * sizeof *op->panes);
}

/* ---- rows come ------------------------------------------------------------------------------- */

/* The pane of the row before, since neighbours mostly share it. */
struct pane_cursor {
    int64_t start_us;
    int64_t end_us;
    int64_t pane;
    int64_t closes_us; /* when its first window does */
};

static void cursor_move(const struct window_rows_op *op, struct pane_cursor *cursor, int64_t time)
{
    const struct window_grid *grid = &op->grid;
    if (time >= cursor->start_us && time < cursor->end_us) {
        return;
    }
    cursor->pane = window_pane(grid, time);
    cursor->start_us = window_pane_start(grid, cursor->pane);
    cursor->end_us = window_pane_start(grid, cursor->pane + 1);
    cursor->closes_us = time_plus(window_end_us(grid, window_first_of(grid, cursor->pane)),
                                  op->kept.op.node->window.grace_us);
}

/* The first window of the row's pane that was not closed when it came; false if all were. */
static bool first_open_window(struct window_rows_op *op, const struct batch *batch, uint32_t row,
                              const struct pane_cursor *cursor, int64_t *first)
{
    int64_t watermark = intake_watermark(batch, row);
    int64_t last = window_last_of(&op->grid, cursor->pane);
    int64_t k = window_first_of(&op->grid, cursor->pane);
    uint64_t n_late = 0;
    *first = k;
    if (watermark < cursor->closes_us || op->kept.op.node->emit.kind == EMIT_COMPLETE) {
        return true;
    }
    for (; k <= last && window_is_due(&op->grid, k, watermark); k++) {
        n_late++;
    }
    if (n_late > 0) {
        intake_late(&op->kept.op, batch, row, n_late, k > last);
    }
    *first = k;
    return k <= last;
}

static size_t window_rows_bytes(const struct window_rows_op *op)
{
    return rowlog_bytes(op->kept.log) + op->list_bytes + op->room * sizeof *op->panes;
}

static void window_rows_push(struct op *base, struct batch *batch)
{
    struct window_rows_op *op = (struct window_rows_op *)base;
    if (!intake_take(&op->kept.intake, batch)) {
        return;
    }
    const int64_t *times = batch->columns[op->kept.intake.time_column].i64;
    int64_t *panes = arena_alloc(batch->arena, batch->n * sizeof *panes);
    int64_t *firsts = arena_alloc(batch->arena, batch->n * sizeof *firsts);
    uint32_t *rows = arena_alloc(batch->arena, batch->n * sizeof *rows);
    struct pane_cursor cursor = {.start_us = TIME_END, .end_us = TIME_NONE};
    uint32_t n = 0;
    for (uint32_t i = 0; i < batch->n; i++) {
        cursor_move(op, &cursor, times[i]);
        panes[n] = cursor.pane;
        rows[n] = i;
        n += first_open_window(op, batch, i, &cursor, &firsts[n]);
    }
    uint64_t number = rowlog_append(op->kept.log, batch, rows, n);
    for (uint32_t i = 0; i < n; i++) {
        pane_add(op, panes[i], (struct pane_row){number + i, firsts[i]});
    }
    intake_over_limit(base, window_rows_bytes(op));
}

/* ---- windows leave --------------------------------------------------------------------------- */

static void emit_window(struct window_rows_op *op, int64_t k)
{
    struct number_list numbers = {0};
    int64_t end = window_end_pane(&op->grid, k);
    for (uint32_t at = panes_lower(op, window_first_pane(&op->grid, k));
         at < op->n && op->panes[at].index < end; at++) {
        const struct row_pane *pane = &op->panes[at];
        for (uint32_t i = 0; i < pane->n; i++) {
            if (pane->rows[i].first_window <= k) {
                number_list_add(&numbers, pane->rows[i].number);
            }
        }
    }
    number_list_sort(&numbers);
    kept_rows_emit(&op->kept, window_start_us(&op->grid, k), window_end_us(&op->grid, k),
                   numbers.at, numbers.n);
    number_list_release(&numbers);
}

/* The first window from `from` on that has a pane with rows in it; false if there is none. */
static bool next_with_rows(const struct window_rows_op *op, bool has_from, int64_t from, int64_t *k)
{
    uint32_t at = has_from ? panes_lower(op, window_first_pane(&op->grid, from)) : 0;
    if (at == op->n) {
        return false;
    }
    *k = window_first_of(&op->grid, op->panes[at].index);
    *k = has_from && *k < from ? from : *k;
    return true;
}

static void window_rows_advance(struct op *base, int64_t watermark)
{
    struct window_rows_op *op = (struct window_rows_op *)base;
    int64_t k;
    op->kept.watermark = watermark > op->kept.watermark ? watermark : op->kept.watermark;
    if (base->node->emit.kind == EMIT_COMPLETE) {
        return;
    }
    while (next_with_rows(op, op->has_next, op->next_window, &k) &&
           window_is_due(&op->grid, k, watermark)) {
        emit_window(op, k);
        op->has_next = true;
        op->next_window = k + 1;
        drop_panes_below(op, window_first_pane(&op->grid, k + 1));
    }
}

static void window_rows_trigger(struct op *base, bool at_end)
{
    (void)at_end;
    struct window_rows_op *op = (struct window_rows_op *)base;
    int64_t k = 0;
    if (base->node->emit.kind != EMIT_COMPLETE) {
        return;
    }
    for (bool more = next_with_rows(op, false, 0, &k); more;
         more = next_with_rows(op, true, k + 1, &k)) {
        emit_window(op, k);
    }
}

static void window_rows_look(struct op *base, const struct op_look *look)
{
    struct window_rows_op *op = (struct window_rows_op *)base;
    struct look_end end;
    int64_t k = 0;
    kept_rows_look(&op->kept, look, &end);
    for (bool more = next_with_rows(op, op->has_next, op->next_window, &k); more;
         more = next_with_rows(op, true, k + 1, &k)) {
        emit_window(op, k);
    }
    look_end_take(&end, base);
}

/* ---- snapshot -------------------------------------------------------------------------------- */

/* "" = i64 watermark, u8 has_next, i64 next_window, u64 end of the log
 * section r: number = i64 pane, i64 first_window, row */
static void window_rows_save(struct op *base, struct changelog *log)
{
    struct window_rows_op *op = (struct window_rows_op *)base;
    op_save_head(log);
    codec_put_i64(log->out, op->kept.watermark);
    codec_put_u8(log->out, op->has_next);
    codec_put_i64(log->out, op->next_window);
    codec_put_u64(log->out, rowlog_end(op->kept.log));
    changelog_done(log);
    changelog_section(log, slice_text("r"));
    uint64_t from = rowlog_begin_save(op->kept.log, log);
    for (uint32_t i = 0; i < op->n; i++) {
        const struct row_pane *pane = &op->panes[i];
        for (uint32_t row = pane->n; row > 0 && pane->rows[row - 1].number >= from; row--) {
            const struct pane_row *saved = &pane->rows[row - 1];
            changelog_put(log, 0);
            changelog_put_number(log->out, saved->number);
            changelog_value(log);
            codec_put_i64(log->out, pane->index);
            codec_put_i64(log->out, saved->first_window);
            rowlog_save_row(op->kept.log, saved->number, log->out);
            changelog_done(log);
        }
    }
    rowlog_end_save(op->kept.log);
}

static bool load_row(struct window_rows_op *op, const struct entry *entry)
{
    struct reader in = reader_of(entry->value);
    uint64_t number = changelog_number(entry->key, &in);
    int64_t index = reader_i64(&in);
    int64_t first_window = reader_i64(&in);
    if (!reader_ok(&in) || !window_has_pane(&op->grid, index) ||
        !rowlog_load_row(op->kept.log, number, &in) || reader_left(&in) != 0) {
        return false;
    }
    pane_add(op, index, (struct pane_row){number, first_window});
    return true;
}

static enum status window_rows_load(struct op *base, struct entries_walk *walk, struct error *err)
{
    struct window_rows_op *op = (struct window_rows_op *)base;
    struct reader in;
    struct entry entry;
    TRY(op_load_head(base, walk, &in, err));
    op->kept.watermark = reader_i64(&in);
    op->has_next = reader_u8(&in) != 0;
    op->next_window = reader_i64(&in);
    uint64_t end = reader_u64(&in);
    bool ok = reader_ok(&in) && reader_left(&in) == 0 && window_has(&op->grid, op->next_window);
    while (ok && entries_next(walk, &entry)) {
        ok = load_row(op, &entry);
    }
    return ok && rowlog_end_load(op->kept.log, end) ? OK : op_damaged(base, err);
}

static void window_rows_measure(struct op *base)
{
    const struct window_rows_op *op = (const struct window_rows_op *)base;
    int64_t k;
    base->stats.state_rows = rowlog_rows(op->kept.log);
    base->stats.state_bytes = window_rows_bytes(op);
    base->stats.next_due = TIME_END;
    if (next_with_rows(op, op->has_next, op->next_window, &k)) {
        base->stats.next_due = time_plus(window_end_us(&op->grid, k), base->node->window.grace_us);
    }
}

/* ---- life ------------------------------------------------------------------------------------ */

static void window_rows_close(struct op *base)
{
    struct window_rows_op *op = (struct window_rows_op *)base;
    for (uint32_t i = 0; i < op->n; i++) {
        mem_free(op->panes[i].rows);
    }
    mem_free(op->panes);
    kept_rows_release(&op->kept);
}

static const struct op_kind window_rows_kind = {
    .name = "window rows",
    .version = 1,
    .push = window_rows_push,
    .advance = window_rows_advance,
    .trigger = window_rows_trigger,
    .save = window_rows_save,
    .load = window_rows_load,
    .look = window_rows_look,
    .measure = window_rows_measure,
    .close = window_rows_close,
};

struct op *op_window_rows_new(struct op_context *context, const struct plan_node *node)
{
    if (node->window.kind == WINDOW_SESSION) {
        return op_session_rows_new(context, node);
    }
    if (node->window.kind == WINDOW_ROWS) {
        return op_count_rows_new(context, node);
    }
    struct window_rows_op *op = arena_zalloc(context->query, sizeof *op);
    kept_rows_init(&op->kept, context, node, &window_rows_kind);
    window_grid_init(&op->grid, &node->window);
    return &op->kept.op;
}
