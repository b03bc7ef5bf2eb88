/* cells: see cells.h. */
#include "sinks/cells.h"

#include <math.h>
#include <string.h>

#include "engine/base/bytebuf.h"
#include "engine/base/checked.h"
#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/batch.h"
#include "engine/data/timestamp.h"

static struct text cell_of(const uint8_t *at, const uint8_t *end)
{
    return (struct text){at, (uint32_t)(end - at)};
}

static struct text cell_text(const char *text)
{
    return (struct text){(const uint8_t *)text, (uint32_t)strlen(text)};
}

static void cells_bigint(struct arena *rows, const int64_t *values, uint32_t n, struct text *cells)
{
    uint8_t *at = arena_alloc(rows, (size_t)n * TEXTBUF_NUMBER_BYTES);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *end = text_write_i64(at, values[i]);
        cells[i] = cell_of(at, end);
        at = end;
    }
}

static void cells_decimal(struct arena *rows, const struct column *column, uint32_t from,
                          uint32_t n, struct text *cells)
{
    const int64_t *values = column->i64 + from;
    unsigned scale = column->type.scale;
    uint8_t *at = arena_alloc(rows, (size_t)n * TEXTBUF_NUMBER_BYTES);
    for (uint32_t i = 0; i < n; i++) {
        uint8_t *end = text_write_decimal(at, values[i], scale);
        cells[i] = cell_of(at, end);
        at = end;
    }
}

static void cells_double(const struct cells_style *style, struct arena *rows, const double *values,
                         uint32_t n, struct text *cells)
{
    struct text null = cell_text(style->null);
    uint8_t *at = arena_alloc(rows, (size_t)n * TEXTBUF_NUMBER_BYTES);
    for (uint32_t i = 0; i < n; i++) {
        if (style->only_finite && !isfinite(values[i])) {
            cells[i] = null;
            continue;
        }
        uint8_t *end = text_write_f64(at, values[i], false);
        cells[i] = cell_of(at, end);
        at = end;
    }
}

static void cells_boolean(const struct column *column, uint32_t from, uint32_t n,
                          struct text *cells)
{
    const struct text names[2] = {cell_text("false"), cell_text("true")};
    for (uint32_t i = 0; i < n; i++) {
        cells[i] = names[bits_get(column->bits, from + i)];
    }
}

/* ---- times ---------------------------------------------------------------------------------- */

/* Neighbouring rows share their minute, so the calendar is asked once per minute only. */
struct minute_text {
    int64_t start_us;
    uint32_t len; /* of "2026-01-05T09:00:" */
    uint8_t text[32];
};

static void minute_set(struct minute_text *m, int64_t us)
{
    /* Unsigned: no time of this era wraps, but any int64 may stand in a column. */
    m->start_us = (int64_t)((uint64_t)us - (uint64_t)floor_mod(us, US_PER_MINUTE));
    m->len = (uint32_t)(timestamp_write(m->text, us, 0) - m->text) - 3; /* no "05Z" */
}

/* What follows the minute: "05Z", "05.250Z". */
static uint8_t *write_seconds(uint8_t *out, uint32_t us_of_minute)
{
    uint32_t seconds = us_of_minute / (uint32_t)US_PER_SECOND;
    uint32_t micros = us_of_minute % (uint32_t)US_PER_SECOND;
    out[0] = (uint8_t)('0' + seconds / 10);
    out[1] = (uint8_t)('0' + seconds % 10);
    out += 2;
    if (micros != 0) {
        unsigned digits = micros % 1000 == 0 ? 3 : 6;
        *out++ = '.';
        out = text_write_padded(out, digits == 3 ? micros / 1000 : micros, digits);
    }
    *out = 'Z';
    return out + 1;
}

static void cells_timestamp(const struct cells_style *style, struct arena *rows,
                            const int64_t *values, uint32_t n, struct text *cells)
{
    enum { ROOM = 44 }; /* a minute's text, 10 bytes of seconds, two quotes */
    bool quoted = style->quote != 0;
    struct minute_text m;
    minute_set(&m, values[0]);
    uint8_t *at = arena_alloc(rows, (size_t)n * ROOM);
    for (uint32_t i = 0; i < n; i++) {
        if (i > 0 && values[i] == values[i - 1]) {
            cells[i] = cells[i - 1]; /* window bounds are the same for many rows */
            continue;
        }
        if ((uint64_t)values[i] - (uint64_t)m.start_us >= (uint64_t)US_PER_MINUTE) {
            minute_set(&m, values[i]);
        }
        *at = style->quote;
        memcpy(at + quoted, m.text, sizeof m.text);
        uint64_t us = (uint64_t)values[i] - (uint64_t)m.start_us; /* as in minute_set */
        uint8_t *end = write_seconds(at + quoted + m.len, (uint32_t)us);
        *end = style->quote;
        cells[i] = cell_of(at, end + quoted);
        at = end + quoted;
    }
}

static void cells_interval(const struct cells_style *style, struct arena *rows,
                           const int64_t *values, uint32_t n, struct text *cells)
{
    struct bytebuf buf = {0};
    for (uint32_t i = 0; i < n; i++) {
        bytebuf_clear(&buf);
        if (style->quote != 0) {
            bytebuf_add_byte(&buf, style->quote);
        }
        interval_print(&buf, values[i]);
        if (style->quote != 0) {
            bytebuf_add_byte(&buf, style->quote);
        }
        struct slice kept = arena_copy(rows, bytebuf_slice(&buf));
        cells[i] = cell_of(kept.at, kept.at + kept.len);
    }
    bytebuf_release(&buf);
}

/* ---- any type ------------------------------------------------------------------------------- */

static void cells_values(const struct cells_style *style, struct arena *rows,
                         const struct column *column, uint32_t from, uint32_t n, struct text *cells)
{
    switch ((enum type_id)column->type.id) {
    case TYPE_BOOLEAN:
        cells_boolean(column, from, n, cells);
        return;
    case TYPE_BIGINT:
        cells_bigint(rows, column->i64 + from, n, cells);
        return;
    case TYPE_DOUBLE:
        cells_double(style, rows, column->f64 + from, n, cells);
        return;
    case TYPE_DECIMAL:
        cells_decimal(rows, column, from, n, cells);
        return;
    case TYPE_TIMESTAMP:
        cells_timestamp(style, rows, column->i64 + from, n, cells);
        return;
    case TYPE_INTERVAL:
        cells_interval(style, rows, column->i64 + from, n, cells);
        return;
    case TYPE_NULL:
    case TYPE_TEXT:
        style->text(rows, column->text + from, n, cells);
        return;
    case TYPE_COUNT:
        break;
    }
    PANIC("no such type");
}

void cells_make(const struct cells_style *style, struct arena *rows, const struct column *column,
                uint32_t from, uint32_t n, struct text *cells)
{
    CHECK(column->values != NULL && from + n <= column->n);
    if (n == 0) {
        return;
    }
    if (column->is_constant && n > 1) {
        cells_make(style, rows, column, from, 1, cells);
        for (uint32_t i = 1; i < n; i++) {
            cells[i] = cells[0];
        }
        return;
    }
    cells_values(style, rows, column, from, n, cells);
    if (column->valid == NULL) {
        return;
    }
    struct text null = cell_text(style->null);
    for (uint32_t i = 0; i < n; i++) {
        if (!bits_get(column->valid, from + i)) {
            cells[i] = null;
        }
    }
}

void cells_ops(const struct cells_style *style, const uint8_t *ops, uint32_t from, uint32_t n,
               struct text *cells)
{
    static const char *const bare[2] = {"+", "-"};
    static const char *const single[2] = {"'+'", "'-'"};
    static const char *const twofold[2] = {"\"+\"", "\"-\""};
    const char *const *names = style->quote == 0 ? bare : style->quote == '"' ? twofold : single;
    const struct text texts[2] = {cell_text(names[0]), cell_text(names[1])};
    for (uint32_t i = 0; i < n; i++) {
        cells[i] = texts[ops != NULL && ops[from + i] == ROW_DELETE];
    }
}
