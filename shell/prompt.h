/* prompt: the interactive shell: statements that may take several lines up to a semicolon, and
 * commands that begin with a point. Ctrl-C gives up the line or ends the running query, Ctrl-D
 * leaves.
 *
 * Lines come as the terminal gives them; there is no editing beyond the terminal's own. */
#ifndef SHELL_PROMPT_H
#define SHELL_PROMPT_H

#include "shell/session.h"

/* `args` is changed by .mode; the session was made with it. Returns the exit code. */
int prompt_run(struct session *session, const struct fs *fs, struct args *args);

#endif
