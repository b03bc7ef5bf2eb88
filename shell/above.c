/* above: see above.h. */
#include "shell/above.h"

#include <unistd.h>

#include "engine/base/log.h"

static enum status write_here(const struct above *above, int fd, const void *at, size_t len,
                              size_t *n, struct error *err)
{
    if (above->editor == NULL) {
        return above->under->write(above->under, fd, at, len, n, err);
    }
    line_editor_hide(above->editor);
    enum status status = above->under->write(above->under, fd, at, len, n, err);
    line_editor_show(above->editor);
    return status;
}

static enum status above_write(const struct fs *fs, int fd, const void *at, size_t len, size_t *n,
                               struct error *err)
{
    const struct above *above = (const struct above *)(const void *)fs;
    if (above->pager != NULL && pager_holds(above->pager, at, len)) {
        *n = len;
        return OK;
    }
    if (above->screen != NULL) {
        const struct fs *rows = screen_fs(above->screen);
        return rows->write(rows, SCREEN_ROWS_HANDLE, at, len, n, err);
    }
    return write_here(above, fd, at, len, n, err);
}

/* Shown at once: what is said may be why nothing else happens. A log that cannot be written is
 * nothing to fail for. */
static void above_log(void *owner, const char *line, size_t len)
{
    const struct above *above = owner;
    struct error ignored;
    (void)!fs_write_all(&above->fs, STDERR_FILENO, line, len, &ignored);
    if (above->screen != NULL) {
        screen_draw(above->screen, false);
    }
}

void above_init(struct above *above, const struct fs *under)
{
    *above = (struct above){.fs = {.write = above_write}, .under = under};
}

void above_take_log(struct above *above)
{
    if (isatty(STDERR_FILENO) != 0) {
        log_set_writer(above_log, above);
    }
}

void above_leave_log(void)
{
    log_set_writer(NULL, NULL);
}
