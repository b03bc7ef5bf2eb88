/* sortkey: see sortkey.h. */
#include "engine/ops/sortkey.h"

#include "engine/base/byteorder.h"
#include "engine/base/panic.h"
#include "engine/data/order.h"

enum { MARK_NULL_FIRST = 0, MARK_VALUE = 1, MARK_NULL_LAST = 2, ESCAPED_NUL = 0xff };

static size_t count_nuls(struct text text)
{
    size_t n = 0;
    for (uint32_t i = 0; i < text.len; i++) {
        n += text.at[i] == 0;
    }
    return n;
}

/* Adds what the column takes at most. */
static void add_lengths(const struct column *column, uint32_t n, size_t *lengths)
{
    enum physical physical = type_physical(column->type);
    size_t bytes = physical == PHYSICAL_BIT ? 2 : 9;
    for (uint32_t i = 0; i < n && physical != PHYSICAL_TEXT; i++) {
        lengths[i] += bytes;
    }
    for (uint32_t i = 0; i < n && physical == PHYSICAL_TEXT; i++) {
        lengths[i] += 3 + column->text[i].len + count_nuls(column->text[i]);
    }
}

static uint8_t *put_text(uint8_t *at, struct text text)
{
    for (uint32_t i = 0; i < text.len; i++) {
        *at++ = text.at[i];
        if (text.at[i] == 0) {
            *at++ = ESCAPED_NUL;
        }
    }
    *at++ = 0;
    *at++ = 0;
    return at;
}

static void put_values(const struct column *column, uint32_t n, uint8_t **cursors)
{
    switch (type_physical(column->type)) {
    case PHYSICAL_BIT:
        for (uint32_t i = 0; i < n; i++) {
            *cursors[i]++ = bits_get(column->bits, i);
        }
        break;
    case PHYSICAL_I64:
        for (uint32_t i = 0; i < n; i++) {
            store_be64(cursors[i], order_i64(column->i64[i]));
            cursors[i] += sizeof(uint64_t);
        }
        break;
    case PHYSICAL_F64:
        for (uint32_t i = 0; i < n; i++) {
            store_be64(cursors[i], order_f64(column->f64[i]));
            cursors[i] += sizeof(uint64_t);
        }
        break;
    case PHYSICAL_TEXT:
        for (uint32_t i = 0; i < n; i++) {
            cursors[i] = put_text(cursors[i], column->text[i]);
        }
        break;
    }
}

/* Turns the values around for DESC, and takes those of NULL rows away. */
static void finish_values(const struct column *column, const struct sort_key *key, uint32_t n,
                          uint8_t *const *starts, uint8_t **cursors)
{
    uint8_t null_mark = key->nulls_first ? MARK_NULL_FIRST : MARK_NULL_LAST;
    for (uint32_t i = 0; key->descending && i < n; i++) {
        for (uint8_t *at = starts[i]; at < cursors[i]; at++) {
            *at = (uint8_t) ~*at;
        }
    }
    for (uint32_t i = 0; i < n; i++) {
        bool is_null = column_is_null(column, i);
        starts[i][-1] = is_null ? null_mark : MARK_VALUE;
        cursors[i] = is_null ? starts[i] : cursors[i];
    }
}

const struct text *sortkey_encode(const struct batch *batch, const struct sort_key *keys,
                                  uint32_t n_keys)
{
    uint32_t n = batch->n;
    struct arena *arena = batch->arena;
    size_t *lengths = arena_zalloc(arena, n * sizeof *lengths);
    for (uint32_t k = 0; k < n_keys; k++) {
        add_lengths(&batch->columns[keys[k].column], n, lengths);
    }
    size_t bytes = 0;
    for (uint32_t i = 0; i < n; i++) {
        CHECK(lengths[i] < UINT32_MAX);
        bytes += lengths[i];
    }
    struct text *out = arena_alloc(arena, n * sizeof *out);
    uint8_t **cursors = arena_alloc(arena, n * sizeof *cursors);
    uint8_t **starts = arena_alloc(arena, n * sizeof *starts);
    uint8_t *at = arena_alloc(arena, bytes);
    for (uint32_t i = 0; i < n; i++) {
        out[i].at = at;
        cursors[i] = at;
        at += lengths[i];
    }
    for (uint32_t k = 0; k < n_keys; k++) {
        const struct column *column = &batch->columns[keys[k].column];
        for (uint32_t i = 0; i < n; i++) {
            starts[i] = ++cursors[i]; /* behind the marker */
        }
        put_values(column, n, cursors);
        finish_values(column, &keys[k], n, starts, cursors);
    }
    for (uint32_t i = 0; i < n; i++) {
        out[i].len = (uint32_t)(cursors[i] - out[i].at);
    }
    return out;
}

uint64_t sortkey_prefix(struct text key)
{
    uint8_t bytes[sizeof(uint64_t)] = {0};
    if (key.len > 0) {
        memcpy(bytes, key.at, key.len < sizeof bytes ? key.len : sizeof bytes);
    }
    return load_be64(bytes);
}

int sortkey_compare(struct text a, struct text b)
{
    return slice_compare(text_slice(a), text_slice(b));
}
