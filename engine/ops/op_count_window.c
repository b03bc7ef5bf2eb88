/* op_count_window: WINDOW n ROWS [SLIDE m ROWS]: aggregates over the last n rows of a group, in the
 * order they came, each time m more have come. A window leaves with the row that fills it; one that
 * is not full never does. window_start and window_end are the times of its first and last row.
 *
 * Rows are added to panes of gcd(n, m) rows. A group's complete panes are two stacks in one ring:
 *
 *     panes[0 … front)     pane i holds the aggregate of panes i … front - 1
 *     panes[front … n)     each its own rows; `back` is the aggregate of them all
 *
 * so a window is panes[0] merged with back, and when the panes in front are used up, those behind
 * are summed up from the end: each pane is merged three times, whatever n and m.
 *
 * Work of a batch goes in two passes. First every row finds its pane and all are added in one call;
 * panes that were completed are merged afterwards, in the order of the rows that completed them. */
#include "engine/agg/agg.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/ops/groups.h"
#include "engine/ops/intake.h"
#include "engine/ops/look_end.h"
#include "engine/ops/ops.h"

struct ring {
    uint8_t *at; /* room × slot_bytes: an i64 time of the pane's first row, then its cell */
    uint32_t head;
    uint32_t n;
    uint32_t front;
    uint32_t room;
};

struct group {
    struct ring ring;
    bool is_there;
    bool is_changed;    /* it is in `changed` */
    int64_t filled;     /* rows of the open pane */
    int64_t open_first; /* time of its first row */
    uint64_t batch;     /* number of the batch in which `open` was set */
    uint8_t *open;      /* cell of the open pane while a batch is worked on; NULL = none yet */
};

/* A pane that is complete. */
struct full_pane {
    uint32_t id;
    int64_t first;
    int64_t last;
    uint8_t *cell;
};

/* Windows that have become full in this batch. */
struct full_windows {
    uint32_t n;
    uint32_t ids[BATCH_ROWS];
    int64_t first[BATCH_ROWS];
    int64_t last[BATCH_ROWS];
    uint8_t *cells[BATCH_ROWS];
};

struct count_window_op {
    struct op op;
    struct intake intake;
    struct agg_set *set;
    struct table *table; /* groups are never forgotten: time does not end them */
    struct program *having;
    struct arena emit; /* lifetime: one emitted batch */

    int64_t pane_rows;
    uint32_t window_panes;
    uint32_t slide_panes;
    uint32_t cell_bytes;
    uint32_t slot_bytes;

    struct group *groups; /* by id */
    uint8_t *cells;       /* by id: the open pane's cell, then `back` */
    uint32_t room;        /* of both */
    size_t ring_bytes;
    uint64_t batch; /* running number of the batch that is worked on */

    uint32_t *changed; /* ids of groups that got rows since the last save */
    uint32_t n_changed;
    uint32_t changed_room;
};

static uint8_t *open_cell(const struct count_window_op *count, uint32_t id)
{
    return count->cells + (size_t)id * 2 * count->cell_bytes;
}

static uint8_t *back_cell(const struct count_window_op *count, uint32_t id)
{
    return open_cell(count, id) + count->cell_bytes;
}

static uint8_t *ring_slot(const struct count_window_op *count, const struct ring *ring, uint32_t i)
{
    uint32_t at = ring->head + i;
    at = at >= ring->room ? at - ring->room : at;
    return ring->at + (size_t)at * count->slot_bytes;
}

static uint8_t *slot_cell(uint8_t *slot)
{
    return slot + sizeof(int64_t);
}

static void reserve_groups(struct count_window_op *count)
{
    uint32_t end = table_id_end(count->table);
    uint32_t room = count->room == 0 ? 16 : count->room;
    if (end <= count->room) {
        return;
    }
    while (room < end) {
        room *= 2;
    }
    count->groups = mem_realloc(count->groups, room * sizeof *count->groups);
    memset(count->groups + count->room, 0, (room - count->room) * sizeof *count->groups);
    size_t cells_bytes = (size_t)2 * count->cell_bytes;
    count->cells = mem_realloc(count->cells, room * cells_bytes);
    memset(count->cells + count->room * cells_bytes, 0, (room - count->room) * cells_bytes);
    count->room = room;
}

/* ---- rings ----------------------------------------------------------------------------------- */

static void ring_grow(struct count_window_op *count, struct ring *ring)
{
    uint32_t room = ring->room == 0 ? 2 : ring->room * 2;
    room = room < count->window_panes ? room : count->window_panes;
    uint8_t *at = mem_alloc((size_t)room * count->slot_bytes);
    for (uint32_t i = 0; i < ring->n; i++) {
        memcpy(at + (size_t)i * count->slot_bytes, ring_slot(count, ring, i), count->slot_bytes);
    }
    mem_free(ring->at);
    count->ring_bytes += (size_t)(room - ring->room) * count->slot_bytes;
    ring->at = at;
    ring->head = 0;
    ring->room = room;
}

/* The pane's cell moves into the ring: its bytes are forgotten where they were. */
static void ring_put(struct count_window_op *count, const struct full_pane *pane)
{
    struct ring *ring = &count->groups[pane->id].ring;
    if (ring->n == ring->room) {
        ring_grow(count, ring);
    }
    uint8_t *slot = ring_slot(count, ring, ring->n++);
    memcpy(slot, &pane->first, sizeof pane->first);
    memcpy(slot_cell(slot), pane->cell, count->cell_bytes);
    uint8_t *back = back_cell(count, pane->id);
    uint8_t *from = slot_cell(slot);
    agg_set_merge_many(count->set, &back, &from, 1);
}

/* The panes in front are used up: sums up those behind, from the end. */
static void ring_turn(struct count_window_op *count, uint32_t id)
{
    struct ring *ring = &count->groups[id].ring;
    for (uint32_t i = ring->n - 1; i > 0; i--) {
        uint8_t *into = slot_cell(ring_slot(count, ring, i - 1));
        uint8_t *from = slot_cell(ring_slot(count, ring, i));
        agg_set_merge_many(count->set, &into, &from, 1);
    }
    uint8_t *back = back_cell(count, id);
    agg_set_release_many(count->set, &back, 1);
    ring->front = ring->n;
}

static void ring_drop(struct count_window_op *count, uint32_t id)
{
    struct ring *ring = &count->groups[id].ring;
    for (uint32_t i = 0; i < count->slide_panes; i++) {
        if (ring->front == 0) {
            ring_turn(count, id);
        }
        uint8_t *cell = slot_cell(ring_slot(count, ring, 0));
        agg_set_release_many(count->set, &cell, 1);
        ring->head = ring->head + 1 == ring->room ? 0 : ring->head + 1;
        ring->front--;
        ring->n--;
    }
}

/* ---- rows come ------------------------------------------------------------------------------- */

/* The cell that the group's next row is added to. */
static uint8_t *group_cell(struct count_window_op *count, uint32_t id, struct arena *batch)
{
    struct group *group = &count->groups[id];
    if (group->batch != count->batch) {
        group->batch = count->batch;
        group->open = open_cell(count, id);
    }
    if (group->open == NULL) {
        group->open = arena_zalloc(batch, count->cell_bytes);
    }
    return group->open;
}

static void mark_changed(struct count_window_op *count, uint32_t id)
{
    if (count->n_changed == count->changed_room) {
        count->changed_room = count->changed_room == 0 ? 64 : count->changed_room * 2;
        count->changed = mem_realloc(count->changed, count->changed_room * sizeof *count->changed);
    }
    count->groups[id].is_changed = true;
    count->changed[count->n_changed++] = id;
}

/* Gives each row its pane; returns how many panes are complete with it. */
static uint32_t assign_panes(struct count_window_op *count, const struct batch *batch,
                             const uint32_t *ids, uint8_t **cells, struct full_pane *full)
{
    const int64_t *times = batch->columns[count->intake.time_column].i64;
    uint32_t n = 0;
    for (uint32_t i = 0; i < batch->n; i++) {
        struct group *group = &count->groups[ids[i]];
        if (!group->is_there) {
            group->is_there = true;
            table_retain(count->table, ids[i]);
        }
        if (count->op.is_saved && !group->is_changed) {
            mark_changed(count, ids[i]);
        }
        cells[i] = group_cell(count, ids[i], batch->arena);
        group->open_first = group->filled == 0 ? times[i] : group->open_first;
        if (++group->filled == count->pane_rows) {
            full[n++] = (struct full_pane){ids[i], group->open_first, times[i], group->open};
            group->filled = 0;
            group->open = NULL;
        }
    }
    return n;
}

/* Cells of open panes that lie in the batch's arena move to the group; where the group's own cell
 * was completed and has moved away, it begins anew. */
static void settle_open_cells(struct count_window_op *count, const uint32_t *ids, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        struct group *group = &count->groups[ids[i]];
        uint8_t *own = open_cell(count, ids[i]);
        if (group->open == NULL) {
            memset(own, 0, count->cell_bytes);
        } else if (group->open != own) {
            memcpy(own, group->open, count->cell_bytes);
        }
        group->open = own;
    }
}

/* A window of one pane is that pane's cell. */
static void take_pane(struct count_window_op *count, const struct full_pane *pane,
                      struct arena *batch, struct full_windows *windows)
{
    struct ring *ring = &count->groups[pane->id].ring;
    uint32_t k = windows->n;
    int64_t first = pane->first;
    uint8_t *cell = pane->cell;
    if (count->window_panes > 1) {
        ring_put(count, pane);
        if (ring->n < count->window_panes) {
            return;
        }
        uint8_t *slot = ring_slot(count, ring, 0);
        memcpy(&first, slot, sizeof first);
        cell = arena_zalloc(batch, count->cell_bytes);
        uint8_t *from = slot_cell(slot);
        uint8_t *back = back_cell(count, pane->id);
        if (ring->front > 0) {
            agg_set_merge_many(count->set, &cell, &from, 1);
        }
        agg_set_merge_many(count->set, &cell, &back, 1);
        ring_drop(count, pane->id);
    }
    windows->ids[k] = pane->id;
    windows->first[k] = first;
    windows->last[k] = pane->last;
    windows->cells[k] = cell;
    windows->n++;
}

static void emit_windows(struct count_window_op *count, struct full_windows *windows,
                         int64_t watermark)
{
    struct op *op = &count->op;
    struct batch out;
    arena_clear(&count->emit);
    emit_init(op, &count->emit, watermark, &out);
    out.n = windows->n;
    struct column_out start = column_out_new(&count->emit, type_of(TYPE_TIMESTAMP), out.n);
    struct column_out end = column_out_new(&count->emit, type_of(TYPE_TIMESTAMP), out.n);
    memcpy(start.i64, windows->first, out.n * sizeof(int64_t));
    memcpy(end.i64, windows->last, out.n * sizeof(int64_t));
    out.columns[0] = column_view(&start, out.n);
    out.columns[1] = column_view(&end, out.n);
    groups_columns(count->table, op->node, windows->ids, out.n, &count->emit, out.columns + 2);
    emit_results(op, count->set, windows->cells, out.n, &count->emit,
                 out.columns + 2 + op->node->n_keys);
    agg_set_release_many(count->set, windows->cells, windows->n);
    emit_rows(op, count->having, &out);
}

static size_t count_bytes(const struct count_window_op *count)
{
    return table_bytes(count->table) + count->ring_bytes + agg_set_owned_bytes(count->set) +
           count->room * (sizeof *count->groups + (size_t)2 * count->cell_bytes);
}

static void count_push(struct op *op, struct batch *batch)
{
    struct count_window_op *count = (struct count_window_op *)op;
    if (!intake_take(&count->intake, batch)) {
        return;
    }
    uint32_t ids[BATCH_ROWS];
    uint8_t *cells[BATCH_ROWS];
    struct full_pane full[BATCH_ROWS];
    struct full_windows windows;
    windows.n = 0;
    count->batch++;
    groups_find(count->table, op->node, batch, ids);
    reserve_groups(count);
    uint32_t n_full = assign_panes(count, batch, ids, cells, full);
    agg_set_add_many(count->set, cells, batch);
    for (uint32_t i = 0; i < n_full; i++) {
        take_pane(count, &full[i], batch->arena, &windows);
    }
    if (windows.n > 0) {
        emit_windows(count, &windows, batch->watermark);
    }
    settle_open_cells(count, ids, batch->n);
    intake_over_limit(op, count_bytes(count));
}

/* ---- looking at it --------------------------------------------------------------------------- */

/* What the group's next window has so far; the cell is the caller's to release. */
static void open_window(struct count_window_op *count, uint32_t id, int64_t *first, uint8_t *cell)
{
    const struct group *group = &count->groups[id];
    uint8_t *open = open_cell(count, id);
    uint8_t *back = back_cell(count, id);
    *first = group->open_first;
    if (group->ring.n > 0) {
        uint8_t *slot = ring_slot(count, &group->ring, 0);
        uint8_t *front = slot_cell(slot);
        memcpy(first, slot, sizeof *first);
        if (group->ring.front > 0) {
            agg_set_merge_many(count->set, &cell, &front, 1);
        }
        agg_set_merge_many(count->set, &cell, &back, 1);
    }
    if (group->filled > 0) {
        agg_set_merge_many(count->set, &cell, &open, 1);
    }
}

/* A window that is not full has no end. */
static const uint64_t *without_end(const struct count_window_op *count)
{
    uint32_t n = count->op.node->schema.n;
    uint64_t *kept = arena_zalloc(count->op.context->query, bits_words(n) * sizeof *kept);
    for (uint32_t i = 0; i < n; i++) {
        bits_put(kept, i, i != 1);
    }
    return kept;
}

static void count_look(struct op *op, const struct op_look *look)
{
    struct count_window_op *count = (struct count_window_op *)op;
    struct look_end end;
    uint32_t n;
    const uint32_t *order = table_order(count->table, &n);
    look->columns(look->owner, op, &op->node->schema, without_end(count));
    look_end_put(&end, op, look, &count->having);
    for (uint32_t i = 0; i < n; i++) {
        struct full_windows windows = {.n = 1, .ids = {order[i]}};
        if (count->groups[order[i]].filled == 0 && count->groups[order[i]].ring.n == 0) {
            continue;
        }
        windows.cells[0] = arena_zalloc(op->context->query, count->cell_bytes);
        open_window(count, order[i], &windows.first[0], windows.cells[0]);
        emit_windows(count, &windows, TIME_NONE);
    }
    look_end_take(&end, op);
}

/* ---- snapshot -------------------------------------------------------------------------------- */

/* "" = nothing
 * section g: group = i64 filled, i64 open_first, open cell, back cell, u32 panes, u32 front,
 *                    panes { i64 first, cell }
 *
 * A group that has changed is saved whole: where its rows are summed up again, all of it changes.
 */
static void save_group(struct count_window_op *count, uint32_t id, struct changelog *log)
{
    struct group *group = &count->groups[id];
    changelog_put(log, groups_key_group(count->table, id));
    groups_put_key(count->table, id, log->out);
    changelog_value(log);
    codec_put_i64(log->out, group->filled);
    codec_put_i64(log->out, group->open_first);
    agg_set_save(count->set, open_cell(count, id), log->out);
    agg_set_save(count->set, back_cell(count, id), log->out);
    codec_put_u32(log->out, group->ring.n);
    codec_put_u32(log->out, group->ring.front);
    for (uint32_t i = 0; i < group->ring.n; i++) {
        uint8_t *slot = ring_slot(count, &group->ring, i);
        int64_t first;
        memcpy(&first, slot, sizeof first);
        codec_put_i64(log->out, first);
        agg_set_save(count->set, slot_cell(slot), log->out);
    }
    changelog_done(log);
    group->is_changed = false;
}

static void count_save(struct op *op, struct changelog *log)
{
    struct count_window_op *count = (struct count_window_op *)op;
    uint32_t n = log->whole ? count->room : count->n_changed;
    op_save_head(log);
    changelog_done(log);
    changelog_section(log, slice_text("g"));
    for (uint32_t i = 0; i < n; i++) {
        uint32_t id = log->whole ? i : count->changed[i];
        if (count->groups[id].is_there) {
            save_group(count, id, log);
        }
    }
    count->n_changed = 0;
}

static enum status load_ring(struct count_window_op *count, struct ring *ring, struct reader *in,
                             struct error *err)
{
    uint32_t n = reader_u32(in);
    uint32_t front = reader_u32(in);
    if (!reader_ok(in) || n >= count->window_panes || front > n) {
        return op_damaged(&count->op, err);
    }
    for (uint32_t i = 0; i < n; i++) {
        if (ring->n == ring->room) {
            ring_grow(count, ring);
        }
        uint8_t *slot = ring_slot(count, ring, i);
        int64_t first = reader_i64(in);
        memcpy(slot, &first, sizeof first);
        memset(slot_cell(slot), 0, count->cell_bytes);
        TRY(agg_set_load(count->set, slot_cell(slot), in, err));
        ring->n++;
    }
    ring->front = front;
    return OK;
}

static enum status load_group(struct count_window_op *count, const struct entry *entry,
                              struct error *err)
{
    struct reader in = reader_of(entry->value);
    uint32_t id = groups_take_key(count->table, count->op.node, entry->key);
    if (id == TABLE_NO_ID) {
        return op_damaged(&count->op, err);
    }
    reserve_groups(count);
    struct group *group = &count->groups[id];
    group->is_there = true;
    table_retain(count->table, id);
    group->filled = reader_i64(&in);
    group->open_first = reader_i64(&in);
    if (group->filled < 0 || group->filled >= count->pane_rows) {
        return op_damaged(&count->op, err);
    }
    TRY(agg_set_load(count->set, open_cell(count, id), &in, err));
    TRY(agg_set_load(count->set, back_cell(count, id), &in, err));
    TRY(load_ring(count, &group->ring, &in, err));
    return reader_ok(&in) && reader_left(&in) == 0 ? OK : op_damaged(&count->op, err);
}

static enum status count_load(struct op *op, struct entries_walk *walk, struct error *err)
{
    struct count_window_op *count = (struct count_window_op *)op;
    struct reader in;
    struct entry entry;
    TRY(op_load_head(op, walk, &in, err));
    while (entries_next(walk, &entry)) {
        TRY(load_group(count, &entry, err));
    }
    return OK;
}

static void count_measure(struct op *op)
{
    const struct count_window_op *count = (const struct count_window_op *)op;
    op->stats.state_rows = table_count(count->table);
    op->stats.state_bytes = count_bytes(count);
    op->stats.next_due = TIME_END;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void release_group(struct count_window_op *count, uint32_t id)
{
    struct ring *ring = &count->groups[id].ring;
    uint8_t *cells[] = {open_cell(count, id), back_cell(count, id)};
    agg_set_release_many(count->set, cells, 2);
    for (uint32_t i = 0; i < ring->n; i++) {
        uint8_t *cell = slot_cell(ring_slot(count, ring, i));
        agg_set_release_many(count->set, &cell, 1);
    }
    mem_free(ring->at);
}

static void count_close(struct op *op)
{
    struct count_window_op *count = (struct count_window_op *)op;
    for (uint32_t id = 0; id < count->room; id++) {
        release_group(count, id);
    }
    mem_free(count->groups);
    mem_free(count->changed);
    mem_free(count->cells);
    program_free(count->having);
    agg_set_free(count->set);
    table_free(count->table);
    arena_release(&count->emit);
}

static const struct op_kind count_window_kind = {
    .name = "count window",
    .version = 1,
    .push = count_push,
    .save = count_save,
    .load = count_load,
    .look = count_look,
    .measure = count_measure,
    .close = count_close,
};

static int64_t gcd(int64_t a, int64_t b)
{
    while (b != 0) {
        int64_t rest = a % b;
        a = b;
        b = rest;
    }
    return a;
}

struct op *op_count_window_new(struct op_context *context, const struct plan_node *node)
{
    struct count_window_op *count = arena_zalloc(context->query, sizeof *count);
    count->op = (struct op){.kind = &count_window_kind, .node = node, .context = context};
    intake_init(&count->intake, &count->op, NULL);
    CHECK(count->intake.time_column >= 0);
    count->pane_rows = gcd(node->window.rows, node->window.rows_slide);
    int64_t window_panes = node->window.rows / count->pane_rows;
    CHECK(window_panes <= INT32_MAX);
    count->window_panes = (uint32_t)window_panes;
    count->slide_panes = (uint32_t)(node->window.rows_slide / count->pane_rows);
    count->set = agg_set_new(context->query, node->calls, node->n_calls);
    count->cell_bytes = agg_set_bytes(count->set);
    count->slot_bytes = count->cell_bytes + (uint32_t)sizeof(int64_t);
    count->table = table_new();
    count->having = having_new(&count->op);
    arena_init(&count->emit);
    return &count->op;
}
