/* byte_search: slice_find for long texts, about nine times as fast where the needle is rare.
 *
 *     byte_search_fn *search = byte_search_choose();          // once
 *     const uint8_t *found = search(hay, needle);             // any number of times */
#ifndef ENGINE_BASE_BYTE_SEARCH_H
#define ENGINE_BASE_BYTE_SEARCH_H

#include "engine/base/slice.h"

/* First place of `needle` (not empty) in `hay`, or NULL. */
typedef const uint8_t *byte_search_fn(struct slice hay, struct slice needle);

byte_search_fn
    byte_search_wide; /* only where lanes_wide_usable() (lanes.h); its twin is slice_find */
byte_search_fn *byte_search_choose(void);

#endif
