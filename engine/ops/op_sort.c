/* op_sort: ORDER BY [LIMIT n] within a window or a trigger. Rows are compared by the bytes of their
 * sort key (sortkey.h), rows that compare equal stay in the order they came.
 *
 * With LIMIT, the n best rows so far are a heap whose top is the worst of them; a row that is no
 * better is forgotten at once, without a copy. Rows that stay are copied once per batch, so that
 * one which comes and goes within a batch is not copied either. Memory of rows that had to go is
 * won back when it is more than half.
 *
 * The rows of one window come one after the other: they leave when another window begins, and at
 * each trigger. */
#include <stdlib.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/ops/intake.h"
#include "engine/ops/look_end.h"
#include "engine/ops/ops.h"
#include "engine/ops/sortkey.h"
#include "engine/state/record.h"

enum { WASTE_BYTES_MIN = 256 * 1024 };

struct sorted_row {
    struct text key;
    uint64_t arrival;
    const uint8_t *record; /* NULL: still row `row` of the batch, and so is the key */
    uint32_t row;
    uint32_t bytes; /* of record and key together */
    uint8_t op;
};

/* Where a row stands: in the heap while rows come, in order when they leave. */
struct sort_place {
    uint64_t prefix; /* of the key: decides most comparisons */
    uint32_t slot;   /* in rows */
};

struct sort_op {
    struct op op;
    struct intake intake;
    struct record_layout layout;
    struct arena emit; /* lifetime: one emitted batch */
    struct arena kept; /* lifetime: from one flush to the next */
    size_t kept_bytes; /* of rows that are still there */
    size_t lost_bytes; /* of rows that had to go */

    struct sorted_row *rows;
    struct sort_place *places;
    uint32_t n;
    uint32_t room;
    uint32_t fresh[BATCH_ROWS]; /* slots whose row is still in the batch; some slots twice */
    uint32_t n_fresh;
    uint64_t arrivals;
    bool has_ops;

    bool has_window; /* a window has begun */
    int64_t window[2];
    int64_t watermark;

    uint32_t n_saved; /* rows that the last save had: the first ones, if nothing has left since */
    bool saved_again; /* rows that it had have left */
    bool is_changed;  /* any row came since */
};

/* ---- order ----------------------------------------------------------------------------------- */

static int compare_rows(const struct sorted_row *a, const struct sorted_row *b)
{
    int order = sortkey_compare(a->key, b->key);
    if (order != 0) {
        return order;
    }
    return a->arrival < b->arrival ? -1 : a->arrival > b->arrival;
}

static int compare_places(const void *a, const void *b, void *owner)
{
    const struct sort_place *x = a;
    const struct sort_place *y = b;
    const struct sorted_row *rows = owner;
    if (x->prefix != y->prefix) {
        return x->prefix < y->prefix ? -1 : 1;
    }
    return compare_rows(&rows[x->slot], &rows[y->slot]);
}

static void heap_sink(struct sort_op *sort, uint32_t at, struct sort_place place)
{
    for (uint32_t child = 2 * at + 1; child < sort->n; child = 2 * at + 1) {
        if (child + 1 < sort->n &&
            compare_places(&sort->places[child + 1], &sort->places[child], sort->rows) > 0) {
            child++;
        }
        if (compare_places(&sort->places[child], &place, sort->rows) <= 0) {
            break;
        }
        sort->places[at] = sort->places[child];
        at = child;
    }
    sort->places[at] = place;
}

static void heap_rise(struct sort_op *sort, uint32_t at, struct sort_place place)
{
    while (at > 0 && compare_places(&place, &sort->places[(at - 1) / 2], sort->rows) > 0) {
        sort->places[at] = sort->places[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    sort->places[at] = place;
}

/* ---- rows come ------------------------------------------------------------------------------- */

static bool has_limit(const struct sort_op *sort)
{
    return sort->op.node->limit >= 0;
}

static bool is_full(const struct sort_op *sort)
{
    return has_limit(sort) && sort->n >= (uint64_t)sort->op.node->limit;
}

static void reserve_rows(struct sort_op *sort)
{
    if (sort->n < sort->room) {
        return;
    }
    CHECK(sort->room <= UINT32_MAX / 2);
    sort->room = sort->room == 0 ? 64 : sort->room * 2;
    sort->rows = mem_realloc(sort->rows, sort->room * sizeof *sort->rows);
    sort->places = mem_realloc(sort->places, sort->room * sizeof *sort->places);
}

static void add_row(struct sort_op *sort, const struct sorted_row *row, uint64_t prefix)
{
    reserve_rows(sort);
    uint32_t slot = sort->n++;
    sort->rows[slot] = *row;
    struct sort_place place = {prefix, slot};
    if (has_limit(sort)) {
        heap_rise(sort, slot, place);
    } else {
        sort->places[slot] = place;
    }
    sort->fresh[sort->n_fresh++] = slot;
}

/* The row takes the slot of the worst. */
static void replace_worst(struct sort_op *sort, const struct sorted_row *row, uint64_t prefix)
{
    uint32_t slot = sort->places[0].slot;
    if (sort->rows[slot].record != NULL) {
        sort->kept_bytes -= sort->rows[slot].bytes;
        sort->lost_bytes += sort->rows[slot].bytes;
    }
    sort->rows[slot] = *row;
    heap_sink(sort, 0, (struct sort_place){prefix, slot});
    sort->fresh[sort->n_fresh++] = slot;
}

static void offer_row(struct sort_op *sort, const struct sorted_row *row)
{
    uint64_t prefix = sortkey_prefix(row->key);
    if (!is_full(sort)) {
        add_row(sort, row, prefix);
        return;
    }
    if (sort->n == 0 || prefix > sort->places[0].prefix) {
        return;
    }
    const struct sorted_row *worst = &sort->rows[sort->places[0].slot];
    if (prefix < sort->places[0].prefix || compare_rows(row, worst) < 0) {
        replace_worst(sort, row, prefix);
    }
}

/* Copies what has come with this batch and is still there. */
static void keep_fresh(struct sort_op *sort, const struct batch *batch)
{
    uint32_t *rows = arena_alloc(batch->arena, sort->n_fresh * sizeof *rows);
    uint32_t sizes[BATCH_ROWS];
    uint8_t *at[BATCH_ROWS];
    struct sorted_row *kept[BATCH_ROWS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < sort->n_fresh; i++) {
        struct sorted_row *row = &sort->rows[sort->fresh[i]];
        if (row->record == NULL) {
            row->record = (const uint8_t *)""; /* a slot that is there twice is kept once */
            kept[n] = row;
            rows[n++] = row->row;
        }
    }
    record_sizes(&sort->layout, batch, rows, n, sizes);
    for (uint32_t i = 0; i < n; i++) {
        struct sorted_row *row = kept[i];
        row->bytes = sizes[i] + row->key.len;
        at[i] = arena_alloc(&sort->kept, row->bytes);
        if (row->key.len > 0) {
            memcpy(at[i] + sizes[i], row->key.at, row->key.len);
        }
        row->key.at = at[i] + sizes[i];
        row->record = at[i];
        sort->kept_bytes += row->bytes;
    }
    record_write(&sort->layout, batch, rows, n, at);
    sort->n_fresh = 0;
}

/* Moves the rows that are there to a new arena if most of the old one is waste. */
static void win_back(struct sort_op *sort)
{
    if (sort->lost_bytes < WASTE_BYTES_MIN || sort->lost_bytes < sort->kept_bytes) {
        return;
    }
    struct arena arena;
    arena_init(&arena);
    for (uint32_t i = 0; i < sort->n; i++) {
        struct sorted_row *row = &sort->rows[i];
        uint8_t *at = arena_alloc(&arena, row->bytes);
        memcpy(at, row->record, row->bytes);
        row->record = at;
        row->key.at = at + (row->bytes - row->key.len);
    }
    arena_release(&sort->kept);
    sort->kept = arena;
    sort->lost_bytes = 0;
}

/* ---- rows leave ------------------------------------------------------------------------------ */

static void emit_places(struct sort_op *sort, const struct sort_place *places, uint32_t n)
{
    const uint8_t *records[BATCH_ROWS];
    struct batch out;
    arena_clear(&sort->emit);
    uint8_t *ops = arena_alloc(&sort->emit, n);
    for (uint32_t i = 0; i < n; i++) {
        const struct sorted_row *row = &sort->rows[places[i].slot];
        records[i] = row->record;
        ops[i] = row->op;
    }
    record_read(&sort->layout, records, n, &sort->emit, &out);
    out.schema = &sort->op.node->schema;
    out.time_column = sort->op.node->time_column;
    out.watermark = sort->watermark;
    out.ops = sort->has_ops ? ops : NULL;
    emit_rows(&sort->op, NULL, &out);
}

static void flush(struct sort_op *sort)
{
    if (sort->n > 1) {
        qsort_r(sort->places, sort->n, sizeof *sort->places, compare_places, sort->rows);
    }
    for (uint32_t done = 0; done < sort->n; done += BATCH_ROWS) {
        uint32_t n = sort->n - done < BATCH_ROWS ? sort->n - done : BATCH_ROWS;
        emit_places(sort, sort->places + done, n);
    }
    sort->n = 0;
    sort->saved_again |= sort->n_saved > 0;
    sort->has_ops = false;
    sort->has_window = false;
    sort->kept_bytes = 0;
    sort->lost_bytes = 0;
    arena_clear(&sort->kept);
}

/* Flushes if the row belongs to another window than the ones before it. */
static void enter_window(struct sort_op *sort, const struct batch *batch, uint32_t row)
{
    int64_t window[2];
    const int *columns = sort->op.node->window_columns;
    for (int i = 0; i < 2; i++) {
        window[i] = columns[i] < 0 ? 0 : batch->columns[columns[i]].i64[row];
    }
    if (sort->has_window && (window[0] != sort->window[0] || window[1] != sort->window[1])) {
        keep_fresh(sort, batch);
        flush(sort);
    }
    sort->has_window = true;
    sort->window[0] = window[0];
    sort->window[1] = window[1];
}

static size_t sort_bytes(const struct sort_op *sort)
{
    return sort->kept_bytes + sort->lost_bytes +
           sort->room * (sizeof *sort->rows + sizeof *sort->places);
}

static void sort_push(struct op *op, struct batch *batch)
{
    struct sort_op *sort = (struct sort_op *)op;
    if (!intake_take(&sort->intake, batch)) {
        return;
    }
    const struct text *keys = sortkey_encode(batch, op->node->sort_keys, op->node->n_sort_keys);
    sort->watermark = batch->watermark;
    sort->is_changed = true;
    for (uint32_t i = 0; i < batch->n; i++) {
        enter_window(sort, batch, i);
        sort->has_ops |= batch->ops != NULL;
        struct sorted_row row = {
            .key = keys[i],
            .arrival = sort->arrivals++,
            .row = i,
            .op = batch->ops == NULL ? ROW_INSERT : batch->ops[i],
        };
        offer_row(sort, &row);
    }
    keep_fresh(sort, batch);
    win_back(sort);
    intake_over_limit(op, sort_bytes(sort));
}

static void sort_trigger(struct op *op, bool at_end)
{
    (void)at_end;
    flush((struct sort_op *)op);
}

/* ---- snapshot -------------------------------------------------------------------------------- */

static void sort_saved(struct sort_op *sort)
{
    sort->n_saved = sort->n;
    sort->saved_again = false;
    sort->is_changed = false;
}

/* "" = u64 arrivals, i64 watermark, u8 has_ops, u8 has_window, i64 window[2]
 * section r: arrival = u8 op, key, record
 *
 * Without LIMIT rows are only added, until all leave. With it any may have to go, but there are
 * few: all of them are saved when one has changed. */
static void sort_save(struct op *op, struct changelog *log)
{
    struct sort_op *sort = (struct sort_op *)op;
    op_save_head(log);
    codec_put_u64(log->out, sort->arrivals);
    codec_put_i64(log->out, sort->watermark);
    codec_put_u8(log->out, sort->has_ops);
    codec_put_u8(log->out, sort->has_window);
    codec_put_i64(log->out, sort->window[0]);
    codec_put_i64(log->out, sort->window[1]);
    changelog_done(log);
    changelog_section(log, slice_text("r"));
    bool again = log->whole || sort->saved_again || (has_limit(sort) && sort->is_changed);
    if (again && !log->whole) {
        changelog_drop(log);
    }
    for (uint32_t i = again ? 0 : sort->n_saved; i < sort->n; i++) {
        const struct sorted_row *row = &sort->rows[i];
        changelog_put(log, 0);
        changelog_put_number(log->out, row->arrival);
        changelog_value(log);
        codec_put_u8(log->out, row->op);
        codec_put_bytes(log->out, text_slice(row->key));
        record_save(&sort->layout, row->record, log->out);
        changelog_done(log);
    }
    sort_saved(sort);
}

static enum status load_row(struct sort_op *sort, const struct entry *entry, struct error *err)
{
    struct reader in = reader_of(entry->value);
    struct sorted_row row = {.arrival = changelog_number(entry->key, &in), .op = reader_u8(&in)};
    struct slice key = reader_bytes(&in);
    uint32_t bytes = 0;
    struct arena scratch;
    arena_init(&scratch);
    const uint8_t *record = record_load(&sort->layout, &in, &scratch, &bytes);
    bool ok = reader_ok(&in) && reader_left(&in) == 0 && record != NULL &&
              (row.op == ROW_INSERT || row.op == ROW_DELETE) && !is_full(sort) &&
              row.arrival < sort->arrivals;
    if (ok) {
        uint8_t *at = arena_alloc(&sort->kept, bytes + key.len);
        memcpy(at, record, bytes);
        memcpy(at + bytes, key.at, key.len);
        row.key = (struct text){at + bytes, (uint32_t)key.len};
        row.record = at;
        row.bytes = bytes + (uint32_t)key.len;
        sort->kept_bytes += row.bytes;
        add_row(sort, &row, sortkey_prefix(row.key));
        sort->n_fresh = 0;
    }
    arena_release(&scratch);
    return ok ? OK : op_damaged(&sort->op, err);
}

static enum status sort_load(struct op *op, struct entries_walk *walk, struct error *err)
{
    struct sort_op *sort = (struct sort_op *)op;
    struct reader in;
    struct entry entry;
    TRY(op_load_head(op, walk, &in, err));
    sort->arrivals = reader_u64(&in);
    sort->watermark = reader_i64(&in);
    sort->has_ops = reader_u8(&in) != 0;
    sort->has_window = reader_u8(&in) != 0;
    sort->window[0] = reader_i64(&in);
    sort->window[1] = reader_i64(&in);
    if (!reader_ok(&in) || reader_left(&in) != 0) {
        return op_damaged(op, err);
    }
    while (entries_next(walk, &entry)) {
        TRY(load_row(sort, &entry, err));
    }
    sort_saved(sort);
    return OK;
}

static const uint64_t *kept_columns(const struct sort_op *sort)
{
    size_t n = bits_words(sort->op.node->schema.n);
    uint64_t *words = arena_zalloc(sort->op.context->query, n * sizeof *words);
    for (uint32_t i = 0; i < sort->layout.n; i++) {
        bits_set(words, sort->layout.columns[i]);
    }
    return words;
}

static void sort_look(struct op *op, const struct op_look *look)
{
    struct look_end end;
    look->columns(look->owner, op, &op->node->schema, kept_columns((struct sort_op *)op));
    look_end_put(&end, op, look, NULL);
    flush((struct sort_op *)op);
    look_end_take(&end, op);
}

static void sort_measure(struct op *op)
{
    const struct sort_op *sort = (const struct sort_op *)op;
    op->stats.state_rows = sort->n;
    op->stats.state_bytes = sort_bytes(sort);
    op->stats.next_due = TIME_END;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void sort_close(struct op *op)
{
    struct sort_op *sort = (struct sort_op *)op;
    arena_release(&sort->emit);
    arena_release(&sort->kept);
    mem_free(sort->rows);
    mem_free(sort->places);
}

static const struct op_kind sort_kind = {
    .name = "sort",
    .version = 1,
    .push = sort_push,
    .trigger = sort_trigger,
    .save = sort_save,
    .load = sort_load,
    .look = sort_look,
    .measure = sort_measure,
    .close = sort_close,
};

static const uint64_t *columns_read(const struct sort_op *sort)
{
    const struct plan_node *node = sort->op.node;
    size_t n = bits_words(node->schema.n);
    uint64_t *words = arena_zalloc(sort->op.context->query, n * sizeof *words);
    for (uint32_t i = 0; i < sort->layout.n; i++) {
        bits_set(words, sort->layout.columns[i]);
    }
    for (uint32_t i = 0; i < node->n_sort_keys; i++) {
        bits_set(words, node->sort_keys[i].column);
    }
    for (int i = 0; i < 2; i++) {
        if (node->window_columns[i] >= 0) {
            bits_set(words, (uint32_t)node->window_columns[i]);
        }
    }
    return words;
}

struct op *op_sort_new(struct op_context *context, const struct plan_node *node)
{
    struct sort_op *sort = arena_zalloc(context->query, sizeof *sort);
    sort->op = (struct op){.kind = &sort_kind, .node = node, .context = context};
    record_layout_init(&sort->layout, context->query, &node->input->schema, context->wanted);
    intake_init(&sort->intake, &sort->op, columns_read(sort));
    sort->intake.time_column = -1;
    arena_init(&sort->emit);
    arena_init(&sort->kept);
    sort->watermark = TIME_NONE;
    return &sort->op;
}
