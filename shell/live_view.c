/* live_view: see live_view.h. */
#include "shell/live_view.h"

#include <math.h>
#include <stdlib.h>

#include "engine/base/checked.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/rowkey.h"
#include "sinks/display_width.h"
#include "sinks/table_text.h"

/* Borders and names. */
enum { TABLE_LINES = 4 };

/* Of a picture that was never drawn before it stays. */
enum { HEIGHT_DEFAULT = 16 };

/* One row, in memory of its own, because rows come and go one by one. */
struct live_row {
    struct arena arena;
    struct batch batch; /* of one row */
    struct text key;    /* of a changing result (rowkey.h) */
};

struct live_view {
    struct sink sink;
    struct screen *screen;
    const struct plan *plan;
    struct table_text *table;
    struct live_row **rows; /* oldest first; of a changing result in the order of its keys */
    uint32_t n;
    uint32_t height; /* of the last picture */
    int window_end;  /* its column; -1 = none */
    int64_t grace_us;
    int64_t watermark; /* TIME_END = no window is open */
    int rank;     /* column of which the largest are shown where not all rows can be; -1 = none */
    double least; /* no row that is kept has a smaller rank */
    bool whole;   /* the one that stays has all rows */
    bool start_over; /* a complete result: the next row is the first of a new one */
};

static const struct sink_kind live_view_kind;

static struct live_view *view_of(struct sink *sink)
{
    CHECK(sink->kind == &live_view_kind);
    return (struct live_view *)(void *)sink;
}

bool live_view_fits(const struct plan *plan)
{
    if (plan->at_end) {
        return false;
    }
    for (const struct plan_node *node = plan->root; node != NULL; node = node->input) {
        if (node->kind == PLAN_AGGREGATE) {
            return true;
        }
    }
    return false;
}

/* ---- rows ----------------------------------------------------------------------------------- */

static void row_free(struct live_row *row)
{
    arena_release(&row->arena);
    mem_free(row);
}

static void rows_clear(struct live_view *view)
{
    for (uint32_t i = 0; i < view->n; i++) {
        row_free(view->rows[i]);
    }
    view->n = 0;
}

static bool is_keyed(const struct live_view *view)
{
    return view->plan->changes; /* without keys there is one row */
}

/* What makes each row of a changing result that row and no other; NULL for other results. */
static const struct text *row_keys(const struct live_view *view, struct arena *arena,
                                   const struct batch *batch)
{
    const struct plan *plan = view->plan;
    if (!is_keyed(view)) {
        return NULL;
    }
    if (plan->n_keys == 0) { /* the empty key of each */
        return arena_zalloc(arena, batch->n * sizeof(struct text));
    }
    struct column *columns = arena_alloc(arena, plan->n_keys * sizeof *columns);
    for (uint32_t i = 0; i < plan->n_keys; i++) {
        columns[i] = batch->columns[plan->keys[i]];
    }
    return rowkey_encode(arena, columns, plan->n_keys, batch->n);
}

static struct live_row *row_new(const struct live_view *view, const struct batch *batch,
                                uint32_t row, const struct text *key)
{
    struct live_row *kept = mem_zalloc(sizeof *kept);
    arena_init(&kept->arena);
    struct batch one = *batch;
    one.arena = &kept->arena;
    one.columns = arena_alloc(&kept->arena, batch->schema->n * sizeof *one.columns);
    memcpy(one.columns, batch->columns, batch->schema->n * sizeof *one.columns);
    batch_select(&one, &row, 1);
    batch_copy(&kept->arena, &one, &kept->batch);
    kept->batch.schema = &view->plan->root->schema;
    if (key != NULL && key->len == ROWKEY_NULL) {
        kept->key = *key;
    } else if (key != NULL) {
        kept->key.at = arena_copy(&kept->arena, text_slice(*key)).at;
        kept->key.len = key->len;
    }
    return kept;
}

/* The first row whose key is not smaller. */
static uint32_t row_find(const struct live_view *view, struct text key, bool *found)
{
    uint32_t low = 0;
    uint32_t high = view->n;
    while (low < high) {
        uint32_t middle = (low + high) / 2;
        if (rowkey_compare(view->rows[middle]->key, key) < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    *found = low < view->n && rowkey_compare(view->rows[low]->key, key) == 0;
    return low;
}

static void row_remove(struct live_view *view, uint32_t i)
{
    row_free(view->rows[i]);
    view->n--;
    memmove(&view->rows[i], &view->rows[i + 1], (view->n - i) * sizeof *view->rows);
}

static double row_rank(const struct live_view *view, const struct live_row *row)
{
    const struct column *column = &row->batch.columns[view->rank];
    if (column_is_null(column, 0)) {
        return -INFINITY;
    }
    return column->type.id == TYPE_DOUBLE ? column->f64[0] : (double)column->i64[0];
}

static uint32_t find_least(struct live_view *view)
{
    uint32_t found = 0;
    view->least = row_rank(view, view->rows[0]);
    for (uint32_t i = 1; i < view->n; i++) {
        double rank = row_rank(view, view->rows[i]);
        if (rank < view->least) {
            view->least = rank;
            found = i;
        }
    }
    return found;
}

/* Each change brings the newest value, so what was too small comes again when it has grown. */
static bool make_room_by_rank(struct live_view *view, const struct live_row *row)
{
    double rank = row_rank(view, row);
    if (rank <= view->least) {
        return false;
    }
    uint32_t found = find_least(view);
    if (rank <= view->least) {
        return false;
    }
    row_remove(view, found);
    return true;
}

/* Makes room in a full view: what is oldest goes, of a complete result what came last, of a
 * changing one what is smallest. */
static bool make_room(struct live_view *view, const struct live_row *row)
{
    if (view->n < LIVE_ROWS_MAX) {
        return true;
    }
    if (view->plan->emit.kind == EMIT_COMPLETE) {
        return false;
    }
    if (view->rank >= 0) {
        return make_room_by_rank(view, row);
    }
    row_remove(view, 0);
    return true;
}

static void row_append(struct live_view *view, struct live_row *row)
{
    if (make_room(view, row)) {
        view->rows[view->n++] = row;
    } else {
        row_free(row);
    }
}

static void row_upsert(struct live_view *view, struct live_row *row)
{
    bool found;
    uint32_t i = row_find(view, row->key, &found);
    if (view->rank >= 0 && (found || view->n < LIVE_ROWS_MAX)) {
        view->least = fmin(view->least, row_rank(view, row));
    }
    if (found) {
        row_free(view->rows[i]);
        view->rows[i] = row;
        return;
    }
    if (!make_room(view, row)) {
        row_free(row);
        return;
    }
    i = row_find(view, row->key, &found); /* places may have moved */
    memmove(&view->rows[i + 1], &view->rows[i], (view->n - i) * sizeof *view->rows);
    view->rows[i] = row;
    view->n++;
}

static void row_delete(struct live_view *view, struct text key)
{
    bool found;
    uint32_t i = row_find(view, key, &found);
    if (found) {
        row_remove(view, i);
    }
}

/* ---- drawing -------------------------------------------------------------------------------- */

static bool is_open(const struct live_view *view, const struct live_row *row)
{
    if (view->window_end < 0 || view->watermark == TIME_END) {
        return false;
    }
    const struct column *end = &row->batch.columns[view->window_end];
    int64_t closes_us;
    return column_is_null(end, 0) || checked_add(end->i64[0], view->grace_us, &closes_us) ||
           closes_us > view->watermark;
}

static int compare_ranks(const void *a, const void *b, void *owner)
{
    const struct live_view *view = owner;
    double left = row_rank(view, *(struct live_row *const *)a);
    double right = row_rank(view, *(struct live_row *const *)b);
    return (left < right) - (left > right);
}

/* Of a complete result the first rows, which it is ordered by; of one that is cut by rank the
 * largest; else the newest, which are last. The caller frees the list. */
static struct live_row **choose_rows(const struct live_view *view, uint32_t n)
{
    struct live_row **chosen = mem_alloc((view->n + 1) * sizeof(struct live_row *));
    memcpy(chosen, view->rows, view->n * sizeof *chosen);
    if (n < view->n && view->rank >= 0) {
        qsort_r(chosen, view->n, sizeof *chosen, compare_ranks, (void *)(uintptr_t)view);
    } else if (view->plan->emit.kind != EMIT_COMPLETE) {
        memmove(chosen, chosen + (view->n - n), n * sizeof *chosen);
    }
    return chosen;
}

/* Names the rows that are not there. */
static void add_cut(const struct live_view *view, uint32_t width, uint32_t n, struct bytebuf *out)
{
    struct bytebuf line = {0};
    uint32_t used;
    bytebuf_printf(&line, "the %u largest by ", n);
    textbuf_escaped(&line, view->plan->root->schema.fields[view->rank].name);
    bytebuf_printf(&line, ", of %u%s", view->n, view->n == LIVE_ROWS_MAX ? " and more" : "");
    bytebuf_add(out, line.at, display_cut(bytebuf_slice(&line), width - 1, &used));
    bytebuf_add_byte(out, '\n');
    bytebuf_release(&line);
}

static void add_rows(const struct live_view *view, struct live_row *const *rows, uint32_t n,
                     struct bytebuf *out)
{
    bool color = screen_color(view->screen);
    for (uint32_t i = 0; i < n; i++) {
        bool dim = color && is_open(view, rows[i]);
        bytebuf_add_text(out, dim ? SCREEN_DIM : "");
        table_text_rows(view->table, i, 1, out);
        bytebuf_add_text(out, dim ? SCREEN_PLAIN : "");
    }
}

static void view_draw(void *owner, uint32_t width, uint32_t height, struct bytebuf *out)
{
    struct live_view *view = owner;
    view->height = height;
    uint32_t room = height > TABLE_LINES + 1 ? height - TABLE_LINES : 1;
    bool is_cut = view->n > room && view->rank >= 0 && room > 1;
    uint32_t shown = is_cut ? room - 1 : view->n < room ? view->n : room;
    if (view->n == 0) {
        return;
    }
    struct live_row **rows = choose_rows(view, shown);
    table_text_clear(view->table);
    table_text_set_width(view->table, width);
    for (uint32_t i = 0; i < shown; i++) {
        table_text_add(view->table, &rows[i]->batch);
    }
    table_text_fit(view->table);
    table_text_top(view->table, out);
    add_rows(view, rows, shown, out);
    table_text_bottom(view->table, out);
    if (is_cut) {
        add_cut(view, width, shown, out);
    }
    mem_free(rows);
}

/* ---- the sink ------------------------------------------------------------------------------- */

/* Windows that close are said once, and are never open; those of a changing result may be. */
static void find_window(struct live_view *view)
{
    const struct plan *plan = view->plan;
    view->window_end = -1;
    view->watermark = TIME_END;
    for (const struct plan_node *node = plan->root; node != NULL; node = node->input) {
        view->grace_us = node->kind == PLAN_AGGREGATE ? node->window.grace_us : view->grace_us;
    }
    for (uint32_t i = 0; i < plan->root->schema.n; i++) {
        const struct field *field = &plan->root->schema.fields[i];
        if (field->type.id == TYPE_TIMESTAMP &&
            slice_equal(field->name, slice_text("window_end"))) {
            view->window_end = (int)i;
        }
    }
}

static bool is_key(const struct plan *plan, uint32_t column)
{
    for (uint32_t i = 0; i < plan->n_keys; i++) {
        if (plan->keys[i] == column) {
            return true;
        }
    }
    return false;
}

/* The first number that is no key, of a result that is not a list of windows. */
static void find_rank(struct live_view *view)
{
    const struct schema *schema = &view->plan->root->schema;
    view->rank = -1;
    view->least = INFINITY;
    for (uint32_t i = schema->n; i > 0 && is_keyed(view) && view->window_end < 0; i--) {
        enum type_id type = schema->fields[i - 1].type.id;
        bool is_number = type == TYPE_BIGINT || type == TYPE_DOUBLE || type == TYPE_DECIMAL;
        view->rank = is_number && !is_key(view->plan, i - 1) ? (int)(i - 1) : view->rank;
    }
}

struct sink *live_view_new(struct screen *screen, const struct plan *plan, bool whole)
{
    struct live_view *view = mem_zalloc(sizeof *view);
    struct table_config config = {.look = TABLE_BOX, .schema = &plan->root->schema};
    struct screen_part part = {.owner = view, .draw = view_draw};
    view->sink.kind = &live_view_kind;
    view->screen = screen;
    view->plan = plan;
    view->height = HEIGHT_DEFAULT;
    view->whole = whole;
    find_window(view);
    find_rank(view);
    view->table = table_text_new(&config);
    view->rows = mem_zalloc(LIVE_ROWS_MAX * sizeof(struct live_row *));
    screen_add_part(screen, &part);
    return &view->sink;
}

void live_view_set_watermark(struct sink *sink, int64_t watermark)
{
    struct live_view *view = view_of(sink);
    bool may_be_open = view->plan->changes || view->plan->emit.kind == EMIT_COMPLETE;
    view->watermark = may_be_open ? watermark : TIME_END;
}

static enum status view_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    (void)err;
    struct live_view *view = view_of(sink);
    if (view->start_over && batch->n > 0) {
        rows_clear(view);
        view->start_over = false;
    }
    struct arena arena;
    arena_init(&arena);
    const struct text *keys = row_keys(view, &arena, batch);
    for (uint32_t row = 0; row < batch->n; row++) {
        if (keys == NULL) {
            row_append(view, row_new(view, batch, row, NULL));
        } else if (batch->ops != NULL && batch->ops[row] == ROW_DELETE) {
            row_delete(view, keys[row]);
        } else {
            row_upsert(view, row_new(view, batch, row, &keys[row]));
        }
    }
    arena_release(&arena);
    screen_touch(view->screen);
    return OK;
}

static enum status view_flush(struct sink *sink, struct error *err)
{
    (void)err;
    struct live_view *view = view_of(sink);
    view->start_over = view->plan->emit.kind == EMIT_COMPLETE;
    return OK;
}

/* The last picture is written as rows are: it stays. */
static void view_keep(struct live_view *view)
{
    struct bytebuf picture = {0};
    const struct fs *fs = screen_fs(view->screen);
    struct error err;
    uint32_t height = view->whole ? LIVE_ROWS_MAX + TABLE_LINES : view->height;
    view_draw(view, screen_width(view->screen), height, &picture);
    enum status status = fs_write_all(fs, SCREEN_ROWS_HANDLE, picture.at, picture.len, &err);
    CHECK(status == OK); /* the screen takes all */
    bytebuf_release(&picture);
}

static void view_close(struct sink *sink)
{
    struct live_view *view = view_of(sink);
    screen_remove_part(view->screen, view);
    view_keep(view);
    rows_clear(view);
    mem_free(view->rows);
    table_text_free(view->table);
    mem_free(view);
}

static const struct sink_kind live_view_kind = {
    .scheme = "screen",
    .summary = "a table that is redrawn in place",
    .promise = SINK_AT_LEAST_ONCE,
    .takes_changes = true,
    .write = view_write,
    .flush = view_flush,
    .close = view_close,
};
