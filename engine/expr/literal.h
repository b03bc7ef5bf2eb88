/* literal: text read as a value of another type, alike for CAST of a column and for a constant that
 * stands beside another type. White space around numbers, booleans, times and durations is
 * ignored. */
#ifndef ENGINE_EXPR_LITERAL_H
#define ENGINE_EXPR_LITERAL_H

#include "engine/data/timestamp.h"
#include "engine/data/value.h"

/* true, false, yes, no, on, off, 1, 0, t, f, y, n in any case. */
bool literal_boolean(struct slice text, bool *out);
bool literal_bigint(struct slice text, int64_t *out);
bool literal_double(struct slice text, double *out);
/* ISO 8601; the cache is zero-initialised and remembers the last minute. */
bool literal_timestamp(struct slice text, struct time_cache *cache, int64_t *us);
bool literal_interval(struct slice text, int64_t *us);

/* The text as a value of `type`. False if it is none. */
bool literal_read(struct slice text, struct type type, struct value *out);

/* The text as the number that it spells: BIGINT, DECIMAL with just its digits, or DOUBLE. */
bool literal_number(struct slice text, struct value *out);

/* Digits of `value` (1 to 19). */
unsigned literal_digits(int64_t value);

#endif
