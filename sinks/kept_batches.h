/* kept_batches: rows that wait for a commit, copied.
 *
 *     kept_batches_init(&kept, schema);
 *     kept_batches_add(&kept, batch);                  // any number
 *     for (i < kept.n) { kept_batches_at(&kept, i) }   // in the order they came
 *     kept_batches_clear(&kept);
 *     kept_batches_release(&kept);
 */
#ifndef SINKS_KEPT_BATCHES_H
#define SINKS_KEPT_BATCHES_H

#include "engine/base/arena.h"
#include "engine/base/bytebuf.h"
#include "engine/data/batch.h"

struct kept_batches {
    uint32_t n;
    size_t bytes;           /* of the rows, about */
    struct arena rows;      /* lifetime: until cleared */
    struct bytebuf batches; /* pointers */
    const struct schema *schema;
};

/* The schema must live as long. */
void kept_batches_init(struct kept_batches *kept, const struct schema *schema);
void kept_batches_release(struct kept_batches *kept);
void kept_batches_clear(struct kept_batches *kept);
/* All columns of the batch must be decoded. */
void kept_batches_add(struct kept_batches *kept, const struct batch *batch);
const struct batch *kept_batches_at(const struct kept_batches *kept, uint32_t i);

#endif
