/* schema: the columns of a stream, of a plan step or of a result, in order. Plain data; the arena
 * that it was made in owns the fields and names. */
#ifndef ENGINE_DATA_SCHEMA_H
#define ENGINE_DATA_SCHEMA_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/data/types.h"

enum { SCHEMA_COLUMNS_MAX = 4096 };

struct field {
    struct slice name; /* as written; compared without regard to ASCII case */
    struct type type;
    bool not_null;
    bool hidden; /* _arrival and friends: not part of * */
};

struct schema {
    uint32_t n;
    struct field *fields;
};

/* Index of the column, or -1. The first of two equal names wins. */
int schema_find(const struct schema *schema, struct slice name);

/* A copy with its own fields and names. */
struct schema schema_copy(struct arena *arena, const struct schema *schema);

/* True if number, names (ASCII case ignored), types and nullability agree. */
bool schema_equal(const struct schema *a, const struct schema *b);

#endif
