/* file_sink: rows at the end of a file, as CSV, TSV or JSON lines by its name or FORMAT; the names
 * of the columns once, if the file is empty. Rows are in the file, synced, when an epoch commits;
 * what stands behind the committed length is cut when the epoch is given up. A changing result is
 * written as its changes, with `_op` in front. /dev/null and pipes are files too, without length
 * and sync. */
#ifndef SINKS_FILE_SINK_H
#define SINKS_FILE_SINK_H

#include "engine/io/sink.h"

extern const struct sink_kind file_sink;

#endif
