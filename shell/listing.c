/* listing: see listing.h. */
#include "shell/listing.h"

#include "engine/base/panic.h"
#include "sinks/console_sink.h"

void listing_init(struct listing *listing, uint32_t n_columns, const char *const *names)
{
    CHECK(n_columns <= LISTING_COLUMNS_MAX);
    *listing = (struct listing){.cells = {0}};
    arena_init(&listing->arena);
    listing->schema.n = n_columns;
    listing->schema.fields = arena_zalloc(&listing->arena, n_columns * sizeof(struct field));
    for (uint32_t i = 0; i < n_columns; i++) {
        listing->schema.fields[i].name = slice_text(names[i]);
        listing->schema.fields[i].type = type_of(TYPE_TEXT);
    }
}

void listing_release(struct listing *listing)
{
    bytebuf_release(&listing->cells);
    arena_release(&listing->arena);
}

void listing_add(struct listing *listing, struct slice text)
{
    struct slice kept = arena_copy(&listing->arena, text);
    struct text cell = {kept.at, (uint32_t)kept.len};
    bytebuf_add(&listing->cells, &cell, sizeof cell);
}

void listing_add_null(struct listing *listing)
{
    struct text cell = {NULL, 0};
    bytebuf_add(&listing->cells, &cell, sizeof cell);
}

/* Rows [from, from + n) as a batch. */
static void listing_batch(const struct listing *listing, struct arena *arena, uint32_t from,
                          uint32_t n, struct batch *batch)
{
    const struct text *cells = (const struct text *)(const void *)listing->cells.at;
    uint32_t n_columns = listing->schema.n;
    batch_init(batch, &listing->schema, arena);
    for (uint32_t c = 0; c < n_columns; c++) {
        struct column_out out = column_out_new(arena, type_of(TYPE_TEXT), n);
        for (uint32_t i = 0; i < n; i++) {
            const struct text *cell = &cells[(from + i) * n_columns + c];
            if (cell->at == NULL) {
                column_out_null(&out, i, n);
            } else {
                out.text[i] = *cell;
            }
        }
        batch->columns[c] = column_view(&out, n);
    }
    batch->n = n;
}

static enum status listing_write(const struct listing *listing, struct sink *sink,
                                 struct error *err)
{
    uint32_t n_rows = (uint32_t)(listing->cells.len / sizeof(struct text) / listing->schema.n);
    struct arena arena;
    enum status status = OK;
    arena_init(&arena);
    for (uint32_t from = 0; from < n_rows && status == OK; from += BATCH_ROWS) {
        struct batch batch;
        uint32_t n = n_rows - from < BATCH_ROWS ? n_rows - from : BATCH_ROWS;
        arena_clear(&arena);
        listing_batch(listing, &arena, from, n, &batch);
        status = sink_write(sink, &batch, err);
    }
    arena_release(&arena);
    return status;
}

enum status listing_print(const struct listing *listing, const struct fs *fs,
                          const struct args *args, struct error *err)
{
    struct options options = {.n = 0};
    struct uri uri = {.scheme = slice_text("console")};
    struct sink_config config = {
        .uri = &uri,
        .options = &options,
        .format = slice_text(args->output != NULL ? args->output : ""),
        .schema = &listing->schema,
        .fs = fs,
        .clock = clock_system(),
        .query_name = "listing",
    };
    struct sink *sink;
    uint64_t committed;
    TRY(sink_open(&console_sink, &config, &sink, &committed, err));
    enum status status = sink_begin(sink, 1, err);
    if (status == OK) {
        status = listing_write(listing, sink, err);
    }
    if (status == OK) {
        status = sink_commit(sink, 1, err);
    }
    sink_close(sink);
    return status;
}
