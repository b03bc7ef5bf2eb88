/* env: the only door to the environment below the shell: for secrets that a statement names as
 * ${NAME}, so that their values never stand in a statement, a checkpoint or a message. */
#ifndef ENGINE_BASE_ENV_H
#define ENGINE_BASE_ENV_H

#include "engine/base/bytebuf.h"
#include "engine/base/status.h"

/* Appends `text` with every ${NAME} replaced by the variable's value. ERR_OPTION if a variable is
 * not set or the brace does not end; nothing is appended then. The values are not in the error. */
MUST_CHECK enum status env_expand(struct slice text, struct bytebuf *out, struct error *err);

#endif
