/* complain: see complain.h. */
#include "shell/complain.h"

#include <stdio.h>

#include "engine/base/bytebuf.h"
#include "engine/base/textbuf.h"
#include "sql/sqlerr.h"

enum { STDOUT_HANDLE = 1 };

static void print_error(const struct error *err, struct slice text, const char *origin)
{
    struct bytebuf out = {0};
    sqlerr_print(&out, err, text, origin, 1);
    fputs(bytebuf_text(&out), stderr);
    bytebuf_release(&out);
}

void complain(const struct error *err)
{
    struct error placeless = *err;
    placeless.at = -1;
    print_error(&placeless, slice_text(""), NULL);
}

/* The whole text is shown to sqlerr_print, so that lines and columns are those of the file. */
void complain_about(const struct error *err, struct slice text, size_t from, const char *origin)
{
    struct error shifted = *err;
    if (shifted.at >= 0) {
        shifted.at += (int64_t)from;
    }
    print_error(&shifted, text, origin);
}

enum status say(const struct fs *fs, struct slice text, struct error *err)
{
    return fs_write_all(fs, STDOUT_HANDLE, text.at, text.len, err);
}

void say_note(enum log_level level, struct slice text)
{
    struct bytebuf out = {0};
    textbuf_escaped(&out, text);
    log_line(level, "%s", bytebuf_text(&out));
    bytebuf_release(&out);
}
