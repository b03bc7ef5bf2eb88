/* cells: values of one column as pieces of text, ready to be glued into rows. The type of the
 * column is looked at once, not per value, and text that needs no quoting is not copied.
 *
 *     struct text cells[CELL_ROWS];
 *     cells_make(&style, rows, &batch->columns[c], from, n, cells);   // rows [from, from + n)
 *
 * Cells live as long as the column and the arena `rows`. */
#ifndef SINKS_CELLS_H
#define SINKS_CELLS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/data/column.h"

/* Rows that are made at once: few enough that the cells of a dozen columns stay in the L2 cache. */
enum { CELL_ROWS = 256 };

/* How a form of output writes values. */
struct cells_style {
    const char *null;
    uint8_t quote;    /* around times, intervals and ops; 0 = none */
    bool only_finite; /* Infinity and NaN become NULL */
    /* Text values in this style. */
    void (*text)(struct arena *rows, const struct text *values, uint32_t n, struct text *cells);
};

void cells_make(const struct cells_style *style, struct arena *rows, const struct column *column,
                uint32_t from, uint32_t n, struct text *cells);

/* The ops of rows [from, from + n) of a changing result; `ops` NULL = all inserts. */
void cells_ops(const struct cells_style *style, const uint8_t *ops, uint32_t from, uint32_t n,
               struct text *cells);

#endif
