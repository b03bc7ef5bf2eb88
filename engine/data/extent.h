/* extent: the smallest and the largest of some times. A loop that the vectoriser understands, for
 * what asks it of every batch. */
#ifndef ENGINE_DATA_EXTENT_H
#define ENGINE_DATA_EXTENT_H

#include <stdint.h>

struct extent {
    int64_t low;
    int64_t high;
};

/* n > 0. */
struct extent extent_of(const int64_t *values, uint32_t n);

#endif
