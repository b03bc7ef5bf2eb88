/* sniff: which format is it? For FROM 'access.log' without FORMAT and for `tailrace sniff`. */
#ifndef SOURCES_SNIFF_H
#define SOURCES_SNIFF_H

#include "engine/base/slice.h"

/* Name of the decoder that fits a sample of whole lines best: of those that take nearly every line
 * the most particular one. "line" takes everything. Fits struct kinds. */
const char *sniff_format(struct slice sample);

#endif
