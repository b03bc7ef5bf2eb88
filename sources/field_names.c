/* field_names: see field_names.h. */
#include "sources/field_names.h"

#include "engine/io/near.h"

static enum status no_field(const char *format, const char *const *names, struct slice name,
                            struct error *err)
{
    struct near near;
    near_init(&near, name);
    for (uint32_t i = 0; names[i] != NULL; i++) {
        near_try(&near, names[i]);
    }
    error_set(err, ERR_OPTION, "format %s has no column \"%.*s\"", format, (int)name.len,
              (const char *)name.at);
    near_hint(&near, err);
    return ERR_OPTION;
}

enum status field_names_map(const char *format, const char *const *names,
                            const struct schema *schema, uint8_t *map, struct error *err)
{
    for (uint32_t col = 0; col < schema->n; col++) {
        uint8_t i = 0;
        while (names[i] != NULL &&
               !slice_equal_nocase(schema->fields[col].name, slice_text(names[i]))) {
            i++;
        }
        if (names[i] == NULL) {
            return no_field(format, names, schema->fields[col].name, err);
        }
        map[col] = i;
    }
    return OK;
}
