/* encode_csv: RFC 4180 with "\n" as line end, and the same with tabs. A value is quoted only if it
 * must be: it holds the delimiter, a quote or a line end. NULL is nothing, the empty text is "". */
#include "sinks/bytescan.h"
#include "sinks/encode.h"

static inline uint64_t csv_special(uint64_t word)
{
    return bytes_equal(word, ',') | bytes_equal(word, '"') | bytes_equal(word, '\n') |
           bytes_equal(word, '\r');
}

static inline uint64_t tsv_special(uint64_t word)
{
    return bytes_equal(word, '\t') | bytes_equal(word, '"') | bytes_equal(word, '\n') |
           bytes_equal(word, '\r');
}

static inline bool needs_quotes(struct text text, uint8_t delimiter)
{
    return text.len == 0 || bytes_any(text, delimiter == ',' ? csv_special : tsv_special);
}

static size_t write_quoted(uint8_t *out, struct slice text)
{
    uint8_t *at = out;
    *at++ = '"';
    for (size_t i = 0; i < text.len; i++) {
        *at = '"';
        at += text.at[i] == '"';
        *at++ = text.at[i];
    }
    *at++ = '"';
    return (size_t)(at - out);
}

static inline void separated_text(struct arena *rows, const struct text *values, uint32_t n,
                                  struct text *cells, uint8_t delimiter)
{
    for (uint32_t i = 0; i < n; i++) {
        if (__builtin_expect(!needs_quotes(values[i], delimiter), 1)) {
            cells[i] = values[i];
            continue;
        }
        uint8_t *at = arena_alloc(rows, 2 * (size_t)values[i].len + 2);
        cells[i] = (struct text){at, (uint32_t)write_quoted(at, text_slice(values[i]))};
    }
}

static void csv_text(struct arena *rows, const struct text *values, uint32_t n, struct text *cells)
{
    separated_text(rows, values, n, cells, ',');
}

static void tsv_text(struct arena *rows, const struct text *values, uint32_t n, struct text *cells)
{
    separated_text(rows, values, n, cells, '\t');
}

/* ---- between values ------------------------------------------------------------------------- */

static void csv_before(struct bytebuf *out, const struct encoder_config *config, uint32_t i,
                       struct slice name)
{
    (void)config;
    (void)name;
    bytebuf_add(out, ",", i > 0);
}

static void tsv_before(struct bytebuf *out, const struct encoder_config *config, uint32_t i,
                       struct slice name)
{
    (void)config;
    (void)name;
    bytebuf_add(out, "\t", i > 0);
}

static void names_start(struct bytebuf *out, const struct encoder_config *config, uint8_t delimiter)
{
    for (uint32_t i = 0; i < encoder_width(config); i++) {
        struct slice name = encoder_name(config, i);
        if (i > 0) {
            bytebuf_add_byte(out, delimiter);
        }
        if (!needs_quotes((struct text){name.at, (uint32_t)name.len}, delimiter)) {
            bytebuf_add(out, name.at, name.len);
        } else {
            out->len += write_quoted(bytebuf_reserve(out, 2 * name.len + 2), name);
        }
    }
    bytebuf_add_byte(out, '\n');
}

static void csv_start(struct bytebuf *out, const struct encoder_config *config)
{
    names_start(out, config, ',');
}

static void tsv_start(struct bytebuf *out, const struct encoder_config *config)
{
    names_start(out, config, '\t');
}

const struct encode_format encode_csv = {
    .name = "csv",
    .suffix = ".csv",
    .style = {.null = "", .text = csv_text},
    .before = csv_before,
    .row_end = "\n",
    .start = csv_start,
};

const struct encode_format encode_tsv = {
    .name = "tsv",
    .suffix = ".tsv",
    .style = {.null = "", .text = tsv_text},
    .before = tsv_before,
    .row_end = "\n",
    .start = tsv_start,
};
