/* hidden_columns: the columns that every stream has besides its own (plan/stream.h): where and when
 * a row came, its bytes, and what a broker says of its message. Filled for the rows that are asked
 * for, like all late columns. */
#ifndef ENGINE_RUN_HIDDEN_COLUMNS_H
#define ENGINE_RUN_HIDDEN_COLUMNS_H

#include "engine/io/decoder.h"
#include "engine/io/source.h"
#include "engine/plan/stream.h"

/* Where the rows of a batch are. */
struct hidden_rows {
    const struct source *source;
    const struct decoder *decoder;
    uint32_t split;
    const char *split_name;
    const uint8_t *block; /* what the decoder reads */
    uint64_t position;    /* of block[0] in the split */
    int64_t arrival_us;
    const uint32_t *origin; /* records of the decoder's batch, n of them */
    uint32_t n;
};

struct column hidden_column(struct arena *arena, const struct hidden_rows *rows,
                            enum hidden_column which);

#endif
