/* live_view: see live_view.h. */
#include "shell/live_view.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/rowkey.h"
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
    bool whole;      /* the one that stays has all rows */
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
    return view->plan->changes && view->plan->n_keys > 0;
}

/* What makes each row of a changing result that row and no other; NULL for other results. */
static const struct text *row_keys(const struct live_view *view, struct arena *arena,
                                   const struct batch *batch)
{
    const struct plan *plan = view->plan;
    if (!is_keyed(view)) {
        return NULL;
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

/* Makes room in a full view: what is oldest goes, of a complete result what came last. */
static bool make_room(struct live_view *view)
{
    if (view->n < LIVE_ROWS_MAX) {
        return true;
    }
    if (view->plan->emit.kind == EMIT_COMPLETE) {
        return false;
    }
    row_remove(view, 0);
    return true;
}

static void row_append(struct live_view *view, struct live_row *row)
{
    if (make_room(view)) {
        view->rows[view->n++] = row;
    } else {
        row_free(row);
    }
}

static void row_upsert(struct live_view *view, struct live_row *row)
{
    bool found;
    uint32_t i = row_find(view, row->key, &found);
    if (found) {
        row_free(view->rows[i]);
        view->rows[i] = row;
        return;
    }
    if (!make_room(view)) {
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

static void view_draw(void *owner, uint32_t width, uint32_t height, struct bytebuf *out)
{
    struct live_view *view = owner;
    view->height = height;
    uint32_t room = height > TABLE_LINES + 1 ? height - TABLE_LINES : 1;
    uint32_t shown = view->n < room ? view->n : room;
    bool complete = view->plan->emit.kind == EMIT_COMPLETE;
    if (view->n == 0) {
        return;
    }
    table_text_clear(view->table);
    table_text_set_width(view->table, width);
    for (uint32_t i = 0; i < shown; i++) {
        /* A complete result begins with what it is ordered by; else the newest is last. */
        uint32_t at = complete ? i : view->n - shown + i;
        table_text_add(view->table, &view->rows[at]->batch);
    }
    table_text_fit(view->table);
    table_text_top(view->table, out);
    table_text_rows(view->table, 0, shown, out);
    table_text_bottom(view->table, out);
}

/* ---- the sink ------------------------------------------------------------------------------- */

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
    view->table = table_text_new(&config);
    view->rows = mem_zalloc(LIVE_ROWS_MAX * sizeof(struct live_row *));
    screen_add_part(screen, &part);
    return &view->sink;
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
