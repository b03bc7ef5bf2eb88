/* simfs: files in memory that remember everything that was done to them, so that a test can ask
 * what a disk may hold after a crash at any point.
 *
 *     struct simfs *fs = simfs_new();
 *     … a job runs over simfs_interface(fs) …
 *     for (k = 0; k <= simfs_n_calls(fs); k++) {
 *         struct simfs *left = simfs_killed(fs, k);           // kill -9 after k calls
 *         struct simfs *dark = simfs_power_loss(fs, k, &loss); // power off after k calls
 *         … recover from it …
 *     }
 *     simfs_free(fs);
 *
 * A kill keeps all calls that were made. A power loss keeps what was synced, and of the rest
 * anything: each write whole, torn or not at all, with or without the length it gave the file; each
 * new name, rename and removal or not. That is stricter than ext4, which keeps names in order and
 * syncs a new file's name with the file. Directories are known by their paths.
 *
 * Faults: call `at` and, if sticky, all after it fail; a short write writes half. A fault has fired
 * if simfs_fired says so. With a mutant, steps of a kind are missing or late. */
#ifndef TESTS_SUPPORT_SIMFS_H
#define TESTS_SUPPORT_SIMFS_H

#include "engine/base/fs.h"
#include "tests/support/rng.h"

struct simfs;

/* Calls that change what is on disk, or what is there for sure. */
enum call_kind {
    CALL_LINK, /* a new file */
    CALL_RENAME,
    CALL_UNLINK,
    CALL_MKDIR,
    CALL_WRITE,
    CALL_TRUNCATE,
    CALL_SYNC,
    CALL_SYNC_DIRECTORY,
};

struct simfs *simfs_new(void);
void simfs_free(struct simfs *fs); /* NULL is fine */
const struct fs *simfs_interface(const struct simfs *fs);

/* Calls so far that change what is durable. */
uint32_t simfs_n_calls(const struct simfs *fs);
/* Bytes that were written so far to files whose path has `file` in it. */
uint64_t simfs_n_written(const struct simfs *fs, const char *file);

struct simfs *simfs_killed(const struct simfs *fs, uint32_t calls);

/* Which of the ways a power loss may go. NONE: nothing unsynced is kept; NAMES: names are, bytes
 * are not; BYTES: bytes are, names are not; ONE: all but the `which`th thing that was not synced;
 * TORN: all, but that one by half; ZERO: all, but that one reads as zeros; RANDOM: by `rng`. */
enum loss_kind { LOSS_NONE, LOSS_NAMES, LOSS_BYTES, LOSS_ONE, LOSS_TORN, LOSS_ZERO, LOSS_RANDOM };

struct loss {
    enum loss_kind kind;
    uint32_t which;
    struct rng *rng;
};

/* How many things were not synced after `calls` calls. */
uint32_t simfs_n_unsynced(const struct simfs *fs, uint32_t calls);
struct simfs *simfs_power_loss(const struct simfs *fs, uint32_t calls, const struct loss *loss);

/* ENOSPC, EIO … of every call that changes something, and of reads if `reads`. */
enum fault_kind { FAULT_NONE, FAULT_IO, FAULT_NO_SPACE, FAULT_NO_FILES, FAULT_SHORT };

struct fault {
    enum fault_kind kind;
    uint32_t at; /* 0 = the first call that can fail this way */
    bool sticky;
    bool reads;
};

void simfs_set_fault(struct simfs *fs, const struct fault *fault);
bool simfs_fired(const struct simfs *fs);
/* Calls since simfs_set_fault that the fault could have hit. */
uint32_t simfs_n_faultable(const struct simfs *fs);

/* Mutants of the protocol: a step is missing, or comes too late. `file` and `until_file` are parts
 * of the path, of a rename that of the old name: "log.", "in.", …
 *
 *     WITHOUT  calls of that kind on that file do nothing
 *     COPY     renames of that file are copies: written over what is there, synced
 *     LATE     a call of that kind on that file comes behind the next `until` of `until_file`; the
 *              program does not notice, the disk does */
enum mutant_kind { MUTANT_NONE, MUTANT_WITHOUT, MUTANT_COPY, MUTANT_LATE };

struct mutant {
    enum mutant_kind kind;
    enum call_kind call;
    const char *file;
    enum call_kind until;
    const char *until_file;
};

void simfs_set_mutant(struct simfs *fs, const struct mutant *mutant);

/* The bytes of a file as they are now; false if there is none. Valid until it changes. */
bool simfs_file(const struct simfs *fs, const char *path, struct slice *out);
/* Were there before the first call. */
void simfs_put_folder(struct simfs *fs, const char *path);
void simfs_put(struct simfs *fs, const char *path, struct slice bytes);
/* The same files, but byte `at` of one is another, or with a negative `at` that file is gone. NULL
 * if there is no such byte. */
struct simfs *simfs_changed(const struct simfs *fs, const char *path, int64_t at);

#endif
