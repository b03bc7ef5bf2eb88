/* rowkey: see rowkey.h. Encoding and decoding go column by column, so that the switch over types
 * stands outside the loops over rows; each row has a cursor into its key. */
#include "engine/data/rowkey.h"

#include <string.h>

#include "engine/base/byteorder.h"
#include "engine/base/hash.h"
#include "engine/base/panic.h"
#include "engine/data/order.h"

enum { MARK_VALUE = 0x00, MARK_NULL = 0x01, ESCAPED_NUL = 0xff };

static uint8_t *put_be64(uint8_t *at, uint64_t value)
{
    store_be64(at, value);
    return at + sizeof value;
}

/* ---- plain keys: one TEXT column ------------------------------------------------------------- */

static bool key_is_plain(struct type first, uint32_t n_cols)
{
    return n_cols == 1 && type_physical(first) == PHYSICAL_TEXT;
}

static const struct text *encode_plain(struct arena *batch, const struct column *column, uint32_t n)
{
    if (column->valid == NULL) {
        return column->text; /* the column is the keys */
    }
    struct text *keys = arena_alloc(batch, n * sizeof *keys);
    for (uint32_t i = 0; i < n; i++) {
        keys[i] = column->text[i];
        keys[i].len = bits_get(column->valid, i) ? keys[i].len : ROWKEY_NULL;
    }
    return keys;
}

static void decode_plain(const struct text *keys, uint32_t n, struct column_out *out)
{
    for (uint32_t i = 0; i < n; i++) {
        if (keys[i].len == ROWKEY_NULL) {
            column_out_null(out, i, n);
        } else {
            out->text[i] = keys[i];
        }
    }
}

/* ---- one NOT NULL column of eight bytes: fixed width, one pass ------------------------------- */

static const struct text *encode_i64(struct arena *batch, const int64_t *values, uint32_t n)
{
    enum { KEY_BYTES = 9 };
    struct text *keys = arena_alloc(batch, n * sizeof *keys);
    uint8_t *at = arena_alloc(batch, (size_t)n * KEY_BYTES);
    for (uint32_t i = 0; i < n; i++) {
        keys[i] = (struct text){at, KEY_BYTES};
        *at = MARK_VALUE;
        at = put_be64(at + 1, order_i64(values[i]));
    }
    return keys;
}

/* ---- any columns ----------------------------------------------------------------------------- */

static size_t count_nuls(struct slice text)
{
    size_t n = 0;
    for (size_t i = 0; i < text.len; i++) {
        n += text.at[i] == 0;
    }
    return n;
}

/* Adds to each row's length what the column takes there, its marker included. */
static void add_lengths(const struct column *column, bool is_last, uint32_t n, size_t *lengths)
{
    enum physical physical = type_physical(column->type);
    if (physical == PHYSICAL_TEXT) {
        for (uint32_t i = 0; i < n; i++) {
            struct slice text = text_slice(column->text[i]);
            lengths[i] += is_last ? 1 + text.len : 3 + text.len + count_nuls(text);
        }
        return;
    }
    size_t bytes = physical == PHYSICAL_BIT ? 2 : 9;
    for (uint32_t i = 0; i < n; i++) {
        lengths[i] += bytes;
    }
}

static uint8_t *put_text(uint8_t *at, struct slice text, bool is_last)
{
    if (is_last) {
        if (text.len > 0) {
            memcpy(at, text.at, text.len);
        }
        return at + text.len;
    }
    for (size_t i = 0; i < text.len; i++) {
        *at++ = text.at[i];
        if (text.at[i] == 0) {
            *at++ = ESCAPED_NUL;
        }
    }
    *at++ = 0;
    *at++ = 0;
    return at;
}

static void put_values(const struct column *column, bool is_last, uint32_t n, uint8_t **cursors)
{
    switch (type_physical(column->type)) {
    case PHYSICAL_BIT:
        for (uint32_t i = 0; i < n; i++) {
            *cursors[i]++ = MARK_VALUE;
            *cursors[i]++ = bits_get(column->bits, i);
        }
        break;
    case PHYSICAL_I64:
        for (uint32_t i = 0; i < n; i++) {
            *cursors[i] = MARK_VALUE;
            cursors[i] = put_be64(cursors[i] + 1, order_i64(column->i64[i]));
        }
        break;
    case PHYSICAL_F64:
        for (uint32_t i = 0; i < n; i++) {
            *cursors[i] = MARK_VALUE;
            cursors[i] = put_be64(cursors[i] + 1, order_f64(column->f64[i]));
        }
        break;
    case PHYSICAL_TEXT:
        for (uint32_t i = 0; i < n; i++) {
            *cursors[i] = MARK_VALUE;
            cursors[i] = put_text(cursors[i] + 1, text_slice(column->text[i]), is_last);
        }
        break;
    }
}

/* Values are written for all rows; where the row is NULL the cursor goes back to behind a marker.
 */
static void put_column(struct arena *batch, const struct column *column, bool is_last, uint32_t n,
                       uint8_t **cursors)
{
    if (column->valid == NULL) {
        put_values(column, is_last, n, cursors);
        return;
    }
    uint8_t **starts = arena_alloc(batch, n * sizeof *starts);
    memcpy(starts, cursors, n * sizeof *starts);
    put_values(column, is_last, n, cursors);
    for (uint32_t i = 0; i < n; i++) {
        if (!bits_get(column->valid, i)) {
            *starts[i] = MARK_NULL;
            cursors[i] = starts[i] + 1;
        }
    }
}

static const struct text *encode_any(struct arena *batch, const struct column *cols,
                                     uint32_t n_cols, uint32_t n)
{
    size_t *lengths = arena_zalloc(batch, n * sizeof *lengths);
    for (uint32_t c = 0; c < n_cols; c++) {
        add_lengths(&cols[c], c == n_cols - 1, n, lengths);
    }
    size_t bytes = 0;
    for (uint32_t i = 0; i < n; i++) {
        CHECK(lengths[i] < ROWKEY_NULL);
        bytes += lengths[i];
    }
    struct text *keys = arena_alloc(batch, n * sizeof *keys);
    uint8_t **cursors = arena_alloc(batch, n * sizeof *cursors);
    uint8_t *at = arena_alloc(batch, bytes);
    for (uint32_t i = 0; i < n; i++) {
        cursors[i] = at;
        keys[i].at = at;
        at += lengths[i];
    }
    for (uint32_t c = 0; c < n_cols; c++) {
        put_column(batch, &cols[c], c == n_cols - 1, n, cursors);
    }
    for (uint32_t i = 0; i < n; i++) {
        keys[i].len = (uint32_t)(cursors[i] - keys[i].at);
    }
    return keys;
}

const struct text *rowkey_encode(struct arena *batch, const struct column *cols, uint32_t n_cols,
                                 uint32_t n)
{
    CHECK(n_cols >= 1);
    if (n == 0) {
        return arena_alloc(batch, 0);
    }
    if (key_is_plain(cols[0].type, n_cols)) {
        return encode_plain(batch, &cols[0], n);
    }
    if (n_cols == 1 && cols[0].valid == NULL && type_physical(cols[0].type) == PHYSICAL_I64) {
        return encode_i64(batch, cols[0].i64, n);
    }
    return encode_any(batch, cols, n_cols, n);
}

void rowkey_hash(const struct text *keys, uint32_t n, uint64_t *hashes)
{
    for (uint32_t i = 0; i < n; i++) {
        hashes[i] = keys[i].len == ROWKEY_NULL ? hash_u64(ROWKEY_NULL)
                                               : hash_bytes(keys[i].at, keys[i].len);
    }
}

/* ---- back to columns ------------------------------------------------------------------------- */

/* Where each of up to BATCH_ROWS keys has been read to. */
struct key_cursors {
    const struct text *keys;
    uint32_t first; /* row of keys[0] in the columns */
    uint32_t n;
    uint32_t n_all;
    const uint8_t *at[BATCH_ROWS];
};

/* The place of a value of `bytes` bytes, or NULL if the row is NULL there. */
static inline const uint8_t *take_value(struct key_cursors *cursors, uint32_t i, size_t bytes)
{
    const uint8_t *at = cursors->at[i];
    const uint8_t *end = cursors->keys[i].at + cursors->keys[i].len;
    CHECK(at < end);
    if (*at == MARK_NULL) {
        cursors->at[i] = at + 1;
        return NULL;
    }
    CHECK((size_t)(end - at) > bytes);
    cursors->at[i] = at + 1 + bytes;
    return at + 1;
}

/* The text at `at`, ended by 00 00. Points there unless bytes were escaped. */
static struct text take_escaped(struct key_cursors *cursors, uint32_t i, const uint8_t *at,
                                struct arena *arena)
{
    const uint8_t *end = cursors->keys[i].at + cursors->keys[i].len;
    const uint8_t *nul = at;
    uint32_t n_escapes = 0;
    while (true) {
        nul = memchr(nul, 0, (size_t)(end - nul));
        CHECK(nul != NULL && end - nul >= 2);
        if (nul[1] == 0) {
            break;
        }
        n_escapes++;
        nul += 2;
    }
    cursors->at[i] = nul + 2;
    uint32_t len = (uint32_t)(nul - at) - n_escapes;
    if (n_escapes == 0) {
        return (struct text){at, len};
    }
    uint8_t *copy = arena_alloc(arena, len);
    for (uint32_t k = 0; k < len; k++) {
        copy[k] = *at;
        at += *at == 0 ? 2 : 1;
    }
    return (struct text){copy, len};
}

static void take_text(struct key_cursors *cursors, struct column_out *out, bool is_last)
{
    for (uint32_t i = 0; i < cursors->n; i++) {
        uint32_t row = cursors->first + i;
        const uint8_t *at = take_value(cursors, i, 0);
        if (at == NULL) {
            column_out_null(out, row, cursors->n_all);
        } else if (is_last) {
            const uint8_t *end = cursors->keys[i].at + cursors->keys[i].len;
            out->text[row] = (struct text){at, (uint32_t)(end - at)};
        } else {
            out->text[row] = take_escaped(cursors, i, at, out->arena);
        }
    }
}

static void take_bits(struct key_cursors *cursors, struct column_out *out)
{
    for (uint32_t i = 0; i < cursors->n; i++) {
        uint32_t row = cursors->first + i;
        const uint8_t *at = take_value(cursors, i, 1);
        if (at == NULL) {
            column_out_null(out, row, cursors->n_all);
        } else {
            bits_put(out->bits, row, *at != 0);
        }
    }
}

static void take_i64(struct key_cursors *cursors, struct column_out *out)
{
    for (uint32_t i = 0; i < cursors->n; i++) {
        uint32_t row = cursors->first + i;
        const uint8_t *at = take_value(cursors, i, 8);
        if (at == NULL) {
            column_out_null(out, row, cursors->n_all);
        } else {
            out->i64[row] = order_to_i64(load_be64(at));
        }
    }
}

static void take_f64(struct key_cursors *cursors, struct column_out *out)
{
    for (uint32_t i = 0; i < cursors->n; i++) {
        uint32_t row = cursors->first + i;
        const uint8_t *at = take_value(cursors, i, 8);
        if (at == NULL) {
            column_out_null(out, row, cursors->n_all);
        } else {
            out->f64[row] = order_to_f64(load_be64(at));
        }
    }
}

static void take_column(struct key_cursors *cursors, struct column_out *out, bool is_last)
{
    switch (type_physical(out->type)) {
    case PHYSICAL_BIT:
        take_bits(cursors, out);
        break;
    case PHYSICAL_I64:
        take_i64(cursors, out);
        break;
    case PHYSICAL_F64:
        take_f64(cursors, out);
        break;
    case PHYSICAL_TEXT:
        take_text(cursors, out, is_last);
        break;
    }
}

void rowkey_decode(const struct text *keys, uint32_t n, struct column_out *cols, uint32_t n_cols)
{
    CHECK(n_cols >= 1);
    if (key_is_plain(cols[0].type, n_cols)) {
        decode_plain(keys, n, &cols[0]);
        return;
    }
    struct key_cursors cursors = {.n_all = n};
    for (uint32_t first = 0; first < n; first += BATCH_ROWS) {
        cursors.keys = keys + first;
        cursors.first = first;
        cursors.n = n - first < BATCH_ROWS ? n - first : BATCH_ROWS;
        for (uint32_t i = 0; i < cursors.n; i++) {
            cursors.at[i] = cursors.keys[i].at;
        }
        for (uint32_t c = 0; c < n_cols; c++) {
            take_column(&cursors, &cols[c], c == n_cols - 1);
        }
    }
}

int rowkey_compare(struct text a, struct text b)
{
    if (a.len == ROWKEY_NULL || b.len == ROWKEY_NULL) {
        return (a.len == ROWKEY_NULL) - (b.len == ROWKEY_NULL);
    }
    return slice_compare(text_slice(a), text_slice(b));
}
