/* line_pattern: see line_pattern.h. */
#include "sources/line_pattern.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/io/near.h"
#include "sources/grok.h"

/* ---- types ---------------------------------------------------------------------------------- */

/* "decimal_12_2": what cannot stand in the name of a group is written with underscores. */
static bool parse_decimal(struct slice text, struct type *out)
{
    struct slice word = slice_text("decimal_");
    if (text.len <= word.len || text.len > TYPE_NAME_BYTES ||
        !slice_equal_nocase(slice_of(text.at, word.len), word)) {
        return false;
    }
    struct slice numbers = slice_of(text.at + word.len, text.len - word.len);
    struct bytebuf name = {0};
    bytebuf_add_text(&name, "decimal(");
    for (size_t i = 0; i < numbers.len; i++) {
        bytebuf_add_byte(&name, numbers.at[i] == '_' ? ',' : numbers.at[i]);
    }
    bytebuf_add_byte(&name, ')');
    bool ok = type_parse(bytebuf_slice(&name), out);
    bytebuf_release(&name);
    return ok;
}

static enum status parse_type(struct slice text, struct slice field, struct type *out,
                              struct error *err)
{
    static const char *const words[] = {"bigint",  "int",       "double",   "float",   "text",
                                        "boolean", "timestamp", "interval", "decimal", NULL};
    if (type_parse(text, out) || parse_decimal(text, out)) {
        return OK;
    }
    struct near near;
    near_init(&near, text);
    for (uint32_t i = 0; words[i] != NULL; i++) {
        near_try(&near, words[i]);
    }
    error_set(err, ERR_OPTION, "field \"%.*s\" of the pattern has the unknown type \"%.*s\"",
              (int)field.len, (const char *)field.at, (int)text.len, (const char *)text.at);
    error_hint(err, "bigint, double, text, boolean, timestamp, interval, decimal or decimal_12_2");
    near_hint(&near, err);
    return ERR_OPTION;
}

/* ---- fields of groups ----------------------------------------------------------------------- */

/* Number of the field of that name; a new one if there is none. */
static enum status add_field(struct line_pattern *pattern, struct slice name, struct type type,
                             uint8_t *out, struct error *err)
{
    for (uint32_t i = 0; i < pattern->n_fields; i++) {
        if (slice_equal_nocase(slice_text(pattern->names[i]), name)) {
            *out = (uint8_t)i;
            return OK;
        }
    }
    if (pattern->n_fields == LINE_PATTERN_FIELDS_MAX) {
        return error_set(err, ERR_LIMIT, "a pattern has at most %d fields",
                         LINE_PATTERN_FIELDS_MAX);
    }
    *out = (uint8_t)pattern->n_fields;
    pattern->names[pattern->n_fields] = mem_text(name.at, name.len);
    pattern->types[pattern->n_fields++] = type;
    return OK;
}

/* (?<name__type>…). */
static enum status add_named(struct line_pattern *pattern, struct slice name, uint8_t *out,
                             struct error *err)
{
    struct type type = type_of(TYPE_TEXT);
    size_t at = name.len;
    for (size_t i = 1; i + 2 < name.len; i++) {
        at = name.at[i] == '_' && name.at[i + 1] == '_' ? i : at;
    }
    if (at < name.len) {
        struct slice field = slice_of(name.at, at);
        TRY(parse_type(slice_of(name.at + at + 2, name.len - at - 2), field, &type, err));
        name = field;
    }
    return add_field(pattern, name, type, out, err);
}

/* Group "_7" is field 7 of the grok. */
static enum status add_grok(struct line_pattern *pattern, const struct grok *grok,
                            struct slice digits, uint8_t *out, struct error *err)
{
    int64_t i;
    bool ok = slice_to_i64(digits, &i);
    CHECK(ok && i >= 0 && i < grok->n_fields);
    struct type type = type_of(TYPE_TEXT);
    const struct grok_field *field = &grok->fields[i];
    if (field->type.len > 0) {
        TRY(parse_type(field->type, field->name, &type, err));
    }
    return add_field(pattern, field->name, type, out, err);
}

static bool is_generated(const struct grok *grok, struct slice name)
{
    return grok != NULL && name.len > 1 && name.at[0] == '_' && ascii_is_digit(name.at[1]);
}

static enum status take_groups(struct line_pattern *pattern, const struct grok *grok,
                               struct error *err)
{
    for (uint32_t group = 1; group <= pattern->n_groups; group++) {
        struct slice name;
        uint8_t *field = &pattern->field_of[group];
        *field = LINE_PATTERN_FIELDS_MAX;
        if (!regex_group_name(pattern->regex, group, &name)) {
            continue;
        }
        if (is_generated(grok, name)) {
            TRY(add_grok(pattern, grok, slice_of(name.at + 1, name.len - 1), field, err));
        } else {
            TRY(add_named(pattern, name, field, err));
        }
    }
    if (pattern->n_fields == 0) {
        error_set(err, ERR_OPTION, "the pattern has no named group");
        error_hint(err, grok != NULL ? "name a field: %%{NUMBER:bytes:int}"
                                     : "name a group: (?<bytes__bigint>\\d+)");
        return ERR_OPTION;
    }
    return OK;
}

static enum status compile(struct line_pattern *pattern, struct slice text, struct error *err)
{
    char wrong[REGEX_ERROR_BYTES];
    pattern->regex = regex_new(text, 0, wrong);
    if (pattern->regex == NULL) {
        return error_set(err, ERR_OPTION, "no regular expression: %s", wrong);
    }
    pattern->n_groups = regex_groups(pattern->regex);
    pattern->field_of = mem_zalloc(pattern->n_groups + 1);
    pattern->names = mem_zalloc((LINE_PATTERN_FIELDS_MAX + 1) * sizeof *pattern->names);
    pattern->types = mem_zalloc(LINE_PATTERN_FIELDS_MAX * sizeof *pattern->types);
    return OK;
}

enum status line_pattern_from_regex(struct line_pattern *pattern, struct slice text,
                                    struct error *err)
{
    TRY(compile(pattern, text, err));
    return take_groups(pattern, NULL, err);
}

static enum status from_expanded(struct line_pattern *pattern, struct grok *grok, struct slice text,
                                 struct error *err)
{
    TRY(grok_expand(grok, text, err));
    TRY(compile(pattern, bytebuf_slice(&grok->out), err));
    return take_groups(pattern, grok, err);
}

enum status line_pattern_from_grok(struct line_pattern *pattern, struct slice text,
                                   struct slice definitions, struct error *err)
{
    struct grok grok;
    grok_init(&grok, definitions);
    enum status status = from_expanded(pattern, &grok, text, err);
    grok_release(&grok);
    return status;
}

void line_pattern_release(struct line_pattern *pattern)
{
    for (uint32_t i = 0; i < pattern->n_fields; i++) {
        mem_free(pattern->names[i]);
    }
    mem_free(pattern->names);
    mem_free(pattern->types);
    mem_free(pattern->field_of);
    regex_free(pattern->regex);
    *pattern = (struct line_pattern){0};
}

/* ---- matching ------------------------------------------------------------------------------- */

const char *line_pattern_match(struct line_pattern *pattern, struct slice line, struct text *fields)
{
    enum regex_result result = regex_match(pattern->regex, line, 0);
    if (result != REGEX_MATCH) {
        return result == REGEX_NO_MATCH ? "pattern does not match" : "pattern over match limit";
    }
    for (uint32_t group = pattern->n_groups; group > 0; group--) {
        struct slice part;
        uint8_t field = pattern->field_of[group];
        if (field < LINE_PATTERN_FIELDS_MAX && regex_group(pattern->regex, group, &part) &&
            part.len > 0) {
            fields[field] = (struct text){part.at, (uint32_t)part.len};
        }
    }
    return NULL;
}
