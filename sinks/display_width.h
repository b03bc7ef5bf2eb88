/* display_width: how many columns of a terminal a text takes. Knows no locale: text is UTF-8, and a
 * byte that is not takes one column. Control bytes must have been escaped (textbuf_escaped). */
#ifndef SINKS_DISPLAY_WIDTH_H
#define SINKS_DISPLAY_WIDTH_H

#include <stdint.h>

#include "engine/base/slice.h"

uint32_t display_width(struct slice text);

/* Bytes of the longest start of `text` that takes at most `limit` columns; *width = what it takes.
 * Marks stay with the character that they stand on. */
size_t display_cut(struct slice text, uint32_t limit, uint32_t *width);

#endif
