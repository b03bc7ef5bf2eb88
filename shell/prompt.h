/* prompt: the interactive shell: statements that may take several lines up to a semicolon, and
 * commands that begin with a point (dot_commands.h). Lines are edited by line_editor.h, while the
 * queries in the background go on in the same loop; what they print goes above the prompt. Ctrl-C
 * gives up the line or ends the query in the foreground, Ctrl-D leaves, Ctrl-Z stops the process.
 */
#ifndef SHELL_PROMPT_H
#define SHELL_PROMPT_H

#include "shell/session.h"

/* `args` is changed by commands. Returns the exit code. */
int prompt_run(const struct fs *fs, const struct clock *clock, struct args *args);

#endif
