/* take_checkpoint: the statement CHECKPOINT: the epoch of the running queries ends now, and their
 * state is written to the directory of --state. Says on standard error what was written. */
#ifndef SHELL_TAKE_CHECKPOINT_H
#define SHELL_TAKE_CHECKPOINT_H

#include "shell/background.h"

/* `background`: NULL = there is none, as in a script. `query`: named in the statement, which is
 * written with all others; empty = none is. `state_dir`: --state, NULL = not given. ERR_SQL if
 * there is nothing to write, no place to write to, or no such query. */
MUST_CHECK enum status take_checkpoint(struct background *background, struct slice query,
                                       const char *state_dir, struct error *err);

#endif
