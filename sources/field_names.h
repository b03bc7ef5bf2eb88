/* field_names: which field of a format a declared column means, by name. */
#ifndef SOURCES_FIELD_NAMES_H
#define SOURCES_FIELD_NAMES_H

#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/data/schema.h"

/* map[i] = number in `names` (NULL-terminated, compared without regard to case) of the name of
 * column i. ERR_OPTION with near names for a column that the format does not have. */
MUST_CHECK enum status field_names_map(const char *format, const char *const *names,
                                       const struct schema *schema, uint8_t *map,
                                       struct error *err);

#endif
