/* sortkey: what ORDER BY compares, as bytes: rows sort as their keys do under memcmp, a key being
 * no start of another.
 *
 * For each sort column one marker byte that puts NULL first or last, then the value: i64 big-endian
 * with the sign flipped, f64 as the order-preserving transform of its bits (-0.0 equals 0.0, NaN is
 * largest), boolean one byte, text with 00 escaped as 00 FF and ended by 00 00. Under DESC the
 * value's bytes are inverted. */
#ifndef ENGINE_OPS_SORTKEY_H
#define ENGINE_OPS_SORTKEY_H

#include "engine/data/batch.h"
#include "engine/plan/plan.h"

/* The keys of all rows, in the batch's arena. Sort columns must be decoded. Without sort keys all
 * rows have the empty key. */
const struct text *sortkey_encode(const struct batch *batch, const struct sort_key *keys,
                                  uint32_t n_keys);

/* The first eight bytes as a number that sorts as the key does; equal numbers say nothing. */
uint64_t sortkey_prefix(struct text key);

int sortkey_compare(struct text a, struct text b);

#endif
