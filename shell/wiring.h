/* wiring: the one place that knows all sources, formats and sinks of this program. */
#ifndef SHELL_WIRING_H
#define SHELL_WIRING_H

#include "engine/io/kinds.h"

const struct kinds *wiring_kinds(void);

#endif
