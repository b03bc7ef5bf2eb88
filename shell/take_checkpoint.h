/* take_checkpoint: the statement CHECKPOINT: the epoch of the running queries ends now, and their
 * state is written to the directory of --state. Says on standard error what was written. */
#ifndef SHELL_TAKE_CHECKPOINT_H
#define SHELL_TAKE_CHECKPOINT_H

#include "engine/run/job.h"

/* `job`: the one that runs, NULL = none does. `state_dir`: --state, NULL = not given. ERR_SQL if
 * there is nothing to write or no place to write to. */
MUST_CHECK enum status take_checkpoint(struct job *job, const char *state_dir, struct error *err);

#endif
