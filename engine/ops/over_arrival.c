/* over_arrival: WINDOW … SLIDE ROW with EMIT CHANGES or EMIT ON RISE: rows leave as they arrive,
 * with aggregates over what has arrived so far. A row that comes out of order is answered for its
 * own time.
 *
 * EMIT ON RISE: a row leaves when HAVING turns true for its group: it is true for this row, and was
 * false before or the group is new. It turns false again
 *
 *     at a row of the group for which it is false, unless the group has a newer row already, or
 *     when the watermark (less grace) passes the time at which a row leaves the window of the
 *     group's newest row, and HAVING is false for the rows that remain.
 *
 * AND FALL: both are said, as an insert and as a delete: by that row, or by the group's newest row
 * with the aggregates over what remains. When nothing remains the group is forgotten, and its next
 * row finds it new.
 *
 * When time passes is judged by the watermark in front of each row, so rows of a batch are judged
 * in segments that end where time passes for some group. With FALL, what falls leaves in the order
 * of time and key before the row that the watermark came with; without, only the group of the row
 * at hand is looked at. */
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/ops/groups.h"
#include "engine/ops/over.h"

/* ---- marks ----------------------------------------------------------------------------------- */

void over_arrival_reserve(struct over_op *over)
{
    uint32_t n = over->window.room;
    if (!over->rises || n <= over->n_marks) {
        return;
    }
    over->marks = mem_realloc(over->marks, n * sizeof *over->marks);
    memset(over->marks + over->n_marks, 0, (n - over->n_marks) * sizeof *over->marks);
    over->n_marks = n;
}

/* The watermark at which a row has left all windows: the first that is more than its lifetime
 * later. */
static int64_t expiry_of(const struct over_op *over, int64_t time)
{
    return time_plus(time_plus(time, over->lifetime_us), 1);
}

/* Sets when the first row at `position` or behind it expires. */
static void set_expiry(struct over_op *over, uint32_t id, uint64_t position)
{
    const struct series *series = over_window_series(&over->window, id);
    over->marks[id].expires = position < series_end(series)
                                  ? expiry_of(over, over_window_time(&over->window, id, position))
                                  : TIME_END;
}

static void rise(struct over_op *over, uint32_t id)
{
    struct over_mark *mark = &over->marks[id];
    int64_t due;
    mark->risen = true;
    if (over->falls && (!timers_get(&over->timers, id, &due) || due > mark->expires)) {
        timers_set(&over->timers, id, mark->expires);
    }
}

static void fall(struct over_op *over, uint32_t id)
{
    over->marks[id].risen = false;
    timers_remove(&over->timers, id);
}

static void forget_last(struct over_mark *mark)
{
    mem_free(mark->last);
    mark->last = NULL;
    mark->fresh = 0;
}

static bool window_is_empty(const struct over_op *over, uint32_t id)
{
    return over_window_seek(&over->window, id, over->marks[id].from) ==
           series_end(over_window_series(&over->window, id));
}

bool over_arrival_restore(struct over_op *over, uint32_t id)
{
    set_expiry(over, id, over_window_seek(&over->window, id, over->marks[id].from));
    if (over->marks[id].risen && window_is_empty(over, id)) {
        over->marks[id].risen = false;
        return false;
    }
    if (over->marks[id].risen) {
        rise(over, id);
    }
    return true;
}

/* ---- time passes ----------------------------------------------------------------------------- */

/* The first rows of each group's window leave it. Asks for the aggregates over the others. */
static void shrink_window(struct over_op *over, uint32_t id)
{
    struct over_mark *mark = &over->marks[id];
    const struct series *series = over_window_series(&over->window, id);
    uint64_t first = over_window_seek(&over->window, id, mark->from);
    over_window_mark_changed(&over->window, id);
    if (first < series_end(series)) {
        mark->from = time_plus(over_window_time(&over->window, id, first), 1);
        first = over_window_seek(&over->window, id, mark->from);
    }
    set_expiry(over, id, first);
    over_window_ask(&over->window, id, first, series_end(series));
}

/* The groups' newest rows with the aggregates that were asked for. */
static void last_rows(struct over_op *over, const uint32_t *ids, uint32_t n, struct batch *out)
{
    const uint8_t *records[BATCH_ROWS];
    struct batch rows;
    for (uint32_t i = 0; i < n; i++) {
        records[i] = over->marks[ids[i]].last;
        DCHECK(records[i] != NULL || over->layout.n == 0);
    }
    record_read(&over->layout, records, n, &over->emit, &rows);
    emit_init(&over->op, &over->emit, over->watermark, out);
    out->n = n;
    memcpy(out->columns, rows.columns, rows.schema->n * sizeof(struct column));
    over_window_answer(&over->window, &over->emit, out->columns + rows.schema->n);
}

static uint8_t *same_ops(struct arena *arena, uint8_t op, uint32_t n)
{
    uint8_t *ops = arena_alloc(arena, n);
    memset(ops, op, n);
    return ops;
}

/* Rows of n different groups expire at once; HAVING is true for all of these groups. */
static void expire_groups(struct over_op *over, const uint32_t *ids, uint32_t n)
{
    bool passes[BATCH_ROWS] = {false};
    uint32_t rows[BATCH_ROWS];
    struct batch out;
    arena_clear(&over->emit);
    for (uint32_t i = 0; i < n; i++) {
        shrink_window(over, ids[i]);
    }
    last_rows(over, ids, n, &out);
    uint32_t n_true = having_rows(&over->op, over->having, &out, rows);
    for (uint32_t i = 0; i < n_true; i++) {
        passes[rows[i]] = true;
    }
    uint32_t n_fell = 0;
    for (uint32_t i = 0; i < n; i++) {
        if (passes[i] && !window_is_empty(over, ids[i])) {
            rise(over, ids[i]); /* it still is: the next row to expire */
            continue;
        }
        fall(over, ids[i]);
        rows[n_fell] = i;
        n_fell += !passes[i];
    }
    if (over->falls) {
        batch_select(&out, rows, n_fell);
        out.ops = same_ops(&over->emit, ROW_DELETE, n_fell);
        emit_rows(&over->op, NULL, &out);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (!over->marks[ids[i]].risen) {
            forget_last(&over->marks[ids[i]]);
        }
    }
}

void over_arrival_expire(struct over_op *over, uint32_t id, int64_t watermark)
{
    const struct over_mark *mark = &over->marks[id];
    while (mark->risen && mark->expires <= watermark) {
        expire_groups(over, &id, 1);
    }
}

/* The next groups that are due, in order. None of them is due again before the last. */
static uint32_t pop_due(struct over_op *over, int64_t watermark, uint32_t *ids)
{
    uint32_t n = 0;
    uint32_t id;
    int64_t due;
    int64_t limit = watermark;
    while (n < BATCH_ROWS && timers_pop(&over->timers, limit, &id, &due)) {
        const struct over_mark *mark = &over->marks[id];
        if (mark->expires > due) { /* its window has moved on */
            timers_set(&over->timers, id, mark->expires);
            continue;
        }
        ids[n++] = id;
        uint64_t first = over_window_seek(&over->window, id, mark->from);
        int64_t time = time_plus(over_window_time(&over->window, id, first), 1);
        uint64_t next = over_window_seek(&over->window, id, time);
        if (next < series_end(over_window_series(&over->window, id))) {
            int64_t again = expiry_of(over, over_window_time(&over->window, id, next)) - 1;
            limit = again < limit ? again : limit;
        }
    }
    return n;
}

void over_arrival_advance(struct over_op *over, int64_t watermark)
{
    uint32_t ids[BATCH_ROWS];
    for (uint32_t n = pop_due(over, watermark, ids); n > 0; n = pop_due(over, watermark, ids)) {
        expire_groups(over, ids, n);
    }
}

/* ---- rows come ------------------------------------------------------------------------------- */

/* A batch that is worked on. */
struct arrival {
    struct batch *batch;
    const uint32_t *ids;
    bool is_newest[BATCH_ROWS]; /* when it came, its group had no row with a later time */
};

/* Copies the rows that were chosen to stand for their groups. Rows are those of `segment`. */
static void keep_last_rows(struct over_op *over, const struct arrival *arrival,
                           const struct batch *segment, uint32_t first)
{
    uint32_t *rows = arena_alloc(segment->arena, segment->n * sizeof *rows);
    uint32_t sizes[BATCH_ROWS];
    uint8_t *at[BATCH_ROWS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < segment->n; i++) {
        struct over_mark *mark = &over->marks[arrival->ids[first + i]];
        if (mark->fresh == i + 1) {
            mark->fresh = 0;
            rows[n++] = i;
        }
    }
    record_sizes(&over->layout, segment, rows, n, sizes);
    for (uint32_t i = 0; i < n; i++) {
        struct over_mark *mark = &over->marks[arrival->ids[first + rows[i]]];
        mark->last = mem_realloc(mark->last, sizes[i] + 1);
        at[i] = mark->last;
    }
    record_write(&over->layout, segment, rows, n, at);
}

/* HAVING is true for the group of row `row` of the segment: the row stands for its group from now
 * on, unless a newer one does. */
static void choose_last(struct over_op *over, struct over_mark *mark, bool is_newest, uint32_t row)
{
    if (over->layout.n > 0 && (is_newest || (mark->last == NULL && mark->fresh == 0))) {
        mark->fresh = row + 1;
    }
}

/* Follows HAVING row by row; keeps the rows at which it turns. */
static void select_turns(struct over_op *over, const struct arrival *arrival, struct batch *out,
                         uint32_t first)
{
    bool passes[BATCH_ROWS] = {false};
    uint32_t rows[BATCH_ROWS];
    uint32_t n_segment = out->n;
    uint32_t n_true = having_rows(&over->op, over->having, out, rows);
    CHECK(out->n == n_segment); /* what HAVING reads was decoded before */
    for (uint32_t i = 0; i < n_true; i++) {
        passes[rows[i]] = true;
    }
    uint8_t *ops = same_ops(out->arena, ROW_INSERT, n_segment);
    uint32_t n = 0;
    for (uint32_t i = 0; i < n_segment; i++) {
        uint32_t id = arrival->ids[first + i];
        bool is_newest = arrival->is_newest[first + i];
        struct over_mark *mark = &over->marks[id];
        rows[n] = i;
        if (passes[i]) {
            n += !mark->risen;
            rise(over, id);
        } else if (mark->risen && is_newest) {
            n += over->falls;
            ops[i] = ROW_DELETE;
            fall(over, id);
            forget_last(mark);
        }
        if (mark->risen) {
            choose_last(over, mark, is_newest, i);
        }
    }
    keep_last_rows(over, arrival, out, first);
    out->ops = over->falls ? ops : NULL;
    batch_select(out, rows, n);
}

/* Judges and pushes rows [from, end) of the batch, whose questions were asked. */
static void end_segment(struct over_op *over, const struct arrival *arrival, uint32_t from,
                        uint32_t end)
{
    const struct plan_node *node = over->op.node;
    struct batch *batch = arrival->batch;
    struct batch out;
    if (from == end) {
        return;
    }
    uint32_t rows[BATCH_ROWS];
    for (uint32_t i = from; i < end; i++) {
        rows[i - from] = i;
    }
    batch_part(batch, rows, end - from, &out);
    struct column *columns = arena_alloc(batch->arena, node->schema.n * sizeof *columns);
    memcpy(columns, out.columns, node->input->schema.n * sizeof *columns);
    out.columns = columns;
    out.schema = &node->schema;
    out.time_column = node->time_column;
    over_window_answer(&over->window, batch->arena, columns + node->input->schema.n);
    if (over->rises) {
        select_turns(over, arrival, &out, from);
    }
    over->segment++;
    over->segment_expires = TIME_END;
    emit_rows(&over->op, over->rises ? NULL : over->having, &out);
}

/* True if time passes for some group whose HAVING is true, or may be, before the row. */
static bool time_passes(const struct over_op *over, uint32_t id, int64_t watermark)
{
    const struct over_mark *mark = &over->marks[id];
    if (over->falls) {
        return over->segment_expires <= watermark || timers_next(&over->timers) <= watermark;
    }
    return mark->expires <= watermark && (mark->risen || mark->segment == over->segment);
}

static void pass_time(struct over_op *over, uint32_t id, int64_t watermark)
{
    if (over->falls) {
        over_arrival_advance(over, watermark);
    } else {
        over_arrival_expire(over, id, watermark);
    }
}

static void mark_row(struct over_op *over, uint32_t id, int64_t time, uint64_t first,
                     bool is_newest)
{
    struct over_mark *mark = &over->marks[id];
    if (is_newest) {
        mark->from = time_minus(time, over->size_us);
        set_expiry(over, id, first);
    } else if (time >= mark->from && expiry_of(over, time) < mark->expires) {
        mark->expires = expiry_of(over, time);
    }
    mark->segment = over->segment;
    if (mark->expires < over->segment_expires) {
        over->segment_expires = mark->expires;
    }
}

static void row_comes(struct over_op *over, struct arrival *arrival, uint32_t row)
{
    const struct batch *batch = arrival->batch;
    int64_t time = batch->columns[over->intake.time_column].i64[row];
    uint32_t id = arrival->ids[row];
    int64_t dead_below = time_minus(intake_watermark(batch, row), over->lifetime_us);
    uint64_t position = over_insert(over, id, time, row, dead_below);
    uint64_t first = over_window_seek(&over->window, id, time_minus(time, over->size_us));
    bool is_newest = position + 1 == series_end(over_window_series(&over->window, id));
    over_window_ask(&over->window, id, first, position + 1);
    arrival->is_newest[row] = is_newest;
    if (over->rises) {
        mark_row(over, id, time, first, is_newest);
    }
}

void over_arrival_rows(struct over_op *over, struct batch *batch)
{
    uint32_t ids[BATCH_ROWS];
    struct arrival arrival = {.batch = batch, .ids = ids};
    uint32_t from = 0;
    groups_find(over->table, over->op.node, batch, ids);
    groups_hold(over->table, ids, batch->n);
    over_window_reserve(&over->window);
    over_arrival_reserve(over);
    over_window_prefetch(&over->window, ids, batch->n);
    for (uint32_t i = 0; over->rises && i < batch->n; i++) {
        __builtin_prefetch(&over->marks[ids[i]], 1);
    }
    over_window_take(&over->window, batch);
    for (uint32_t i = 0; i < batch->n; i++) {
        int64_t watermark = intake_watermark(batch, i);
        if (over->rises && time_passes(over, ids[i], watermark)) {
            end_segment(over, &arrival, from, i);
            from = i;
            pass_time(over, ids[i], watermark);
        }
        row_comes(over, &arrival, i);
    }
    end_segment(over, &arrival, from, batch->n);
    groups_let_go(over->table, ids, batch->n);
}
