/* decoding: drives a decoder over bytes that come in pieces and writes down what it says, so that
 * two ways of cutting can be compared as text. Each block is a copy of exactly its size, freed
 * before the next: a decoder that reads beyond it or keeps what it must not is found by ASan.
 *
 *     struct decoding d;
 *     decoding_init(&d, &csv_decoder_kind, "a BIGINT, b TEXT", "delimiter=;");
 *     decoding_run(&d, bytes, cuts, n_cuts);
 *     assert_string_equal(decoding_rows(&d), "0: 1, x\n4: NULL, y\n");
 *     assert_string_equal(decoding_rejects(&d), "8 - wrong field count [z]\n");
 *     decoding_release(&d);
 *
 * A row is its offset and its columns; a reject its offset, the column's name ("-" for the whole
 * record), the reason and the record. */
#ifndef TESTS_SOURCES_DECODING_H
#define TESTS_SOURCES_DECODING_H

#include <stdlib.h>
#include <string.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/data/value.h"
#include "engine/io/decoder.h"

enum { DECODING_COLUMNS_MAX = 32 };

struct decoding_reject {
    uint64_t offset;
    int column;
    uint32_t number;
    char *text;
};

struct decoding {
    const struct decoder_kind *kind;
    struct arena arena; /* options, schema */
    struct options options;
    struct schema schema;
    struct decoder_config config;
    struct reject_sink sink;
    struct error err;
    uint32_t batch_rows; /* how many records a batch may have */
    bool no_columns;     /* only count records */

    uint64_t base; /* offset of the block */
    uint32_t n_rows;
    struct bytebuf rows;
    struct bytebuf rejects;
    struct decoding_reject *list;
    uint32_t n_rejects;
};

static inline void decoding_on_reject(void *owner, uint64_t offset, struct slice record, int column,
                                      const char *reason)
{
    struct decoding *d = owner;
    struct bytebuf text = {0};
    const struct slice name = column < 0 ? slice_text("-") : d->schema.fields[column].name;
    bytebuf_printf(&text, "%llu %.*s %s [", (unsigned long long)(d->base + offset), (int)name.len,
                   (const char *)name.at, reason);
    bytebuf_add(&text, record.at, record.len);
    bytebuf_add_text(&text, "]\n");
    d->list = mem_realloc(d->list, (d->n_rejects + 1) * sizeof *d->list);
    d->list[d->n_rejects] = (struct decoding_reject){d->base + offset, column, d->n_rejects,
                                                     mem_text(text.at, text.len)};
    d->n_rejects++;
    bytebuf_release(&text);
}

/* "key=value;;key=value": the separator is ;; so that ; may be a delimiter. */
static inline void decoding_put_options(struct decoding *d, const char *text)
{
    while (text != NULL && *text != 0) {
        const char *end = strstr(text, ";;");
        size_t len = end == NULL ? strlen(text) : (size_t)(end - text);
        const char *equals = memchr(text, '=', len);
        CHECK(equals != NULL);
        size_t key = (size_t)(equals - text);
        enum status status = options_put(&d->options, slice_of(text, key),
                                         slice_of(equals + 1, len - key - 1), -1, &d->err);
        CHECK(status == OK);
        text = end == NULL ? NULL : end + 2;
    }
}

/* "name TYPE, name TYPE NOT NULL": types of one word. */
static inline void decoding_put_columns(struct decoding *d, const char *text)
{
    d->schema.fields = arena_zalloc(&d->arena, DECODING_COLUMNS_MAX * sizeof *d->schema.fields);
    d->schema.n = 0;
    while (*text != 0) {
        const char *end = strstr(text, ", ");
        size_t len = end == NULL ? strlen(text) : (size_t)(end - text);
        const char *space = memchr(text, ' ', len);
        CHECK(space != NULL && d->schema.n < DECODING_COLUMNS_MAX);
        struct field *field = &d->schema.fields[d->schema.n++];
        field->name = slice_of(text, (size_t)(space - text));
        struct slice type = slice_of(space + 1, len - field->name.len - 1);
        struct slice tail = slice_text(" NOT NULL");
        if (type.len > tail.len && memcmp(type.at + type.len - tail.len, tail.at, tail.len) == 0) {
            field->not_null = true;
            type.len -= tail.len;
        }
        CHECK(type_parse(type, &field->type));
        text += len + (end == NULL ? 0 : 2);
    }
}

/* `columns` NULL: to be inferred with decoding_infer. */
static inline void decoding_init(struct decoding *d, const struct decoder_kind *kind,
                                 const char *columns, const char *options)
{
    *d = (struct decoding){.kind = kind, .batch_rows = BATCH_ROWS};
    arena_init(&d->arena);
    options_init(&d->options, &d->arena);
    decoding_put_options(d, options);
    if (columns != NULL) {
        decoding_put_columns(d, columns);
    }
    d->sink = (struct reject_sink){.owner = d, .reject = decoding_on_reject};
    d->config = (struct decoder_config){
        .schema = &d->schema,
        .options = &d->options,
        .fs = fs_system(),
        .query = &d->arena,
        .reject = &d->sink,
    };
}

static inline enum status decoding_infer(struct decoding *d, struct slice sample, int *time_column)
{
    return d->kind->infer(&d->arena, &d->options, d->config.format_argument, sample, &d->schema,
                          time_column, &d->err);
}

static inline void decoding_clear(struct decoding *d)
{
    bytebuf_clear(&d->rows);
    for (uint32_t i = 0; i < d->n_rejects; i++) {
        mem_free(d->list[i].text);
    }
    d->n_rejects = 0;
    d->n_rows = 0;
    d->base = 0;
}

static inline void decoding_release(struct decoding *d)
{
    decoding_clear(d);
    mem_free(d->list);
    bytebuf_release(&d->rows);
    bytebuf_release(&d->rejects);
    arena_release(&d->arena);
}

/* One batch: all columns of all rows, good rows written down. */
static inline void decoding_batch(struct decoding *d, struct decoder *decoder, const uint8_t *block,
                                  uint32_t n)
{
    struct arena arena;
    arena_init(&arena);
    struct column *columns = arena_zalloc(&arena, d->schema.n * sizeof *columns);
    uint64_t reject[BATCH_WORDS] = {0};
    for (uint32_t col = 0; col < d->schema.n && !d->no_columns; col++) {
        decoder_column(decoder, &arena, col, NULL, n, &columns[col], reject);
    }
    for (uint32_t row = 0; row < n; row++) {
        if (bits_get(reject, row)) {
            continue;
        }
        d->n_rows++;
        struct slice record = decoder_record(decoder, row);
        bytebuf_printf(&d->rows,
                       "%llu:", (unsigned long long)(d->base + (uint64_t)(record.at - block)));
        for (uint32_t col = 0; col < d->schema.n && !d->no_columns; col++) {
            bytebuf_add_text(&d->rows, col == 0 ? " " : ", ");
            if (column_is_null(&columns[col], row)) {
                bytebuf_add_text(&d->rows, "NULL");
            } else {
                column_print(&d->rows, &columns[col], row);
            }
        }
        bytebuf_add_byte(&d->rows, '\n');
    }
    arena_release(&arena);
}

static inline size_t decoding_block(struct decoding *d, struct decoder *decoder, struct slice piece,
                                    bool is_final)
{
    uint8_t *block = mem_alloc(piece.len);
    if (piece.len > 0) {
        memcpy(block, piece.at, piece.len);
    }
    size_t consumed = decoder_block(decoder, slice_of(block, piece.len), is_final);
    uint32_t n;
    while ((n = decoder_next(decoder, d->batch_rows)) > 0) {
        decoding_batch(d, decoder, block, n);
    }
    mem_free(block);
    return consumed;
}

/* Decodes `bytes`, which come as [0, cuts[0]), [cuts[0], cuts[1]), … */
static inline enum status decoding_run(struct decoding *d, struct slice bytes, const size_t *cuts,
                                       size_t n_cuts)
{
    struct decoder *decoder;
    TRY(decoder_open(d->kind, &d->config, &decoder, &d->err));
    size_t at = 0;
    for (size_t i = 0; i <= n_cuts; i++) {
        size_t end = i == n_cuts ? bytes.len : cuts[i];
        d->base = at;
        at += decoding_block(d, decoder, slice_of(bytes.at + at, end - at), i == n_cuts);
    }
    CHECK(at == bytes.len);
    decoder_close(decoder);
    return OK;
}

static inline const char *decoding_rows(struct decoding *d)
{
    return bytebuf_text(&d->rows);
}

static inline int decoding_order(const void *a, const void *b)
{
    const struct decoding_reject *x = a;
    const struct decoding_reject *y = b;
    if (x->offset != y->offset) {
        return x->offset < y->offset ? -1 : 1;
    }
    if (x->column != y->column) {
        return x->column < y->column ? -1 : 1;
    }
    return x->number < y->number ? -1 : 1;
}

/* By offset: a decoder tells bad records batch by batch, bad columns when they are asked for. */
static inline const char *decoding_rejects(struct decoding *d)
{
    bytebuf_clear(&d->rejects);
    if (d->n_rejects > 0) {
        qsort(d->list, d->n_rejects, sizeof *d->list, decoding_order);
    }
    for (uint32_t i = 0; i < d->n_rejects; i++) {
        bytebuf_add_text(&d->rejects, d->list[i].text);
    }
    return bytebuf_text(&d->rejects);
}

#endif
