/* late_rows: see late_rows.h. */
#include "engine/run/late_rows.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/value.h"

void late_rows_init(struct late_rows *late)
{
    *late = (struct late_rows){.n = 0};
    arena_init(&late->life);
}

void late_rows_release(struct late_rows *late)
{
    outlet_close(&late->into);
    mem_free(late->kept);
    arena_release(&late->life);
}

/* The one row as a batch of the stream's visible columns. Operators put computed columns behind
 * those, so they are the first ones of whatever comes here. */
static void visible_row(const struct late_rows *late, const struct batch *batch, uint32_t row,
                        struct batch *out)
{
    *out = *batch;
    out->columns = arena_alloc(batch->arena, batch->schema->n * sizeof(struct column));
    memcpy(out->columns, batch->columns, batch->schema->n * sizeof(struct column));
    batch_select(out, &row, 1);
    uint32_t *cols = arena_alloc(batch->arena, late->visible.n * sizeof *cols);
    for (uint32_t i = 0; i < late->visible.n; i++) {
        cols[i] = i;
    }
    if (out->late != NULL) {
        out->late->peeks = true;
    }
    batch_require(out, cols, late->visible.n);
    if (out->late != NULL) {
        out->late->peeks = false;
    }
    out->schema = &late->visible;
}

static void keep_text(struct late_rows *late, const struct batch *row, int64_t watermark)
{
    if (late->kept == NULL) {
        late->kept = mem_zalloc(LATE_ROWS_KEPT * sizeof *late->kept);
    }
    struct late_row *kept = &late->kept[late->n % LATE_ROWS_KEPT];
    struct bytebuf text;
    bytebuf_init(&text);
    for (uint32_t i = 0; i < row->schema->n && text.len < SAMPLE_TEXT_BYTES; i++) {
        if (i > 0) {
            bytebuf_add_byte(&text, ',');
        }
        column_print(&text, &row->columns[i], 0);
    }
    kept->watermark = watermark;
    kept->text_len = (uint32_t)(text.len < SAMPLE_TEXT_BYTES ? text.len : SAMPLE_TEXT_BYTES);
    if (kept->text_len > 0) {
        memcpy(kept->text, text.at, kept->text_len);
    }
    bytebuf_release(&text);
}

static void late_told(void *owner, const struct batch *batch, uint32_t row, int64_t watermark)
{
    struct late_rows *late = owner;
    struct batch one;
    uint64_t dropped = batch->late == NULL ? 0 : batch->late->n_dropped;
    visible_row(late, batch, row, &one);
    if (one.n ==
        0) { /* a column that nobody had asked for is bad: it counts as late all the same */
        batch->late->n_dropped = dropped;
        return;
    }
    keep_text(late, &one, watermark);
    late->n++;
    if (late->failure.status == OK) {
        enum status status = outlet_write(&late->into, &one, &late->failure);
        CHECK(status == late->failure.status);
    }
}

enum status late_rows_open(struct late_rows *late, const struct job_config *config,
                           const struct stream_def *stream, struct slice from, struct error *err)
{
    late->visible = (struct schema){stream->n_visible, stream->schema.fields};
    late->sink = (struct late_sink){.owner = late, .late = late_told};
    if (stream->late_uri.len == 0) {
        return OK;
    }
    struct uri *uri = arena_zalloc(&late->life, sizeof *uri);
    struct options *options = arena_zalloc(&late->life, sizeof *options);
    struct sink_config *sink = arena_zalloc(&late->life, sizeof *sink);
    uint64_t committed;
    options_init(options, &late->life);
    TRY(uri_parse(&late->life, stream->late_uri, uri, options, err));
    const struct sink_kind *kind = kinds_sink(config->kinds, uri->scheme);
    if (kind == NULL) {
        return kinds_no_sink(config->kinds, uri->scheme, err);
    }
    *sink = (struct sink_config){
        .uri = uri,
        .options = options,
        .schema = &late->visible,
        .fs = config->fs,
        .clock = config->clock,
        .query_name = "late",
        .interrupt = config->interrupt,
        .durable = config->state_dir != NULL,
        .from = arena_copy(&late->life, from),
    };
    struct sink *opened;
    TRY(sink_open(kind, sink, &opened, &committed, err));
    outlet_init(&late->into, opened, committed);
    return OK;
}

enum status late_rows_flush(struct late_rows *late, struct error *err)
{
    if (late->failure.status != OK) {
        *err = late->failure;
        return err->status;
    }
    return outlet_flush(&late->into, err);
}

uint32_t late_rows_newest(const struct late_rows *late, const struct late_row **out, uint32_t max)
{
    uint64_t kept = late->n < LATE_ROWS_KEPT ? late->n : LATE_ROWS_KEPT;
    uint32_t n = 0;
    for (; n < kept && n < max; n++) {
        out[n] = &late->kept[(late->n - 1 - n) % LATE_ROWS_KEPT];
    }
    return n;
}
