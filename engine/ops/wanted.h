/* wanted: which columns of a plan node's input are read by the node or above it, so that operators
 * which keep rows keep no others. */
#ifndef ENGINE_OPS_WANTED_H
#define ENGINE_OPS_WANTED_H

#include "engine/plan/plan.h"

/* `above`: the columns of the node's own output that are read above it (bits.h; NULL = all). The
 * answer is in `query`; NULL = all. */
const uint64_t *wanted_below(struct arena *query, const struct plan_node *node,
                             const uint64_t *above);

#endif
