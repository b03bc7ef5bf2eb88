/* guess: the narrowest type that all values of a sample have. Used by formats whose values are
 * text: csv, logfmt.
 *
 *     struct guess guess;
 *     guess_init(&guess);
 *     for (each value that is not NULL) {
 *         guess_add(&guess, value);
 *     }
 *     type = guess_type(&guess);
 *
 * BIGINT, DOUBLE, BOOLEAN (true and false only), TIMESTAMP (never digits alone), else TEXT. Numbers
 * with a + or zeros in front and integers that BIGINT cannot hold are codes, not numbers: TEXT. */
#ifndef SOURCES_GUESS_H
#define SOURCES_GUESS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"
#include "engine/data/types.h"

struct guess {
    uint32_t n; /* values seen */
    bool bigint;
    bool number;
    bool boolean;
    bool timestamp;
};

void guess_init(struct guess *guess);
void guess_add(struct guess *guess, struct slice value);
/* TEXT if no value was seen. */
struct type guess_type(const struct guess *guess);

#endif
