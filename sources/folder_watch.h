/* folder_watch: is told by the system when something happens in some folders (inotify). It is a
 * help to look sooner, not a promise: network file systems and targets of links say nothing, and a
 * machine may be out of watches, so whoever uses it looks at the files now and then all the same.
 *
 *     folder_watch_init(&watch);
 *     folder_watch_set(&watch, &folders);            // these and no others
 *     … wait for watch.fd to become readable …
 *     while (folder_watch_next(&watch, &event)) { … }
 *     folder_watch_release(&watch);
 */
#ifndef SOURCES_FOLDER_WATCH_H
#define SOURCES_FOLDER_WATCH_H

#include <stdbool.h>

#include "engine/base/bytebuf.h"

enum { FOLDER_WATCH_BYTES = 16384 };

struct folder_watch {
    int fd;           /* -1: the system has no watch to give */
    bool is_complete; /* all folders are watched */
    uint32_t n;
    int *numbers;           /* by folder; -1 = not watched */
    struct bytebuf folders; /* NUL behind each */
    size_t at;              /* bytes of `events` that were given out */
    size_t len;
    _Alignas(8) uint8_t events[FOLDER_WATCH_BYTES];
};

struct folder_event {
    /* As it was given to folder_watch_set; NULL: anything may have happened anywhere. */
    const char *folder;
    const char *name; /* within it; "" = the folder itself. Until the next call */
    bool changed;     /* its bytes */
    bool closed;      /* by a writer */
    bool moved_in;
    bool names_changed; /* a name came or went */
};

void folder_watch_init(struct folder_watch *watch);
void folder_watch_release(struct folder_watch *watch);

/* `folders`: list of texts with a NUL behind each; "" is the current folder. True if one was not
 * watched before: what happened in it until now was not told. */
bool folder_watch_set(struct folder_watch *watch, const struct bytebuf *folders);

/* False: nothing has happened. Never waits. */
bool folder_watch_next(struct folder_watch *watch, struct folder_event *event);

#endif
