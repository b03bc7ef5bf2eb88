/* op_count_rows: WINDOW n ROWS [SLIDE m ROWS] without aggregates: the last n rows of a group each
 * time m more have come, with the row that fills the window. window_start and window_end are the
 * times of its first and last row. Groups are never forgotten: time does not end them. */
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/ops/groups.h"
#include "engine/ops/kept_rows.h"

struct counted_row {
    uint64_t number;
    int64_t time;
};

/* A group's rows of the window that is not full yet, from `head` on. */
struct counted_group {
    struct counted_row *rows;
    uint32_t head;
    uint32_t n;
    uint32_t room;
    bool is_there;
    bool is_changed; /* it is in `changed` */
};

struct count_rows_op {
    struct kept_rows kept;
    struct table *table;
    struct counted_group *groups; /* by id */
    uint32_t n_groups;
    size_t list_bytes;
    struct number_list changed; /* ids of groups that got rows since the last save */
};

static void reserve_groups(struct count_rows_op *op)
{
    uint32_t end = table_id_end(op->table);
    uint32_t n = op->n_groups == 0 ? 16 : op->n_groups;
    if (end <= op->n_groups) {
        return;
    }
    while (n < end) {
        n *= 2;
    }
    op->groups = mem_realloc(op->groups, n * sizeof *op->groups);
    memset(op->groups + op->n_groups, 0, (n - op->n_groups) * sizeof *op->groups);
    op->n_groups = n;
}

static void group_add(struct count_rows_op *op, struct counted_group *group, struct counted_row row)
{
    if (group->head + group->n == group->room && group->head >= group->n && group->head > 0) {
        memcpy(group->rows, group->rows + group->head, group->n * sizeof *group->rows);
        group->head = 0;
    }
    if (group->head + group->n == group->room) {
        CHECK(group->room <= UINT32_MAX / 2);
        op->list_bytes -= group->room * sizeof *group->rows;
        group->room = group->room == 0 ? 8 : group->room * 2;
        group->rows = mem_realloc(group->rows, group->room * sizeof *group->rows);
        op->list_bytes += group->room * sizeof *group->rows;
    }
    group->rows[group->head + group->n++] = row;
}

static void emit_group(struct count_rows_op *op, const struct counted_group *group)
{
    struct number_list numbers = {0};
    const struct counted_row *rows = group->rows + group->head;
    for (uint32_t i = 0; i < group->n; i++) {
        number_list_add(&numbers, rows[i].number);
    }
    kept_rows_emit(&op->kept, rows[0].time, rows[group->n - 1].time, numbers.at, numbers.n);
    number_list_release(&numbers);
}

static void group_slide(struct count_rows_op *op, struct counted_group *group)
{
    uint32_t n = (uint32_t)op->kept.op.node->window.rows_slide;
    for (uint32_t i = 0; i < n; i++) {
        rowlog_drop(op->kept.log, &group->rows[group->head + i].number, 1);
    }
    group->head += n;
    group->n -= n;
}

static void hold_group(struct count_rows_op *op, uint32_t id)
{
    if (!op->groups[id].is_there) {
        op->groups[id].is_there = true;
        table_retain(op->table, id);
    }
}

static size_t count_rows_bytes(const struct count_rows_op *op)
{
    return rowlog_bytes(op->kept.log) + table_bytes(op->table) + op->list_bytes +
           op->n_groups * sizeof *op->groups;
}

static void count_rows_push(struct op *base, struct batch *batch)
{
    struct count_rows_op *op = (struct count_rows_op *)base;
    if (!intake_take(&op->kept.intake, batch)) {
        return;
    }
    uint32_t ids[BATCH_ROWS];
    const int64_t *times = batch->columns[op->kept.intake.time_column].i64;
    groups_find(op->table, base->node, batch, ids);
    reserve_groups(op);
    op->kept.watermark = batch->watermark;
    uint64_t number = rowlog_append(op->kept.log, batch, NULL, batch->n);
    for (uint32_t i = 0; i < batch->n; i++) {
        struct counted_group *group = &op->groups[ids[i]];
        hold_group(op, ids[i]);
        if (base->is_saved && !group->is_changed) {
            group->is_changed = true;
            number_list_add(&op->changed, ids[i]);
        }
        group_add(op, group, (struct counted_row){number + i, times[i]});
        if (group->n == base->node->window.rows) {
            emit_group(op, group);
            group_slide(op, group);
        }
    }
    intake_over_limit(base, count_rows_bytes(op));
}

/* window_end is the time of a window's last row so far. */
static void count_rows_look(struct op *base, const struct op_look *look)
{
    struct count_rows_op *op = (struct count_rows_op *)base;
    struct look_end end;
    uint32_t n;
    const uint32_t *order = table_order(op->table, &n);
    kept_rows_look(&op->kept, look, &end);
    for (uint32_t i = 0; i < n; i++) {
        if (op->groups[order[i]].n > 0) {
            emit_group(op, &op->groups[order[i]]);
        }
    }
    look_end_take(&end, base);
}

/* ---- snapshot -------------------------------------------------------------------------------- */

static void save_rows(struct count_rows_op *op, uint32_t id, uint64_t from, struct changelog *log)
{
    struct counted_group *group = &op->groups[id];
    for (uint32_t i = group->n; i > 0; i--) {
        const struct counted_row *row = &group->rows[group->head + i - 1];
        if (row->number < from) {
            break;
        }
        changelog_put(log, groups_key_group(op->table, id));
        changelog_put_number(log->out, row->number);
        changelog_value(log);
        groups_save(op->table, id, log->out);
        codec_put_i64(log->out, row->time);
        rowlog_save_row(op->kept.log, row->number, log->out);
        changelog_done(log);
    }
    group->is_changed = false;
}

/* "" = u64 end of the log
 * section r: number = group, i64 time, row */
static void count_rows_save(struct op *base, struct changelog *log)
{
    struct count_rows_op *op = (struct count_rows_op *)base;
    op_save_head(log);
    codec_put_u64(log->out, rowlog_end(op->kept.log));
    changelog_done(log);
    changelog_section(log, slice_text("r"));
    uint64_t from = rowlog_begin_save(op->kept.log, log);
    uint32_t n = log->whole ? op->n_groups : op->changed.n;
    for (uint32_t i = 0; i < n; i++) {
        save_rows(op, log->whole ? i : (uint32_t)op->changed.at[i], from, log);
    }
    op->changed.n = 0;
    rowlog_end_save(op->kept.log);
}

static bool load_row(struct count_rows_op *op, const struct entry *entry)
{
    struct reader in = reader_of(entry->value);
    struct counted_row row = {.number = changelog_number(entry->key, &in)};
    uint32_t id = groups_load(op->table, op->kept.op.node, &in);
    row.time = reader_i64(&in);
    if (!reader_ok(&in) || !rowlog_load_row(op->kept.log, row.number, &in) ||
        reader_left(&in) != 0) {
        return false;
    }
    reserve_groups(op);
    hold_group(op, id);
    group_add(op, &op->groups[id], row);
    return op->groups[id].n < op->kept.op.node->window.rows;
}

static enum status count_rows_load(struct op *base, struct entries_walk *walk, struct error *err)
{
    struct count_rows_op *op = (struct count_rows_op *)base;
    struct reader in;
    struct entry entry;
    TRY(op_load_head(base, walk, &in, err));
    uint64_t end = reader_u64(&in);
    bool ok = reader_ok(&in) && reader_left(&in) == 0;
    while (ok && entries_next(walk, &entry)) {
        ok = load_row(op, &entry);
    }
    return ok && rowlog_end_load(op->kept.log, end) ? OK : op_damaged(base, err);
}

static void count_rows_measure(struct op *base)
{
    const struct count_rows_op *op = (const struct count_rows_op *)base;
    base->stats.state_rows = rowlog_rows(op->kept.log);
    base->stats.state_bytes = count_rows_bytes(op);
    base->stats.next_due = TIME_END;
}

/* ---- life ------------------------------------------------------------------------------------ */

static void count_rows_close(struct op *base)
{
    struct count_rows_op *op = (struct count_rows_op *)base;
    for (uint32_t id = 0; id < op->n_groups; id++) {
        mem_free(op->groups[id].rows);
    }
    mem_free(op->groups);
    number_list_release(&op->changed);
    table_free(op->table);
    kept_rows_release(&op->kept);
}

static const struct op_kind count_rows_kind = {
    .name = "count rows",
    .version = 1,
    .push = count_rows_push,
    .save = count_rows_save,
    .load = count_rows_load,
    .look = count_rows_look,
    .measure = count_rows_measure,
    .close = count_rows_close,
};

struct op *op_count_rows_new(struct op_context *context, const struct plan_node *node)
{
    struct count_rows_op *op = arena_zalloc(context->query, sizeof *op);
    kept_rows_init(&op->kept, context, node, &count_rows_kind);
    CHECK(node->window.rows <= INT32_MAX);
    op->table = table_new();
    return &op->kept.op;
}
