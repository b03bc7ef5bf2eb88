/* errors: see errors.h. */
#include "sql/errors.h"

#include <stddef.h>

static const struct error_entry entries[] = {
#define ERROR(name_, code_, title_, text_, example_)                                               \
    {.code = (code_), .title = (title_), .text = (text_), .example = (example_)},
#include "sql/errors.def"
#undef ERROR
};

const struct error_entry *errors_at(uint32_t index)
{
    return index < sizeof entries / sizeof entries[0] ? &entries[index] : NULL;
}

const struct error_entry *errors_find(int code)
{
    const struct error_entry *entry;
    for (uint32_t i = 0; (entry = errors_at(i)) != NULL; i++) {
        if (entry->code == code) {
            return entry;
        }
    }
    return NULL;
}
