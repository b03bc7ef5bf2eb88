/* byte_search: see byte_search.h. */
#include "engine/base/byte_search.h"

#include "engine/base/lanes.h"

/* Looks at two bytes of the needle at once, its first and its last; where both fit, the rest is
 * compared. (Known as the generic SIMD algorithm of W. Mula, "SIMD-friendly algorithms for
 * substring searching".) */
LANES_WIDE const uint8_t *byte_search_wide(struct slice hay, struct slice needle)
{
    const uint8_t first = needle.at[0];
    const uint8_t last = needle.at[needle.len - 1];
    const size_t step_needs = needle.len - 1 + LANES_BYTES;
    size_t at = 0;
    for (; hay.len - at >= step_needs; at += LANES_BYTES) {
        const uint8_t *from = hay.at + at;
        uint64_t fits = lanes_equal_wide(lanes_load_wide(from), first) &
                        lanes_equal_wide(lanes_load_wide(from + needle.len - 1), last);
        for (; fits != 0; fits &= fits - 1) {
            const uint8_t *found = from + __builtin_ctzll(fits);
            if (memcmp(found, needle.at, needle.len) == 0) {
                return found;
            }
        }
    }
    return slice_find(slice_of(hay.at + at, hay.len - at), needle);
}

byte_search_fn *byte_search_choose(void)
{
    return lanes_wide_usable() ? byte_search_wide : slice_find;
}
