/* split_names: what the splits of a source are called, by number; kept after a split has ended. */
#ifndef SOURCES_SPLIT_NAMES_H
#define SOURCES_SPLIT_NAMES_H

#include <stdint.h>

enum { SPLIT_NAMES_MAX = 1 << 24 };

/* All zero is empty. */
struct split_names {
    uint32_t n;
    char **at;
};

void split_names_release(struct split_names *names);

/* The numbers up to `split` are splits; this one has that name. */
void split_names_set(struct split_names *names, uint32_t split, const char *name);
const char *split_names_get(const struct split_names *names, uint32_t split);

#endif
