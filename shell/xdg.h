/* xdg: where a person's files of this program are (XDG Base Directory Specification 0.8). */
#ifndef SHELL_XDG_H
#define SHELL_XDG_H

#include <stdbool.h>

#include "engine/base/bytebuf.h"

/* Appends "$XDG_CONFIG_HOME/tailrace/NAME", or below ~/.config; false if neither is known. */
bool xdg_config_path(struct bytebuf *out, const char *name);
/* The same of $XDG_STATE_HOME and ~/.local/state: what is kept but not configured. */
bool xdg_state_path(struct bytebuf *out, const char *name);

#endif
