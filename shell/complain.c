/* complain: see complain.h. */
#include "shell/complain.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

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

/* Ends of lines stay. */
static void add_lines_escaped(struct bytebuf *out, struct slice text)
{
    while (text.len > 0) {
        const uint8_t *end = memchr(text.at, '\n', text.len);
        size_t len = end != NULL ? (size_t)(end - text.at) : text.len;
        textbuf_escaped(out, slice_of(text.at, len));
        bytebuf_add(out, "\n", end != NULL);
        len += end != NULL;
        text = slice_of(text.at + len, text.len - len);
    }
}

enum status say(const struct fs *fs, struct slice text, struct error *err)
{
    struct bytebuf shown = {0};
    if (isatty(STDOUT_HANDLE) == 0) {
        return fs_write_all(fs, STDOUT_HANDLE, text.at, text.len, err);
    }
    add_lines_escaped(&shown, text);
    enum status status = fs_write_all(fs, STDOUT_HANDLE, shown.at, shown.len, err);
    bytebuf_release(&shown);
    return status;
}

void say_note(enum log_level level, struct slice text)
{
    struct bytebuf out = {0};
    textbuf_escaped(&out, text);
    log_line(level, "%s", bytebuf_text(&out));
    bytebuf_release(&out);
}
