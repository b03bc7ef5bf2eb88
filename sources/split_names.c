/* split_names: see split_names.h. */
#include "sources/split_names.h"

#include <string.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"

void split_names_release(struct split_names *names)
{
    for (uint32_t i = 0; i < names->n; i++) {
        mem_free(names->at[i]);
    }
    mem_free(names->at);
    *names = (struct split_names){0};
}

void split_names_set(struct split_names *names, uint32_t split, const char *name)
{
    if (split >= names->n) {
        names->at = mem_realloc(names->at, (split + 1) * sizeof(char *));
        for (; names->n <= split; names->n++) {
            names->at[names->n] = NULL;
        }
    }
    mem_free(names->at[split]);
    names->at[split] = mem_text(name, strlen(name));
}

const char *split_names_get(const struct split_names *names, uint32_t split)
{
    CHECK(split < names->n);
    return names->at[split] == NULL ? "a former file" : names->at[split];
}
