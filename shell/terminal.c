/* terminal: see terminal.h. */
#include "shell/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

bool terminal_moves(int handle)
{
    const char *term = getenv("TERM");
    return isatty(handle) != 0 && term != NULL && strcmp(term, "dumb") != 0;
}

bool terminal_color(enum color wanted, int handle)
{
    const char *no_color = getenv("NO_COLOR");
    if (wanted != COLOR_AUTO) {
        return wanted == COLOR_ALWAYS;
    }
    return terminal_moves(handle) && (no_color == NULL || no_color[0] == '\0');
}
