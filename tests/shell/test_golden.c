/* test_golden: the same results in every form of output, compared with tests/golden/FORM.txt byte
 * for byte. Control bytes and marks of writing direction stand there as <1B> and <U+202E>, so that
 * the files can be read.
 *
 *     TAILRACE_GOLDEN=write build/dev/tests/test_golden          # writes them; read the diff then
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/fs.h"
#include "engine/base/utf8.h"
#include "shell/shell.h"
#include "sinks/console_sink.h"
#include "tests/support/child.h"
#include "tests/support/testing.h"

enum { GOLDEN_BYTES_MAX = 1 << 20 };

#define STREAM                                                                                     \
    "CREATE STREAM r (what TEXT, n BIGINT, price DECIMAL(12,3), x DOUBLE, ok BOOLEAN, "            \
    "ts TIMESTAMP, text TEXT) FROM 'tests/golden/rows.jsonl' FORMAT json; "

static const struct {
    const char *what;
    const char *sql;
} questions[] = {
    {"all types", STREAM "SELECT * FROM r"},
    {"intervals", STREAM "SELECT ts - TIMESTAMP '2026-01-05T09:00:00Z' AS since FROM r"},
    {"one column", STREAM "SELECT text FROM r"},
    {"odd names", STREAM "SELECT n AS \"a \"\"b\"\", c|d\", what AS \"日本\" FROM r WHERE n = 1"},
    {"rows that change",
     STREAM "SELECT ok, count(*) AS n, min(what) AS least FROM r GROUP BY ok EMIT CHANGES"},
    {"no rows", STREAM "SELECT * FROM r WHERE n = 77"},
};

static bool is_mark(uint32_t code)
{
    return code == 0x061c || code == 0x200e || code == 0x200f ||
           (code >= 0x202a && code <= 0x202e) || (code >= 0x2066 && code <= 0x2069) ||
           (code >= 0x80 && code < 0xa0);
}

/* What cannot be seen is written out; ends of lines stay. */
static void add_visible(struct bytebuf *out, struct slice bytes)
{
    while (bytes.len > 0) {
        unsigned used;
        uint32_t code = utf8_decode(bytes, &used);
        if (code == UTF8_BAD || (code < 0x20 && code != '\n') || code == 0x7f) {
            bytebuf_printf(out, "<%02X>", bytes.at[0]);
        } else if (is_mark(code)) {
            bytebuf_printf(out, "<U+%04X>", code);
        } else {
            bytebuf_add(out, bytes.at, used);
        }
        bytes = slice_of(bytes.at + used, bytes.len - used);
    }
}

static void ask_all(const char *form, struct bytebuf *out)
{
    const struct child child = {.main = shell_main};
    for (size_t i = 0; i < sizeof questions / sizeof *questions; i++) {
        struct bytebuf said = {0};
        const char *words[] = {"tailrace", "-o", form, "-c", questions[i].sql, NULL};
        assert_int_equal(child_run(&child, &said, words), 0);
        bytebuf_printf(out, "== %s\n", questions[i].what);
        add_visible(out, bytebuf_slice(&said));
        bytebuf_release(&said);
    }
}

static void write_golden(const char *path, struct slice text)
{
    struct error err;
    int fd;
    const struct fs *fs = fs_system();
    assert_int_equal(fs->open(fs, path, FS_WRITE | FS_CREATE | FS_TRUNCATE, &fd, &err), OK);
    assert_int_equal(fs_write_all(fs, fd, text.at, text.len, &err), OK);
    fs->close(fs, fd);
}

static void check_form(const char *form)
{
    char path[64];
    struct bytebuf came = {0};
    struct bytebuf wanted = {0};
    struct error err;
    snprintf(path, sizeof path, "tests/golden/%s.txt", form);
    ask_all(form, &came);
    if (getenv("TAILRACE_GOLDEN") != NULL) {
        write_golden(path, bytebuf_slice(&came));
    }
    if (fs_read_file(fs_system(), path, GOLDEN_BYTES_MAX, &wanted, &err) != OK) {
        fail_msg("%s", err.text);
    }
    if (!slice_equal(bytebuf_slice(&came), bytebuf_slice(&wanted))) {
        fail_msg("%s is not what came:\n%s", path, bytebuf_text(&came));
    }
    bytebuf_release(&came);
    bytebuf_release(&wanted);
}

static void test_each_form_is_its_golden_file(void **state)
{
    (void)state;
    uint32_t n = 0;
    for (const char *const *form = console_formats; *form != NULL; form++) {
        check_form(*form);
        n++;
    }
    assert_int_equal(n, 9);
}

TEST_MAIN(cmocka_unit_test(test_each_form_is_its_golden_file))
