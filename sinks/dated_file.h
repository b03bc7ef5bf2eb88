/* dated_file: rows into files named after their time (`file:out/%Y-%m-%d.csv`): window_end if there
 * is one, else the first TIMESTAMP column; in UTC, or in the TIMEZONE of the window.
 *
 * The file of a period is out/2026-01-05.csv.part while rows of it come. When a row of a later
 * period was committed, or the input has ended, it is sealed: renamed to out/2026-01-05.csv and
 * never touched again; behind a checkpoint once COMMIT is durable (`settled`). Rows of a period
 * that come after that go to out/2026-01-05.1.csv, .2, …
 *
 * Each part is written by a file sink of its own (file_sink.h), at most DATED_FILES_OPEN of which
 * are open. Where this stands, for the checkpoint, a line each: "newest=…", "seal PATH", "part
 * inode=8231 bytes=4096 PATH". */
#ifndef SINKS_DATED_FILE_H
#define SINKS_DATED_FILE_H

#include "engine/io/sink.h"

/* As open of struct sink_kind, for a path that is a name_pattern. `format`: of all files. */
MUST_CHECK enum status dated_file_open(const struct sink_config *config, struct sink **out,
                                       struct error *err);

#endif
