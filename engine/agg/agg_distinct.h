/* agg_distinct: DISTINCT for every aggregate where it matters. The state is a bag of the values;
 * at output each value goes once, in ascending order, through the aggregate's ordinary state. So
 * sum(DISTINCT x) needs no code of its own, and a DOUBLE sum does not depend on arrival. */
#ifndef ENGINE_AGG_AGG_DISTINCT_H
#define ENGINE_AGG_AGG_DISTINCT_H

#include "engine/agg/agg_bag.h"
#include "engine/agg/agg_kind.h"

/* The bag as a state, by physical type of the argument. */
extern const struct agg_state *const agg_bag_states[AGG_PHYSICALS];

static inline enum bag_keys agg_bag_keys(struct type type)
{
    return agg_physical(type) == PHYSICAL_TEXT ? BAG_TEXTS : BAG_NUMBERS;
}

/* The value of a key as a scalar of `type`; text points into *key or the bag. */
struct value agg_bag_value(const uint64_t *key, struct type type);

void agg_distinct_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                       struct column_out *out);

#endif
