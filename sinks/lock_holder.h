/* lock_holder: who keeps a SQLite file from us, as far as the system tells: Linux lists the locks
 * of all processes in /proc/locks. Opening the locked file itself to ask would drop our own locks
 * on it (fcntl(2), "record locks are … released when any file descriptor is closed"). */
#ifndef SINKS_LOCK_HOLDER_H
#define SINKS_LOCK_HOLDER_H

#include "engine/base/bytebuf.h"
#include "engine/base/fs.h"

/* "sqlite3 (process 4711)", or "another connection" if it cannot be found out. */
void lock_holder_print(struct bytebuf *out, const struct fs *fs, const char *path);

/* The same from the text of /proc/locks: the process that holds the lock for writing a file in WAL
 * mode (byte 120 of the -shm file `inode`, SQLite's WAL_WRITE_LOCK), or 0. */
int64_t lock_holder_find(struct slice locks, uint64_t inode);

#endif
