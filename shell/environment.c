/* environment: see environment.h. */
#include "shell/environment.h"

#include <stdio.h>
#include <stdlib.h>

#include "engine/base/slice.h"

void environment_name(const struct option_row *option, char name[VARIABLE_BYTES_MAX])
{
    snprintf(name, VARIABLE_BYTES_MAX, "TAILRACE_%s", option->name + 2);
    for (char *c = name; *c != '\0'; c++) {
        bool is_small = *c >= 'a' && *c <= 'z';
        *c = *c == '-' ? '_' : is_small ? (char)(*c - 'a' + 'A') : *c;
    }
}

const char *environment_find(const struct option_row *option, char name[VARIABLE_BYTES_MAX])
{
    environment_name(option, name);
    const char *value = getenv(name);
    return value != NULL && value[0] != '\0' ? value : NULL;
}
