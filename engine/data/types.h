/* types: the seven logical types of the language and the four physical ones they ride on
 * (language.md §1). TIMESTAMP, INTERVAL, DECIMAL and BIGINT share the i64 kernels. */
#ifndef ENGINE_DATA_TYPES_H
#define ENGINE_DATA_TYPES_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"

enum type_id {
    TYPE_NULL, /* the type of a bare NULL before it meets another type; stored as TEXT, always NULL
                */
    TYPE_BOOLEAN,
    TYPE_BIGINT,
    TYPE_DOUBLE,
    TYPE_DECIMAL,   /* scaled integer: value × 10^scale */
    TYPE_TEXT,      /* any bytes */
    TYPE_TIMESTAMP, /* microseconds since 1970-01-01T00:00:00Z */
    TYPE_INTERVAL,  /* microseconds */
    TYPE_COUNT,
};

enum physical { PHYSICAL_BIT, PHYSICAL_I64, PHYSICAL_F64, PHYSICAL_TEXT };

enum { DECIMAL_PRECISION_MAX = 18 };

/* precision and scale are 0 except for DECIMAL. */
struct type {
    uint8_t id; /* enum type_id */
    uint8_t precision;
    uint8_t scale;
};

static inline struct type type_of(enum type_id id)
{
    return (struct type){.id = (uint8_t)id, .precision = 0, .scale = 0};
}

static inline struct type type_decimal(unsigned precision, unsigned scale)
{
    return (struct type){TYPE_DECIMAL, (uint8_t)precision, (uint8_t)scale};
}

static inline bool type_equal(struct type a, struct type b)
{
    return a.id == b.id && a.scale == b.scale && a.precision == b.precision;
}

static inline bool type_is_numeric(struct type t)
{
    return t.id == TYPE_BIGINT || t.id == TYPE_DOUBLE || t.id == TYPE_DECIMAL;
}

enum physical type_physical(struct type type);

/* Bytes of one value in a column: 8 for i64 and f64, 16 for text; 0 for bit (bits.h). */
uint32_t type_width(struct type type);

enum { TYPE_NAME_BYTES = 24 };

/* "BIGINT", "DECIMAL(12,2)" into `out`; returns out. */
const char *type_name(struct type type, char out[TYPE_NAME_BYTES]);

/* Reads a type name as SQL spells it, any case, all synonyms of language.md §1: "varchar(20)",
 * "timestamp(3)", "decimal(12,2)" (bare DECIMAL is DECIMAL(18,2)). False if it is none. */
bool type_parse(struct slice text, struct type *out);

/* 10^n for 0 <= n <= 18. */
extern const int64_t pow10_i64[DECIMAL_PRECISION_MAX + 1];

#endif
