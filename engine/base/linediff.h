/* linediff: what differs between two texts, line by line, for people.
 *
 *     linediff(&out, before, now);     // "- old line", "+ new line"; nothing for what both have
 *
 *     struct lines before = lines_split(text), now = lines_split(other);
 *     uint32_t n;
 *     struct line_edit *edits = lines_compare(&before, &now, UINT32_MAX, &n);
 *     …
 *     mem_free(edits), mem_free(before.at), mem_free(now.at);
 */
#ifndef ENGINE_BASE_LINEDIFF_H
#define ENGINE_BASE_LINEDIFF_H

#include "engine/base/bytebuf.h"

/* A text as lines without their ends; they point into it. */
struct lines {
    struct slice *at;
    uint32_t n;
};

/* One line of the result: of both texts, or of one. */
struct line_edit {
    char mark; /* ' ', '-' (only in the first text) or '+' */
    struct slice line;
    uint32_t before; /* how many lines of each text stand before it */
    uint32_t now;
};

/* mem_free the array. */
struct lines lines_split(struct slice text);

/* The fewest edits that make `now` of `before`, in order (the longest common subsequence, by the
 * table of Wagner and Fischer, 1974), and how many. Where more than `lines_max` lines of a text are
 * not the same at both ends, or the table would have more than LINEDIFF_CELLS_MAX cells, they are
 * all of one and all of the other. mem_free them. */
enum { LINEDIFF_CELLS_MAX = 4 << 20 };
struct line_edit *lines_compare(const struct lines *before, const struct lines *now,
                                uint32_t lines_max, uint32_t *n_edits);

/* Appends the lines that differ. Above LINEDIFF_LINES_MAX lines that are not the same at both ends
 * it says them all. */
enum { LINEDIFF_LINES_MAX = 1000 };
void linediff(struct bytebuf *out, struct slice before, struct slice now);

#endif
