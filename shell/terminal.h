/* terminal: what the person at the other end can see. */
#ifndef SHELL_TERMINAL_H
#define SHELL_TERMINAL_H

#include <stdbool.h>

#include "shell/args.h"

/* Colour on this handle: as --color says; by itself on terminals, unless NO_COLOR is set or TERM is
 * "dumb" (no-color.org). */
bool terminal_color(enum color wanted, int handle);

/* Control sequences that move the cursor are understood. */
bool terminal_moves(int handle);

#endif
