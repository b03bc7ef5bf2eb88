/* mark_scan: offsets of every line end of a block, and of two more bytes if wanted. What formats
 * with one record a line are split by.
 *
 *     n = mark_scan_choose()(bytes, begin, '\n', '\n', marks);     // line ends only
 *     n = mark_scan_choose()(bytes, begin, '"', '[', marks);       // with quotes and brackets */
#ifndef SOURCES_MARK_SCAN_H
#define SOURCES_MARK_SCAN_H

#include <stdint.h>

#include "engine/base/slice.h"

/* Writes offsets within `bytes` from `begin` on, ascending; marks has room for bytes.len - begin +
 * LANES_SLACK. Returns how many. */
typedef uint32_t mark_scan_fn(struct slice bytes, uint32_t begin, uint8_t a, uint8_t b,
                              uint32_t *marks);

mark_scan_fn mark_scan_plain;
mark_scan_fn mark_scan_wide; /* only where lanes_wide_usable() */
mark_scan_fn *mark_scan_choose(void);

#endif
