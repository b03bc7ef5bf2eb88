/* line_index: the lines of a block, for all formats with one record a line.
 *
 *     TRY(line_index_init(&index, config, '"', '[', err));    // reads option max_line
 *     end = line_index_block(&index, bytes, is_final);
 *     while ((n = line_index_next(&index, max)) > 0) {
 *         const struct line *lines = line_index_batch(&index);  // n of them
 *         …
 *     }
 *     line_index_release(&index);
 *
 * A line that is longer than max_line is told to the reject sink and left out. With a needle in the
 * configuration the block is searched for it first, and lines without it are left out too, untold
 * unless they are too long. A byte order mark at the start of a split is no part of its first line.
 * Where a block is cut changes nothing. */
#ifndef SOURCES_LINE_INDEX_H
#define SOURCES_LINE_INDEX_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/byte_search.h"
#include "engine/io/decoder.h"
#include "sources/mark_scan.h"

/* Bytes [begin, end) of the block, without line end. The marks that line_index_init asked for are
 * marks[first_mark] to marks[first_mark + n_marks - 1] of the index. */
struct line {
    uint32_t begin;
    uint32_t end;
    uint32_t first_mark;
    uint32_t n_marks;
};

struct bad_line {
    uint32_t begin;
    uint32_t end;
    uint32_t before; /* how many good lines are in front of it */
};

struct line_index {
    const struct reject_sink *reject;
    struct slice needle;
    uint32_t line_bytes_max;
    uint8_t mark_a; /* '\n' = no such mark */
    uint8_t mark_b;
    mark_scan_fn *scan;
    byte_search_fn *search;
    bool past_start; /* a byte order mark cannot come any more */
    bool skipping;   /* within a line that is too long */

    struct slice bytes; /* the block */
    uint32_t *marks;
    uint32_t *line_ends; /* which marks are */
    uint32_t cap_marks;
    uint32_t n_marks;
    struct line *lines;
    uint32_t cap_lines;
    uint32_t n_lines;
    struct bad_line *bads;
    uint32_t cap_bads;
    uint32_t n_bads;
    uint32_t bads_told;
    uint32_t batch_first;
    uint32_t batch_n;
};

/* For lists of options. */
#define LINE_INDEX_OPTIONS                                                                         \
    {                                                                                              \
        "max_line", OPTION_BYTES, "1MiB", "a longer line is a bad row"                             \
    }

MUST_CHECK enum status line_index_init(struct line_index *index,
                                       const struct decoder_config *config, uint8_t mark_a,
                                       uint8_t mark_b, struct error *err);
/* Also after line_index_init failed, if the index was zeroed before. */
void line_index_release(struct line_index *index);

/* Returns how many bytes are done with. */
uint32_t line_index_block(struct line_index *index, struct slice bytes, bool is_final);

/* Goes to the next at most `max` lines; tells the bad ones on the way. 0 = the end of the block. */
uint32_t line_index_next(struct line_index *index, uint32_t max);

/* Cuts the first line off the front of a sample, without its line end. */
static inline struct slice line_cut(struct slice *rest)
{
    const uint8_t *line_end = rest->len == 0 ? NULL : memchr(rest->at, '\n', rest->len);
    size_t len = line_end == NULL ? rest->len : (size_t)(line_end - rest->at);
    struct slice line = slice_of(rest->at, len);
    size_t used = len + (line_end != NULL);
    *rest = slice_of(rest->at + used, rest->len - used);
    return line;
}

static inline const struct line *line_index_batch(const struct line_index *index)
{
    return index->lines + index->batch_first;
}

static inline struct slice line_index_text(const struct line_index *index, const struct line *line)
{
    return slice_of(index->bytes.at + line->begin, line->end - line->begin);
}

#endif
