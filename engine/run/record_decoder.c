/* record_decoder: see record_decoder.h. */
#include "engine/run/record_decoder.h"

#include "engine/base/panic.h"
#include "engine/state/record.h"

struct record_reader {
    struct decoder base;
    struct record_layout layout;
    const uint8_t *at;                  /* next record of the block */
    const uint8_t *end;                 /* of its last one */
    const uint8_t *records[BATCH_ROWS]; /* of the batch */
    uint32_t n;
};

static enum status records_open(const struct decoder_config *config, struct decoder **out,
                                struct error *err)
{
    (void)err;
    struct record_reader *reader = arena_zalloc(config->query, sizeof *reader);
    reader->base.kind = &record_decoder;
    record_layout_init(&reader->layout, config->query, config->schema, NULL);
    *out = &reader->base;
    return OK;
}

/* Bytes of the record at `at`; 0 if it is not whole. */
static size_t whole_record(const struct record_layout *layout, const uint8_t *at, size_t left)
{
    size_t bytes = left < layout->fixed_bytes ? 0 : record_bytes(layout, at);
    return bytes <= left ? bytes : 0;
}

static size_t records_block(struct decoder *decoder, struct slice bytes, bool is_final)
{
    (void)is_final;
    struct record_reader *reader = (struct record_reader *)(void *)decoder;
    CHECK(((uintptr_t)bytes.at & 7) == 0);
    size_t at = 0;
    for (size_t n; (n = whole_record(&reader->layout, bytes.at + at, bytes.len - at)) > 0;) {
        at += n;
    }
    reader->at = bytes.at;
    reader->end = bytes.at + at;
    return at;
}

static uint32_t records_next(struct decoder *decoder, uint32_t max)
{
    struct record_reader *reader = (struct record_reader *)(void *)decoder;
    reader->n = 0;
    while (reader->n < max && reader->at < reader->end) {
        reader->records[reader->n++] = reader->at;
        reader->at += record_bytes(&reader->layout, reader->at);
    }
    return reader->n;
}

static void records_column(struct decoder *decoder, struct arena *arena, uint32_t col,
                           const uint32_t *rows, uint32_t n, struct column *out, uint64_t *reject)
{
    (void)reject;
    const struct record_reader *reader = (const struct record_reader *)(const void *)decoder;
    const uint8_t *some[BATCH_ROWS];
    CHECK(n <= reader->n);
    for (uint32_t i = 0; rows != NULL && i < n; i++) {
        some[i] = reader->records[rows[i]];
    }
    *out = record_column(&reader->layout, rows != NULL ? some : reader->records, n, col, arena);
}

static struct slice records_record(const struct decoder *decoder, uint32_t row)
{
    const struct record_reader *reader = (const struct record_reader *)(const void *)decoder;
    const uint8_t *record = reader->records[row];
    return slice_of(record, record_bytes(&reader->layout, record));
}

static void records_close(struct decoder *decoder)
{
    (void)decoder; /* all of it is in the arena of the query */
}

const struct decoder_kind record_decoder = {
    .name = "result",
    .summary = "rows of a query's result that were kept",
    .open = records_open,
    .block = records_block,
    .next = records_next,
    .column = records_column,
    .record = records_record,
    .close = records_close,
};
