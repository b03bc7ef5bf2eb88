/* decimal: text to scaled int64 and back, and the scale rules of DECIMAL arithmetic. Exact; what
 * does not fit is refused, never rounded silently except where a function says so. */
#ifndef ENGINE_DATA_DECIMAL_H
#define ENGINE_DATA_DECIMAL_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"
#include "engine/data/types.h"

/* All of `text` is [+-]digits[.digits][e[+-]digits]. Fraction digits beyond `scale` round half away
 * from zero (as PostgreSQL numeric). False if it is no number or needs more than `precision`
 * digits. */
bool decimal_parse(struct slice text, unsigned precision, unsigned scale, int64_t *out);

/* value × 10^(to - from), rounding half away from zero when scale shrinks. True on overflow. */
bool decimal_rescale(int64_t value, unsigned from, unsigned to, int64_t *out);

/* True if |value| has more than `precision` digits. */
bool decimal_exceeds(int64_t value, unsigned precision);

double decimal_to_f64(int64_t value, unsigned scale);
/* Rounds half away from zero; true if it does not fit. */
bool decimal_from_f64(double value, unsigned precision, unsigned scale, int64_t *out);

#endif
