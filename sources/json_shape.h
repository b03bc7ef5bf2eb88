/* json_shape: the shape of a line of JSON, so that the next lines of the same shape need no parser.
 * Nearly all lines of a stream have the same keys in the same order; only values differ. A shape is
 * what does not: the runs of bytes between scalar values. A line whose runs are the same byte for
 * byte, and whose values are good, is JSON with the same members, and where its values are is told
 * by its quotes, which a vector pass has found already (line_index with marks '"' and '\\').
 *
 *     if (json_shape_learn(&shape, &line, columns, n)) …   // of a line that was parsed
 *     if (json_shape_fits(&shape, &line)) {                // of any line
 *         json_shape_gather(&shape, col, …);               // of many lines at once
 *     }
 *     json_shape_release(&shape);
 *
 * A line has no shape if it has a backslash, or numbers with no quote between them (arrays of
 * numbers), or more than SHAPE_VALUES_MAX values. */
#ifndef SOURCES_JSON_SHAPE_H
#define SOURCES_JSON_SHAPE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/data/column.h"
#include "sources/json_scan.h"
#include "sources/line_index.h"

enum {
    SHAPE_VALUES_MAX = 64,
    SHAPE_SLACK = 16, /* bytes behind a line that must be readable */
};

/* A line within a block. The block has no control bytes but line ends (json_has_controls). */
struct shape_line {
    const uint8_t *block;
    const uint32_t *marks; /* of its quotes and backslashes */
    uint32_t n_marks;
    uint32_t begin;
    uint32_t end;
};

/* A scalar value. A string begins behind its opening quote. Others have no quotes of their own:
 * their place is counted from the quote in front and from the one behind, or the end of the line.
 */
struct shape_value {
    bool is_bare;
    bool is_last;    /* bare: no quote behind it */
    uint16_t mark;   /* the opening quote, or the one in front */
    uint32_t before; /* bare: bytes from that quote on */
    uint32_t behind; /* bare: bytes from its end to the next quote or the line end */
};

/* Bytes between two values. */
struct shape_run {
    uint32_t len;
    uint32_t begin;    /* in shape->text */
    uint64_t first[2]; /* its first 16 bytes, */
    uint64_t mask[2];  /* those of them that there are */
};

/* Where a column's value is: from the begin of value `first` less `back` to the end of value `last`
 * plus `ahead`. */
struct shape_column {
    bool is_absent;
    bool is_bare; /* may be null */
    uint16_t first;
    uint16_t last;
    uint32_t back;
    uint32_t ahead;
};

struct json_shape {
    uint32_t n_marks;
    uint32_t n_values;
    struct shape_value values[SHAPE_VALUES_MAX];
    struct shape_run runs[SHAPE_VALUES_MAX + 1];
    struct shape_column *columns; /* mem.h */
    uint8_t *text;                /* of a line of that shape; mem.h; NULL: no shape */
};

/* Which lines of the index's batch. */
struct shape_rows {
    const uint32_t *line_of; /* by row */
    const uint32_t *rows;    /* NULL = 0..n */
    uint32_t n;
};

/* True if a byte below 0x20 is there that does not end a line (LF, CR LF). */
bool json_has_controls(struct slice block);

/* `columns` are the values of a line that was parsed. False: it has no shape; the old one is gone
 * then too. */
bool json_shape_learn(struct json_shape *shape, const struct shape_line *line,
                      const struct json_value *columns, uint32_t n_columns);
void json_shape_release(struct json_shape *shape);

/* SHAPE_SLACK bytes behind the line are readable. */
bool json_shape_fits(const struct json_shape *shape, const struct shape_line *line);

/* Column `col` of lines that fit: of each row. Strings without their quotes, others as JSON writes
 * them, null_field() for null. */
void json_shape_gather(const struct json_shape *shape, uint32_t col, const struct line_index *index,
                       const struct shape_rows *rows, struct text *out);

static inline struct shape_line shape_line_of(const struct line_index *index,
                                              const struct line *line)
{
    return (struct shape_line){index->bytes.at, index->marks + line->first_mark, line->n_marks,
                               line->begin, line->end};
}

#endif
