/* ledger_sink: ledger:PATH, a transactional sink that remembers its own epoch, as small as can be:
 * a file that begins with "epoch N" and holds all rows as CSV. A commit writes it aside, syncs,
 * renames and syncs the directory, so that rows and epoch change together. It is the model that the
 * crash tests hold the engine against. */
#ifndef TESTS_CRASH_LEDGER_SINK_H
#define TESTS_CRASH_LEDGER_SINK_H

#include "engine/io/sink.h"

extern const struct sink_kind ledger_sink;

/* The rows of a ledger's file, and its epoch. */
struct slice ledger_rows(struct slice file, uint64_t *epoch);

#endif
