/* linediff: see linediff.h. */
#include "engine/base/linediff.h"

#include "engine/base/mem.h"

struct lines lines_split(struct slice text)
{
    struct lines lines = {.n = 0};
    uint32_t room = 1;
    for (size_t i = 0; i < text.len; i++) {
        room += text.at[i] == '\n';
    }
    lines.at = mem_zalloc(room * sizeof *lines.at);
    for (size_t at = 0; at < text.len;) {
        const uint8_t *end = memchr(text.at + at, '\n', text.len - at);
        size_t len = end == NULL ? text.len - at : (size_t)(end - text.at) - at;
        lines.at[lines.n++] = slice_of(text.at + at, len);
        at += len + 1;
    }
    return lines;
}

struct comparison {
    const struct lines *before;
    const struct lines *now;
    struct line_edit *edits;
    uint32_t n;
};

/* A rectangle of the two texts: lines [from, end) of each. */
struct part {
    uint32_t before;
    uint32_t before_end;
    uint32_t now;
    uint32_t now_end;
};

static void add_edit(struct comparison *c, char mark, uint32_t before, uint32_t now)
{
    struct slice line = mark == '+' ? c->now->at[now] : c->before->at[before];
    c->edits[c->n++] = (struct line_edit){mark, line, before, now};
}

static bool same_lines(const struct comparison *c, uint32_t before, uint32_t now)
{
    return slice_equal(c->before->at[before], c->now->at[now]);
}

/* cells[i * width + k]: how many lines the tails from i and k have in common. NULL: too many. */
static uint32_t *common_tails(const struct comparison *c, const struct part *part,
                              uint32_t lines_max)
{
    uint32_t rows = part->before_end - part->before + 1;
    uint32_t width = part->now_end - part->now + 1;
    if (rows - 1 > lines_max || width - 1 > lines_max ||
        (uint64_t)rows * width > LINEDIFF_CELLS_MAX) {
        return NULL;
    }
    uint32_t *cells = mem_zalloc((size_t)rows * width * sizeof *cells);
    for (uint32_t i = rows - 1; i-- > 0;) {
        for (uint32_t k = width - 1; k-- > 0;) {
            uint32_t *cell = &cells[i * width + k];
            uint32_t down = cell[width];
            uint32_t right = cell[1];
            bool same = same_lines(c, part->before + i, part->now + k);
            *cell = same ? cell[width + 1] + 1 : down > right ? down : right;
        }
    }
    return cells;
}

static void compare_part(struct comparison *c, const struct part *part, uint32_t lines_max)
{
    uint32_t *cells = common_tails(c, part, lines_max);
    uint32_t width = part->now_end - part->now + 1;
    uint32_t i = part->before;
    uint32_t k = part->now;
    while (cells != NULL && i < part->before_end && k < part->now_end) {
        const uint32_t *cell = &cells[(i - part->before) * width + (k - part->now)];
        if (same_lines(c, i, k)) {
            add_edit(c, ' ', i++, k++);
        } else if (cell[width] >= cell[1]) {
            add_edit(c, '-', i++, k);
        } else {
            add_edit(c, '+', i, k++);
        }
    }
    while (i < part->before_end) {
        add_edit(c, '-', i++, k);
    }
    while (k < part->now_end) {
        add_edit(c, '+', i, k++);
    }
    mem_free(cells);
}

struct line_edit *lines_compare(const struct lines *before, const struct lines *now,
                                uint32_t lines_max, uint32_t *n_edits)
{
    struct comparison c = {.before = before, .now = now};
    struct part part = {.before_end = before->n, .now_end = now->n};
    c.edits = mem_alloc((before->n + now->n + 1) * sizeof *c.edits);
    while (part.before < before->n && part.now < now->n && same_lines(&c, part.before, part.now)) {
        add_edit(&c, ' ', part.before++, part.now++);
    }
    while (part.before_end > part.before && part.now_end > part.now &&
           same_lines(&c, part.before_end - 1, part.now_end - 1)) {
        part.before_end--;
        part.now_end--;
    }
    compare_part(&c, &part, lines_max);
    for (uint32_t i = part.before_end; i < before->n; i++) {
        add_edit(&c, ' ', i, part.now_end + (i - part.before_end));
    }
    *n_edits = c.n;
    return c.edits;
}

void linediff(struct bytebuf *out, struct slice before, struct slice now)
{
    uint32_t n;
    struct lines left = lines_split(before);
    struct lines right = lines_split(now);
    struct line_edit *edits = lines_compare(&left, &right, LINEDIFF_LINES_MAX, &n);
    for (uint32_t i = 0; i < n; i++) {
        if (edits[i].mark != ' ') {
            bytebuf_printf(out, "%c ", edits[i].mark);
            bytebuf_add(out, edits[i].line.at, edits[i].line.len);
            bytebuf_add_byte(out, '\n');
        }
    }
    mem_free(edits);
    mem_free(left.at);
    mem_free(right.at);
}
