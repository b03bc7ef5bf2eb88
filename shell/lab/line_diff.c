/* line_diff: see line_diff.h. The longest common subsequence of the lines that are left when what
 * both texts begin and end with is taken away, by the table of Wagner and Fischer (1974). */
#include "shell/lab/line_diff.h"

#include "engine/base/mem.h"
#include "engine/base/textbuf.h"
#include "shell/lab/script.h"

enum { CONTEXT = 3, CELLS_MAX = 4 << 20, SHOWN_MAX = 400 };

struct lines {
    uint32_t n;
    struct slice *at;
};

/* One line of the result: of both texts, or of one. */
struct edit {
    char mark; /* ' ', '-' or '+' */
    struct slice line;
    uint32_t wanted; /* how many lines of each text stand before it */
    uint32_t got;
};

struct diff {
    struct lines wanted;
    struct lines got;
    struct edit *edits;
    uint32_t n;
    uint32_t n_shown; /* lines of hunks, also those beyond SHOWN_MAX */
};

static struct slice without_end(struct slice line)
{
    line.len -= line.len > 0 && line.at[line.len - 1] == '\n';
    line.len -= line.len > 0 && line.at[line.len - 1] == '\r';
    return line;
}

static struct lines lines_of(struct slice text)
{
    struct lines lines = {.n = 0};
    struct slice line;
    for (struct slice rest = text; script_line(&rest, &line);) {
        lines.n++;
    }
    lines.at = mem_alloc((lines.n + 1) * sizeof *lines.at);
    for (uint32_t i = 0; script_line(&text, &line); i++) {
        lines.at[i] = without_end(line);
    }
    return lines;
}

static void add_edit(struct diff *diff, char mark, uint32_t wanted, uint32_t got)
{
    struct slice line = mark == '+' ? diff->got.at[got] : diff->wanted.at[wanted];
    diff->edits[diff->n++] = (struct edit){mark, line, wanted, got};
}

/* A rectangle of the two texts: lines [from, end) of each. */
struct part {
    uint32_t wanted;
    uint32_t wanted_end;
    uint32_t got;
    uint32_t got_end;
};

/* cells[i * width + k]: how many lines the tails from i and k have in common. */
static uint32_t *common_tails(const struct diff *diff, const struct part *part)
{
    uint32_t rows = part->wanted_end - part->wanted + 1;
    uint32_t width = part->got_end - part->got + 1;
    if ((uint64_t)rows * width > CELLS_MAX) {
        return NULL;
    }
    uint32_t *cells = mem_zalloc((size_t)rows * width * sizeof *cells);
    for (uint32_t i = rows - 1; i-- > 0;) {
        for (uint32_t k = width - 1; k-- > 0;) {
            uint32_t *cell = &cells[i * width + k];
            uint32_t down = cell[width];
            uint32_t right = cell[1];
            bool same = slice_equal(diff->wanted.at[part->wanted + i], diff->got.at[part->got + k]);
            *cell = same ? cell[width + 1] + 1 : down > right ? down : right;
        }
    }
    return cells;
}

static void diff_part(struct diff *diff, const struct part *part)
{
    uint32_t *cells = common_tails(diff, part);
    uint32_t width = part->got_end - part->got + 1;
    uint32_t i = part->wanted;
    uint32_t k = part->got;
    while (cells != NULL && i < part->wanted_end && k < part->got_end) {
        const uint32_t *cell = &cells[(i - part->wanted) * width + (k - part->got)];
        if (slice_equal(diff->wanted.at[i], diff->got.at[k])) {
            add_edit(diff, ' ', i++, k++);
        } else if (cell[width] >= cell[1]) {
            add_edit(diff, '-', i++, k);
        } else {
            add_edit(diff, '+', i, k++);
        }
    }
    while (i < part->wanted_end) {
        add_edit(diff, '-', i++, k);
    }
    while (k < part->got_end) {
        add_edit(diff, '+', i, k++);
    }
    mem_free(cells);
}

static void diff_all(struct diff *diff)
{
    struct part part = {.wanted_end = diff->wanted.n, .got_end = diff->got.n};
    uint32_t shorter = part.wanted_end < part.got_end ? part.wanted_end : part.got_end;
    while (part.wanted < shorter &&
           slice_equal(diff->wanted.at[part.wanted], diff->got.at[part.got])) {
        add_edit(diff, ' ', part.wanted++, part.got++);
    }
    while (part.wanted_end > part.wanted && part.got_end > part.got &&
           slice_equal(diff->wanted.at[part.wanted_end - 1], diff->got.at[part.got_end - 1])) {
        part.wanted_end--;
        part.got_end--;
    }
    diff_part(diff, &part);
    for (uint32_t i = part.wanted_end; i < diff->wanted.n; i++) {
        add_edit(diff, ' ', i, part.got_end + (i - part.wanted_end));
    }
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
    bytebuf_printf(out, "@@ -%u,%u +%u,%u @@\n", diff->edits[from].wanted + first_line, n_wanted,
                   diff->edits[from].got + first_line, n_got);
    for (uint32_t i = from; i < end; i++) {
        if (diff->n_shown++ < SHOWN_MAX) {
            add_line(out, diff->edits[i].mark, diff->edits[i].line);
        }
    }
}

void line_diff(struct bytebuf *out, struct slice wanted, struct slice got, uint32_t first_line)
{
    struct diff diff = {.wanted = lines_of(wanted), .got = lines_of(got)};
    diff.edits = mem_alloc((diff.wanted.n + diff.got.n + 1) * sizeof *diff.edits);
    diff_all(&diff);
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
    mem_free(diff.wanted.at);
    mem_free(diff.got.at);
}
