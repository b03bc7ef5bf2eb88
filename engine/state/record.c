/* record: see record.h. Loops go column by column, so that the switch over types stands outside the
 * loops over rows. A text's eight bytes are its offset in the record (low half) and its length. */
#include "engine/state/record.h"

#include "engine/base/panic.h"

enum { SLOT_BYTES = 8 };

void record_layout_init(struct record_layout *layout, struct arena *query,
                        const struct schema *schema, const uint64_t *wanted)
{
    *layout = (struct record_layout){.schema = schema};
    layout->columns = arena_alloc(query, schema->n * sizeof *layout->columns);
    bool has_nulls = false;
    for (uint32_t i = 0; i < schema->n; i++) {
        if (wanted != NULL && !bits_get(wanted, i)) {
            continue;
        }
        layout->columns[layout->n++] = i;
        layout->n_texts += type_physical(schema->fields[i].type) == PHYSICAL_TEXT;
        has_nulls |= !schema->fields[i].not_null;
    }
    layout->null_bytes = has_nulls ? bits_words(layout->n) * (uint32_t)sizeof(uint64_t) : 0;
    layout->fixed_bytes = layout->null_bytes + layout->n * SLOT_BYTES;
}

static bool column_is_text(const struct record_layout *layout, uint32_t i)
{
    return type_physical(layout->schema->fields[layout->columns[i]].type) == PHYSICAL_TEXT;
}

static inline uint32_t row_at(const uint32_t *rows, uint32_t i)
{
    return rows == NULL ? i : rows[i];
}

static uint32_t round_up(uint64_t bytes)
{
    CHECK(bytes < KEPT_ROW_BYTES_MAX);
    return (uint32_t)((bytes + 7) & ~(uint64_t)7);
}

/* The bytes that a text takes: none if it is NULL, whatever stands there. */
static inline uint32_t text_bytes(const struct column *column, uint32_t row)
{
    return column_is_null(column, row) ? 0 : column->text[row].len;
}

static void add_text_bytes(const struct column *column, const uint32_t *rows, uint32_t n,
                           uint64_t *bytes)
{
    if (column->valid == NULL && rows == NULL) {
        for (uint32_t i = 0; i < n; i++) {
            bytes[i] += column->text[i].len;
        }
        return;
    }
    for (uint32_t i = 0; i < n; i++) {
        bytes[i] += text_bytes(column, row_at(rows, i));
    }
}

void record_sizes(const struct record_layout *layout, const struct batch *batch,
                  const uint32_t *rows, uint32_t n, uint32_t *sizes)
{
    CHECK(n <= BATCH_ROWS);
    uint64_t bytes[BATCH_ROWS];
    for (uint32_t i = 0; i < n; i++) {
        bytes[i] = layout->fixed_bytes;
    }
    for (uint32_t c = 0; layout->n_texts > 0 && c < layout->n; c++) {
        if (column_is_text(layout, c)) {
            add_text_bytes(&batch->columns[layout->columns[c]], rows, n, bytes);
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        sizes[i] = round_up(bytes[i]);
    }
}

/* ---- writing --------------------------------------------------------------------------------- */

static void write_bits(const struct column *column, const uint32_t *rows, uint32_t n,
                       uint8_t *const *slots, uint32_t offset)
{
    for (uint32_t i = 0; i < n; i++) {
        uint64_t bit = bits_get(column->bits, row_at(rows, i));
        memcpy(slots[i] + offset, &bit, sizeof bit);
    }
}

/* Of BIGINT and DOUBLE alike. */
static void write_words(const struct column *column, const uint32_t *rows, uint32_t n,
                        uint8_t *const *slots, uint32_t offset)
{
    for (uint32_t i = 0; i < n; i++) {
        memcpy(slots[i] + offset, &column->i64[row_at(rows, i)], SLOT_BYTES);
    }
}

/* `ends` has each record's length so far. */
static void write_texts(const struct column *column, const uint32_t *rows, uint32_t n,
                        uint8_t *const *slots, uint32_t offset, uint32_t *ends)
{
    for (uint32_t i = 0; i < n; i++) {
        uint32_t row = row_at(rows, i);
        uint32_t len = text_bytes(column, row);
        uint64_t slot = (uint64_t)len << 32 | ends[i];
        memcpy(slots[i] + offset, &slot, sizeof slot);
        if (len > 0) {
            memcpy(slots[i] + ends[i], column->text[row].at, len);
            ends[i] += len;
        }
    }
}

/* A NULL has the value 0, so that equal rows are equal bytes; a NULL text is empty already. */
static void write_nulls(const struct record_layout *layout, const struct column *column, uint32_t c,
                        const uint32_t *rows, uint32_t n, uint8_t *const *at)
{
    uint32_t offset = layout->null_bytes + c * SLOT_BYTES;
    for (uint32_t i = 0; i < n; i++) {
        if (column_is_null(column, row_at(rows, i))) {
            bits_clear((uint64_t *)(void *)at[i], c);
            if (!column_is_text(layout, c)) {
                memset(at[i] + offset, 0, SLOT_BYTES);
            }
        }
    }
}

/* Nothing is NULL yet. */
static void write_valid(const struct record_layout *layout, uint32_t n, uint8_t *const *at)
{
    uint32_t n_words = bits_words(layout->n);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t *valid = (uint64_t *)(void *)at[i];
        for (uint32_t w = 0; w + 1 < n_words; w++) {
            valid[w] = ~(uint64_t)0;
        }
        valid[n_words - 1] = bits_tail(layout->n);
    }
}

void record_write(const struct record_layout *layout, const struct batch *batch,
                  const uint32_t *rows, uint32_t n, uint8_t *const *at)
{
    CHECK(n <= BATCH_ROWS);
    uint32_t ends[BATCH_ROWS];
    for (uint32_t i = 0; i < n; i++) {
        ends[i] = layout->fixed_bytes;
    }
    if (layout->null_bytes > 0) {
        write_valid(layout, n, at);
    }
    for (uint32_t c = 0; c < layout->n; c++) {
        const struct column *column = &batch->columns[layout->columns[c]];
        uint32_t offset = layout->null_bytes + c * SLOT_BYTES;
        CHECK(column->values != NULL);
        if (column_is_text(layout, c)) {
            write_texts(column, rows, n, at, offset, ends);
        } else if (type_physical(column->type) == PHYSICAL_BIT) {
            write_bits(column, rows, n, at, offset);
        } else {
            write_words(column, rows, n, at, offset);
        }
        if (layout->null_bytes > 0 && column->valid != NULL) {
            write_nulls(layout, column, c, rows, n, at);
        }
    }
}

struct slice record_write_all(const struct record_layout *layout, const struct batch *batch,
                              struct arena *arena, struct slice *records)
{
    uint32_t sizes[BATCH_ROWS];
    uint8_t *at[BATCH_ROWS];
    size_t bytes = 0;
    record_sizes(layout, batch, NULL, batch->n, sizes);
    for (uint32_t i = 0; i < batch->n; i++) {
        bytes += sizes[i];
    }
    uint8_t *all = arena_alloc(arena, bytes);
    uint8_t *next = all;
    for (uint32_t i = 0; i < batch->n; i++) {
        at[i] = next;
        records[i] = slice_of(next, sizes[i]);
        next += sizes[i];
    }
    record_write(layout, batch, NULL, batch->n, at);
    return slice_of(all, bytes);
}

/* ---- reading --------------------------------------------------------------------------------- */

static inline uint64_t slot_load(const uint8_t *record, uint32_t offset)
{
    uint64_t slot;
    memcpy(&slot, record + offset, sizeof slot);
    return slot;
}

static void read_values(const uint8_t *const *records, uint32_t n, uint32_t offset,
                        struct column_out *out)
{
    if (type_physical(out->type) == PHYSICAL_TEXT) {
        for (uint32_t i = 0; i < n; i++) {
            uint64_t slot = slot_load(records[i], offset);
            out->text[i] = (struct text){records[i] + (uint32_t)slot, (uint32_t)(slot >> 32)};
        }
    } else if (type_physical(out->type) == PHYSICAL_BIT) {
        for (uint32_t i = 0; i < n; i++) {
            bits_put(out->bits, i, slot_load(records[i], offset) != 0);
        }
    } else {
        for (uint32_t i = 0; i < n; i++) {
            memcpy(&out->i64[i], records[i] + offset, SLOT_BYTES);
        }
    }
}

static void read_nulls(const uint8_t *const *records, uint32_t n, uint32_t c,
                       struct column_out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        if (!bits_get((const uint64_t *)(const void *)records[i], c)) {
            column_out_null(out, i, n);
        }
    }
}

struct column record_column(const struct record_layout *layout, const uint8_t *const *records,
                            uint32_t n, uint32_t c, struct arena *arena)
{
    const struct field *field = &layout->schema->fields[layout->columns[c]];
    struct column_out column = column_out_new(arena, field->type, n);
    read_values(records, n, layout->null_bytes + c * SLOT_BYTES, &column);
    if (layout->null_bytes > 0 && !field->not_null) {
        read_nulls(records, n, c, &column);
    }
    return column_view(&column, n);
}

void record_read(const struct record_layout *layout, const uint8_t *const *records, uint32_t n,
                 struct arena *arena, struct batch *out)
{
    batch_init(out, layout->schema, arena);
    out->n = n;
    for (uint32_t i = 0; i < layout->schema->n; i++) {
        out->columns[i].n = n;
    }
    for (uint32_t c = 0; c < layout->n; c++) {
        out->columns[layout->columns[c]] = record_column(layout, records, n, c, arena);
    }
}

uint32_t record_bytes(const struct record_layout *layout, const uint8_t *record)
{
    uint64_t bytes = layout->fixed_bytes;
    for (uint32_t c = 0; layout->n_texts > 0 && c < layout->n; c++) {
        if (column_is_text(layout, c)) {
            bytes += slot_load(record, layout->null_bytes + c * SLOT_BYTES) >> 32;
        }
    }
    return round_up(bytes);
}

/* ---- saving ---------------------------------------------------------------------------------- */

void record_save(const struct record_layout *layout, const uint8_t *record, struct bytebuf *out)
{
    uint32_t end = layout->fixed_bytes;
    for (uint32_t at = 0; at < layout->fixed_bytes; at += SLOT_BYTES) {
        codec_put_u64(out, slot_load(record, at));
    }
    for (uint32_t c = 0; layout->n_texts > 0 && c < layout->n; c++) {
        if (column_is_text(layout, c)) {
            end += (uint32_t)(slot_load(record, layout->null_bytes + c * SLOT_BYTES) >> 32);
        }
    }
    bytebuf_add(out, record + layout->fixed_bytes, end - layout->fixed_bytes);
}

/* Texts follow each other without holes. Returns where the last one ends, 0 if that is not so. */
static uint64_t texts_end(const struct record_layout *layout, const uint8_t *fixed)
{
    uint64_t end = layout->fixed_bytes;
    for (uint32_t c = 0; c < layout->n; c++) {
        uint64_t slot = slot_load(fixed, layout->null_bytes + c * SLOT_BYTES);
        if (!column_is_text(layout, c)) {
            continue;
        }
        if ((uint32_t)slot != end) {
            return 0;
        }
        end += slot >> 32;
        if (end >= KEPT_ROW_BYTES_MAX) {
            return 0;
        }
    }
    return end;
}

const uint8_t *record_load(const struct record_layout *layout, struct reader *in,
                           struct arena *arena, uint32_t *bytes)
{
    if (reader_left(in) < layout->fixed_bytes) {
        in->failed = true;
        return NULL;
    }
    uint8_t *fixed = arena_alloc(arena, layout->fixed_bytes);
    for (uint32_t at = 0; at < layout->fixed_bytes; at += SLOT_BYTES) {
        uint64_t slot = reader_u64(in);
        memcpy(fixed + at, &slot, sizeof slot);
    }
    *bytes = layout->fixed_bytes;
    if (layout->n_texts == 0) {
        return fixed;
    }
    uint64_t end = texts_end(layout, fixed);
    if (end == 0 || reader_left(in) < end - layout->fixed_bytes) {
        in->failed = true;
        return NULL;
    }
    uint8_t *record = arena_alloc(arena, round_up(end));
    struct slice texts = reader_raw(in, (size_t)end - layout->fixed_bytes);
    memcpy(record, fixed, layout->fixed_bytes);
    if (texts.len > 0) {
        memcpy(record + layout->fixed_bytes, texts.at, texts.len);
    }
    *bytes = round_up(end);
    return record;
}
