/* grok: see grok.h. */
#include "sources/grok.h"

#include "engine/base/regex.h"
#include "engine/io/near.h"

static const struct grok_pattern patterns[] = {
#define PATTERN(name_, pattern_, summary_) {#name_, pattern_, summary_},
#include "sources/grok_patterns.def"
#undef PATTERN
};

enum { N_PATTERNS = sizeof patterns / sizeof *patterns };

const struct grok_pattern *grok_pattern_at(uint32_t i)
{
    return i < N_PATTERNS ? &patterns[i] : NULL;
}

void grok_init(struct grok *grok, struct slice definitions)
{
    *grok = (struct grok){.definitions = definitions};
}

void grok_release(struct grok *grok)
{
    bytebuf_release(&grok->out);
}

/* ---- looking patterns up -------------------------------------------------------------------- */

/* Splits off one line of the user's definitions. False: there are no more. */
static bool next_definition(struct slice *rest, struct slice *name, struct slice *pattern)
{
    while (rest->len > 0) {
        const uint8_t *end = memchr(rest->at, '\n', rest->len);
        size_t len = end == NULL ? rest->len : (size_t)(end - rest->at);
        struct slice line = slice_trim(slice_of(rest->at, len));
        len += end != NULL;
        *rest = slice_of(rest->at + len, rest->len - len);
        size_t word = 0;
        while (word < line.len && !ascii_is_space(line.at[word])) {
            word++;
        }
        if (word > 0 && word < line.len && line.at[0] != '#') {
            *name = slice_of(line.at, word);
            *pattern = slice_trim(slice_of(line.at + word, line.len - word));
            return true;
        }
    }
    return false;
}

static bool find_pattern(const struct grok *grok, struct slice wanted, struct slice *out)
{
    struct slice rest = grok->definitions;
    struct slice name;
    while (next_definition(&rest, &name, out)) {
        if (slice_equal(name, wanted)) {
            return true;
        }
    }
    for (uint32_t i = 0; i < N_PATTERNS; i++) {
        if (slice_equal(wanted, slice_text(patterns[i].name))) {
            *out = slice_text(patterns[i].pattern);
            return true;
        }
    }
    return false;
}

static enum status no_pattern(struct slice wanted, struct error *err)
{
    struct near near;
    near_init(&near, wanted);
    for (uint32_t i = 0; i < N_PATTERNS; i++) {
        near_try(&near, patterns[i].name);
    }
    error_set(err, ERR_OPTION, "no grok pattern \"%.*s\"", (int)wanted.len,
              (const char *)wanted.at);
    error_hint(err, "option patterns = 'NAME expression' adds patterns");
    near_hint(&near, err);
    return ERR_OPTION;
}

/* ---- writing out ---------------------------------------------------------------------------- */

/* %{name:field:type}, taken apart. */
struct reference {
    struct slice name;
    struct slice field;
    struct slice type;
};

/* Cuts the bytes up to the first colon, and that colon, off *rest. */
static struct slice cut_part(struct slice *rest)
{
    const uint8_t *colon = rest->len == 0 ? NULL : memchr(rest->at, ':', rest->len);
    size_t len = colon == NULL ? rest->len : (size_t)(colon - rest->at);
    struct slice part = slice_of(rest->at, len);
    len += colon != NULL;
    *rest = slice_of(rest->at + len, rest->len - len);
    return part;
}

static enum status open_group(struct grok *grok, const struct reference *reference,
                              struct error *err)
{
    if (reference->field.len == 0) {
        bytebuf_add_text(&grok->out, "(?:");
        return OK;
    }
    if (grok->n_fields == GROK_FIELDS_MAX) {
        return error_set(err, ERR_LIMIT, "a grok pattern has at most %d fields", GROK_FIELDS_MAX);
    }
    bytebuf_printf(&grok->out, "(?<_%u>", grok->n_fields);
    grok->fields[grok->n_fields++] = (struct grok_field){reference->field, reference->type};
    return OK;
}

static enum status expand(struct grok *grok, struct slice pattern, unsigned depth,
                          struct error *err);

static enum status expand_reference(struct grok *grok, struct slice inner, unsigned depth,
                                    struct error *err)
{
    struct reference reference;
    struct slice pattern;
    reference.name = cut_part(&inner);
    reference.field = cut_part(&inner);
    reference.type = inner;
    if (!find_pattern(grok, reference.name, &pattern)) {
        return no_pattern(reference.name, err);
    }
    if (depth == GROK_DEPTH_MAX) {
        return error_set(err, ERR_LIMIT, "grok patterns are nested deeper than %d at \"%.*s\"",
                         GROK_DEPTH_MAX, (int)reference.name.len, (const char *)reference.name.at);
    }
    TRY(open_group(grok, &reference, err));
    TRY(expand(grok, pattern, depth + 1, err));
    bytebuf_add_byte(&grok->out, ')');
    return OK;
}

static enum status expand(struct grok *grok, struct slice pattern, unsigned depth,
                          struct error *err)
{
    const struct slice opening = slice_text("%{");
    const uint8_t *open;
    while ((open = slice_find(pattern, opening)) != NULL) {
        const uint8_t *end = pattern.at + pattern.len;
        const uint8_t *close = memchr(open, '}', (size_t)(end - open));
        if (close == NULL) {
            return error_set(err, ERR_OPTION, "grok pattern has \"%%{\" without \"}\"");
        }
        bytebuf_add(&grok->out, pattern.at, (size_t)(open - pattern.at));
        TRY(expand_reference(grok, slice_of(open + 2, (size_t)(close - open) - 2), depth, err));
        pattern = slice_of(close + 1, (size_t)(end - close) - 1);
        if (grok->out.len > REGEX_PATTERN_MAX) {
            break;
        }
    }
    bytebuf_add(&grok->out, pattern.at, pattern.len);
    if (grok->out.len > REGEX_PATTERN_MAX) {
        return error_set(err, ERR_LIMIT, "grok pattern becomes longer than %d bytes",
                         REGEX_PATTERN_MAX);
    }
    return OK;
}

enum status grok_expand(struct grok *grok, struct slice pattern, struct error *err)
{
    return expand(grok, pattern, 0, err);
}
