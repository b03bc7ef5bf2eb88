/* column: see column.h. */
#include "engine/data/column.h"

#include "engine/base/panic.h"

static size_t values_bytes(struct type type, uint32_t n)
{
    uint32_t width = type_width(type);
    return width == 0 ? (size_t)bits_words(n) * sizeof(uint64_t) : (size_t)n * width;
}

struct column_out column_out_new(struct arena *arena, struct type type, uint32_t n)
{
    struct column_out out = {.type = type, .arena = arena};
    size_t bytes = values_bytes(type, n);
    bool is_bits = type_physical(type) == PHYSICAL_BIT;
    out.values = is_bits ? arena_zalloc(arena, bytes) : arena_alloc(arena, bytes);
    return out;
}

void column_out_make_valid(struct column_out *out, uint32_t n)
{
    out->valid = arena_alloc(out->arena, (size_t)bits_words(n) * sizeof *out->valid);
    bits_fill(out->valid, n);
}

void column_out_null(struct column_out *out, uint32_t row, uint32_t n)
{
    DCHECK(row < n);
    if (out->valid == NULL) {
        column_out_make_valid(out, n);
    }
    bits_clear(out->valid, row);
    switch (type_physical(out->type)) {
    case PHYSICAL_BIT:
        bits_clear(out->bits, row);
        break;
    case PHYSICAL_I64:
        out->i64[row] = 0;
        break;
    case PHYSICAL_F64:
        out->f64[row] = 0;
        break;
    case PHYSICAL_TEXT:
        out->text[row] = (struct text){(const uint8_t *)"", 0};
        break;
    }
}

static void gather_i64(const int64_t *restrict from, const uint32_t *restrict rows, uint32_t n,
                       int64_t *restrict to)
{
    for (uint32_t i = 0; i < n; i++) {
        to[i] = from[rows[i]];
    }
}

static void gather_text(const struct text *restrict from, const uint32_t *restrict rows, uint32_t n,
                        struct text *restrict to)
{
    for (uint32_t i = 0; i < n; i++) {
        to[i] = from[rows[i]];
    }
}

struct column column_gather(struct arena *arena, const struct column *column, const uint32_t *rows,
                            uint32_t n)
{
    CHECK(column->values != NULL);
    struct column_out out = {.type = column->type, .arena = arena};
    out.values = arena_alloc(arena, values_bytes(column->type, n));
    switch (type_physical(column->type)) {
    case PHYSICAL_BIT:
        bits_gather(column->bits, rows, n, out.bits);
        break;
    case PHYSICAL_I64:
    case PHYSICAL_F64: /* moved as the same eight bytes */
        gather_i64(column->i64, rows, n, out.i64);
        break;
    case PHYSICAL_TEXT:
        gather_text(column->text, rows, n, out.text);
        break;
    }
    if (column->valid != NULL) {
        out.valid = arena_alloc(arena, (size_t)bits_words(n) * sizeof *out.valid);
        bits_gather(column->valid, rows, n, out.valid);
    }
    struct column gathered = column_view(&out, n);
    gathered.is_constant = column->is_constant;
    return gathered;
}

struct column column_constant_time(struct arena *arena, int64_t us, uint32_t n)
{
    struct column_out out = column_out_new(arena, type_of(TYPE_TIMESTAMP), n);
    for (uint32_t i = 0; i < n; i++) {
        out.i64[i] = us;
    }
    struct column column = column_view(&out, n);
    column.is_constant = true;
    return column;
}
