/* kern_regex: ~ ~* regexp_like regexp_extract regexp_replace. A constant pattern is compiled once
 * for the program, others whenever they change from one row to the next. */
#include "engine/base/characters.h"
#include "engine/base/regex.h"
#include "engine/expr/kernels.h"

/* Of one call: the pattern that was used last. */
struct regex_state {
    struct regex *regex; /* NULL: none yet, or `pattern` is no regular expression */
    bool is_constant;
    bool is_tried;
    bool every; /* flag g */
    unsigned flags;
    struct bytebuf pattern;
};

static const char *const over_limit = "a regular expression over its match limit";

/* ---- flags ----------------------------------------------------------------------------------- */

/* False if a letter is none of "imsxg"; g only where it means something. */
static bool read_flags(struct slice text, bool may_every, unsigned *flags, bool *every)
{
    for (size_t i = 0; i < text.len; i++) {
        switch (text.at[i]) {
        case 'i':
            *flags |= REGEX_NOCASE;
            break;
        case 's':
            *flags |= REGEX_DOT_ALL;
            break;
        case 'm':
            *flags |= REGEX_LINES;
            break;
        case 'x':
            *flags |= REGEX_EXTENDED;
            break;
        case 'g':
            if (!may_every) {
                return false;
            }
            *every = true;
            break;
        default:
            return false;
        }
    }
    return true;
}

/* The flags in argument `i`, if there is one: it has been checked to be a constant. */
static void flags_of(const struct expr *call, uint32_t i, struct regex_state *state)
{
    const struct value *flags = call_constant(call, i);
    if (flags != NULL && !flags->is_null) {
        (void)read_flags(text_slice(flags->text), true, &state->flags, &state->every);
    }
}

static enum status check_flags(const struct expr *call, uint32_t i, bool may_every,
                               struct error *err)
{
    TRY(call_need_constant(call, i, "flags", err));
    const struct value *flags = call_constant(call, i);
    unsigned ignored = 0;
    bool every = false;
    if (flags != NULL && !read_flags(text_slice(flags->text), may_every, &ignored, &every)) {
        return call_refuse(err, E_CONSTANT, call, i,
                           "flags of %s are letters of \"ims%s\", not '%.*s'", call->function->name,
                           may_every ? "xg" : "x", flags->text.len < 20 ? (int)flags->text.len : 20,
                           (const char *)flags->text.at);
    }
    return OK;
}

/* ---- the pattern ----------------------------------------------------------------------------- */

/* A constant pattern must compile, and have `group` if that is a constant too. */
static enum status check_pattern(const struct expr *call, unsigned flags, uint32_t group_arg,
                                 struct error *err)
{
    const struct value *pattern = call_constant(call, 1);
    if (pattern == NULL || pattern->is_null) {
        return OK;
    }
    char wrong[REGEX_ERROR_BYTES];
    struct regex *regex = regex_new(text_slice(pattern->text), flags, wrong);
    if (regex == NULL) {
        return call_refuse(err, E_PATTERN, call, 1, "no regular expression: %s", wrong);
    }
    int64_t groups = regex_groups(regex);
    regex_free(regex);
    const struct value *group = group_arg > 0 ? call_constant(call, group_arg) : NULL;
    if (group != NULL && !group->is_null && (group->i64 < 0 || group->i64 > groups)) {
        return call_refuse(err, E_PATTERN, call, group_arg,
                           "the regular expression has %lld groups, there is no group %lld",
                           (long long)groups, (long long)group->i64);
    }
    return OK;
}

static void *prepare(struct arena *query, const struct expr *call, unsigned flags,
                     uint32_t flags_arg)
{
    struct regex_state *state = arena_zalloc(query, sizeof *state);
    state->flags = flags;
    bytebuf_init(&state->pattern);
    if (flags_arg > 0) {
        flags_of(call, flags_arg, state);
    }
    const struct value *pattern = call_constant(call, 1);
    if (pattern != NULL && !pattern->is_null) {
        char wrong[REGEX_ERROR_BYTES];
        state->regex = regex_new(text_slice(pattern->text), state->flags, wrong);
        state->is_constant = true;
    }
    return state;
}

static void state_release(void *of)
{
    struct regex_state *state = of;
    regex_free(state->regex);
    bytebuf_release(&state->pattern);
}

/* The compiled pattern of a row, or NULL if it is none (and the row failed). */
static struct regex *regex_of_row(struct kernel_call *call, struct column_out *out, uint32_t row)
{
    struct regex_state *state = call->state;
    struct slice pattern = text_slice(call->args[1]->text[row]);
    if (!state->is_constant &&
        (!state->is_tried || !slice_equal(pattern, bytebuf_slice(&state->pattern)))) {
        char wrong[REGEX_ERROR_BYTES];
        regex_free(state->regex);
        state->regex = regex_new(pattern, state->flags, wrong);
        state->is_tried = true;
        bytebuf_clear(&state->pattern);
        bytebuf_add(&state->pattern, pattern.at, pattern.len);
    }
    if (state->regex == NULL) {
        kernel_fail_text(call, out, row, "is no regular expression", pattern);
    }
    return state->regex;
}

/* ---- matches --------------------------------------------------------------------------------- */

static enum status check_regex(const struct expr *call, struct error *err)
{
    return check_pattern(call, 0, 0, err);
}

static void *prepare_regex(struct arena *query, const struct expr *call)
{
    return prepare(query, call, 0, 0);
}

static void *prepare_nocase(struct arena *query, const struct expr *call)
{
    return prepare(query, call, REGEX_NOCASE, 0);
}

static enum status check_like(const struct expr *call, struct error *err)
{
    TRY(check_flags(call, 2, false, err));
    struct regex_state state = {.flags = 0};
    flags_of(call, 2, &state);
    return check_pattern(call, state.flags, 0, err);
}

static void *prepare_like(struct arena *query, const struct expr *call)
{
    return prepare(query, call, 0, 2);
}

const struct function_setup regex_setup = {.check = check_regex,
                                           .prepare = prepare_regex,
                                           .release = state_release};
const struct function_setup regex_nocase_setup = {.check = check_regex,
                                                  .prepare = prepare_nocase,
                                                  .release = state_release};
const struct function_setup regex_flags_setup = {.check = check_like,
                                                 .prepare = prepare_like,
                                                 .release = state_release};

void regex_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        struct regex *regex = NULL;
        if (!kernel_wants(call, out, i) || (regex = regex_of_row(call, out, i)) == NULL) {
            continue;
        }
        switch (regex_match(regex, text_slice(call->args[0]->text[i]), 0)) {
        case REGEX_MATCH:
            bits_set(out->bits, i);
            break;
        case REGEX_NO_MATCH:
            break;
        case REGEX_OVER_LIMIT:
            kernel_fail(call, out, i, over_limit);
            break;
        }
    }
}

/* ---- parts ----------------------------------------------------------------------------------- */

static enum status check_extract(const struct expr *call, struct error *err)
{
    return check_pattern(call, 0, 2, err);
}

const struct function_setup regex_extract_setup = {.check = check_extract,
                                                   .prepare = prepare_regex,
                                                   .release = state_release};

static void extract_row(struct kernel_call *call, struct column_out *out, uint32_t row,
                        struct regex *regex)
{
    int64_t group = call->n_args > 2 ? call->args[2]->i64[row] : 0;
    struct slice part;
    if (group < 0 || group > regex_groups(regex)) {
        kernel_fail(call, out, row, "no such group");
        return;
    }
    switch (regex_match(regex, text_slice(call->args[0]->text[row]), 0)) {
    case REGEX_MATCH:
        if (regex_group(regex, (uint32_t)group, &part)) {
            out->text[row] = (struct text){part.at, (uint32_t)part.len};
        } else {
            column_out_null(out, row, call->n);
        }
        break;
    case REGEX_NO_MATCH:
        column_out_null(out, row, call->n);
        break;
    case REGEX_OVER_LIMIT:
        kernel_fail(call, out, row, over_limit);
        break;
    }
}

void regex_extract_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        struct regex *regex = NULL;
        out->text[i] = text_none();
        if (kernel_wants(call, out, i) && (regex = regex_of_row(call, out, i)) != NULL) {
            extract_row(call, out, i, regex);
        }
    }
}

/* ---- replacing ------------------------------------------------------------------------------- */

static enum status check_replace(const struct expr *call, struct error *err)
{
    TRY(check_flags(call, 3, true, err));
    struct regex_state state = {.flags = 0};
    flags_of(call, 3, &state);
    return check_pattern(call, state.flags, 0, err);
}

static void *prepare_replace(struct arena *query, const struct expr *call)
{
    return prepare(query, call, 0, 3);
}

const struct function_setup regex_replace_setup = {.check = check_replace,
                                                   .prepare = prepare_replace,
                                                   .release = state_release};

/* \1 to \9 are groups, \& is the match, \\ a backslash (PostgreSQL). */
static void add_replacement(struct bytebuf *buf, const struct regex *regex, struct slice by)
{
    for (size_t i = 0; i < by.len; i++) {
        uint8_t next = i + 1 < by.len ? by.at[i + 1] : 0;
        bool is_group = ascii_is_digit(next) && next != '0';
        struct slice part = {NULL, 0};
        if (by.at[i] != '\\' || (!is_group && next != '&' && next != '\\')) {
            bytebuf_add_byte(buf, by.at[i]);
            continue;
        }
        if (next == '\\') {
            bytebuf_add_byte(buf, '\\');
        } else if (regex_group(regex, is_group ? (uint32_t)(next - '0') : 0, &part)) {
            bytebuf_add(buf, part.at, part.len);
        }
        i++;
    }
}

/* The text with matches replaced, in the scratch buffer. An empty match is replaced and the
 * character behind it kept. */
static enum regex_result replace_text(struct kernel_call *call, struct regex *regex,
                                      struct slice text, struct slice by)
{
    const struct regex_state *state = call->state;
    struct bytebuf *buf = call->scratch;
    size_t copied = 0;
    size_t start = 0;
    enum regex_result result = REGEX_NO_MATCH;
    bytebuf_clear(buf);
    while (start <= text.len && (result = regex_match(regex, text, start)) == REGEX_MATCH) {
        struct slice match;
        if (!regex_group(regex, 0, &match)) {
            break;
        }
        size_t at = (size_t)(match.at - text.at);
        if (at < copied) { /* \K and look-behind can reach back */
            break;
        }
        bytebuf_add(buf, text.at + copied, at - copied);
        add_replacement(buf, regex, by);
        copied = at + match.len;
        start = copied;
        if (match.len == 0) {
            start += copied < text.len ? character_bytes(text.at + copied, text.at + text.len) : 1;
        }
        if (!state->every || buf->len > TEXT_VALUE_MAX) {
            break;
        }
    }
    bytebuf_add(buf, text.at + copied, text.len - copied);
    return result == REGEX_OVER_LIMIT ? REGEX_OVER_LIMIT : REGEX_MATCH;
}

void regex_replace_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        struct regex *regex = NULL;
        out->text[i] = text_none();
        if (!kernel_wants(call, out, i) || (regex = regex_of_row(call, out, i)) == NULL) {
            continue;
        }
        enum regex_result result = replace_text(call, regex, text_slice(call->args[0]->text[i]),
                                                text_slice(call->args[2]->text[i]));
        if (result == REGEX_OVER_LIMIT) {
            kernel_fail(call, out, i, over_limit);
        } else if (text_room_allows(call, out, i, &room, call->scratch->len)) {
            out->text[i] = text_room_copy(&room, bytebuf_slice(call->scratch));
        }
    }
}
