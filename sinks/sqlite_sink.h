/* sqlite_sink: rows into a table of a SQLite file, exactly once: the rows of an epoch and its
 * number are one transaction (exactly-once.md §3). docs/sinks.md says what people see.
 *
 * Rows are kept in memory until the commit, which takes the file's lock, writes and lets it go. So
 * a lock is never held while the engine computes, several sinks of one job may write to one file,
 * and other programs get their turn. The number stands in table `_tailrace_epoch`, if a checkpoint
 * asks for it (`durable`). */
#ifndef SINKS_SQLITE_SINK_H
#define SINKS_SQLITE_SINK_H

#include "engine/io/sink.h"

extern const struct sink_kind sqlite_sink;

#endif
