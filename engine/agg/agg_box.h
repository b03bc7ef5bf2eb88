/* agg_box: one text value that a cell owns. All zero is "no value"; the empty text is a value.
 * Memory is kept when a shorter text replaces a longer one, and counted in *owned. */
#ifndef ENGINE_AGG_AGG_BOX_H
#define ENGINE_AGG_AGG_BOX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "engine/base/slice.h"

struct text_box {
    uint8_t *at; /* NULL: no value */
    uint32_t len;
    uint32_t cap;
};

static inline bool text_box_is_empty(const struct text_box *box)
{
    return box->at == NULL;
}

static inline struct slice text_box_slice(const struct text_box *box)
{
    return slice_of(box->at, box->len);
}

void text_box_set(struct text_box *box, struct slice text, size_t *owned);
void text_box_release(struct text_box *box, size_t *owned);

#endif
