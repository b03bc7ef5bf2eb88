/* literal: see literal.h. */
#include "engine/expr/literal.h"

#include "engine/base/panic.h"
#include "engine/data/decimal.h"

bool literal_boolean(struct slice text, bool *out)
{
    static const struct {
        const char *name;
        bool value;
    } names[] = {{"true", true}, {"false", false}, {"t", true},   {"f", false},
                 {"1", true},    {"0", false},     {"yes", true}, {"no", false},
                 {"y", true},    {"n", false},     {"on", true},  {"off", false}};
    text = slice_trim(text);
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (slice_equal_nocase(text, slice_text(names[i].name))) {
            *out = names[i].value;
            return true;
        }
    }
    return false;
}

bool literal_bigint(struct slice text, int64_t *out)
{
    return slice_to_i64(slice_trim(text), out);
}

bool literal_double(struct slice text, double *out)
{
    return slice_to_f64(slice_trim(text), out);
}

bool literal_timestamp(struct slice text, struct time_cache *cache, int64_t *us)
{
    static const struct time_format iso = {.layout = TIME_ISO};
    return time_parse(&iso, cache, slice_trim(text), us);
}

bool literal_interval(struct slice text, int64_t *us)
{
    return interval_parse(slice_trim(text), us);
}

bool literal_read(struct slice text, struct type type, struct value *out)
{
    struct value value = {.type = type};
    struct time_cache cache = {0};
    bool is_read = false;
    switch ((enum type_id)type.id) {
    case TYPE_BOOLEAN:
        is_read = literal_boolean(text, &value.boolean);
        break;
    case TYPE_BIGINT:
        is_read = literal_bigint(text, &value.i64);
        break;
    case TYPE_DOUBLE:
        is_read = literal_double(text, &value.f64);
        break;
    case TYPE_DECIMAL:
        is_read = decimal_parse(slice_trim(text), type.precision, type.scale, &value.i64);
        break;
    case TYPE_TIMESTAMP:
        is_read = literal_timestamp(text, &cache, &value.i64);
        break;
    case TYPE_INTERVAL:
        is_read = literal_interval(text, &value.i64);
        break;
    case TYPE_TEXT:
        value.text = (struct text){text.at, (uint32_t)text.len};
        is_read = true;
        break;
    case TYPE_NULL:
    case TYPE_COUNT:
        break;
    }
    if (is_read) {
        *out = value;
    }
    return is_read;
}

unsigned literal_digits(int64_t value)
{
    unsigned digits = 1;
    while (digits <= DECIMAL_PRECISION_MAX && decimal_exceeds(value, digits)) {
        digits++;
    }
    return digits;
}

/* [+-]digits.digits with at most 18 digits: the DECIMAL that it spells. */
static bool read_plain_decimal(struct slice text, struct value *out)
{
    const uint8_t *point = slice_find(text, slice_of(".", 1));
    if (point == NULL) {
        return false;
    }
    size_t scale = (size_t)(text.at + text.len - point) - 1;
    int64_t scaled;
    if (scale > DECIMAL_PRECISION_MAX ||
        !decimal_parse(text, DECIMAL_PRECISION_MAX, (unsigned)scale, &scaled)) {
        return false;
    }
    for (size_t i = 0; i < scale; i++) {
        if (!ascii_is_digit(point[1 + i])) {
            return false; /* an exponent: that is a DOUBLE */
        }
    }
    unsigned digits = literal_digits(scaled);
    unsigned precision = digits > scale ? digits : (unsigned)scale;
    *out = value_i64(type_decimal(precision > 0 ? precision : 1, (unsigned)scale), scaled);
    return true;
}

bool literal_number(struct slice text, struct value *out)
{
    text = slice_trim(text);
    if (literal_read(text, type_of(TYPE_BIGINT), out) || read_plain_decimal(text, out)) {
        return true;
    }
    return literal_read(text, type_of(TYPE_DOUBLE), out);
}
