/* entries: a state as it is after any number of changelogs (changelog.h).
 *
 *     struct entries *entries = entries_new();
 *     if (!entries_apply(entries, snapshot) || !entries_apply(entries, change) …) { …damaged… }
 *     struct entries_walk walk = entries_walk(entries, operator_number);
 *     while (entries_next(&walk, &entry)) { … }
 *     entries_free(entries);
 *
 * Knows no operator: what an entry means is the business of who wrote it. */
#ifndef ENGINE_STATE_ENTRIES_H
#define ENGINE_STATE_ENTRIES_H

#include "engine/state/changelog.h"

struct entries;

struct entry {
    struct slice section;
    struct slice key;
    struct slice value;
    uint8_t group;
};

struct entries *entries_new(void);
void entries_free(struct entries *entries); /* NULL is fine */

/* Values stay where they are: the bytes must live as long as the entries. False if they are
 * damaged; then the entries can only be freed. */
MUST_CHECK bool entries_apply(struct entries *entries, struct slice changelog);
/* Forgets all of them. */
void entries_clear(struct entries *entries);

uint32_t entries_count(const struct entries *entries);
/* Of their keys and values. */
size_t entries_bytes(const struct entries *entries);

/* Name and version of an operator that has written; false if it never has. */
bool entries_operator(const struct entries *entries, uint32_t number, struct slice *name,
                      uint8_t *version);

/* All of it as one whole changelog. */
void entries_write(struct entries *entries, struct bytebuf *out);

/* The entries of one operator: section by section, section "" first, each in the order of keys. */
struct entries_walk {
    const struct entries *entries;
    uint32_t number;
    const uint32_t *order;
    uint32_t n;
    uint32_t at;
};

struct entries_walk entries_walk(struct entries *entries, uint32_t number);
/* Slices live until the next change of the entries. */
bool entries_next(struct entries_walk *walk, struct entry *out);

#endif
