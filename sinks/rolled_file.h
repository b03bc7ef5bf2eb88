/* rolled_file: rows into files of about the same size (`file:out.csv?roll=64MiB`). The open one is
 * out.7.csv.part, 7 being its first epoch; when an epoch ends and it is large enough, it is sealed
 * as out.7-31.csv, and nothing touches it again. Behind a checkpoint it is sealed once COMMIT is
 * durable (`settled`), for only then is it sure that its last epoch will not be done again.
 *
 * Each part is written by a file sink of its own (file_sink.h). Where this stands, for the
 * checkpoint: "seal=1-6 first=7 inode=8231 bytes=4096". */
#ifndef SINKS_ROLLED_FILE_H
#define SINKS_ROLLED_FILE_H

#include "engine/io/sink.h"

/* As open of struct sink_kind; `roll_bytes` > 0. */
MUST_CHECK enum status rolled_file_open(const struct sink_config *config, int64_t roll_bytes,
                                        struct sink **out, struct error *err);

#endif
