/* op_over: WINDOW … SLIDE ROW: each row with aggregates over the rows of its group with times in
 * [t - size, t]. See over.h for its parts.
 *
 * A row's window ends with the row, so a row is late if t + grace < watermark, and final from there
 * on. Rows that can be in no window any more are forgotten when all groups are looked at, which
 * happens about four times while the window slides by its size; a group without rows is forgotten
 * with them. What is forgotten when does not show in any result. */
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/ops/groups.h"
#include "engine/ops/ops.h"
#include "engine/ops/over.h"
#include "engine/ops/wanted.h"

/* ---- rows and groups ------------------------------------------------------------------------- */

uint64_t over_insert(struct over_op *over, uint32_t id, int64_t time, uint32_t row,
                     int64_t dead_below)
{
    const struct series *series = over_window_series(&over->window, id);
    if (series->n > 0 && over_window_time(&over->window, id, series_end(series) - 1) < dead_below) {
        over_forget(over, id, series_end(series));
    }
    if (series->n == 0) {
        table_retain(over->table, id);
    }
    over->n_fresh++;
    over->newest = time > over->newest ? time : over->newest;
    return over_window_insert(&over->window, id, time, row);
}

void over_forget(struct over_op *over, uint32_t id, uint64_t position)
{
    const struct series *series = over_window_series(&over->window, id);
    if (position == series->first) {
        return;
    }
    over->op.stats.rows_evicted += position - series->first;
    over_window_drop_before(&over->window, id, position);
    if (series->n > 0) {
        return;
    }
    table_drop(over->table, id);
    if (over->rises) {
        CHECK(!over->marks[id].risen);
        mem_free(over->marks[id].last);
        over->marks[id] = (struct over_mark){0};
    }
}

static void sweep(struct over_op *over, int64_t watermark)
{
    int64_t alive_from =
        watermark == TIME_END ? TIME_END : time_minus(watermark, over->lifetime_us);
    uint32_t end = table_id_end(over->table) < over->window.room ? table_id_end(over->table)
                                                                 : over->window.room;
    over->swept_at = watermark;
    over->n_fresh = 0;
    for (uint32_t id = 0; id < end; id++) {
        const struct series *series = over_window_series(&over->window, id);
        if (series->n == 0 ||
            !over_is_dead(over, over_window_time(&over->window, id, series->first), watermark)) {
            continue;
        }
        if (over->rises) {
            over_arrival_expire(over, id, watermark);
        }
        over_forget(over, id,
                    watermark == TIME_END ? series_end(series)
                                          : over_window_seek(&over->window, id, alive_from));
    }
}

/* Often enough that no more than a quarter of the rows are dead, but not for a few rows among many
 * groups; and when all are dead. */
static bool sweep_is_due(const struct over_op *over, int64_t watermark)
{
    uint32_t n = table_count(over->table);
    if (n == 0) {
        return false;
    }
    return over_is_dead(over, over->newest, watermark) ||
           (over->n_fresh >= n / 8 && watermark >= time_plus(over->swept_at, over->size_us / 4));
}

/* ---- rows and time come ---------------------------------------------------------------------- */

static size_t over_bytes(const struct over_op *over)
{
    return table_bytes(over->table) + over_window_bytes(&over->window) +
           agenda_bytes(&over->agenda) + timers_bytes(&over->timers) +
           over->n_marks * sizeof *over->marks + (over->log == NULL ? 0 : rowlog_bytes(over->log));
}

static bool is_late(const struct over_op *over, const struct batch *batch, uint32_t row)
{
    int64_t time = batch->columns[over->intake.time_column].i64[row];
    return time_plus(time, over->op.node->window.grace_us) < intake_watermark(batch, row);
}

static bool has_late(const struct over_op *over, const struct batch *batch)
{
    bool late = false;
    for (uint32_t i = 0; i < batch->n && batch->watermark != TIME_NONE; i++) {
        late |= is_late(over, batch, i);
    }
    return late;
}

static void take_rows(struct over_op *over, struct batch *batch)
{
    if (over->is_behind) {
        over_behind_rows(over, batch);
    } else {
        over_arrival_rows(over, batch);
    }
}

static void take_part(struct over_op *over, const struct batch *batch, const uint32_t *rows,
                      uint32_t n)
{
    if (n > 0) {
        struct batch part;
        batch_part(batch, rows, n, &part);
        take_rows(over, &part);
    }
}

/* The window that ends with a late row is closed, so the row has no answer; but it still is in the
 * windows of later rows that are open (language.md §4.2: late is judged per row and window). It
 * goes to its group without leaving. Under ON RISE a group stands where its answered rows put it:
 * late rows are left out. */
static void take_silently(struct over_op *over, const struct batch *batch, uint32_t row)
{
    int64_t time = batch->columns[over->intake.time_column].i64[row];
    int64_t watermark = intake_watermark(batch, row);
    if (over->rises || over_is_dead(over, time, watermark)) {
        return;
    }
    struct batch part;
    uint32_t id;
    batch_part(batch, &row, 1, &part);
    groups_find(over->table, over->op.node, &part, &id);
    groups_hold(over->table, &id, 1);
    over_window_reserve(&over->window);
    over_window_take(&over->window, &part);
    over_insert(over, id, time, 0, time_minus(time, over->size_us));
    over_window_settle(&over->window);
    groups_let_go(over->table, &id, 1);
}

/* Rows whose windows are closed at a late row leave before it comes in. */
static void take_with_late(struct over_op *over, const struct batch *batch)
{
    uint32_t rows[BATCH_ROWS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < batch->n; i++) {
        if (!is_late(over, batch, i)) {
            rows[n++] = i;
            continue;
        }
        take_part(over, batch, rows, n);
        n = 0;
        intake_late(&over->op, batch, i, 1, true);
        if (over->is_behind) {
            over_behind_advance(over, intake_watermark(batch, i));
        }
        take_silently(over, batch, i);
    }
    take_part(over, batch, rows, n);
}

static void over_push(struct op *op, struct batch *batch)
{
    struct over_op *over = (struct over_op *)op;
    if (!intake_take(&over->intake, batch)) {
        return;
    }
    if (has_late(over, batch)) {
        take_with_late(over, batch);
    } else {
        take_rows(over, batch);
    }
    intake_over_limit(op, over_bytes(over));
}

static void over_advance(struct op *op, int64_t watermark)
{
    struct over_op *over = (struct over_op *)op;
    if (watermark <= over->watermark) {
        return;
    }
    over->watermark = watermark;
    if (over->is_behind) {
        over_behind_advance(over, watermark);
    } else if (over->falls) {
        over_arrival_advance(over, watermark);
    }
    if (sweep_is_due(over, watermark)) {
        sweep(over, watermark);
    }
}

/* Behind the watermark a row leaves when time is past it, so that its peers are all there. */
static int64_t over_next_due(const struct over_op *over)
{
    if (!over->is_behind) {
        return timers_next(&over->timers);
    }
    return time_plus(time_plus(agenda_next(&over->agenda), 1), over->op.node->window.grace_us);
}

/* ---- looking at it --------------------------------------------------------------------------- */

/* Of each group: its keys, how many rows it has, the times of the first and the last of them, and
 * the aggregates as they were for the last. */
static struct schema *look_schema(const struct over_op *over, struct arena *arena)
{
    static const struct {
        const char *name;
        enum type_id type;
    } extra[] = {{"_rows", TYPE_BIGINT}, {"_first", TYPE_TIMESTAMP}, {"_last", TYPE_TIMESTAMP}};
    const struct plan_node *node = over->op.node;
    struct schema *schema = arena_zalloc(arena, sizeof *schema);
    schema->fields = arena_zalloc(arena, (node->n_keys + 3 + node->n_calls) * sizeof(struct field));
    for (uint32_t i = 0; i < node->n_keys; i++) {
        schema->fields[schema->n++] = node->input->schema.fields[node->keys[i]];
    }
    for (uint32_t i = 0; i < 3; i++) {
        schema->fields[schema->n++] =
            (struct field){.name = slice_text(extra[i].name), .type = type_of(extra[i].type)};
    }
    for (uint32_t i = 0; i < node->n_calls; i++) {
        schema->fields[schema->n++] = node->schema.fields[node->input->schema.n + i];
    }
    return schema;
}

static void look_at(struct over_op *over, const struct schema *schema, const uint32_t *ids,
                    uint32_t n, const struct op_look *look)
{
    const struct plan_node *node = over->op.node;
    struct batch out;
    arena_clear(&over->emit);
    batch_init(&out, schema, &over->emit);
    out.n = n;
    struct column_out rows = column_out_new(&over->emit, type_of(TYPE_BIGINT), n);
    struct column_out first = column_out_new(&over->emit, type_of(TYPE_TIMESTAMP), n);
    struct column_out last = column_out_new(&over->emit, type_of(TYPE_TIMESTAMP), n);
    for (uint32_t i = 0; i < n; i++) {
        const struct series *series = over_window_series(&over->window, ids[i]);
        uint64_t end = series_end(series);
        rows.i64[i] = series->n;
        first.i64[i] = over_window_time(&over->window, ids[i], series->first);
        last.i64[i] = over_window_time(&over->window, ids[i], end - 1);
        int64_t from = time_minus(last.i64[i], over->size_us);
        over_window_ask(&over->window, ids[i], over_window_seek(&over->window, ids[i], from), end);
    }
    groups_columns(over->table, node, ids, n, &over->emit, out.columns);
    out.columns[node->n_keys] = column_view(&rows, n);
    out.columns[node->n_keys + 1] = column_view(&first, n);
    out.columns[node->n_keys + 2] = column_view(&last, n);
    over_window_answer(&over->window, &over->emit, out.columns + node->n_keys + 3);
    look->rows(look->owner, &out);
}

static void look_at_groups(struct over_op *over, const struct op_look *look)
{
    struct op *op = &over->op;
    const struct schema *schema = look_schema(over, op->context->query);
    uint32_t n_order;
    const uint32_t *order = table_order(over->table, &n_order);
    uint32_t ids[BATCH_ROWS];
    uint32_t n = 0;
    look->columns(look->owner, op, schema, NULL);
    for (uint32_t i = 0; i < n_order; i++) {
        ids[n] = order[i];
        n += over_window_series(&over->window, order[i])->n > 0;
        if (n == BATCH_ROWS || (i + 1 == n_order && n > 0)) {
            look_at(over, schema, ids, n, look);
            n = 0;
        }
    }
}

static void over_look(struct op *op, const struct op_look *look)
{
    struct over_op *over = (struct over_op *)op;
    look_at_groups(over, look);
    if (over->is_behind) {
        over_behind_look(over, look);
    }
}

static void over_measure(struct op *op)
{
    const struct over_op *over = (const struct over_op *)op;
    op->stats.state_rows = over->window.n_rows + agenda_rows(&over->agenda);
    op->stats.state_bytes = over_bytes(over);
    op->stats.next_due = over_next_due(over);
}

/* ---- life ------------------------------------------------------------------------------------ */

static void over_close(struct op *op)
{
    struct over_op *over = (struct over_op *)op;
    for (uint32_t id = 0; id < over->n_marks; id++) {
        mem_free(over->marks[id].last);
    }
    mem_free(over->marks);
    timers_release(&over->timers);
    agenda_release(&over->agenda);
    rowlog_free(over->log);
    over_window_release(&over->window);
    program_free(over->having);
    table_free(over->table);
    arena_release(&over->emit);
}

static const struct op_kind over_kind = {
    .name = "over",
    .version = 1,
    .push = over_push,
    .advance = over_advance,
    .save = over_save,
    .load = over_load,
    .look = over_look,
    .measure = over_measure,
    .close = over_close,
};

/* The columns of rows that are kept whole: behind the watermark all that is read above or here; for
 * a group's newest row, with FALL what is read above and else what HAVING reads. */
static const uint64_t *columns_to_keep(const struct over_op *over)
{
    const struct plan_node *node = over->op.node;
    struct arena *query = over->op.context->query;
    size_t n_words = bits_words(node->schema.n);
    uint64_t *none = arena_zalloc(query, n_words * sizeof *none);
    if (over->is_behind) {
        return wanted_below(query, node, over->op.context->wanted);
    }
    struct plan_node bare = *node; /* of keys, arguments and time nothing is read later */
    struct plan_node input = *node->input;
    input.time_column = -1;
    bare.input = &input;
    bare.n_keys = 0;
    bare.n_calls = 0;
    if (!over->rises) {
        return none;
    }
    return wanted_below(query, &bare, over->falls ? over->op.context->wanted : none);
}

static void over_layout(struct over_op *over)
{
    const struct schema *input = &over->op.node->input->schema;
    struct arena *query = over->op.context->query;
    record_layout_init(&over->layout, query, input, columns_to_keep(over));
    uint64_t *decoded = arena_zalloc(query, bits_words(input->n) * sizeof *decoded);
    for (uint32_t i = 0; i < over->layout.n; i++) {
        bits_set(decoded, over->layout.columns[i]);
    }
    intake_init(&over->intake, &over->op, decoded);
}

struct op *op_over_new(struct op_context *context, const struct plan_node *node)
{
    struct over_op *over = arena_zalloc(context->query, sizeof *over);
    over->op = (struct op){.kind = &over_kind, .node = node, .context = context};
    over->size_us = node->window.size_us;
    over->lifetime_us = time_plus(node->window.size_us, node->window.grace_us);
    over->is_behind = node->emit.kind == EMIT_CLOSE;
    over->falls = node->emit.kind == EMIT_RISE_FALL;
    over->rises = (over->falls || node->emit.kind == EMIT_RISE) && node->having != NULL;
    over->falls = over->falls && over->rises;
    over_layout(over);
    CHECK(over->intake.time_column >= 0);
    over->table = table_new();
    over_window_init(&over->window, &over->op, over->table);
    timers_init(&over->timers, groups_compare, over->table);
    over->log = over->is_behind ? rowlog_new(&over->layout) : NULL;
    over->having = having_new(&over->op);
    arena_init(&over->emit);
    over->watermark = TIME_NONE;
    over->swept_at = TIME_NONE + 1;
    over->newest = TIME_NONE;
    over->segment = 1;
    over->segment_expires = TIME_END;
    return &over->op;
}
