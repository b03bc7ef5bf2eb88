/* value: one scalar, tagged. For constants, options and tests; never on the row path. */
#ifndef ENGINE_DATA_VALUE_H
#define ENGINE_DATA_VALUE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytebuf.h"
#include "engine/data/column.h"
#include "engine/data/types.h"

struct value {
    struct type type;
    bool is_null;
    union {
        bool boolean;
        int64_t i64; /* BIGINT, DECIMAL (scaled), TIMESTAMP, INTERVAL */
        double f64;
        struct text text; /* points to what the maker says */
    };
};

static inline struct value value_null(struct type type)
{
    return (struct value){.type = type, .is_null = true};
}

static inline struct value value_i64(struct type type, int64_t i64)
{
    return (struct value){.type = type, .i64 = i64};
}

static inline struct value value_bigint(int64_t i64)
{
    return value_i64(type_of(TYPE_BIGINT), i64);
}

static inline struct value value_double(double f64)
{
    return (struct value){.type = type_of(TYPE_DOUBLE), .f64 = f64};
}

static inline struct value value_boolean(bool boolean)
{
    return (struct value){.type = type_of(TYPE_BOOLEAN), .boolean = boolean};
}

static inline struct value value_text(struct slice text)
{
    return (struct value){.type = type_of(TYPE_TEXT), .text = {text.at, (uint32_t)text.len}};
}

/* Row `row` of a column; text points to the column's bytes. */
struct value column_value(const struct column *column, uint32_t row);

/* Stores `value`, which has the column's physical type, at row `row` of n. */
void column_out_put(struct column_out *out, uint32_t row, uint32_t n, const struct value *value);

/* Same type family, both NULL or equal; DOUBLE NaN equals NaN. */
bool value_equal(const struct value *a, const struct value *b);

/* As SQL prints it on the console and into CSV: NULL as nothing, BOOLEAN true/false, TIMESTAMP as
 * 2026-01-05T09:00:00.000Z (timestamp.h), INTERVAL as 1h30m. */
void value_print(struct bytebuf *out, const struct value *value);
/* The same for a row of a column, without making a value. */
void column_print(struct bytebuf *out, const struct column *column, uint32_t row);

#endif
