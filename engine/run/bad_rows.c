/* bad_rows: see bad_rows.h. */
#include "engine/run/bad_rows.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/batch.h"

enum { COLUMN_SOURCE, COLUMN_OFFSET, COLUMN_COLUMN, COLUMN_REASON, COLUMN_TEXT, COLUMN_COUNT };

struct bad_rows {
    const struct job_config *config;
    const struct stream_def *stream;
    struct bad_row *kept; /* ring of BAD_ROWS_KEPT; NULL while there was none */
    uint64_t n;
    struct outlet into; /* without a sink: nobody asked for them */
    struct schema schema;
    struct arena life;
    struct arena batch; /* lifetime: one row on its way into the sink */
    struct error failure;
};

struct bad_rows *bad_rows_new(const struct job_config *config, const struct stream_def *stream)
{
    struct bad_rows *bad = mem_zalloc(sizeof *bad);
    bad->config = config;
    bad->stream = stream;
    arena_init(&bad->life);
    arena_init(&bad->batch);
    return bad;
}

void bad_rows_free(struct bad_rows *bad)
{
    if (bad == NULL) {
        return;
    }
    outlet_close(&bad->into);
    mem_free(bad->kept);
    arena_release(&bad->life);
    arena_release(&bad->batch);
    mem_free(bad);
}

/* ---- the sink -------------------------------------------------------------------------------- */

static void make_schema(struct bad_rows *bad)
{
    static const struct {
        const char *name;
        enum type_id type;
    } columns[COLUMN_COUNT] = {
        [COLUMN_SOURCE] = {"source", TYPE_TEXT}, [COLUMN_OFFSET] = {"offset", TYPE_BIGINT},
        [COLUMN_COLUMN] = {"column", TYPE_TEXT}, [COLUMN_REASON] = {"reason", TYPE_TEXT},
        [COLUMN_TEXT] = {"text", TYPE_TEXT},
    };
    bad->schema = (struct schema){
        .n = COLUMN_COUNT,
        .fields = arena_zalloc(&bad->life, COLUMN_COUNT * sizeof(struct field)),
    };
    for (uint32_t i = 0; i < COLUMN_COUNT; i++) {
        bad->schema.fields[i].name = slice_text(columns[i].name);
        bad->schema.fields[i].type = type_of(columns[i].type);
    }
}

enum status bad_rows_open(struct bad_rows *bad, struct slice from, struct error *err)
{
    if (bad->stream->on_error != ON_ERROR_INTO || bad->into.sink != NULL) {
        return OK;
    }
    struct uri *uri = arena_zalloc(&bad->life, sizeof *uri);
    struct options *options = arena_zalloc(&bad->life, sizeof *options);
    struct sink_config *config = arena_zalloc(&bad->life, sizeof *config);
    uint64_t committed;
    options_init(options, &bad->life);
    TRY(uri_parse(&bad->life, bad->stream->on_error_uri, uri, options, err));
    const struct sink_kind *kind = kinds_sink(bad->config->kinds, uri->scheme);
    if (kind == NULL) {
        return kinds_no_sink(bad->config->kinds, uri->scheme, err);
    }
    make_schema(bad);
    *config = (struct sink_config){
        .uri = uri,
        .options = options,
        .schema = &bad->schema,
        .fs = bad->config->fs,
        .clock = bad->config->clock,
        .query_name = "bad",
        .interrupt = bad->config->interrupt,
        .durable = bad->config->state_dir != NULL,
        .from = arena_copy(&bad->life, from),
    };
    struct sink *sink;
    TRY(sink_open(kind, config, &sink, &committed, err));
    outlet_init(&bad->into, sink, committed);
    return OK;
}

static struct column text_cell(struct arena *arena, struct slice text, bool is_null)
{
    struct column_out out = column_out_new(arena, type_of(TYPE_TEXT), 1);
    out.text[0] = (struct text){text.at, (uint32_t)text.len};
    if (is_null) {
        column_out_null(&out, 0, 1);
    }
    return column_view(&out, 1);
}

static void send_row(struct bad_rows *bad, const struct found_bad *found)
{
    struct arena *arena = &bad->batch;
    struct batch batch;
    arena_clear(arena);
    batch_init(&batch, &bad->schema, arena);
    batch.n = 1;
    struct column_out offset = column_out_new(arena, type_of(TYPE_BIGINT), 1);
    offset.i64[0] = (int64_t)found->offset;
    batch.columns[COLUMN_SOURCE] = text_cell(arena, slice_text(found->source), false);
    batch.columns[COLUMN_OFFSET] = column_view(&offset, 1);
    batch.columns[COLUMN_COLUMN] = text_cell(arena, found->column, found->column.len == 0);
    batch.columns[COLUMN_REASON] = text_cell(arena, slice_text(found->reason), false);
    batch.columns[COLUMN_TEXT] = text_cell(arena, found->record, false);
    enum status status = outlet_write(&bad->into, &batch, &bad->failure);
    CHECK(status == bad->failure.status);
}

enum status bad_rows_flush(struct bad_rows *bad, struct error *err)
{
    if (bad->failure.status != OK) {
        *err = bad->failure;
        return err->status;
    }
    return outlet_flush(&bad->into, err);
}

struct outlet *bad_rows_outlet(struct bad_rows *bad)
{
    return &bad->into;
}

/* ---- samples --------------------------------------------------------------------------------- */

static void copy_text(char *out, size_t room, struct slice text)
{
    size_t n = text.len < room - 1 ? text.len : room - 1;
    memcpy(out, text.at, n);
    out[n] = '\0';
}

static void keep_sample(struct bad_rows *bad, const struct found_bad *found)
{
    if (bad->kept == NULL) {
        bad->kept = mem_zalloc(BAD_ROWS_KEPT * sizeof *bad->kept);
    }
    struct bad_row *row = &bad->kept[bad->n++ % BAD_ROWS_KEPT];
    copy_text(row->source, sizeof row->source, slice_text(found->source));
    copy_text(row->column, sizeof row->column, found->column);
    row->offset = found->offset;
    row->reason = found->reason;
    row->is_kept = found->is_kept;
    row->text_len =
        (uint32_t)(found->record.len < SAMPLE_TEXT_BYTES ? found->record.len : SAMPLE_TEXT_BYTES);
    memcpy(row->text, found->record.at, row->text_len);
}

void bad_rows_add(struct bad_rows *bad, const struct found_bad *found)
{
    keep_sample(bad, found);
    if (bad->into.sink != NULL && bad->failure.status == OK) {
        send_row(bad, found);
    }
}

uint32_t bad_rows_newest(const struct bad_rows *bad, const struct bad_row **out, uint32_t max)
{
    uint64_t kept = bad->n < BAD_ROWS_KEPT ? bad->n : BAD_ROWS_KEPT;
    uint32_t n = 0;
    for (; n < kept && n < max; n++) {
        out[n] = &bad->kept[(bad->n - 1 - n) % BAD_ROWS_KEPT];
    }
    return n;
}
