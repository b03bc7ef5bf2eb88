/* schema: see schema.h. */
#include "engine/data/schema.h"

#include "engine/base/panic.h"

int schema_find(const struct schema *schema, struct slice name)
{
    for (uint32_t i = 0; i < schema->n; i++) {
        if (slice_equal_nocase(schema->fields[i].name, name)) {
            return (int)i;
        }
    }
    return -1;
}

struct schema schema_copy(struct arena *arena, const struct schema *schema)
{
    CHECK(schema->n <= SCHEMA_COLUMNS_MAX);
    struct schema copy = {.n = schema->n};
    copy.fields = arena_alloc(arena, schema->n * sizeof *copy.fields);
    for (uint32_t i = 0; i < schema->n; i++) {
        copy.fields[i] = schema->fields[i];
        copy.fields[i].name = arena_copy(arena, schema->fields[i].name);
    }
    return copy;
}

bool schema_equal(const struct schema *a, const struct schema *b)
{
    if (a->n != b->n) {
        return false;
    }
    for (uint32_t i = 0; i < a->n; i++) {
        const struct field *x = &a->fields[i];
        const struct field *y = &b->fields[i];
        if (!slice_equal_nocase(x->name, y->name) || !type_equal(x->type, y->type) ||
            x->not_null != y->not_null) {
            return false;
        }
    }
    return true;
}
