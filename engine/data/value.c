/* value: see value.h. */
#include "engine/data/value.h"

#include <math.h>

#include "engine/base/checked.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/timestamp.h"

struct value column_value(const struct column *column, uint32_t row)
{
    DCHECK(row < column->n);
    struct value value = {.type = column->type, .is_null = column_is_null(column, row)};
    switch (type_physical(column->type)) {
    case PHYSICAL_BIT:
        value.boolean = bits_get(column->bits, row);
        break;
    case PHYSICAL_I64:
        value.i64 = column->i64[row];
        break;
    case PHYSICAL_F64:
        value.f64 = column->f64[row];
        break;
    case PHYSICAL_TEXT:
        value.text = column->text[row];
        break;
    }
    return value;
}

void column_out_put(struct column_out *out, uint32_t row, uint32_t n, const struct value *value)
{
    DCHECK(row < n);
    if (value->is_null) {
        column_out_null(out, row, n);
        return;
    }
    enum physical physical = type_physical(out->type);
    CHECK(physical == type_physical(value->type));
    switch (physical) {
    case PHYSICAL_BIT:
        bits_put(out->bits, row, value->boolean);
        break;
    case PHYSICAL_I64:
        out->i64[row] = value->i64;
        break;
    case PHYSICAL_F64:
        out->f64[row] = value->f64;
        break;
    case PHYSICAL_TEXT:
        out->text[row] = value->text;
        break;
    }
    if (out->valid != NULL) {
        bits_set(out->valid, row);
    }
}

static bool scaled_equal(const struct value *a, const struct value *b)
{
    int128 x = (int128)a->i64 * pow10_i64[b->type.scale];
    int128 y = (int128)b->i64 * pow10_i64[a->type.scale];
    return x == y;
}

bool value_equal(const struct value *a, const struct value *b)
{
    if (a->is_null || b->is_null) {
        return a->is_null && b->is_null;
    }
    if (a->type.id != b->type.id) {
        return false;
    }
    switch (type_physical(a->type)) {
    case PHYSICAL_BIT:
        return a->boolean == b->boolean;
    case PHYSICAL_I64:
        return scaled_equal(a, b); /* the scale is 0 except for DECIMAL */
    case PHYSICAL_F64:
        return a->f64 == b->f64 || (isnan(a->f64) && isnan(b->f64));
    case PHYSICAL_TEXT:
        return slice_equal(text_slice(a->text), text_slice(b->text));
    }
    PANIC("no such type");
}

void value_print(struct bytebuf *out, const struct value *value)
{
    if (value->is_null) {
        return;
    }
    switch ((enum type_id)value->type.id) {
    case TYPE_BOOLEAN:
        bytebuf_add_text(out, value->boolean ? "true" : "false");
        break;
    case TYPE_BIGINT:
        textbuf_i64(out, value->i64);
        break;
    case TYPE_DOUBLE:
        textbuf_f64(out, value->f64, false);
        break;
    case TYPE_DECIMAL:
        textbuf_decimal(out, value->i64, value->type.scale);
        break;
    case TYPE_TIMESTAMP:
        timestamp_print(out, value->i64);
        break;
    case TYPE_INTERVAL:
        interval_print(out, value->i64);
        break;
    case TYPE_NULL:
    case TYPE_TEXT:
        bytebuf_add(out, value->text.at, value->text.len);
        break;
    case TYPE_COUNT:
        PANIC("no such type");
    }
}

void column_print(struct bytebuf *out, const struct column *column, uint32_t row)
{
    struct value value = column_value(column, row);
    value_print(out, &value);
}
