/* utf8: one code point at a time (RFC 3629). Text of the language is any bytes; only those who show
 * it to a terminal or write JSON look at it as UTF-8. */
#ifndef ENGINE_BASE_UTF8_H
#define ENGINE_BASE_UTF8_H

#include <stdint.h>

#include "engine/base/slice.h"

/* What utf8_decode returns for a byte that starts no code point. */
#define UTF8_BAD UINT32_MAX

/* The code point at the start of `text` (len >= 1) and how many bytes it takes. Over-long forms,
 * surrogates, values above U+10FFFF and cut sequences are UTF8_BAD with *used = 1. */
uint32_t utf8_decode(struct slice text, unsigned *used);

#endif
