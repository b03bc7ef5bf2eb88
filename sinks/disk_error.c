/* disk_error: see disk_error.h. */
#include "sinks/disk_error.h"

#include <string.h>

enum { EXIT_DISK_FAILED = 4 }; /* exactly-once.md §7 */

enum status disk_error(const struct fs *fs, const char *path, enum status status, struct error *err)
{
    if (status == ERR_IO && err != NULL && err->exit_code == 0) {
        if (strstr(err->text, path) == NULL) { /* a call knows only a handle */
            char why[ERROR_TEXT_BYTES];
            memcpy(why, err->text, sizeof why);
            error_set(err, ERR_IO, "\"%s\": %s", path, why);
        }
        err->exit_code = EXIT_DISK_FAILED;
        fs_hint_space(fs, path, "", err);
    }
    return status;
}
