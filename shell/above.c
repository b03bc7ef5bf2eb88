/* above: see above.h. */
#include "shell/above.h"

static enum status above_write(const struct fs *fs, int fd, const void *at, size_t len, size_t *n,
                               struct error *err)
{
    const struct above *above = (const struct above *)(const void *)fs;
    if (above->pager != NULL && pager_holds(above->pager, at, len)) {
        *n = len;
        return OK;
    }
    if (above->screen != NULL) {
        return above->screen->write(above->screen, fd, at, len, n, err);
    }
    line_editor_hide(above->editor);
    enum status status = above->under->write(above->under, fd, at, len, n, err);
    line_editor_show(above->editor);
    return status;
}

void above_init(struct above *above, const struct fs *under)
{
    *above = (struct above){.fs = {.write = above_write}, .under = under};
}
