/* mark_scan: the pass of mark_scan.h, once for each set of lanes. Parameters, undefined at the
 * end:
 *
 *     SCAN_TARGET    attribute of the function: LANES_WIDE or nothing
 *     LANES(call)    call##_wide or call##_plain */

SCAN_TARGET static inline __attribute__((always_inline)) uint64_t
LANES(marks_of)(const uint8_t *at, uint8_t a, uint8_t b)
{
    struct LANES(lanes) lanes = LANES(lanes_load)(at);
    uint64_t marks = LANES(lanes_equal)(lanes, '\n');
    if (a != '\n') {
        marks |= LANES(lanes_equal)(lanes, a);
    }
    if (b != '\n') {
        marks |= LANES(lanes_equal)(lanes, b);
    }
    return marks;
}

SCAN_TARGET uint32_t LANES(mark_scan)(struct slice bytes, uint32_t begin, uint8_t a, uint8_t b,
                                      uint32_t *marks)
{
    uint32_t *next = marks;
    uint32_t end = (uint32_t)bytes.len;
    uint32_t at = begin;
    if (a == '\n' && b == '\n') {
        for (; end - at >= LANES_BYTES; at += LANES_BYTES) {
            next = LANES(lanes_indexes_few)(next, LANES(marks_of)(bytes.at + at, '\n', '\n'), at);
        }
    }
    for (; end - at >= LANES_BYTES; at += LANES_BYTES) {
        next = LANES(lanes_indexes)(next, LANES(marks_of)(bytes.at + at, a, b), at);
    }
    if (at < end) {
        uint8_t rest[LANES_BYTES] = {0};
        memcpy(rest, bytes.at + at, end - at);
        uint64_t valid = ((uint64_t)1 << (end - at)) - 1;
        next = LANES(lanes_indexes)(next, LANES(marks_of)(rest, a, b) & valid, at);
    }
    return (uint32_t)(next - marks);
}

#undef SCAN_TARGET
#undef LANES
