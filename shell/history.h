/* history: the statements of earlier sessions, in a file that nobody else may read: an entry a
 * line, line ends inside it as \n, a backslash as \\.
 *
 *     history_open(&history, fs, path, limit);         // reads what is there
 *     for (i = 0; i < history.n; i++) { …history.entries[i]… }
 *     history_add(&history, entry);                    // appended at once, in one write
 *     history_close(&history);
 *
 * Several sessions append to one file; one that finds it longer than twice the limit makes it
 * shorter, under a lock. What cannot be read or written is no reason to stop: it is only said. */
#ifndef SHELL_HISTORY_H
#define SHELL_HISTORY_H

#include "engine/base/arena.h"
#include "engine/base/fs.h"

enum { HISTORY_ENTRIES_MAX = 5000, HISTORY_BYTES_MAX = 4 << 20 };

struct history {
    const struct fs *fs;
    struct arena arena;
    const char *path; /* NULL: nothing is kept */
    const char **entries;
    uint32_t n;
};

/* `path` NULL: entries are kept in memory only. Folders are made. */
void history_open(struct history *history, const struct fs *fs, const char *path);
void history_close(struct history *history);
/* Not if it begins with a space or is what was added last. */
void history_add(struct history *history, const char *entry);

#endif
