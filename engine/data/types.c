/* types: see types.h. */
#include "engine/data/types.h"

#include <inttypes.h>
#include <stdio.h>

#include "engine/base/panic.h"

const int64_t pow10_i64[DECIMAL_PRECISION_MAX + 1] = {
    INT64_C(1),
    INT64_C(10),
    INT64_C(100),
    INT64_C(1000),
    INT64_C(10000),
    INT64_C(100000),
    INT64_C(1000000),
    INT64_C(10000000),
    INT64_C(100000000),
    INT64_C(1000000000),
    INT64_C(10000000000),
    INT64_C(100000000000),
    INT64_C(1000000000000),
    INT64_C(10000000000000),
    INT64_C(100000000000000),
    INT64_C(1000000000000000),
    INT64_C(10000000000000000),
    INT64_C(100000000000000000),
    INT64_C(1000000000000000000),
};

enum physical type_physical(struct type type)
{
    switch ((enum type_id)type.id) {
    case TYPE_BOOLEAN:
        return PHYSICAL_BIT;
    case TYPE_BIGINT:
    case TYPE_DECIMAL:
    case TYPE_TIMESTAMP:
    case TYPE_INTERVAL:
        return PHYSICAL_I64;
    case TYPE_DOUBLE:
        return PHYSICAL_F64;
    case TYPE_NULL:
    case TYPE_TEXT:
        return PHYSICAL_TEXT;
    case TYPE_COUNT:
        break;
    }
    PANIC("no such type");
}

uint32_t type_width(struct type type)
{
    static const uint32_t widths[] = {
        [PHYSICAL_BIT] = 0,
        [PHYSICAL_I64] = 8,
        [PHYSICAL_F64] = 8,
        [PHYSICAL_TEXT] = 16,
    };
    return widths[type_physical(type)];
}

const char *type_name(struct type type, char out[TYPE_NAME_BYTES])
{
    static const char *const names[TYPE_COUNT] = {
        [TYPE_NULL] = "NULL",           [TYPE_BOOLEAN] = "BOOLEAN",   [TYPE_BIGINT] = "BIGINT",
        [TYPE_DOUBLE] = "DOUBLE",       [TYPE_DECIMAL] = "DECIMAL",   [TYPE_TEXT] = "TEXT",
        [TYPE_TIMESTAMP] = "TIMESTAMP", [TYPE_INTERVAL] = "INTERVAL",
    };
    CHECK(type.id < TYPE_COUNT);
    if (type.id == TYPE_DECIMAL) {
        snprintf(out, TYPE_NAME_BYTES, "DECIMAL(%u,%u)", type.precision, type.scale);
    } else {
        snprintf(out, TYPE_NAME_BYTES, "%s", names[type.id]);
    }
    return out;
}

/* ---- reading a type -------------------------------------------------------------------------- */

struct type_word {
    const char *name;
    enum type_id id;
    unsigned arguments_max; /* lengths and precisions that are accepted behind it */
};

static const struct type_word type_words[] = {
    {"boolean", TYPE_BOOLEAN, 0},
    {"bool", TYPE_BOOLEAN, 0},
    {"bigint", TYPE_BIGINT, 0},
    {"int", TYPE_BIGINT, 0},
    {"integer", TYPE_BIGINT, 0},
    {"smallint", TYPE_BIGINT, 0},
    {"tinyint", TYPE_BIGINT, 0},
    {"double", TYPE_DOUBLE, 0},
    {"double precision", TYPE_DOUBLE, 0},
    {"real", TYPE_DOUBLE, 0},
    {"float", TYPE_DOUBLE, 1},
    {"decimal", TYPE_DECIMAL, 2},
    {"numeric", TYPE_DECIMAL, 2},
    {"text", TYPE_TEXT, 0},
    {"varchar", TYPE_TEXT, 1},
    {"string", TYPE_TEXT, 0},
    {"char", TYPE_TEXT, 1},
    {"character varying", TYPE_TEXT, 1},
    {"timestamp", TYPE_TIMESTAMP, 1},
    {"timestamp with time zone", TYPE_TIMESTAMP, 1},
    {"timestamp without time zone", TYPE_TIMESTAMP, 1},
    {"timestamptz", TYPE_TIMESTAMP, 1},
    {"timestamp_ltz", TYPE_TIMESTAMP, 1},
    {"interval", TYPE_INTERVAL, 0},
};

enum { TYPE_TEXT_BYTES_MAX = 64, TYPE_ARGUMENTS_MAX = 2 };

/* "timestamp (3) with  time zone" taken apart: words joined by one blank, numbers aside. */
struct type_text {
    char words[TYPE_TEXT_BYTES_MAX + 1];
    uint32_t len;
    int64_t arguments[TYPE_ARGUMENTS_MAX];
    uint32_t n_arguments;
};

static void add_words(struct type_text *out, struct slice text)
{
    text = slice_trim(text);
    bool blank = out->len > 0;
    for (size_t i = 0; i < text.len; i++) {
        if (ascii_is_space(text.at[i])) {
            blank = true;
            continue;
        }
        if (blank) {
            out->words[out->len++] = ' ';
            blank = false;
        }
        out->words[out->len++] = (char)ascii_lower(text.at[i]);
    }
}

static bool add_arguments(struct type_text *out, struct slice text)
{
    while (true) {
        const uint8_t *comma = slice_find(text, slice_of(",", 1));
        size_t len = comma == NULL ? text.len : (size_t)(comma - text.at);
        struct slice one = slice_trim(slice_of(text.at, len));
        if (out->n_arguments == TYPE_ARGUMENTS_MAX ||
            !slice_to_i64(one, &out->arguments[out->n_arguments])) {
            return false;
        }
        out->n_arguments++;
        if (comma == NULL) {
            return true;
        }
        text = slice_of(comma + 1, text.len - len - 1);
    }
}

static bool take_apart(struct slice text, struct type_text *out)
{
    if (text.len >= TYPE_TEXT_BYTES_MAX) {
        return false;
    }
    const uint8_t *open = slice_find(text, slice_of("(", 1));
    if (open == NULL) {
        add_words(out, text);
        return true;
    }
    size_t before = (size_t)(open - text.at);
    struct slice rest = slice_of(open + 1, text.len - before - 1);
    const uint8_t *close = slice_find(rest, slice_of(")", 1));
    if (close == NULL) {
        return false;
    }
    size_t inside = (size_t)(close - rest.at);
    struct slice after = slice_trim(slice_of(close + 1, rest.len - inside - 1));
    add_words(out, slice_of(text.at, before));
    if (after.len > 0) {
        add_words(out, after);
    }
    return add_arguments(out, slice_of(rest.at, inside));
}

static bool decimal_type(const struct type_text *text, struct type *out)
{
    int64_t precision = text->n_arguments > 0 ? text->arguments[0] : DECIMAL_PRECISION_MAX;
    int64_t scale = text->n_arguments > 1 ? text->arguments[1] : 0;
    if (text->n_arguments == 0) {
        scale = 2;
    }
    if (precision < 1 || precision > DECIMAL_PRECISION_MAX || scale < 0 || scale > precision) {
        return false;
    }
    *out = type_decimal((unsigned)precision, (unsigned)scale);
    return true;
}

bool type_parse(struct slice text, struct type *out)
{
    struct type_text parts = {0};
    if (!take_apart(text, &parts)) {
        return false;
    }
    struct slice words = slice_of(parts.words, parts.len);
    for (size_t i = 0; i < sizeof type_words / sizeof type_words[0]; i++) {
        const struct type_word *word = &type_words[i];
        if (!slice_equal(words, slice_text(word->name))) {
            continue;
        }
        if (parts.n_arguments > word->arguments_max) {
            return false;
        }
        if (word->id == TYPE_DECIMAL) {
            return decimal_type(&parts, out);
        }
        *out = type_of(word->id);
        return parts.n_arguments == 0 || parts.arguments[0] >= 0;
    }
    return false;
}
