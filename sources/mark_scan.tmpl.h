/* mark_scan: the pass of mark_scan.h, once for each set of lanes. Parameters, undefined at the
 * end:
 *
 *     SCAN_TARGET    attribute of the function: LANES_WIDE or nothing
 *     LANES(call)    call##_wide or call##_plain */

/* What has been found of a block. */
struct LANES(mark_state) {
    uint32_t *marks; /* the next one goes here */
    uint32_t *first;
    uint32_t *line_ends;
};

/* Marks of the group of 64 bytes at `at`, which is `base` in the block; those not in `valid` do not
 * count. */
SCAN_TARGET static inline __attribute__((always_inline)) void
LANES(scan_group_marks)(struct LANES(mark_state) * state, const uint8_t *at, uint32_t base,
                        const uint8_t byte[2], uint64_t valid)
{
    struct LANES(lanes) lanes = LANES(lanes_load)(at);
    uint64_t ends = LANES(lanes_equal)(lanes, '\n') & valid;
    uint64_t found = ends | (LANES(lanes_equal)(lanes, byte[0]) & valid);
    found |= LANES(lanes_equal)(lanes, byte[1]) & valid;
    uint32_t n = (uint32_t)(state->marks - state->first);
    for (; ends != 0; ends &= ends - 1) {
        uint64_t before = found & ((ends & -ends) - 1);
        *state->line_ends++ = n + (uint32_t)__builtin_popcountll(before);
    }
    state->marks = LANES(lanes_indexes)(state->marks, found, base);
}

/* Line ends alone. */
SCAN_TARGET static inline __attribute__((always_inline)) uint32_t *
LANES(scan_group_lines)(uint32_t *marks, const uint8_t *at, uint32_t base, uint64_t valid)
{
    struct LANES(lanes) lanes = LANES(lanes_load)(at);
    return LANES(lanes_indexes_few)(marks, LANES(lanes_equal)(lanes, '\n') & valid, base);
}

SCAN_TARGET void LANES(mark_scan)(struct slice bytes, uint32_t begin, uint8_t a, uint8_t b,
                                  struct mark_scan *out)
{
    const uint8_t byte[2] = {a, b};
    struct LANES(mark_state) state = {out->marks, out->marks, out->line_ends};
    uint32_t end = (uint32_t)bytes.len;
    uint32_t at = begin;
    uint8_t rest[LANES_BYTES] = {0};
    memcpy(rest, bytes.at + end - (end - begin) % LANES_BYTES, (end - begin) % LANES_BYTES);
    uint64_t valid = ((uint64_t)1 << (end - begin) % LANES_BYTES) - 1;
    if (a == '\n' && b == '\n') {
        for (; end - at >= LANES_BYTES; at += LANES_BYTES) {
            state.marks = LANES(scan_group_lines)(state.marks, bytes.at + at, at, UINT64_MAX);
        }
        state.marks = LANES(scan_group_lines)(state.marks, rest, at, valid);
    } else {
        for (; end - at >= LANES_BYTES; at += LANES_BYTES) {
            LANES(scan_group_marks)(&state, bytes.at + at, at, byte, UINT64_MAX);
        }
        LANES(scan_group_marks)(&state, rest, at, byte, valid);
    }
    out->n_marks = (uint32_t)(state.marks - state.first);
    out->n_line_ends = (uint32_t)(state.line_ends - out->line_ends);
}

#undef SCAN_TARGET
#undef LANES
