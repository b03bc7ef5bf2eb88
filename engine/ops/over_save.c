/* over_save: the state of op_over as entries and back.
 *
 *     section ""  "" = i64 watermark, i64 swept_at, u64 n_fresh, i64 newest, u64 end of the log
 *     section g   group, u8 0 = i64 from, u8 risen, risen: its last row            rises: its mark
 *                 group, u8 1, position = i64 time, record                         a row
 *     section r   number = row                                     behind: a row whose time has not
 *                                                                  come
 *
 * where a group is u32 length and its key. Rows of a group are numbered by position (series.h); one
 * that comes late moves those behind it up, which therefore are saved again. */
#include "engine/base/byteorder.h"
#include "engine/base/mem.h"
#include "engine/ops/groups.h"
#include "engine/ops/over.h"

/* ---- rows of groups -----------------------------------------------------------------------------
 */

void over_window_mark_changed(struct over_window *window, uint32_t id)
{
    struct over_group *group = &window->groups[id];
    if (!window->op->is_saved || group->is_changed) {
        return;
    }
    if (window->n_changed == window->changed_room) {
        window->changed_room = window->changed_room == 0 ? 64 : window->changed_room * 2;
        window->changed =
            mem_realloc(window->changed, window->changed_room * sizeof *window->changed);
    }
    group->is_changed = true;
    window->changed[window->n_changed++] = id;
}

void over_window_put_key(const struct over_window *window, uint32_t id, enum over_entry kind,
                         struct bytebuf *out)
{
    size_t at = out->len;
    codec_put_u32(out, 0);
    groups_put_key(window->table, id, out);
    store_le32(out->at + at, (uint32_t)(out->len - at - sizeof(uint32_t)));
    codec_put_u8(out, (uint8_t)kind);
}

bool over_window_take_key(struct over_window *window, struct slice key, uint32_t *id,
                          enum over_entry *kind, uint64_t *position)
{
    struct reader in = reader_of(key);
    struct slice group = reader_bytes(&in);
    uint8_t what = reader_u8(&in);
    if (!reader_ok(&in) || what > OVER_ROW) {
        return false;
    }
    *kind = (enum over_entry)what;
    *position = what == OVER_ROW ? changelog_number(reader_raw(&in, reader_left(&in)), &in) : 0;
    *id = groups_take_key(window->table, window->op->node, group);
    return reader_ok(&in) && reader_left(&in) == 0 && *id != TABLE_NO_ID;
}

static void erase(const struct over_window *window, uint32_t id, enum over_entry kind,
                  uint64_t position, struct changelog *log)
{
    changelog_erase(log);
    over_window_put_key(window, id, kind, log->out);
    if (kind == OVER_ROW) {
        changelog_put_number(log->out, position);
    }
    changelog_done(log);
}

void over_window_forget_saved(struct over_window *window, uint32_t id)
{
    const struct over_group *group = &window->groups[id];
    struct changelog erased = {.out = &window->erased};
    if (group->put_end == 0) {
        return;
    }
    erase(window, id, OVER_MARK, 0, &erased);
    for (uint64_t position = group->put_first; position < group->put_end; position++) {
        erase(window, id, OVER_ROW, position, &erased);
    }
}

void over_window_save_gone(struct over_window *window, struct changelog *log)
{
    if (!log->whole) {
        bytebuf_add(log->out, window->erased.at, window->erased.len);
    }
    bytebuf_clear(&window->erased);
}

static void save_row(const struct over_window *window, uint32_t id, uint64_t position,
                     struct changelog *log)
{
    const struct series *series = &window->groups[id].series;
    changelog_put(log, groups_key_group(window->table, id));
    over_window_put_key(window, id, OVER_ROW, log->out);
    changelog_put_number(log->out, position);
    changelog_value(log);
    codec_put_i64(log->out, series_time(&window->pool, series, position));
    record_save(&window->layout, series_record(&window->pool, series, position), log->out);
    changelog_done(log);
}

static void group_saved(struct over_group *group)
{
    group->put_first = group->series.first;
    group->put_end = group->clean_end = series_end(&group->series);
    group->is_changed = false;
}

void over_window_save_group(struct over_window *window, uint32_t id, struct changelog *log)
{
    struct over_group *group = &window->groups[id];
    uint64_t first = group->series.first;
    uint64_t gone_end = first < group->put_end ? first : group->put_end;
    for (uint64_t position = group->put_first; position < gone_end && !log->whole; position++) {
        erase(window, id, OVER_ROW, position, log);
    }
    uint64_t from = log->whole || group->clean_end < first ? first : group->clean_end;
    for (uint64_t position = from; position < series_end(&group->series); position++) {
        save_row(window, id, position, log);
    }
    group_saved(group);
}

bool over_window_load_row(struct over_window *window, uint32_t id, uint64_t position,
                          struct reader *in)
{
    over_window_reserve(window);
    struct over_group *group = &window->groups[id];
    struct series *series = &group->series;
    uint32_t bytes = 0;
    int64_t time = reader_i64(in);
    arena_clear(&window->scratch);
    const uint8_t *record = record_load(&window->layout, in, &window->scratch, &bytes);
    bool is_first = series->n == 0;
    if (!reader_ok(in) || reader_left(in) != 0 || record == NULL || position > UINT64_MAX / 2 ||
        (!is_first && (position != series_end(series) ||
                       time < series_time(&window->pool, series, position - 1)))) {
        return false;
    }
    if (is_first) {
        series->first = group->low = group->high = position;
        table_retain(window->table, id);
    }
    series_insert(&window->pool, series, time, record, bytes);
    window->n_rows++;
    return true;
}

void over_window_saved(struct over_window *window)
{
    for (uint32_t id = 0; id < window->room; id++) {
        group_saved(&window->groups[id]);
    }
    window->n_changed = 0;
}

/* ---- saving -------------------------------------------------------------------------------------
 */

static void save_mark(const struct over_op *over, uint32_t id, struct changelog *log)
{
    const struct over_mark *mark = &over->marks[id];
    changelog_put(log, groups_key_group(over->table, id));
    over_window_put_key(&over->window, id, OVER_MARK, log->out);
    changelog_value(log);
    codec_put_i64(log->out, mark->from);
    codec_put_u8(log->out, mark->risen);
    if (mark->risen && over->layout.n > 0) {
        record_save(&over->layout, mark->last, log->out);
    }
    changelog_done(log);
}

static void save_groups(struct over_op *over, struct changelog *log)
{
    struct over_window *window = &over->window;
    uint32_t n = log->whole ? window->room : window->n_changed;
    changelog_section(log, slice_text("g"));
    over_window_save_gone(window, log);
    for (uint32_t i = 0; i < n; i++) {
        uint32_t id = log->whole ? i : window->changed[i];
        struct over_group *group = &window->groups[id];
        /* An id may be there twice, or have gone to another group since. */
        if (group->series.n == 0 || !(log->whole || group->is_changed)) {
            continue;
        }
        if (over->rises) {
            save_mark(over, id, log);
        }
        over_window_save_group(window, id, log);
    }
    window->n_changed = 0;
}

/* Rows of the log that wait: those that came since the last save. */
static void save_waiting(struct over_op *over, struct changelog *log)
{
    uint64_t numbers[BATCH_ROWS];
    uint32_t n;
    changelog_section(log, slice_text("r"));
    uint64_t from = rowlog_begin_save(over->log, log);
    while ((n = rowlog_numbers(over->log, from, numbers, BATCH_ROWS)) > 0) {
        for (uint32_t i = 0; i < n; i++) {
            changelog_put(log, 0);
            changelog_put_number(log->out, numbers[i]);
            changelog_value(log);
            rowlog_save_row(over->log, numbers[i], log->out);
            changelog_done(log);
        }
        from = numbers[n - 1] + 1;
    }
    rowlog_end_save(over->log);
}

void over_save(struct op *op, struct changelog *log)
{
    struct over_op *over = (struct over_op *)op;
    op_save_head(log);
    codec_put_i64(log->out, over->watermark);
    codec_put_i64(log->out, over->swept_at);
    codec_put_u64(log->out, over->n_fresh);
    codec_put_i64(log->out, over->newest);
    codec_put_u64(log->out, over->is_behind ? rowlog_end(over->log) : 0);
    changelog_done(log);
    save_groups(over, log);
    if (over->is_behind) {
        save_waiting(over, log);
    }
}

/* ---- loading ------------------------------------------------------------------------------------
 */

static bool load_mark(struct over_op *over, uint32_t id, struct reader *in)
{
    over_window_reserve(&over->window);
    over_arrival_reserve(over);
    struct over_mark *mark = &over->marks[id];
    mark->from = reader_i64(in);
    bool risen = reader_u8(in) != 0;
    if (!reader_ok(in) || mark->risen || mark->last != NULL) {
        return false;
    }
    if (risen && over->layout.n > 0) {
        uint32_t bytes = 0;
        arena_clear(&over->emit);
        const uint8_t *record = record_load(&over->layout, in, &over->emit, &bytes);
        if (record == NULL) {
            return false;
        }
        mark->last = mem_alloc(bytes + 1);
        memcpy(mark->last, record, bytes);
    }
    mark->risen = risen;
    return reader_ok(in) && reader_left(in) == 0;
}

static bool load_of_group(struct over_op *over, const struct entry *entry)
{
    struct reader in = reader_of(entry->value);
    enum over_entry kind;
    uint64_t position;
    uint32_t id;
    if (!over_window_take_key(&over->window, entry->key, &id, &kind, &position)) {
        return false;
    }
    if (kind == OVER_ROW) {
        return over_window_load_row(&over->window, id, position, &in);
    }
    return over->rises && load_mark(over, id, &in);
}

static bool load_waiting(struct over_op *over, const struct entry *entry)
{
    struct reader in = reader_of(entry->value);
    uint64_t number = changelog_number(entry->key, &in);
    return over->is_behind && rowlog_load_row(over->log, number, &in) && reader_left(&in) == 0;
}

/* Marks go with groups, and groups with marks. */
static bool restore_marks(struct over_op *over)
{
    for (uint32_t id = 0; over->rises && id < over->window.room; id++) {
        over_arrival_reserve(over);
        bool has_rows = over_window_series(&over->window, id)->n > 0;
        if (has_rows ? !over_arrival_restore(over, id) : over->marks[id].risen) {
            over->marks[id].risen = false;
            return false;
        }
    }
    return true;
}

/* Each row that waits is in the agenda, by its time. */
static void fill_agenda(struct over_op *over)
{
    uint64_t numbers[BATCH_ROWS];
    uint64_t from = 0;
    uint32_t n;
    while ((n = rowlog_numbers(over->log, from, numbers, BATCH_ROWS)) > 0) {
        struct batch batch;
        arena_clear(&over->emit);
        rowlog_read(over->log, numbers, n, &over->emit, &batch);
        const int64_t *times = batch.columns[over->intake.time_column].i64;
        for (uint32_t i = 0; i < n; i++) {
            agenda_add(&over->agenda, (struct agenda_row){times[i], numbers[i]});
        }
        from = numbers[n - 1] + 1;
    }
}

enum status over_load(struct op *op, struct entries_walk *walk, struct error *err)
{
    struct over_op *over = (struct over_op *)op;
    struct reader in;
    struct entry entry;
    TRY(op_load_head(op, walk, &in, err));
    over->watermark = reader_i64(&in);
    over->swept_at = reader_i64(&in);
    over->n_fresh = reader_u64(&in);
    over->newest = reader_i64(&in);
    uint64_t end = reader_u64(&in);
    bool ok = reader_ok(&in) && reader_left(&in) == 0;
    while (ok && entries_next(walk, &entry)) {
        ok = slice_equal(entry.section, slice_text("g")) ? load_of_group(over, &entry)
                                                         : load_waiting(over, &entry);
    }
    if (!ok || !restore_marks(over)) {
        return op_damaged(op, err);
    }
    over_window_saved(&over->window);
    if (!over->is_behind) {
        return OK;
    }
    if (!rowlog_end_load(over->log, end)) {
        return op_damaged(op, err);
    }
    fill_agenda(over);
    return OK;
}
