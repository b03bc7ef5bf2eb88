/* environment: options of the command line as variables: TAILRACE_ and the long name in capitals,
 * with underscores: --max-rows is TAILRACE_MAX_ROWS. An option on the line goes before its
 * variable, that before tailracerc, that before the default. Which options have one, and of which
 * commands, stands in the table of command_line.h.
 *
 *     char name[VARIABLE_BYTES_MAX];
 *     const char *value = environment_find(option, name);
 */
#ifndef SHELL_ENVIRONMENT_H
#define SHELL_ENVIRONMENT_H

#include "shell/command_line.h"

enum { VARIABLE_BYTES_MAX = 64 };

/* "TAILRACE_MAX_ROWS" of --max-rows. */
void environment_name(const struct option_row *option, char name[VARIABLE_BYTES_MAX]);
/* Its value, and its name for errors; NULL if it is not set or empty. */
const char *environment_find(const struct option_row *option, char name[VARIABLE_BYTES_MAX]);

#endif
