/* completions: scripts that teach bash, zsh and fish the words of the command line, made from the
 * table that the parser uses (command_line.h). */
#ifndef SHELL_COMPLETIONS_H
#define SHELL_COMPLETIONS_H

#include "engine/base/bytebuf.h"

/* False if there is no such shell. */
bool completions_print(struct bytebuf *out, const char *shell);

#endif
