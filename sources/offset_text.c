/* offset_text: see offset_text.h. */
#include "sources/offset_text.h"

static struct slice next_word(struct slice *text)
{
    *text = slice_trim(*text);
    size_t len = 0;
    while (len < text->len && !ascii_is_space(text->at[len])) {
        len++;
    }
    struct slice word = slice_of(text->at, len);
    *text = slice_of(text->at + len, text->len - len);
    return word;
}

bool offset_text_find(struct slice text, const char *key, uint64_t *out)
{
    size_t key_len = strlen(key);
    while (text.len > 0) {
        struct slice word = next_word(&text);
        if (word.len <= key_len + 1 || memcmp(word.at, key, key_len) != 0 ||
            word.at[key_len] != '=') {
            continue;
        }
        struct slice digits = slice_of(word.at + key_len + 1, word.len - key_len - 1);
        int64_t value;
        if (!ascii_is_digit(digits.at[0]) || !slice_to_i64(digits, &value)) {
            return false;
        }
        *out = (uint64_t)value;
        return true;
    }
    return false;
}

/* ---- paths ---------------------------------------------------------------------------------- */

static const char path_key[] = " path=";

void offset_text_put_path(struct bytebuf *out, const char *path)
{
    bytebuf_add_text(out, path_key);
    for (; *path != 0; path++) {
        uint8_t c = (uint8_t)*path;
        if (c < 0x20 || c == 0x7f || c == '%') {
            bytebuf_printf(out, "%%%02X", c);
        } else {
            bytebuf_add_byte(out, c);
        }
    }
    bytebuf_add_byte(out, '\n');
}

static int hex_digit(uint8_t c)
{
    if (ascii_is_digit(c)) {
        return c - '0';
    }
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static void read_path(struct slice text, struct bytebuf *out)
{
    bytebuf_clear(out);
    for (size_t i = 0; i < text.len; i++) {
        int high = text.at[i] == '%' && i + 2 < text.len ? hex_digit(text.at[i + 1]) : -1;
        int low = high >= 0 ? hex_digit(text.at[i + 2]) : -1;
        bytebuf_add_byte(out, low >= 0 ? (uint8_t)(high * 16 + low) : text.at[i]);
        i += low >= 0 ? 2 : 0;
    }
}

bool offset_text_path(struct slice line, struct slice *numbers, struct bytebuf *path)
{
    const uint8_t *at = slice_find(line, slice_text(path_key));
    if (at == NULL) {
        return false;
    }
    *numbers = slice_of(line.at, (size_t)(at - line.at));
    at += sizeof path_key - 1;
    read_path(slice_of(at, (size_t)(line.at + line.len - at)), path);
    return path->len > 0;
}

struct slice offset_text_line(struct slice *text)
{
    const uint8_t *line_end = memchr(text->at, '\n', text->len);
    size_t len = line_end == NULL ? text->len : (size_t)(line_end - text->at);
    struct slice line = slice_of(text->at, len);
    len += line_end != NULL;
    *text = slice_of(text->at + len, text->len - len);
    return line;
}
