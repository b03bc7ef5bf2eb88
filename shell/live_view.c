/* live_view: see live_view.h. */
#include "shell/live_view.h"

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/value.h"
#include "sinks/table_text.h"

/* Borders and names. */
enum { TABLE_LINES = 4 };

/* One row, in memory of its own, because rows come and go one by one. */
struct live_row {
    struct arena arena;
    struct batch batch; /* of one row */
    struct bytebuf key;
    uint64_t hash;
};

struct live_view {
    struct sink sink;
    struct screen *screen;
    const struct plan *plan;
    struct table_text *table;
    struct live_row **rows; /* oldest first */
    uint32_t n;
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
    bytebuf_release(&row->key);
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

/* What makes a row of a changing result that row and no other. */
static void row_key(const struct plan *plan, const struct batch *batch, uint32_t row,
                    struct bytebuf *out)
{
    for (uint32_t i = 0; i < plan->n_keys; i++) {
        const struct column *column = &batch->columns[plan->keys[i]];
        bytebuf_add_byte(out, column_is_null(column, row));
        column_print(out, column, row);
        bytebuf_add_byte(out, 0);
    }
}

static struct live_row *row_new(const struct live_view *view, const struct batch *batch,
                                uint32_t row)
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
    row_key(view->plan, batch, row, &kept->key);
    kept->hash = hash_bytes(kept->key.at, kept->key.len);
    return kept;
}

static uint32_t row_find(const struct live_view *view, const struct live_row *like)
{
    uint32_t i = 0;
    while (i < view->n &&
           (view->rows[i]->hash != like->hash ||
            !slice_equal(bytebuf_slice(&view->rows[i]->key), bytebuf_slice(&like->key)))) {
        i++;
    }
    return i;
}

static void row_remove(struct live_view *view, uint32_t i)
{
    row_free(view->rows[i]);
    view->n--;
    memmove(&view->rows[i], &view->rows[i + 1], (view->n - i) * sizeof *view->rows);
}

static void row_append(struct live_view *view, struct live_row *row)
{
    if (view->n == LIVE_ROWS_MAX && view->plan->emit.kind == EMIT_COMPLETE) {
        row_free(row); /* what comes first is what was asked for first */
        return;
    }
    if (view->n == LIVE_ROWS_MAX) {
        row_remove(view, 0);
    }
    view->rows[view->n++] = row;
}

static void row_put(struct live_view *view, struct live_row *row, bool remove)
{
    if (!view->plan->changes || view->plan->n_keys == 0) {
        row_append(view, row);
        return;
    }
    uint32_t i = row_find(view, row);
    if (remove) {
        row_free(row);
        if (i < view->n) {
            row_remove(view, i);
        }
    } else if (i < view->n) {
        row_free(view->rows[i]);
        view->rows[i] = row;
    } else {
        row_append(view, row);
    }
}

/* ---- drawing -------------------------------------------------------------------------------- */

static void view_draw(void *owner, uint32_t width, uint32_t height, struct bytebuf *out)
{
    struct live_view *view = owner;
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

struct sink *live_view_new(struct screen *screen, const struct plan *plan)
{
    struct live_view *view = mem_zalloc(sizeof *view);
    struct table_config config = {.look = TABLE_BOX, .schema = &plan->root->schema};
    struct screen_part part = {.owner = view, .draw = view_draw};
    view->sink.kind = &live_view_kind;
    view->screen = screen;
    view->plan = plan;
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
    for (uint32_t row = 0; row < batch->n; row++) {
        bool remove = batch->ops != NULL && batch->ops[row] == ROW_DELETE;
        row_put(view, row_new(view, batch, row), remove);
    }
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

static void view_close(struct sink *sink)
{
    struct live_view *view = view_of(sink);
    screen_remove_part(view->screen, view);
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
