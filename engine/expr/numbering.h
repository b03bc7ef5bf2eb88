/* numbering: finds again what was computed already (value numbering). What is computed is written
 * as a few words (which function, of which registers); equal words have equal numbers.
 *
 *     uint64_t words[] = {(uintptr_t)function, a, b};
 *     uint32_t number = numbering_find(&numbering, words, 3);
 *     if (number == NUMBERING_NONE) { numbering_add(&numbering, words, 3, number = next++); }
 */
#ifndef ENGINE_EXPR_NUMBERING_H
#define ENGINE_EXPR_NUMBERING_H

#include "engine/base/arena.h"

#define NUMBERING_NONE UINT32_MAX

struct numbering_entry;

struct numbering {
    struct arena *arena;
    uint32_t n;
    uint32_t mask; /* slots - 1 */
    const struct numbering_entry **slots;
};

void numbering_init(struct numbering *numbering, struct arena *arena);
uint32_t numbering_find(const struct numbering *numbering, const uint64_t *words, uint32_t n);
/* Copies the words. They must not be there yet. */
void numbering_add(struct numbering *numbering, const uint64_t *words, uint32_t n, uint32_t number);

#endif
