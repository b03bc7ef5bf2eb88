/* csv_scan: the pass of csv_scan.h, once for each set of lanes. Parameters, undefined at the end:
 *
 *     SCAN_NAME      name of the function
 *     SCAN_TARGET    its attribute: LANES_WIDE or nothing
 *     LANES(call)    call##_wide or call##_plain */

/* What one group of 64 bytes leaves for the next. */
struct LANES(scan_state) {
    uint64_t inside;      /* all ones: within quotes */
    uint64_t field_start; /* 1: the last byte was a mark or a closing quote, so a quote may open */
    uint64_t closed;      /* 1: the last byte was a closing quote */
    uint64_t return_due;  /* 1: the last two bytes were a closing quote and a carriage return */
    uint64_t odd;         /* not 0: a quote at a wrong place */
    uint64_t any_quote;
};

/* The group holds a quote or something is left from the last one. Returns the marks outside of
 * quotes among `marks`. */
SCAN_TARGET static inline uint64_t LANES(scan_quotes)(struct LANES(scan_state) * state,
                                                      struct LANES(lanes) lanes, uint64_t quotes,
                                                      uint64_t marks)
{
    uint64_t inside = LANES(lanes_parity)(quotes) ^ state->inside;
    uint64_t opening = quotes & inside;
    uint64_t closing = quotes & ~inside;
    uint64_t returns = LANES(lanes_equal)(lanes, '\r');
    marks &= ~inside;

    state->odd |= opening & ~((marks | closing) << 1 | state->field_start);
    uint64_t after_closing = closing << 1 | state->closed;
    state->odd |= after_closing & ~(marks | opening | returns);
    uint64_t after_return = (after_closing & returns) << 1 | state->return_due;
    state->odd |= after_return & ~(marks & LANES(lanes_equal)(lanes, '\n'));

    state->inside = (uint64_t)((int64_t)inside >> 63);
    state->field_start = (marks | closing) >> 63;
    state->closed = closing >> 63;
    state->return_due = (after_closing & returns) >> 63;
    state->any_quote |= quotes;
    return marks;
}

/* The marks of one group; *lines = those that are line ends. */
SCAN_TARGET static inline __attribute__((always_inline)) uint64_t
LANES(scan_group)(struct LANES(scan_state) * state, const struct csv_dialect *dialect,
                  struct LANES(lanes) lanes, bool has_quote, uint64_t *lines)
{
    uint64_t ends = LANES(lanes_equal)(lanes, '\n');
    uint64_t marks = LANES(lanes_equal)(lanes, dialect->delimiter) | ends;
    if (has_quote) {
        uint64_t quotes = LANES(lanes_equal)(lanes, dialect->quote);
        if (__builtin_expect((quotes | state->inside | state->closed | state->return_due) != 0,
                             0)) {
            marks = LANES(scan_quotes)(state, lanes, quotes, marks);
        } else {
            state->field_start = marks >> 63;
        }
    }
    *lines = marks & ends;
    return marks;
}

SCAN_TARGET static inline __attribute__((always_inline)) void
LANES(scan_block)(const struct csv_dialect *dialect, struct slice bytes, uint32_t begin,
                  uint32_t *marks, struct csv_scan *out, bool has_quote)
{
    const struct csv_dialect local = *dialect; /* the compiler cannot know that marks is not it */
    struct LANES(scan_state) state = {.field_start = 1};
    uint32_t *next = marks;
    uint32_t end = (uint32_t)bytes.len;
    uint32_t n_lines = 0;
    uint32_t at = begin;
    uint64_t lines;
    for (; end - at >= LANES_BYTES; at += LANES_BYTES) {
        struct LANES(lanes) lanes = LANES(lanes_load)(bytes.at + at);
        uint64_t found = LANES(scan_group)(&state, &local, lanes, has_quote, &lines);
        n_lines += (uint32_t)__builtin_popcountll(lines);
        next = LANES(lanes_indexes)(next, found, at);
    }
    bool inside = state.inside != 0;
    if (at < end) {
        uint8_t rest[LANES_BYTES] = {0};
        uint64_t valid = ((uint64_t)1 << (end - at)) - 1;
        memcpy(rest, bytes.at + at, end - at);
        struct LANES(lanes) lanes = LANES(lanes_load)(rest);
        uint64_t odd_before = state.odd;
        uint64_t found = LANES(scan_group)(&state, &local, lanes, has_quote, &lines);
        state.odd = odd_before | (state.odd & valid);
        n_lines += (uint32_t)__builtin_popcountll(lines & valid);
        next = LANES(lanes_indexes)(next, found & valid, at);
        inside = state.inside != 0; /* zeros change no parity */
    }
    *out = (struct csv_scan){
        .n_marks = (uint32_t)(next - marks),
        .n_lines = n_lines,
        .has_quotes = state.any_quote != 0,
        .odd = state.odd != 0,
        .inside = inside,
    };
}

SCAN_TARGET void SCAN_NAME(const struct csv_dialect *dialect, struct slice bytes, uint32_t begin,
                           uint32_t *marks, struct csv_scan *out)
{
    if (dialect->has_quote) {
        LANES(scan_block)(dialect, bytes, begin, marks, out, true);
    } else {
        LANES(scan_block)(dialect, bytes, begin, marks, out, false);
    }
}

#undef SCAN_NAME
#undef SCAN_TARGET
#undef LANES
