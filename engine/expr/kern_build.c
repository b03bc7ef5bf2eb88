/* kern_build: texts made of texts: case, padding, joining, replacing. They are written into the
 * batch's arena; what input could blow up is limited (text_room_allows). */
#include "engine/base/characters.h"
#include "engine/base/clones.h"
#include "engine/expr/kernels.h"

/* ---- case ------------------------------------------------------------------------------------ */

HOT_CLONES
static void lower_bytes(const uint8_t *restrict from, uint32_t n, uint8_t *restrict to)
{
    for (uint32_t i = 0; i < n; i++) {
        uint8_t is_upper = (uint8_t)(from[i] - 'A') < 26;
        to[i] = (uint8_t)(from[i] ^ (is_upper << 5));
    }
}

HOT_CLONES
static void upper_bytes(const uint8_t *restrict from, uint32_t n, uint8_t *restrict to)
{
    for (uint32_t i = 0; i < n; i++) {
        uint8_t is_lower = (uint8_t)(from[i] - 'a') < 26;
        to[i] = (uint8_t)(from[i] ^ (is_lower << 5));
    }
}

void lower_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        struct text text = call->args[0]->text[i];
        uint8_t *at = text_room_reserve(&room, text.len);
        lower_bytes(text.at, text.len, at);
        out->text[i] = text_room_take(&room, at + text.len);
    }
}

void upper_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        struct text text = call->args[0]->text[i];
        uint8_t *at = text_room_reserve(&room, text.len);
        upper_bytes(text.at, text.len, at);
        out->text[i] = text_room_take(&room, at + text.len);
    }
}

void reverse_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        struct text text = call->args[0]->text[i];
        const uint8_t *end = text.at + text.len;
        uint8_t *at = text_room_reserve(&room, text.len);
        uint8_t *to = at + text.len;
        for (const uint8_t *from = text.at; from < end;) {
            size_t n = character_bytes(from, end);
            to -= n;
            memcpy(to, from, n);
            from += n;
        }
        out->text[i] = text_room_take(&room, at + text.len);
    }
}

void chr_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        int64_t code = call->args[0]->i64[i];
        out->text[i] = text_none();
        if (code < 0 || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) {
            kernel_fail(call, out, i, "no such character");
            continue;
        }
        uint8_t *at = text_room_reserve(&room, 4);
        out->text[i] = text_room_take(&room, characters_write(at, (uint32_t)code));
    }
}

/* ---- joining --------------------------------------------------------------------------------- */

static uint8_t *append(uint8_t *at, struct text text)
{
    if (text.len > 0) {
        memcpy(at, text.at, text.len);
    }
    return at + text.len;
}

void join_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        struct text a = call->args[0]->text[i];
        struct text b = call->args[1]->text[i];
        size_t bytes = (size_t)a.len + b.len;
        out->text[i] = text_none();
        if (text_room_allows(call, out, i, &room, bytes)) {
            uint8_t *at = text_room_reserve(&room, bytes);
            out->text[i] = text_room_take(&room, append(append(at, a), b));
        }
    }
}

/* Arguments from `first` on that are not NULL, with the separator between. */
static void join_row(struct kernel_call *call, struct column_out *out, struct text_room *room,
                     uint32_t row, uint32_t first)
{
    struct text separator = first > 0 ? call->args[0]->text[row] : text_none();
    size_t bytes = 0;
    for (uint32_t k = first; k < call->n_args; k++) {
        bytes += (size_t)call->args[k]->text[row].len + separator.len;
    }
    out->text[row] = text_none();
    if (!text_room_allows(call, out, row, room, bytes)) {
        return;
    }
    uint8_t *at = text_room_reserve(room, bytes);
    bool is_first = true;
    for (uint32_t k = first; k < call->n_args; k++) {
        if (!column_is_null(call->args[k], row)) {
            at = is_first ? at : append(at, separator);
            at = append(at, call->args[k]->text[row]);
            is_first = false;
        }
    }
    out->text[row] = text_room_take(room, at);
}

void concat_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        join_row(call, out, &room, i, 0);
    }
}

void concat_ws_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        if (column_is_null(call->args[0], i)) {
            column_out_null(out, i, call->n);
        } else {
            join_row(call, out, &room, i, 1);
        }
    }
}

void repeat_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        struct text text = call->args[0]->text[i];
        int64_t n = call->args[1]->i64[i];
        out->text[i] = text_none();
        if (n <= 0 || text.len == 0) {
            continue;
        }
        size_t times = n > TEXT_VALUE_MAX ? (size_t)TEXT_VALUE_MAX + 1 : (size_t)n;
        if (text_room_allows(call, out, i, &room, times * text.len)) {
            uint8_t *at = text_room_reserve(&room, times * text.len);
            for (size_t k = 0; k < times; k++) {
                at = append(at, text);
            }
            out->text[i] = text_room_take(&room, at);
        }
    }
}

/* ---- padding --------------------------------------------------------------------------------- */

/* `n` characters of `fill`, again and again. */
static uint8_t *append_fill(uint8_t *at, struct text fill, int64_t n, int64_t fill_characters)
{
    for (; n >= fill_characters; n -= fill_characters) {
        at = append(at, fill);
    }
    const uint8_t *end = characters_skip(text_slice(fill), n);
    return append(at, (struct text){fill.at, (uint32_t)(end - fill.at)});
}

static void pad_row(struct kernel_call *call, struct column_out *out, struct text_room *room,
                    uint32_t row, bool at_start)
{
    struct text text = call->args[0]->text[row];
    struct text fill =
        call->n_args > 2 ? call->args[2]->text[row] : (struct text){(const uint8_t *)" ", 1};
    int64_t wanted = call->args[1]->i64[row];
    int64_t has = characters_count(text_slice(text));
    out->text[row] = text;
    if (wanted <= has) {
        const uint8_t *end = characters_skip(text_slice(text), wanted);
        out->text[row].len = (uint32_t)(end - text.at);
        return;
    }
    if (fill.len == 0) {
        return;
    }
    int64_t missing = wanted - has; /* has is small, wanted positive */
    missing = missing > TEXT_VALUE_MAX ? TEXT_VALUE_MAX + 1 : missing;
    size_t bytes = text.len + (size_t)missing * (fill.len < 4 ? fill.len : 4);
    if (!text_room_allows(call, out, row, room, bytes)) {
        return;
    }
    int64_t fill_characters = characters_count(text_slice(fill));
    uint8_t *at = text_room_reserve(room, bytes + fill.len);
    at = at_start ? at : append(at, text);
    at = append_fill(at, fill, missing, fill_characters);
    at = at_start ? append(at, text) : at;
    out->text[row] = text_room_take(room, at);
}

void lpad_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        pad_row(call, out, &room, i, true);
    }
}

void rpad_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        pad_row(call, out, &room, i, false);
    }
}

/* ---- replacing ------------------------------------------------------------------------------- */

static size_t count_parts(struct slice text, struct slice part)
{
    size_t n = 0;
    const uint8_t *found;
    while ((found = slice_find(text, part)) != NULL) {
        const uint8_t *next = found + part.len;
        text = slice_of(next, (size_t)(text.at + text.len - next));
        n++;
    }
    return n;
}

static uint8_t *append_replaced(uint8_t *at, struct slice text, struct slice part, struct text by)
{
    const uint8_t *found;
    while ((found = slice_find(text, part)) != NULL) {
        at = append(at, (struct text){text.at, (uint32_t)(found - text.at)});
        at = append(at, by);
        const uint8_t *next = found + part.len;
        text = slice_of(next, (size_t)(text.at + text.len - next));
    }
    return append(at, (struct text){text.at, (uint32_t)text.len});
}

void replace_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        struct slice text = text_slice(call->args[0]->text[i]);
        struct slice part = text_slice(call->args[1]->text[i]);
        struct text by = call->args[2]->text[i];
        size_t n = part.len == 0 ? 0 : count_parts(text, part);
        out->text[i] = call->args[0]->text[i];
        size_t bytes = text.len - n * part.len + n * by.len;
        if (n > 0 && text_room_allows(call, out, i, &room, bytes)) {
            uint8_t *at = text_room_reserve(&room, bytes);
            out->text[i] = text_room_take(&room, append_replaced(at, text, part, by));
        }
    }
}

/* ---- card numbers ---------------------------------------------------------------------------- */

/* Of a full number the first six (the issuer) and the last four digits may be shown (PCI DSS 3.4);
 * of a shorter one the last four, of four or fewer none. */
enum { CARD_DIGITS_MIN = 13, CARD_HEAD = 6, CARD_TAIL = 4 };

void mask_card_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        struct text text = call->args[0]->text[i];
        uint32_t n_digits = 0;
        for (uint32_t k = 0; k < text.len; k++) {
            n_digits += ascii_is_digit(text.at[k]);
        }
        uint32_t head = n_digits >= CARD_DIGITS_MIN ? CARD_HEAD : 0;
        uint32_t tail = n_digits > CARD_TAIL ? CARD_TAIL : 0;
        uint8_t *at = text_room_reserve(&room, text.len);
        uint32_t digit = 0;
        for (uint32_t k = 0; k < text.len; k++) {
            bool is_digit = ascii_is_digit(text.at[k]);
            bool is_hidden = is_digit && digit >= head && digit < n_digits - tail;
            at[k] = is_hidden ? '*' : text.at[k];
            digit += is_digit;
        }
        out->text[i] = text_room_take(&room, at + text.len);
    }
}
