/* guess: the narrowest type that all values of a sample have. Used by formats whose values are
 * text: csv, json, logfmt.
 *
 *     guess_init(&guess);
 *     for (each value that is not NULL) {
 *         guess_add(&guess, value);
 *     }
 *     type = guess_type(&guess, name);
 *     pattern = guess_pattern(&guess);                       // of each column that is TEXT then
 *     TRY(guess_apply_patterns(&schema, patterns, options, err));
 *
 * BIGINT, DOUBLE, BOOLEAN (true and false only), TIMESTAMP, else TEXT. Numbers with a + or zeros in
 * front and integers that BIGINT cannot hold are codes, not numbers: TEXT. Digits are a TIMESTAMP
 * only if the column's name says so and they have as many places as seconds, milliseconds,
 * microseconds or nanoseconds since 1970 have (10, 13, 16, 19). */
#ifndef SOURCES_GUESS_H
#define SOURCES_GUESS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"
#include "engine/data/schema.h"
#include "engine/io/options.h"

struct guess {
    uint32_t n; /* values seen */
    bool bigint;
    bool number;
    bool boolean;
    bool timestamp;
    bool epoch;        /* digits that may be one */
    uint32_t patterns; /* of the known ones, a bit each: those that all values have */
};

void guess_init(struct guess *guess);
void guess_add(struct guess *guess, struct slice value);
/* TEXT if no value was seen. */
struct type guess_type(const struct guess *guess, struct slice name);

/* The strptime pattern that all values have; NULL if there is none, or if there are two: 01/02/2026
 * is said by nobody. */
const char *guess_pattern(const struct guess *guess);

/* patterns[i] = that of column i, NULL = none. If no column is a TIMESTAMP yet, option timestamp is
 * not given and the patterns are all the same, it is put into the options, and the columns become
 * TIMESTAMP: a stream has one way to write times. */
MUST_CHECK enum status guess_apply_patterns(struct schema *schema, const char *const *patterns,
                                            struct options *options, struct error *err);

#endif
