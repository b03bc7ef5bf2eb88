/* agg_box: see agg_box.h. */
#include "engine/agg/agg_box.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"

/* What malloc gives at least. */
enum { BOX_BYTES_MIN = 24 };

void text_box_set(struct text_box *box, struct slice text, size_t *owned)
{
    CHECK(text.len <= UINT32_MAX - 7);
    if (box->at == NULL || box->cap < text.len) {
        size_t cap = (text.len + 7) & ~(size_t)7;
        cap = cap < BOX_BYTES_MIN ? BOX_BYTES_MIN : cap;
        mem_free(box->at);
        box->at = mem_alloc(cap);
        *owned += cap - box->cap;
        box->cap = (uint32_t)cap;
    }
    if (text.len > 0) {
        memcpy(box->at, text.at, text.len);
    }
    box->len = (uint32_t)text.len;
}

void text_box_release(struct text_box *box, size_t *owned)
{
    mem_free(box->at);
    *owned -= box->cap;
    *box = (struct text_box){0};
}
