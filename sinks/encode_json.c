/* encode_json: one object per row (RFC 8259), in a line each (jsonl) or as one array (json).
 * Numbers stand bare, DECIMAL with all its digits; times and intervals are strings; what JSON has
 * no number for (Infinity, NaN) is null. */
#include "engine/base/textbuf.h"
#include "sinks/bytescan.h"
#include "sinks/encode.h"

/* What does not stand for itself between quotes: all but ASCII without control bytes, quote and
 * backslash. */
static inline uint64_t json_special(uint64_t word)
{
    return (word & BYTES_HIGH) | bytes_below(word, 0x20) | bytes_equal(word, '"') |
           bytes_equal(word, '\\') | bytes_equal(word, 0x7f);
}

static void json_text(struct arena *rows, const struct text *values, uint32_t n, struct text *cells)
{
    struct bytebuf buf = {0};
    for (uint32_t i = 0; i < n; i++) {
        if (!bytes_any(values[i], json_special)) {
            uint8_t *at = arena_alloc(rows, (size_t)values[i].len + 2);
            at[0] = '"';
            if (values[i].len > 0) {
                memcpy(at + 1, values[i].at, values[i].len);
            }
            at[values[i].len + 1] = '"';
            cells[i] = (struct text){at, values[i].len + 2};
            continue;
        }
        bytebuf_clear(&buf);
        textbuf_json(&buf, text_slice(values[i]));
        struct slice kept = arena_copy(rows, bytebuf_slice(&buf));
        cells[i] = (struct text){kept.at, (uint32_t)kept.len};
    }
    bytebuf_release(&buf);
}

static void jsonl_before(struct bytebuf *out, const struct encoder_config *config, uint32_t i,
                         struct slice name)
{
    (void)config;
    bytebuf_add_byte(out, i == 0 ? '{' : ',');
    textbuf_json(out, name);
    bytebuf_add_byte(out, ':');
}

/* Rows begin with what separates them; the first one's comma becomes the bracket. */
static void json_before(struct bytebuf *out, const struct encoder_config *config, uint32_t i,
                        struct slice name)
{
    if (i == 0) {
        bytebuf_add_text(out, ",\n");
    }
    jsonl_before(out, config, i, name);
}

static void json_finish(struct bytebuf *out, bool any)
{
    bytebuf_add_text(out, any ? "\n]\n" : "[]\n");
}

const struct encode_format encode_jsonl = {
    .name = "jsonl",
    .suffix = ".jsonl",
    .style = {.null = "null", .quote = '"', .only_finite = true, .text = json_text},
    .before = jsonl_before,
    .row_end = "}\n",
    .is_safe = true,
};

const struct encode_format encode_json = {
    .name = "json",
    .suffix = ".json",
    .style = {.null = "null", .quote = '"', .only_finite = true, .text = json_text},
    .before = json_before,
    .row_end = "}",
    .is_safe = true,
    .first_byte = '[',
    .finish = json_finish,
};
