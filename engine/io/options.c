/* options: see options.h. */
#include "engine/io/options.h"

#include "engine/base/checked.h"
#include "engine/base/panic.h"
#include "engine/data/timestamp.h"
#include "engine/io/near.h"

enum { E_OPTION = 120 };

/* Error text shows this much of a value. */
enum { SHOWN_BYTES = 80 };

static int shown(struct slice text)
{
    return text.len < SHOWN_BYTES ? (int)text.len : SHOWN_BYTES;
}

static enum status option_error(const struct option *option, struct error *err)
{
    error_place(err, E_OPTION, option->at, option->at < 0 ? -1 : (int64_t)option->key.len);
    return ERR_OPTION;
}

void options_init(struct options *options, struct arena *arena)
{
    *options = (struct options){.arena = arena};
}

static struct slice lower_copy(struct arena *arena, struct slice text)
{
    uint8_t *copy = arena_alloc(arena, text.len + 1);
    for (size_t i = 0; i < text.len; i++) {
        copy[i] = ascii_lower(text.at[i]);
    }
    copy[text.len] = 0;
    return slice_of(copy, text.len);
}

static const struct option *find(const struct options *options, struct slice key)
{
    for (uint32_t i = 0; i < options->n; i++) {
        if (slice_equal_nocase(options->items[i].key, key)) {
            return &options->items[i];
        }
    }
    return NULL;
}

enum status options_put(struct options *options, struct slice key, struct slice value, int64_t at,
                        struct error *err)
{
    const struct option *old = find(options, key);
    if (old != NULL && slice_equal(old->value, value)) {
        return OK;
    }
    if (old != NULL) {
        error_set(err, ERR_OPTION, "option \"%.*s\" is given twice: \"%.*s\" and \"%.*s\"",
                  shown(key), (const char *)key.at, shown(old->value), (const char *)old->value.at,
                  shown(value), (const char *)value.at);
        return option_error(&(struct option){.key = key, .at = at}, err);
    }
    if (options->n == OPTIONS_MAX) {
        return error_set(err, ERR_OPTION, "more than %d options", OPTIONS_MAX);
    }
    if (options->items == NULL) {
        options->items = arena_alloc(options->arena, OPTIONS_MAX * sizeof *options->items);
    }
    options->items[options->n++] = (struct option){
        .key = lower_copy(options->arena, key),
        .value = arena_copy(options->arena, value),
        .at = at,
    };
    return OK;
}

const struct option *options_find(const struct options *options, const char *name)
{
    return find(options, slice_text(name));
}

/* ---- reading values ------------------------------------------------------------------------- */

bool boolean_parse(struct slice text, bool *out)
{
    static const char *const words[] = {"false", "true", "no", "yes", "off", "on", "0", "1"};
    for (unsigned i = 0; i < sizeof words / sizeof *words; i++) {
        if (slice_equal_nocase(text, slice_text(words[i]))) {
            *out = i % 2 == 1;
            return true;
        }
    }
    return false;
}

/* Longest unit first, so that the k of KiB is not taken alone. */
bool bytes_parse(struct slice text, int64_t *out)
{
    static const struct {
        const char *unit;
        int64_t factor;
    } units[] = {
        {"kib", INT64_C(1) << 10},
        {"mib", INT64_C(1) << 20},
        {"gib", INT64_C(1) << 30},
        {"tib", INT64_C(1) << 40},
        {"kb", 1000},
        {"mb", 1000000},
        {"gb", 1000000000},
        {"tb", 1000000000000},
        {"k", INT64_C(1) << 10},
        {"m", INT64_C(1) << 20},
        {"g", INT64_C(1) << 30},
        {"t", INT64_C(1) << 40},
        {"b", 1},
        {"", 1},
    };
    text = slice_trim(text);
    size_t digits = 0;
    while (digits < text.len && ascii_is_digit(text.at[digits])) {
        digits++;
    }
    int64_t number;
    if (!slice_to_i64(slice_of(text.at, digits), &number)) {
        return false;
    }
    struct slice unit = slice_trim(slice_of(text.at + digits, text.len - digits));
    for (unsigned i = 0; i < sizeof units / sizeof *units; i++) {
        if (slice_equal_nocase(unit, slice_text(units[i].unit))) {
            return !checked_mul(number, units[i].factor, out);
        }
    }
    return false;
}

enum status options_blame(const struct options *options, const char *name, enum status status,
                          struct error *err)
{
    const struct option *option = options_find(options, name);
    if (status != OK && option != NULL && option->at >= 0) {
        option_error(option, err);
    }
    return status;
}

static enum status bad_value(const struct option *option, const char *what, struct error *err)
{
    error_set(err, ERR_OPTION, "option %.*s = \"%.*s\" is not %s", shown(option->key),
              (const char *)option->key.at, shown(option->value), (const char *)option->value.at,
              what);
    return option_error(option, err);
}

struct slice options_text(const struct options *options, const char *name, const char *fallback)
{
    const struct option *option = options_find(options, name);
    if (option != NULL) {
        return option->value;
    }
    return fallback == NULL ? (struct slice){0} : slice_text(fallback);
}

enum status options_boolean(const struct options *options, const char *name, bool fallback,
                            bool *out, struct error *err)
{
    const struct option *option = options_find(options, name);
    if (option == NULL) {
        *out = fallback;
        return OK;
    }
    return boolean_parse(option->value, out) ? OK : bad_value(option, "true or false", err);
}

enum status options_integer(const struct options *options, const char *name, int64_t min,
                            int64_t max, int64_t *value_with_fallback, struct error *err)
{
    const struct option *option = options_find(options, name);
    if (option == NULL) {
        return OK;
    }
    int64_t value;
    if (!slice_to_i64(option->value, &value)) {
        return bad_value(option, "a whole number", err);
    }
    if (value < min || value > max) {
        error_set(err, ERR_OPTION, "option %.*s = %lld is not between %lld and %lld",
                  shown(option->key), (const char *)option->key.at, (long long)value,
                  (long long)min, (long long)max);
        return option_error(option, err);
    }
    *value_with_fallback = value;
    return OK;
}

enum status options_duration(const struct options *options, const char *name, int64_t fallback_us,
                             int64_t *out, struct error *err)
{
    const struct option *option = options_find(options, name);
    if (option == NULL) {
        *out = fallback_us;
        return OK;
    }
    return interval_parse(option->value, out) ? OK
                                              : bad_value(option, "a duration such as 10s", err);
}

enum status options_bytes(const struct options *options, const char *name, int64_t fallback,
                          int64_t *out, struct error *err)
{
    const struct option *option = options_find(options, name);
    if (option == NULL) {
        *out = fallback;
        return OK;
    }
    return bytes_parse(option->value, out) ? OK : bad_value(option, "a size such as 64MiB", err);
}

/* ---- checking ------------------------------------------------------------------------------- */

static bool spec_covers(const struct option_spec *spec, struct slice key)
{
    size_t len = strlen(spec->name);
    if (spec->name[len - 1] == '.') {
        return key.len > len && slice_equal_nocase(slice_of(key.at, len), slice_text(spec->name));
    }
    return slice_equal_nocase(key, slice_text(spec->name));
}

static const struct option_spec *spec_find(const struct option_spec *const *lists, uint32_t n_lists,
                                           struct slice key)
{
    for (uint32_t i = 0; i < n_lists; i++) {
        for (const struct option_spec *spec = lists[i]; spec != NULL && spec->name; spec++) {
            if (spec_covers(spec, key)) {
                return spec;
            }
        }
    }
    return NULL;
}

/* Names that exist, as many as a hint holds. */
static void hint_known(const struct option_spec *const *lists, uint32_t n_lists, struct error *err)
{
    char text[ERROR_HINT_BYTES];
    size_t len = 0;
    for (uint32_t i = 0; i < n_lists; i++) {
        for (const struct option_spec *spec = lists[i]; spec != NULL && spec->name; spec++) {
            size_t more = strlen(spec->name);
            if (len + more + 3 > sizeof text - 32) {
                error_hint(err, "it has %.*s and more", (int)len, text);
                return;
            }
            memcpy(text + len, len == 0 ? "" : ", ", len == 0 ? 0 : 2);
            len += len == 0 ? 0 : 2;
            memcpy(text + len, spec->name, more);
            len += more;
        }
    }
    if (len == 0) {
        error_hint(err, "it has no options");
    } else {
        error_hint(err, "it has %.*s", (int)len, text);
    }
}

static enum status unknown_option(const struct option *option,
                                  const struct option_spec *const *lists, uint32_t n_lists,
                                  const char *what, struct error *err)
{
    error_set(err, ERR_OPTION, "%s has no option \"%.*s\"", what, shown(option->key),
              (const char *)option->key.at);
    option_error(option, err);
    struct near near;
    near_init(&near, option->key);
    for (uint32_t i = 0; i < n_lists; i++) {
        for (const struct option_spec *spec = lists[i]; spec != NULL && spec->name; spec++) {
            near_try(&near, spec->name);
        }
    }
    if (near.n == 0) {
        hint_known(lists, n_lists, err);
    }
    near_hint(&near, err);
    return ERR_OPTION;
}

static enum status check_value(const struct option *option, enum option_type type,
                               struct error *err)
{
    bool boolean;
    int64_t number;
    switch (type) {
    case OPTION_TEXT:
        return OK;
    case OPTION_BOOLEAN:
        return boolean_parse(option->value, &boolean) ? OK
                                                      : bad_value(option, "true or false", err);
    case OPTION_INTEGER:
        return slice_to_i64(option->value, &number) ? OK : bad_value(option, "a whole number", err);
    case OPTION_DURATION:
        return interval_parse(option->value, &number)
                   ? OK
                   : bad_value(option, "a duration such as 10s", err);
    case OPTION_BYTES:
        return bytes_parse(option->value, &number) ? OK
                                                   : bad_value(option, "a size such as 64MiB", err);
    }
    PANIC("option type");
}

enum status options_check(const struct options *options, const struct option_spec *const *lists,
                          uint32_t n_lists, const char *what, struct error *err)
{
    for (uint32_t i = 0; i < options->n; i++) {
        const struct option *option = &options->items[i];
        const struct option_spec *spec = spec_find(lists, n_lists, option->key);
        if (spec == NULL) {
            return unknown_option(option, lists, n_lists, what, err);
        }
        TRY(check_value(option, spec->type, err));
    }
    return OK;
}
