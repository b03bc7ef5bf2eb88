/* floor_scan: the byte scanners of floor.h, once for each set of lanes (engine/base/lanes.h).
 * Parameters, undefined at the end: SCAN_TARGET, the attribute, and LANES(call), the suffix. */

SCAN_TARGET static uint32_t LANES(index_csv)(struct slice block, uint32_t *marks)
{
    uint32_t *next = marks;
    uint64_t inside = 0; /* all ones: within quotes */
    for (uint32_t at = 0; at < block.len; at += LANES_BYTES) {
        struct LANES(lanes) lanes = LANES(lanes_load)(block.at + at);
        uint64_t quotes = LANES(lanes_equal)(lanes, '"');
        uint64_t found = LANES(lanes_equal)(lanes, ',') | LANES(lanes_equal)(lanes, '\n');
        if (block.len - at < LANES_BYTES) {
            uint64_t valid = ((uint64_t)1 << (block.len - at)) - 1;
            quotes &= valid;
            found &= valid;
        }
        if ((quotes | inside) != 0) {
            uint64_t quoted = LANES(lanes_parity)(quotes) ^ inside;
            inside = (uint64_t)((int64_t)quoted >> 63);
            found &= ~quoted;
        }
        next = LANES(lanes_indexes)(next, found, at);
    }
    return (uint32_t)(next - marks);
}

/* An E and, four bytes on, an R: rare enough that each pair is looked at. */
SCAN_TARGET static size_t LANES(find_error)(struct slice block, size_t at)
{
    for (; at < block.len; at += LANES_BYTES - 4) {
        struct LANES(lanes) lanes = LANES(lanes_load)(block.at + at);
        uint64_t pairs = LANES(lanes_equal)(lanes, 'E') & LANES(lanes_equal)(lanes, 'R') >> 4;
        for (; pairs != 0; pairs &= pairs - 1) {
            size_t found = at + (size_t)__builtin_ctzll(pairs);
            if (found + 5 <= block.len && memcmp(block.at + found, "ERROR", 5) == 0) {
                return found;
            }
        }
    }
    return block.len;
}

#undef SCAN_TARGET
#undef LANES
