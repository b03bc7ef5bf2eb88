/* rejects: see rejects.h. */
#include "tests/crash/rejects.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/run/deadlog.h"

struct rejects {
    struct slice *lines;
    uint32_t n;
    uint64_t row; /* number of the next */
    const char *wrong;
};

static bool contains(struct slice line, const char *what)
{
    return memmem(line.at, line.len, what, strlen(what)) != NULL;
}

static void take_line(struct rejects *rejects, struct slice line)
{
    char number[40];
    static const char column[] = ",\"column\":";
    int n = snprintf(number, sizeof number, "{\"row\":%" PRIu64 ",", rejects->row);
    if (line.len < (size_t)n || memcmp(line.at, number, (size_t)n) != 0) {
        rejects->wrong = "rows are not numbered one after the other\n";
    }
    rejects->row++;
    const uint8_t *from = memmem(line.at, line.len, column, sizeof column - 1);
    if (from == NULL || line.at[line.len - 1] != '}') {
        rejects->wrong = "a row is damaged\n";
    } else if (!contains(line, "\"cut off in the middle\"")) {
        rejects->lines = mem_realloc(rejects->lines, (rejects->n + 1) * sizeof *rejects->lines);
        rejects->lines[rejects->n++] = slice_of(from, (size_t)(line.at + line.len - from));
    }
}

static void take_file(struct rejects *rejects, struct slice file)
{
    for (size_t at = 0; at < file.len;) {
        const uint8_t *end = memchr(file.at + at, '\n', file.len - at);
        if (end == NULL) {
            rejects->wrong = "the last row of a file is torn\n";
            return;
        }
        size_t len = (size_t)(end - file.at) - at;
        take_line(rejects, slice_of(file.at + at, len));
        at += len + 1;
    }
}

static int compare(const void *a, const void *b)
{
    return slice_compare(*(const struct slice *)a, *(const struct slice *)b);
}

void rejects_read(const struct simfs *fs, const char *dir, struct bytebuf *out)
{
    struct rejects rejects = {.row = 1};
    struct bytebuf names = {0};
    char path[64];
    struct slice file;
    enum status status = simfs_interface(fs)->list(simfs_interface(fs), dir, &names, NULL);
    rejects.row = status == OK ? deadlog_oldest(bytebuf_slice(&names)) : 0;
    bytebuf_release(&names);
    for (;;) { /* each file begins with the row behind the last one of the file before */
        snprintf(path, sizeof path, "%s/dead.%" PRIu64, dir, rejects.row);
        if (rejects.row == 0 || !simfs_file(fs, path, &file) || file.len == 0) {
            break;
        }
        take_file(&rejects, file);
    }
    bytebuf_clear(out);
    if (rejects.n > 0) {
        qsort(rejects.lines, rejects.n, sizeof *rejects.lines, compare);
    }
    for (uint32_t i = 0; i < rejects.n; i++) {
        bytebuf_add(out, rejects.lines[i].at, rejects.lines[i].len);
        bytebuf_add_byte(out, '\n');
    }
    bytebuf_add_text(out, rejects.wrong != NULL ? rejects.wrong : "");
    mem_free(rejects.lines);
}
