/* terminal: what the person at the other end can see. */
#ifndef SHELL_TERMINAL_H
#define SHELL_TERMINAL_H

#include <stdbool.h>

#include "engine/base/slice.h"
#include "shell/args.h"

/* Colour on this handle: as --color says; by itself on terminals, unless NO_COLOR is set or TERM is
 * "dumb" (no-color.org). */
bool terminal_color(enum color wanted, int handle);

/* Whether what is typed is shown at once, on the terminal of standard input. What is typed while it
 * is not waits for the next prompt all the same. */
void terminal_echo(bool on);

/* True if the lines of `text`, and so many more below it, are no more than standard output is high.
 * Long lines go on in the next one. Unknown heights are enough. */
bool terminal_fits(struct slice text, uint32_t lines_below);

/* Control sequences that move the cursor are understood. */
bool terminal_moves(int handle);

#endif
