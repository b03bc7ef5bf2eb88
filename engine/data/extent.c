/* extent: see extent.h. */
#include "engine/data/extent.h"

#include "engine/base/clones.h"

HOT_CLONES
static struct extent find_extent(const int64_t *values, uint32_t n)
{
    int64_t low = values[0];
    int64_t high = values[0];
    for (uint32_t i = 1; i < n; i++) {
        low = values[i] < low ? values[i] : low;
        high = values[i] > high ? values[i] : high;
    }
    return (struct extent){low, high};
}

struct extent extent_of(const int64_t *values, uint32_t n)
{
    return find_extent(values, n);
}
