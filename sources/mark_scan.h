/* mark_scan: offsets of every line end of a block, and of two more bytes if wanted. What formats
 * with one record a line are split by.
 *
 *     struct mark_scan scan = {.marks = room, .line_ends = more_room};
 *     mark_scan_choose()(bytes, begin, '\n', '\n', &scan);     // line ends only
 *     mark_scan_choose()(bytes, begin, '"', '[', &scan);       // with quotes and brackets */
#ifndef SOURCES_MARK_SCAN_H
#define SOURCES_MARK_SCAN_H

#include <stdint.h>

#include "engine/base/slice.h"

struct mark_scan {
    uint32_t *marks; /* offsets within the bytes, ascending: room for as many and LANES_SLACK */
    uint32_t n_marks;
    /* Which of the marks are line ends: room for as many as there may be. Not written if all are.
     */
    uint32_t *line_ends;
    uint32_t n_line_ends;
};

/* Scans bytes[begin…); marks and line_ends of *out are given. */
typedef void mark_scan_fn(struct slice bytes, uint32_t begin, uint8_t a, uint8_t b,
                          struct mark_scan *out);

mark_scan_fn mark_scan_plain;
mark_scan_fn mark_scan_wide; /* only where lanes_wide_usable() */
mark_scan_fn *mark_scan_choose(void);

#endif
