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
