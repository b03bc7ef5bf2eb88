/* encode: the forms of output, and the glue that makes rows of cells; see encode.h. */
#include "sinks/encode.h"

#include <string.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"

const struct encode_format *const encode_formats[] = {
    &encode_csv, &encode_tsv, &encode_json, &encode_jsonl, &encode_line, &encode_insert, NULL,
};

const struct encode_format *encode_format_find(struct slice name)
{
    if (slice_equal_nocase(name, slice_text("ndjson"))) {
        return &encode_jsonl;
    }
    for (const struct encode_format *const *format = encode_formats; *format != NULL; format++) {
        if (slice_equal_nocase(name, slice_text((*format)->name))) {
            return *format;
        }
    }
    return NULL;
}

static bool ends_with(struct slice path, const char *suffix)
{
    size_t len = strlen(suffix);
    return path.len > len &&
           slice_equal_nocase(slice_of(path.at + path.len - len, len), slice_text(suffix));
}

const struct encode_format *encode_format_by_suffix(struct slice path)
{
    for (const struct encode_format *const *format = encode_formats; *format != NULL; format++) {
        if ((*format)->suffix != NULL && ends_with(path, (*format)->suffix)) {
            return *format;
        }
    }
    return ends_with(path, ".ndjson") ? &encode_jsonl : NULL;
}

struct slice encoder_name(const struct encoder_config *config, uint32_t i)
{
    if (config->changes && i == 0) {
        return slice_text("_op");
    }
    return config->schema->fields[i - config->changes].name;
}

uint32_t encoder_width(const struct encoder_config *config)
{
    return config->schema->n + config->changes;
}

/* ---- an encoder ----------------------------------------------------------------------------- */

/* Separators are copied sixteen bytes at a time, whatever their length: room for it behind each. */
enum { COPY_STEP = 16 };

struct encoder {
    struct encoder_config config;
    struct schema schema;
    struct arena whole; /* lifetime: the encoder */
    struct arena rows;  /* lifetime: CELL_ROWS rows */
    uint32_t n;         /* values of a row */
    struct text *before;
    struct text row_end;
    struct text *cells; /* column by column, CELL_ROWS each */
    bool any;
};

static struct text padded_copy(struct arena *whole, struct slice text)
{
    size_t room = text.len + COPY_STEP;
    uint8_t *at = arena_zalloc(whole, room);
    if (text.len > 0) {
        memcpy(at, text.at, text.len);
    }
    return (struct text){at, (uint32_t)text.len};
}

/* Names may come from the first line of anybody's file. */
static void escape_names(struct arena *whole, struct schema *schema)
{
    struct bytebuf buf = {0};
    for (uint32_t i = 0; i < schema->n; i++) {
        bytebuf_clear(&buf);
        textbuf_escaped(&buf, schema->fields[i].name);
        schema->fields[i].name = arena_copy(whole, bytebuf_slice(&buf));
    }
    bytebuf_release(&buf);
}

struct encoder *encoder_new(const struct encoder_config *config)
{
    struct encoder *e = mem_zalloc(sizeof *e);
    arena_init(&e->whole);
    arena_init(&e->rows);
    e->schema = schema_copy(&e->whole, config->schema);
    if (config->for_terminal && !config->format->is_safe) {
        escape_names(&e->whole, &e->schema);
    }
    e->config = *config;
    e->config.schema = &e->schema;
    e->config.target = arena_copy(&e->whole, config->target);
    e->n = encoder_width(&e->config);
    e->before = arena_alloc(&e->whole, e->n * sizeof *e->before);
    e->cells = arena_alloc(&e->whole, (size_t)e->n * CELL_ROWS * sizeof *e->cells);
    struct bytebuf buf = {0};
    for (uint32_t i = 0; i < e->n; i++) {
        bytebuf_clear(&buf);
        config->format->before(&buf, &e->config, i, encoder_name(&e->config, i));
        e->before[i] = padded_copy(&e->whole, bytebuf_slice(&buf));
    }
    bytebuf_release(&buf);
    e->row_end = padded_copy(&e->whole, slice_text(config->format->row_end));
    return e;
}

void encoder_free(struct encoder *e)
{
    if (e != NULL) {
        arena_release(&e->rows);
        arena_release(&e->whole);
        mem_free(e);
    }
}

void encoder_start(struct encoder *e, struct bytebuf *out)
{
    if (e->config.format->start != NULL) {
        e->config.format->start(out, &e->config);
    }
}

void encoder_finish(struct encoder *e, struct bytebuf *out)
{
    if (e->config.format->finish != NULL) {
        e->config.format->finish(out, e->any);
    }
}

/* ---- rows ----------------------------------------------------------------------------------- */

/* May write up to COPY_STEP bytes beyond the text, in both directions owned by the encoder. */
static inline uint8_t *copy_padded(uint8_t *out, struct text text)
{
    memcpy(out, text.at, COPY_STEP);
    if (__builtin_expect(text.len > COPY_STEP, 0)) {
        memcpy(out, text.at, text.len);
    }
    return out + text.len;
}

/* Reads exactly text.len bytes: a cell may be the end of somebody's memory. */
static inline uint8_t *copy_cell(uint8_t *out, struct text text)
{
    const uint8_t *at = text.at;
    uint32_t len = text.len;
    if (__builtin_expect(len > 16, 0)) {
        memcpy(out, at, len);
    } else if (len >= 8) {
        memcpy(out, at, 8);
        memcpy(out + len - 8, at + len - 8, 8);
    } else if (len >= 4) {
        memcpy(out, at, 4);
        memcpy(out + len - 4, at + len - 4, 4);
    } else if (len > 0) {
        out[0] = at[0];
        out[len / 2] = at[len / 2];
        out[len - 1] = at[len - 1];
    }
    return out + len;
}

static size_t block_bytes(const struct encoder *e, uint32_t n)
{
    size_t fixed = e->row_end.len;
    size_t bytes = 0;
    for (uint32_t c = 0; c < e->n; c++) {
        const struct text *cells = e->cells + (size_t)c * CELL_ROWS;
        fixed += e->before[c].len;
        for (uint32_t i = 0; i < n; i++) {
            bytes += cells[i].len;
        }
    }
    return bytes + fixed * n + COPY_STEP;
}

static void glue_rows(struct encoder *e, uint32_t n, struct bytebuf *out)
{
    uint8_t *at = bytebuf_reserve(out, block_bytes(e, n));
    for (uint32_t i = 0; i < n; i++) {
        const struct text *cell = e->cells + i;
        for (uint32_t c = 0; c < e->n; c++) {
            at = copy_padded(at, e->before[c]);
            at = copy_cell(at, *cell);
            cell += CELL_ROWS;
        }
        at = copy_padded(at, e->row_end);
    }
    out->len = (size_t)(at - out->at);
}

/* The same text, safe to be shown. */
static struct column escaped_column(struct arena *rows, const struct column *column, uint32_t from,
                                    uint32_t n)
{
    struct bytebuf buf = {0};
    struct text *texts = arena_alloc(rows, (from + n) * sizeof *texts);
    for (uint32_t i = from; i < from + n; i++) {
        bytebuf_clear(&buf);
        textbuf_escaped(&buf, text_slice(column->text[i]));
        struct slice kept = arena_copy(rows, bytebuf_slice(&buf));
        texts[i] = (struct text){kept.at, (uint32_t)kept.len};
    }
    bytebuf_release(&buf);
    struct column escaped = *column;
    escaped.is_constant = false;
    escaped.text = texts;
    return escaped;
}

static void encode_block(struct encoder *e, const struct batch *batch, uint32_t from, uint32_t n)
{
    const struct cells_style *style = &e->config.format->style;
    bool escape = e->config.for_terminal && !e->config.format->is_safe;
    struct text *cells = e->cells;
    arena_clear(&e->rows);
    if (e->config.changes) {
        cells_ops(style, batch->ops, from, n, cells);
        cells += CELL_ROWS;
    }
    for (uint32_t c = 0; c < e->schema.n; c++, cells += CELL_ROWS) {
        const struct column *column = &batch->columns[c];
        if (escape && type_physical(column->type) == PHYSICAL_TEXT) {
            struct column escaped = escaped_column(&e->rows, column, from, n);
            cells_make(style, &e->rows, &escaped, from, n, cells);
        } else {
            cells_make(style, &e->rows, column, from, n, cells);
        }
    }
}

void encoder_batch(struct encoder *e, const struct batch *batch, struct bytebuf *out)
{
    CHECK(batch->schema->n == e->schema.n);
    if (batch->n == 0) {
        return;
    }
    size_t start = out->len;
    for (uint32_t from = 0; from < batch->n; from += CELL_ROWS) {
        uint32_t n = batch->n - from < CELL_ROWS ? batch->n - from : CELL_ROWS;
        encode_block(e, batch, from, n);
        glue_rows(e, n, out);
    }
    if (!e->any && e->config.format->first_byte != 0) {
        out->at[start] = e->config.format->first_byte;
    }
    e->any = true;
}
