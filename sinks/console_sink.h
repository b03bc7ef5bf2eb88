/* console_sink: rows on standard output: a table on a terminal, CSV with its names in a pipe, or
 * the form that FORMAT says (encode.h, table_text.h). One write per trigger. At least once.
 *
 * A table goes on from trigger to trigger as long as its columns are wide enough; where one is not,
 * it is closed and a wider one begins. A complete result (EMIT COMPLETE) is a table of its own each
 * time. */
#ifndef SINKS_CONSOLE_SINK_H
#define SINKS_CONSOLE_SINK_H

#include "engine/io/sink.h"

extern const struct sink_kind console_sink;

/* True if the console knows this form of output. */
bool console_format_known(struct slice name);
/* Their names, for help and hints; ends with NULL. */
extern const char *const console_formats[];

#endif
