/* kern_text: what is in a text, and parts of it. Parts point into their text; nothing is copied.
 * What makes new texts is in kern_build.c. */
#include "engine/base/characters.h"
#include "engine/expr/kernels.h"

static struct text text_between(const uint8_t *from, const uint8_t *to)
{
    return (struct text){from, (uint32_t)(to - from)};
}

/* ---- numbers about a text -------------------------------------------------------------------- */

void length_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        out->i64[i] = characters_count(text_slice(call->args[0]->text[i]));
    }
}

void octet_length_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        out->i64[i] = call->args[0]->text[i].len;
    }
}

void ascii_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        struct slice text = text_slice(call->args[0]->text[i]);
        unsigned used;
        uint32_t code = text.len == 0 ? 0 : utf8_decode(text, &used);
        out->i64[i] = code == UTF8_BAD ? text.at[0] : code;
    }
}

/* In characters from 1; 0 if it is not there. */
static int64_t position_of(struct slice text, struct slice part)
{
    const uint8_t *found = slice_find(text, part);
    return found == NULL ? 0 : characters_count(slice_of(text.at, (size_t)(found - text.at))) + 1;
}

void position_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        out->i64[i] =
            position_of(text_slice(call->args[1]->text[i]), text_slice(call->args[0]->text[i]));
    }
}

void strpos_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        out->i64[i] =
            position_of(text_slice(call->args[0]->text[i]), text_slice(call->args[1]->text[i]));
    }
}

/* ---- conditions ------------------------------------------------------------------------------ */

void starts_with_run(struct kernel_call *call, struct column_out *out)
{
    const struct text *text = call->args[0]->text;
    const struct text *part = call->args[1]->text;
    uint8_t found[BATCH_ROWS];
    for (uint32_t i = 0; i < call->n; i++) {
        found[i] = text[i].len >= part[i].len && memcmp(text[i].at, part[i].at, part[i].len) == 0;
    }
    bits_pack(found, call->n, out->bits);
}

void ends_with_run(struct kernel_call *call, struct column_out *out)
{
    const struct text *text = call->args[0]->text;
    const struct text *part = call->args[1]->text;
    uint8_t found[BATCH_ROWS];
    for (uint32_t i = 0; i < call->n; i++) {
        found[i] = text[i].len >= part[i].len &&
                   memcmp(text[i].at + text[i].len - part[i].len, part[i].at, part[i].len) == 0;
    }
    bits_pack(found, call->n, out->bits);
}

void contains_run(struct kernel_call *call, struct column_out *out)
{
    uint8_t found[BATCH_ROWS];
    for (uint32_t i = 0; i < call->n; i++) {
        found[i] = slice_find(text_slice(call->args[0]->text[i]),
                              text_slice(call->args[1]->text[i])) != NULL;
    }
    bits_pack(found, call->n, out->bits);
}

/* ---- parts ----------------------------------------------------------------------------------- */

static struct text part_of(struct slice text, int64_t start, int64_t length)
{
    int64_t end;
    if (__builtin_add_overflow(start, length, &end)) {
        end = INT64_MAX; /* length >= 0 */
    }
    int64_t first = start > 1 ? start : 1;
    if (end <= first) {
        return text_none();
    }
    const uint8_t *from = characters_skip(text, first - 1);
    size_t left = (size_t)(text.at + text.len - from);
    return text_between(from, characters_skip(slice_of(from, left), end - first));
}

void substr_run(struct kernel_call *call, struct column_out *out)
{
    const int64_t *start = call->args[1]->i64;
    const int64_t *length = call->n_args > 2 ? call->args[2]->i64 : NULL;
    for (uint32_t i = 0; i < call->n; i++) {
        int64_t n = length == NULL ? INT64_MAX : length[i];
        struct slice text = text_slice(call->args[0]->text[i]);
        out->text[i] = text_none();
        if (n < 0) {
            kernel_fail(call, out, i, "negative length");
        } else if (length == NULL) { /* up to the end, wherever it starts */
            out->text[i] = part_of(text, start[i] > 1 ? start[i] : 1, n);
        } else {
            out->text[i] = part_of(text, start[i], n);
        }
    }
}

/* How many characters from the start: n, or all but -n. */
static int64_t from_start(struct slice text, int64_t n)
{
    if (n >= 0) {
        return n;
    }
    int64_t count = characters_count(text);
    return n < -count ? 0 : count + n;
}

void left_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        struct slice text = text_slice(call->args[0]->text[i]);
        int64_t n = from_start(text, call->args[1]->i64[i]);
        out->text[i] = text_between(text.at, characters_skip(text, n));
    }
}

void right_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        struct slice text = text_slice(call->args[0]->text[i]);
        int64_t n = call->args[1]->i64[i];
        int64_t dropped = INT64_MAX; /* none stays */
        if (n != 0 && n != INT64_MIN) {
            dropped = n > 0 ? from_start(text, -n) : -n;
        }
        out->text[i] = text_between(characters_skip(text, dropped), text.at + text.len);
    }
}

/* ---- trimming -------------------------------------------------------------------------------- */

/* Whether the bytes are one of the characters of `set`. */
static bool set_has(struct slice set, const uint8_t *at, size_t bytes)
{
    const uint8_t *end = set.at + set.len;
    for (const uint8_t *c = set.at; c < end;) {
        size_t n = character_bytes(c, end);
        if (n == bytes && memcmp(c, at, n) == 0) {
            return true;
        }
        c += n;
    }
    return false;
}

static const uint8_t *trim_start(struct slice text, struct slice set)
{
    const uint8_t *at = text.at;
    const uint8_t *end = at + text.len;
    while (at < end) {
        size_t n = character_bytes(at, end);
        if (!set_has(set, at, n)) {
            break;
        }
        at += n;
    }
    return at;
}

/* Characters are found forwards only: the end is behind the last one that stays. */
static const uint8_t *trim_end(struct slice text, struct slice set)
{
    const uint8_t *end = text.at + text.len;
    if (characters_are_ascii(set)) { /* then bytes are characters */
        while (end > text.at && end[-1] < 0x80 && set_has(set, end - 1, 1)) {
            end--;
        }
        return end;
    }
    const uint8_t *kept = text.at;
    for (const uint8_t *at = text.at; at < end;) {
        size_t n = character_bytes(at, end);
        if (!set_has(set, at, n)) {
            kept = at + n;
        }
        at += n;
    }
    return kept;
}

static void trim_rows(struct kernel_call *call, struct column_out *out, bool start, bool end)
{
    for (uint32_t i = 0; i < call->n; i++) {
        struct slice text = text_slice(call->args[0]->text[i]);
        struct slice set = call->n_args > 1 ? text_slice(call->args[1]->text[i]) : slice_of(" ", 1);
        const uint8_t *to = end ? trim_end(text, set) : text.at + text.len;
        const uint8_t *from =
            start ? trim_start(slice_of(text.at, (size_t)(to - text.at)), set) : text.at;
        out->text[i] = text_between(from, to);
    }
}

void trim_run(struct kernel_call *call, struct column_out *out)
{
    trim_rows(call, out, true, true);
}

void ltrim_run(struct kernel_call *call, struct column_out *out)
{
    trim_rows(call, out, true, false);
}

void rtrim_run(struct kernel_call *call, struct column_out *out)
{
    trim_rows(call, out, false, true);
}

/* ---- fields ---------------------------------------------------------------------------------- */

static int64_t count_fields(struct slice text, struct slice delimiter)
{
    int64_t n = 1;
    const uint8_t *found;
    while ((found = slice_find(text, delimiter)) != NULL) {
        const uint8_t *next = found + delimiter.len;
        text = slice_of(next, (size_t)(text.at + text.len - next));
        n++;
    }
    return n;
}

/* Field n >= 1; empty if there are fewer. */
static struct text field_of(struct slice text, struct slice delimiter, int64_t n)
{
    for (;;) {
        const uint8_t *found = slice_find(text, delimiter);
        const uint8_t *end = text.at + text.len;
        if (n == 1) {
            return text_between(text.at, found != NULL ? found : end);
        }
        if (found == NULL) {
            return text_none();
        }
        const uint8_t *next = found + delimiter.len;
        text = slice_of(next, (size_t)(end - next));
        n--;
    }
}

static struct text split_part(struct slice text, struct slice delimiter, int64_t n)
{
    if (delimiter.len == 0) { /* the whole text is the only field */
        return n == 1 || n == -1 ? (struct text){text.at, (uint32_t)text.len} : text_none();
    }
    if (n < 0) {
        n += count_fields(text, delimiter) + 1;
    }
    return n < 1 ? text_none() : field_of(text, delimiter, n);
}

void split_part_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        int64_t n = call->args[2]->i64[i];
        out->text[i] = text_none();
        if (n == 0) {
            kernel_fail(call, out, i, "field number 0");
            continue;
        }
        out->text[i] =
            split_part(text_slice(call->args[0]->text[i]), text_slice(call->args[1]->text[i]), n);
    }
}
