/* sqlerr: see sqlerr.h. */
#include "sql/sqlerr.h"

#include <inttypes.h>

#include "engine/base/textbuf.h"
#include "engine/base/utf8.h"
#include "engine/io/secrets.h"
#include "sql/errors.h"

/* ---- where ----------------------------------------------------------------------------------- */

/* A place in a text of lines. */
struct place {
    uint32_t line;   /* from 0 */
    size_t begin;    /* of the line */
    size_t end;      /* of the line, without its end */
    size_t at;       /* in the text */
    uint32_t column; /* characters between begin and at */
};

static size_t character_bytes(struct slice text, size_t at)
{
    unsigned used;
    utf8_decode(slice_of(text.at + at, text.len - at), &used);
    return used;
}

/* An error at the end of the text belongs behind the last thing that was written. */
static size_t clamp(struct slice text, int64_t at)
{
    if ((uint64_t)at < text.len) {
        return (size_t)at;
    }
    size_t end = text.len;
    while (end > 0 && (ascii_is_space(text.at[end - 1]) || text.at[end - 1] == ';')) {
        end--;
    }
    return end;
}

static struct place find_place(struct slice text, int64_t error_at)
{
    struct place place = {.at = clamp(text, error_at)};
    for (size_t i = 0; i < place.at; i++) {
        if (text.at[i] == '\n') {
            place.line++;
            place.begin = i + 1;
        }
    }
    place.end = place.begin;
    while (place.end < text.len && text.at[place.end] != '\n') {
        place.end++;
    }
    if (place.end > place.at && text.at[place.end - 1] == '\r') {
        place.end--;
    }
    for (size_t i = place.begin; i < place.at; i += character_bytes(text, i)) {
        place.column++;
    }
    return place;
}

/* ---- the line and the caret ------------------------------------------------------------------ */

/* A page-long line is shown around the error only. */
enum { LINE_BEFORE_MAX = 100, LINE_AFTER_MAX = 100, LINE_MARKED_MAX = 200 };

/* One character as it is shown; returns how many places on the terminal it takes. */
static uint32_t show_character(struct bytebuf *out, struct slice character)
{
    size_t before = out->len;
    if (character.len == 1 && character.at[0] == '\t') {
        bytebuf_add_byte(out, ' ');
    } else {
        textbuf_escaped(out, character);
    }
    bool is_plain = out->len - before == character.len;
    return is_plain ? 1 : (uint32_t)(out->len - before);
}

static void show_span(struct bytebuf *out, struct slice text, size_t from, size_t to,
                      uint32_t *width)
{
    *width = 0;
    for (size_t i = from; i < to;) {
        size_t used = character_bytes(text, i);
        *width += show_character(out, slice_of(text.at + i, used));
        i += used;
    }
}

static size_t cut_before(const struct place *place)
{
    return place->at - place->begin > LINE_BEFORE_MAX ? place->at - LINE_BEFORE_MAX : place->begin;
}

/* The first place from `at` on that does not split a character of UTF-8. */
static size_t character_start(struct slice text, size_t at)
{
    while (at < text.len && (text.at[at] & 0xc0) == 0x80) {
        at++;
    }
    return at;
}

static void print_line(struct bytebuf *out, struct slice text, const struct place *place,
                       int64_t length)
{
    uint32_t before;
    uint32_t marked;
    uint32_t after;
    size_t span_end = place->at + (length > 0 ? (size_t)length : 0);
    if (span_end > place->end) {
        span_end = place->end;
    }
    size_t after_max = LINE_AFTER_MAX;
    if (span_end - place->at > LINE_MARKED_MAX) {
        span_end = character_start(text, place->at + LINE_MARKED_MAX);
        after_max = 0;
    }
    size_t begin = character_start(text, cut_before(place));
    size_t end = place->end;
    if (end - span_end > after_max) {
        end = character_start(text, span_end + after_max);
    }
    bytebuf_add_text(out, begin > place->begin ? "  | …" : "  | ");
    show_span(out, text, begin, place->at, &before);
    show_span(out, text, place->at, span_end, &marked);
    show_span(out, text, span_end, end, &after);
    bytebuf_add_text(out, end < place->end ? "…\n  | " : "\n  | ");
    before += begin > place->begin;
    for (uint32_t i = 0; i < before; i++) {
        bytebuf_add_byte(out, ' ');
    }
    for (uint32_t i = 0; i < marked || i == 0; i++) {
        bytebuf_add_byte(out, '^');
    }
    bytebuf_add_byte(out, '\n');
}

void sqlerr_print(struct bytebuf *out, const struct error *err, struct slice text, const char *file,
                  uint32_t first_line)
{
    if (err->code > 0) {
        bytebuf_printf(out, "error[E%04d]: ", err->code);
    } else {
        bytebuf_add_text(out, "error: ");
    }
    textbuf_escaped(out, slice_text(err->text));
    bytebuf_add_byte(out, '\n');
    if (err->at >= 0 && text.len > 0) {
        struct place place = find_place(text, err->at);
        bytebuf_add_text(out, " --> ");
        if (file != NULL) {
            textbuf_escaped(out, slice_text(file));
            bytebuf_add_byte(out, ':');
        }
        bytebuf_printf(out, "%" PRIu32 ":%" PRIu32 "\n", first_line + place.line, place.column);
        struct bytebuf covered = {0};
        secrets_cover(&covered, text);
        print_line(out, bytebuf_slice(&covered), &place, err->length);
        bytebuf_release(&covered);
    } else if (file != NULL) {
        bytebuf_add_text(out, " --> ");
        textbuf_escaped(out, slice_text(file));
        bytebuf_add_byte(out, '\n');
    }
    if (err->hint[0] != 0) {
        bytebuf_add_text(out, "  = help: ");
        textbuf_escaped(out, slice_text(err->hint));
        bytebuf_add_byte(out, '\n');
    }
}

/* ---- the catalogue --------------------------------------------------------------------------- */

int sqlerr_code(struct slice text)
{
    if (text.len > 0 && ascii_lower(text.at[0]) == 'e') {
        text = slice_of(text.at + 1, text.len - 1);
    }
    int64_t code;
    if (text.len > 4 || !slice_to_i64(text, &code) || code < 0) {
        return -1;
    }
    return (int)code;
}

/* Paragraph text in lines of at most 80 bytes. */
static void print_wrapped(struct bytebuf *out, const char *text)
{
    enum { WIDTH = 80 };
    size_t width = 0;
    while (*text != 0) {
        size_t word = strcspn(text, " ");
        if (width > 0 && width + 1 + word > WIDTH) {
            bytebuf_add_byte(out, '\n');
            width = 0;
        } else if (width > 0) {
            bytebuf_add_byte(out, ' ');
            width++;
        }
        bytebuf_add(out, text, word);
        width += word;
        text += word + strspn(text + word, " ");
    }
    bytebuf_add_byte(out, '\n');
}

bool sqlerr_explain(struct bytebuf *out, int code)
{
    const struct error_entry *entry = errors_find(code);
    if (entry == NULL) {
        return false;
    }
    bytebuf_printf(out, "E%04d: %s\n\n", entry->code, entry->title);
    print_wrapped(out, entry->text);
    if (entry->example != NULL) {
        bytebuf_printf(out, "\nexample:\n\n    %s;\n", entry->example);
    }
    return true;
}
