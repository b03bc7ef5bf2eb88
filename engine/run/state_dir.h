/* state_dir: the directory of a job's checkpoint (docs/checkpoint.md), as a place: names of its
 * files, the lock, what an error in it says.
 *
 *     struct state_dir dir;
 *     TRY(state_dir_open(&dir, &config, err));       // made if missing, locked
 *     …
 *     state_dir_close(&dir);
 *
 * Whoever holds the lock is the only one who writes here. */
#ifndef ENGINE_RUN_STATE_DIR_H
#define ENGINE_RUN_STATE_DIR_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytebuf.h"
#include "engine/base/clock.h"
#include "engine/base/fs.h"

/* exactly-once.md §7 */
enum {
    EXIT_IO_FAILED = 4,
    EXIT_LOCKED = 10,
    EXIT_MANIFEST_BAD = 20,
    EXIT_FILE_MISSING = 22,
    EXIT_EPOCH_GAP = 23,
    EXIT_INPUT_GAP = 24,
    EXIT_SINK_BEHIND = 27,
    EXIT_SINK_AHEAD = 28,
    EXIT_QUERY_CHANGED = 30,
};

struct state_dir {
    const struct fs *fs;
    const struct clock *clock;
    char *path;
    int lock; /* handle, -1 = not locked: somebody only looks */
};

/* Makes the directory if it is not there and takes its lock: ERR_LOCKED with exit 10 and the other
 * one's process number. */
MUST_CHECK enum status state_dir_open(struct state_dir *dir, const struct fs *fs,
                                      const struct clock *clock, const char *path,
                                      struct error *err);
/* To look at only: nothing is made or locked. */
void state_dir_look(struct state_dir *dir, const struct fs *fs, const struct clock *clock,
                    const char *path);
void state_dir_close(struct state_dir *dir);

/* "DIR/name", or "DIR/name.number" if number is not 0; valid until `buf` changes. */
const char *state_dir_file(const struct state_dir *dir, const char *name, uint64_t number,
                           struct bytebuf *buf);

/* The number behind "name." if that is what `entry` is. */
bool state_dir_number(const char *entry, const char *name, uint64_t *number);

/* For the frames of a new file. Other files have others: it is made from clock, process, name. */
uint64_t state_dir_salt(const struct state_dir *dir, const char *name, uint64_t number);

/* The only way a directory entry becomes durable. */
MUST_CHECK enum status state_dir_sync(const struct state_dir *dir, struct error *err);

/* Writes "name.number"; it is on disk but for its name. */
MUST_CHECK enum status state_dir_write(const struct state_dir *dir, const char *name,
                                       uint64_t number, struct slice bytes, struct error *err);

/* Writes the file anew: "name.tmp", synced, renamed, the directory synced. Whatever happens, "name"
 * is what it was or what it is to be. */
MUST_CHECK enum status state_dir_replace(const struct state_dir *dir, const char *name,
                                         struct slice bytes, struct error *err);

/* Removes a file that is not needed any more. */
MUST_CHECK enum status state_dir_remove(const struct state_dir *dir, const char *name,
                                        uint64_t number, struct error *err);

/* What a failed call of `fs` comes to: ERR_IO gets exit 4 and says how much room is left. Returns
 * `status`. */
enum status state_dir_failed(const struct state_dir *dir, enum status status, struct error *err);

/* What understanding bytes came to whose checksums are right: ERR_STATE gets exit 21 and names the
 * file that they are from. Returns `status`. */
enum status state_dir_damaged(const struct state_dir *dir, const char *file, enum status status,
                              struct error *err);

/* ERR_STATE with an exit code of exactly-once.md §7, naming the file. */
enum status state_dir_bad(const struct state_dir *dir, const char *file, int exit_code,
                          const char *why, struct error *err);

#endif
