/* op_distinct: SELECT DISTINCT: the first row of each key passes.
 *
 * With event time among the keys, a row whose time is below the watermark is late and leaves, since
 * whether it is the first cannot be known any more: keys that old are forgotten. Without it nothing
 * can be forgotten, and the state may grow up to the query's limit. A NULL time is a value like
 * another, and never late. */
#include "engine/base/mem.h"
#include "engine/ops/groups.h"
#include "engine/ops/intake.h"
#include "engine/ops/ops.h"

struct distinct_op {
    struct op op;
    struct plan_node keyed; /* the node with its keys spelled out */
    struct intake intake;
    struct table *table; /* every key that has passed, retained once */
    int time_column;     /* -1: not among the keys */
    int64_t *times;      /* by id; TIME_NONE: no key, TIME_END: a key that stays */
    uint32_t n_times;
    uint32_t n_fresh; /* keys since the last sweep */
    int64_t newest;

    uint32_t *unsaved; /* ids of keys that came since the last save */
    uint32_t n_unsaved;
    uint32_t unsaved_room;
    struct bytebuf gone; /* changelog of keys that were forgotten since */
};

static void reserve_times(struct distinct_op *distinct)
{
    uint32_t end = table_id_end(distinct->table);
    if (end <= distinct->n_times) {
        return;
    }
    uint32_t n = distinct->n_times == 0 ? 64 : distinct->n_times;
    while (n < end) {
        n *= 2;
    }
    distinct->times = mem_realloc(distinct->times, (size_t)n * sizeof *distinct->times);
    for (uint32_t i = distinct->n_times; i < n; i++) {
        distinct->times[i] = TIME_NONE;
    }
    distinct->n_times = n;
}

static bool is_late(const struct distinct_op *distinct, int64_t time, int64_t watermark)
{
    return time != TIME_END && time_plus(time, distinct->op.node->window.grace_us) < watermark;
}

/* When a key stops to matter. */
static int64_t key_time(const struct distinct_op *distinct, const struct batch *batch, uint32_t row)
{
    if (distinct->time_column < 0) {
        return TIME_END;
    }
    const struct column *times = &batch->columns[distinct->time_column];
    if (column_is_null(times, row)) {
        return TIME_END;
    }
    return times->i64[row] == TIME_NONE ? TIME_NONE + 1 : times->i64[row];
}

static void remember_unsaved(struct distinct_op *distinct, uint32_t id)
{
    if (distinct->n_unsaved == distinct->unsaved_room) {
        distinct->unsaved_room = distinct->unsaved_room == 0 ? 64 : distinct->unsaved_room * 2;
        distinct->unsaved =
            mem_realloc(distinct->unsaved, distinct->unsaved_room * sizeof *distinct->unsaved);
    }
    distinct->unsaved[distinct->n_unsaved++] = id;
}

static void remember_gone(struct distinct_op *distinct, uint32_t id)
{
    struct changelog gone = {.out = &distinct->gone};
    changelog_erase(&gone);
    groups_put_key(distinct->table, id, gone.out);
    changelog_done(&gone);
}

static void keep_key(struct distinct_op *distinct, uint32_t id, int64_t time)
{
    if (distinct->op.is_saved) {
        remember_unsaved(distinct, id);
    }
    distinct->times[id] = time;
    distinct->n_fresh++;
    if (time != TIME_END && time > distinct->newest) {
        distinct->newest = time;
    }
    table_retain(distinct->table, id);
}

static size_t distinct_bytes(const struct distinct_op *distinct)
{
    return table_bytes(distinct->table) + distinct->n_times * sizeof *distinct->times;
}

static void drop_late(struct distinct_op *distinct, struct batch *batch)
{
    uint32_t rows[BATCH_ROWS];
    uint32_t n = 0;
    for (uint32_t i = 0; i < batch->n; i++) {
        if (is_late(distinct, key_time(distinct, batch, i), intake_watermark(batch, i))) {
            intake_late(&distinct->op, batch, i, 1, true);
        } else {
            rows[n++] = i;
        }
    }
    batch_select(batch, rows, n);
}

static void distinct_push(struct op *op, struct batch *batch)
{
    struct distinct_op *distinct = (struct distinct_op *)op;
    if (!intake_take(&distinct->intake, batch)) {
        return;
    }
    if (distinct->time_column >= 0) {
        drop_late(distinct, batch);
    }
    uint32_t ids[BATCH_ROWS];
    uint32_t rows[BATCH_ROWS];
    uint32_t n = 0;
    groups_find(distinct->table, &distinct->keyed, batch, ids);
    reserve_times(distinct);
    for (uint32_t i = 0; i < batch->n; i++) {
        if (distinct->times[ids[i]] == TIME_NONE) {
            keep_key(distinct, ids[i], key_time(distinct, batch, i));
            rows[n++] = i;
        }
    }
    if (intake_over_limit(op, distinct_bytes(distinct))) {
        return;
    }
    batch_select(batch, rows, n);
    op->stats.rows_out += batch->n;
    op_push(op->next, batch);
}

/* Looking at all keys is worth it when many are new since the last look, or when all are old. */
static bool sweep_is_due(const struct distinct_op *distinct, int64_t watermark)
{
    uint32_t n = table_count(distinct->table);
    return n > 0 &&
           (distinct->n_fresh >= n / 2 + 1 || is_late(distinct, distinct->newest, watermark));
}

static void distinct_advance(struct op *op, int64_t watermark)
{
    struct distinct_op *distinct = (struct distinct_op *)op;
    if (distinct->time_column < 0 || !sweep_is_due(distinct, watermark)) {
        return;
    }
    distinct->n_fresh = 0;
    for (uint32_t id = 0; id < table_id_end(distinct->table); id++) {
        int64_t time = distinct->times[id];
        if (time != TIME_NONE && is_late(distinct, time, watermark)) {
            if (op->is_saved) {
                remember_gone(distinct, id);
            }
            distinct->times[id] = TIME_NONE;
            table_drop(distinct->table, id);
            op->stats.rows_evicted++;
        }
    }
}

static void save_key(const struct distinct_op *distinct, uint32_t id, struct changelog *log)
{
    changelog_put(log, groups_key_group(distinct->table, id));
    groups_put_key(distinct->table, id, log->out);
    changelog_value(log);
    codec_put_i64(log->out, distinct->times[id]);
    changelog_done(log);
}

static void save_all(const struct distinct_op *distinct, struct changelog *log)
{
    for (uint32_t id = 0; id < distinct->n_times && id < table_id_end(distinct->table); id++) {
        if (distinct->times[id] != TIME_NONE) {
            save_key(distinct, id, log);
        }
    }
}

/* An id may be there twice, or have been dropped since. */
static void save_fresh(const struct distinct_op *distinct, struct changelog *log)
{
    bytebuf_add(log->out, distinct->gone.at, distinct->gone.len);
    for (uint32_t i = 0; i < distinct->n_unsaved; i++) {
        uint32_t id = distinct->unsaved[i];
        if (distinct->times[id] != TIME_NONE) {
            save_key(distinct, id, log);
        }
    }
}

static void distinct_saved(struct distinct_op *distinct)
{
    distinct->n_unsaved = 0;
    bytebuf_clear(&distinct->gone);
}

/* "" = nothing; section k: key = i64 time */
static void distinct_save(struct op *op, struct changelog *log)
{
    struct distinct_op *distinct = (struct distinct_op *)op;
    op_save_head(log);
    changelog_done(log);
    changelog_section(log, slice_text("k"));
    if (log->whole) {
        save_all(distinct, log);
    } else {
        save_fresh(distinct, log);
    }
    distinct_saved(distinct);
}

static enum status distinct_load(struct op *op, struct entries_walk *walk, struct error *err)
{
    struct distinct_op *distinct = (struct distinct_op *)op;
    struct reader in;
    struct entry entry;
    TRY(op_load_head(op, walk, &in, err));
    while (entries_next(walk, &entry)) {
        in = reader_of(entry.value);
        int64_t time = reader_i64(&in);
        uint32_t id = groups_take_key(distinct->table, &distinct->keyed, entry.key);
        if (id == TABLE_NO_ID || time == TIME_NONE || !reader_ok(&in) || reader_left(&in) != 0) {
            return op_damaged(op, err);
        }
        reserve_times(distinct);
        keep_key(distinct, id, time);
    }
    distinct_saved(distinct);
    return OK;
}

/* The columns that are keys; the others of a row are not kept. */
static void look_at(struct distinct_op *distinct, const uint32_t *ids, uint32_t n,
                    const struct op_look *look)
{
    const struct plan_node *keyed = &distinct->keyed;
    struct arena arena;
    struct batch out;
    struct column *keys;
    arena_init(&arena);
    emit_init(&distinct->op, &arena, TIME_NONE, &out);
    out.n = n;
    keys = arena_zalloc(&arena, keyed->n_keys * sizeof *keys);
    groups_columns(distinct->table, keyed, ids, n, &arena, keys);
    for (uint32_t i = 0; i < keyed->n_keys; i++) {
        out.columns[keyed->keys[i]] = keys[i];
    }
    look->rows(look->owner, &out);
    arena_release(&arena);
}

static const uint64_t *all_keys(const struct distinct_op *distinct);

static void distinct_look(struct op *op, const struct op_look *look)
{
    struct distinct_op *distinct = (struct distinct_op *)op;
    uint32_t n_order;
    const uint32_t *order = table_order(distinct->table, &n_order);
    uint32_t ids[BATCH_ROWS];
    uint32_t n = 0;
    look->columns(look->owner, op, &op->node->schema, all_keys(distinct));
    for (uint32_t i = 0; i < n_order; i++) {
        ids[n] = order[i];
        n += distinct->times[order[i]] != TIME_NONE;
        if (n == BATCH_ROWS || (i + 1 == n_order && n > 0)) {
            look_at(distinct, ids, n, look);
            n = 0;
        }
    }
}

static void distinct_measure(struct op *op)
{
    const struct distinct_op *distinct = (const struct distinct_op *)op;
    op->stats.state_rows = table_count(distinct->table);
    op->stats.state_bytes = distinct_bytes(distinct);
    op->stats.next_due = TIME_END;
}

static void distinct_close(struct op *op)
{
    struct distinct_op *distinct = (struct distinct_op *)op;
    table_free(distinct->table);
    mem_free(distinct->times);
    mem_free(distinct->unsaved);
    bytebuf_release(&distinct->gone);
}

static const struct op_kind distinct_kind = {
    .name = "distinct",
    .version = 1,
    .push = distinct_push,
    .advance = distinct_advance,
    .save = distinct_save,
    .load = distinct_load,
    .look = distinct_look,
    .measure = distinct_measure,
    .close = distinct_close,
};

/* Without keys the whole row is the key. */
static void spell_out_keys(struct distinct_op *distinct, const struct plan_node *node)
{
    distinct->keyed = *node;
    if (node->n_keys > 0) {
        return;
    }
    uint32_t n = node->input->schema.n;
    distinct->keyed.keys = arena_alloc(distinct->op.context->query, n * sizeof(uint32_t));
    distinct->keyed.n_keys = n;
    for (uint32_t i = 0; i < n; i++) {
        distinct->keyed.keys[i] = i;
    }
}

static const uint64_t *all_keys(const struct distinct_op *distinct)
{
    const struct plan_node *keyed = &distinct->keyed;
    size_t n = bits_words(keyed->input->schema.n);
    uint64_t *words = arena_zalloc(distinct->op.context->query, n * sizeof *words);
    for (uint32_t i = 0; i < keyed->n_keys; i++) {
        bits_set(words, keyed->keys[i]);
    }
    return words;
}

struct op *op_distinct_new(struct op_context *context, const struct plan_node *node)
{
    struct distinct_op *distinct = arena_zalloc(context->query, sizeof *distinct);
    distinct->op = (struct op){.kind = &distinct_kind, .node = node, .context = context};
    spell_out_keys(distinct, node);
    intake_init(&distinct->intake, &distinct->op, all_keys(distinct));
    distinct->intake.time_column = -1;
    distinct->table = table_new();
    distinct->newest = TIME_NONE;
    distinct->time_column = -1;
    for (uint32_t i = 0; i < distinct->keyed.n_keys; i++) {
        if ((int)distinct->keyed.keys[i] == node->input->time_column) {
            distinct->time_column = node->input->time_column;
        }
    }
    return &distinct->op;
}
