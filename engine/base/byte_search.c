/* byte_search: see byte_search.h. */
#include "engine/base/byte_search.h"

#include "engine/base/lanes.h"

/* Looks at two bytes of the needle at once, its first and its last; where both fit, the rest is
 * compared. (Known as the generic SIMD algorithm of W. Mula, "SIMD-friendly algorithms for
 * substring searching".) */
/* The place at `from` or in the 63 bytes behind it, or NULL. */
LANES_WIDE static inline const uint8_t *find_in_step(const uint8_t *from, struct slice needle)
{
    uint64_t fits =
        lanes_equal_wide(lanes_load_wide(from), needle.at[0]) &
        lanes_equal_wide(lanes_load_wide(from + needle.len - 1), needle.at[needle.len - 1]);
    for (; fits != 0; fits &= fits - 1) {
        const uint8_t *found = from + __builtin_ctzll(fits);
        if (memcmp(found, needle.at, needle.len) == 0) {
            return found;
        }
    }
    return NULL;
}

LANES_WIDE const uint8_t *byte_search_wide(struct slice hay, struct slice needle)
{
    const size_t step_needs = needle.len - 1 + LANES_BYTES;
    if (hay.len < step_needs) {
        return slice_find(hay, needle);
    }
    const uint8_t *last = hay.at + hay.len - step_needs;
    for (const uint8_t *from = hay.at; from < last; from += LANES_BYTES) {
        const uint8_t *found = find_in_step(from, needle);
        if (found != NULL) {
            return found;
        }
    }
    return find_in_step(last, needle); /* some of it again, which is cheaper than a rest */
}

byte_search_fn *byte_search_choose(void)
{
    return lanes_wide_usable() ? byte_search_wide : slice_find;
}
