/* path_glob: the paths that a pattern with wildcards names. Within a name * stands for any bytes, ?
 * for one, [a-z] for one of these; a dot in front of a name must be written; \ takes the meaning
 * away. Wildcards may stand in folders too.
 *
 *     struct path_glob glob;
 *     path_glob_init(&glob, fs, "/var/log/nginx/access.log*");
 *     TRY(path_glob_look(&glob, err));                     // again at any time
 *     for (const char *path = NULL; (path = path_next(&glob.paths, path)) != NULL;) { … }
 *     path_glob_release(&glob);
 */
#ifndef SOURCES_PATH_GLOB_H
#define SOURCES_PATH_GLOB_H

#include <stdbool.h>

#include "engine/base/bytebuf.h"
#include "engine/base/fs.h"

enum { PATH_GLOB_MAX = 65536 };

/* Lists of texts with a NUL behind each. */
struct path_glob {
    const struct fs *fs;
    char *pattern;
    struct bytebuf paths; /* what matches, folders and all, by folder and in order within it */
    /* Where a match can come or go: "" or with a / at the end, so that folder and name put together
     * are a path. */
    struct bytebuf folders;
};

void path_glob_init(struct path_glob *glob, const struct fs *fs, struct slice pattern);
void path_glob_release(struct path_glob *glob);

/* ERR_IO if a folder in front of the first wildcard is not there, ERR_LIMIT if more than
 * PATH_GLOB_MAX paths match; the lists are empty then. Other folders that cannot be listed match
 * nothing. */
MUST_CHECK enum status path_glob_look(struct path_glob *glob, struct error *err);

/* The text behind `path` in a list, NULL = its end; begin with NULL. */
const char *path_next(const struct bytebuf *list, const char *path);

bool path_has_wildcards(const char *pattern);

/* Length of the folder part, up to and with its last slash. */
size_t path_folder_length(const char *path);

#endif
