/* line_diff: see line_diff.h. */
#include "shell/lab/line_diff.h"

#include "engine/base/linediff.h"
#include "engine/base/mem.h"
#include "engine/base/textbuf.h"

enum { CONTEXT = 3, SHOWN_MAX = 400 };

struct diff {
    struct line_edit *edits;
    uint32_t n;
    uint32_t n_shown; /* lines of hunks, also those beyond SHOWN_MAX */
};

/* Without the \r of \r\n. */
static struct lines lines_of(struct slice text)
{
    struct lines lines = lines_split(text);
    for (uint32_t i = 0; i < lines.n; i++) {
        struct slice *line = &lines.at[i];
        line->len -= line->len > 0 && line->at[line->len - 1] == '\r';
    }
    return lines;
}

/* The end of the hunk that begins at edit `from`: CONTEXT lines behind the last change that is no
 * further than two contexts from the one before. */
static uint32_t hunk_end(const struct diff *diff, uint32_t from)
{
    uint32_t end = from;
    uint32_t quiet = 0;
    for (uint32_t i = from; i < diff->n && quiet <= 2 * CONTEXT; i++) {
        quiet = diff->edits[i].mark == ' ' ? quiet + 1 : 0;
        end = quiet == 0 ? i + 1 : end;
    }
    return end + CONTEXT < diff->n ? end + CONTEXT : diff->n;
}

static void add_line(struct bytebuf *out, char mark, struct slice line)
{
    bytebuf_add_byte(out, (uint8_t)mark);
    textbuf_escaped(out, line);
    bytebuf_add_byte(out, '\n');
}

static void add_hunk(struct bytebuf *out, struct diff *diff, uint32_t from, uint32_t end,
                     uint32_t first_line)
{
    uint32_t n_wanted = 0;
    uint32_t n_got = 0;
    for (uint32_t i = from; i < end; i++) {
        n_wanted += diff->edits[i].mark != '+';
        n_got += diff->edits[i].mark != '-';
    }
    bytebuf_printf(out, "@@ -%u,%u +%u,%u @@\n", diff->edits[from].before + first_line, n_wanted,
                   diff->edits[from].now + first_line, n_got);
    for (uint32_t i = from; i < end; i++) {
        if (diff->n_shown++ < SHOWN_MAX) {
            add_line(out, diff->edits[i].mark, diff->edits[i].line);
        }
    }
}

void line_diff(struct bytebuf *out, struct slice wanted, struct slice got, uint32_t first_line)
{
    struct lines wanted_lines = lines_of(wanted);
    struct lines got_lines = lines_of(got);
    struct diff diff = {.n = 0};
    diff.edits = lines_compare(&wanted_lines, &got_lines, UINT32_MAX, &diff.n);
    for (uint32_t i = 0, shown = 0; i < diff.n; i++) {
        if (diff.edits[i].mark != ' ' && i >= shown) {
            uint32_t from = i - shown > CONTEXT ? i - CONTEXT : shown;
            shown = hunk_end(&diff, i);
            add_hunk(out, &diff, from, shown, first_line);
        }
    }
    if (diff.n_shown > SHOWN_MAX) {
        bytebuf_printf(out, "… %u more lines\n", diff.n_shown - SHOWN_MAX);
    }
    mem_free(diff.edits);
    mem_free(wanted_lines.at);
    mem_free(got_lines.at);
}
