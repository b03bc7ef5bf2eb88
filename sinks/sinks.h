/* sinks: the table of sink kinds, for whoever wires a process (engine/io/kinds.h). A sink to
 * nowhere is file:/dev/null. */
#ifndef SINKS_SINKS_H
#define SINKS_SINKS_H

#include "engine/io/sink.h"

/* Ends with NULL. */
extern const struct sink_kind *const sink_kinds[];

#endif
