/* encode_plain: two forms for people: a "name = value" a line, and SQL that puts the rows into a
 * table elsewhere. */
#include <string.h>

#include "engine/base/textbuf.h"
#include "sinks/encode.h"

/* ---- line ----------------------------------------------------------------------------------- */

static void line_text(struct arena *rows, const struct text *values, uint32_t n, struct text *cells)
{
    (void)rows;
    memcpy(cells, values, n * sizeof *cells);
}

/* Names end in the same column, so that the values begin in one. */
static void line_before(struct bytebuf *out, const struct encoder_config *config, uint32_t i,
                        struct slice name)
{
    size_t widest = 0;
    for (uint32_t c = 0; c < encoder_width(config); c++) {
        size_t len = encoder_name(config, c).len;
        widest = len > widest ? len : widest;
    }
    bytebuf_add(out, "\n", i > 0);
    for (size_t pad = name.len; pad < widest; pad++) {
        bytebuf_add_byte(out, ' ');
    }
    bytebuf_add(out, name.at, name.len);
    bytebuf_add_text(out, " = ");
}

const struct encode_format encode_line = {
    .name = "line",
    .style = {.null = "", .text = line_text},
    .before = line_before,
    .row_end = "\n\n",
};

/* ---- insert --------------------------------------------------------------------------------- */

static void insert_text(struct arena *rows, const struct text *values, uint32_t n,
                        struct text *cells)
{
    struct bytebuf buf = {0};
    for (uint32_t i = 0; i < n; i++) {
        bytebuf_clear(&buf);
        textbuf_quoted(&buf, text_slice(values[i]), '\'');
        struct slice kept = arena_copy(rows, bytebuf_slice(&buf));
        cells[i] = (struct text){kept.at, (uint32_t)kept.len};
    }
    bytebuf_release(&buf);
}

static void insert_before(struct bytebuf *out, const struct encoder_config *config, uint32_t i,
                          struct slice name)
{
    (void)name;
    if (i > 0) {
        bytebuf_add_text(out, ", ");
        return;
    }
    bool has_name = config->target.len > 0;
    bytebuf_add_text(out, "INSERT INTO ");
    textbuf_quoted(out, has_name ? config->target : slice_text("result"), '"');
    for (uint32_t c = 0; c < encoder_width(config); c++) {
        bytebuf_add_text(out, c == 0 ? " (" : ", ");
        textbuf_quoted(out, encoder_name(config, c), '"');
    }
    bytebuf_add_text(out, ") VALUES (");
}

const struct encode_format encode_insert = {
    .name = "insert",
    .suffix = ".sql",
    .style = {.null = "NULL", .quote = '\'', .only_finite = true, .text = insert_text},
    .before = insert_before,
    .row_end = ");\n",
};
