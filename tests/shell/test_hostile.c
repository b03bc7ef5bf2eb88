/* test_hostile: log lines that want to speak to the terminal: escape sequences that clear it, set
 * its title, fill the clipboard or hide a link, marks that turn writing around, bytes that are no
 * text. Whatever is shown of them, in every form of output, in live tables and in error texts, the
 * terminal gets nothing but characters and the few sequences that tailrace itself uses. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "engine/base/fs.h"
#include "engine/base/utf8.h"
#include "shell/shell.h"
#include "sinks/console_sink.h"
#include "tests/support/child.h"
#include "tests/support/testing.h"

enum { COLUMNS = 240, LONG_BYTES = 10000 };

/* Each ends with a word of its own, which shows that the line was shown to its end. */
static const char *const hostile[] = {
    "\x1b[31mred\x1b[0;1m\x1b[2J\x1b[H\x1b[6n\x1b[?1049h csi",
    "\x1b]0;owned\x07\x1b]2;owned\x1b\\ title",
    "\x1b]8;;http://evil.example/\x1b\\click\x1b]8;;\x1b\\ link",
    "\x1b]52;c;cm0gLXJmIH4=\x07 clipboard",
    "\x1bP1$r0m\x1b\\\x1b_apc\x1b\\\x1b^pm\x1b\\\x1b"
    "c\x1b(0\x1b#8 strings",
    "\xc2\x9b"
    "2J\xc2\x9d"
    "0;owned\xc2\x9c\xc2\x85\xc2\x90 c1",
    "\x9b"
    "2J\x9d"
    "0;owned\x9c rawc1",
    "abc\rxyz\b\b\b\x07\x0b\x0c\x0e\x0f\x7f\t controls",
    "user\xe2\x80\xae\xe2\x81\xa6// admin\xe2\x81\xa9\xe2\x80\x8f\xd8\x9c bidi",
    "\xff\xfe\xc0\xaf\xe2\x82\xed\xa0\x80\xf4\x90\x80\x80 invalid",
    "Z\xcc\x80\xcc\x81\xcc\x82\xcc\x83\xcc\x84\xcc\x85\xcc\x86\xcc\x87"
    "algo combining",
};
enum { N_HOSTILE = sizeof hostile / sizeof *hostile };
static const char *const last_words[N_HOSTILE] = {"csi",     "title",   "link",     "clipboard",
                                                  "strings", "c1",      "rawc1",    "controls",
                                                  "bidi",    "invalid", "combining"};

static char folder[] = "/tmp/tailrace_hostile_XXXXXX";

/* ---- what a terminal may get ----------------------------------------------------------------- */

/* The length of a sequence of our own (screen.c) or of the line editor at the start of `text`; 0 if
 * it is none. */
static size_t own_sequence(struct slice text)
{
    static const char *const own[] =
        {"\x1b[?2026h", "\x1b[?2026l", "\x1b[J", "\x1b[2m", "\x1b[0m",
         "\x1b[?2004h", "\x1b[?2004l", "\x1b[K", "\x1b[C"}; /* readline's */
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        size_t len = strlen(own[i]);
        if (text.len >= len && memcmp(text.at, own[i], len) == 0) {
            return len;
        }
    }
    size_t at = 2; /* cursor up by n */
    while (at < text.len && text.at[1] == '[' && ascii_is_digit(text.at[at])) {
        at++;
    }
    return at > 2 && at < text.len && text.at[at] == 'A' ? at + 1 : 0;
}

static bool is_harmful(uint32_t code)
{
    return code == UTF8_BAD || code < 0x20 || (code >= 0x7f && code < 0xa0) || code == 0x061c ||
           code == 0x200e || code == 0x200f || (code >= 0x202a && code <= 0x202e) ||
           (code >= 0x2066 && code <= 0x2069);
}

static void assert_harmless(const char *where, struct slice text)
{
    bool own = false;
    while (text.len > 0) {
        unsigned used;
        uint32_t code = utf8_decode(text, &used);
        bool behind_own = own;
        own = code == 0x1b && own_sequence(text) > 0;
        if (own) {
            used = (unsigned)own_sequence(text);
        } else if (code == '\r' && text.len > 1 && text.at[1] == '\n') {
            used = 2; /* the terminal's end of a line */
        } else if (code == '\r' && (behind_own || (text.len > 1 && text.at[1] == 0x1b))) {
            used = 1; /* at either end of what is redrawn */
        } else if (is_harmful(code)) {
            fail_msg("%s: the terminal gets byte %02x in front of \"%.20s\"", where, text.at[0],
                     (const char *)text.at + 1);
        }
        text = slice_of(text.at + used, text.len - used);
    }
}

static void assert_has(const char *where, struct bytebuf *said, const char *text)
{
    if (strstr(bytebuf_text(said), text) == NULL) {
        fail_msg("%s: \"%s\" is not in\n%s", where, text, bytebuf_text(said));
    }
}

/* Runs the program on a terminal; what it says must be harmless and have `text` in it. */
static void run(const char *const *words, int exit_code, const char *text)
{
    const struct child child = {.main = shell_main, .columns = COLUMNS};
    struct bytebuf said = {0};
    int code = child_run(&child, &said, words);
    assert_has(words[1], &said, text);
    assert_int_equal(code, exit_code);
    assert_harmless(words[1], bytebuf_slice(&said));
    bytebuf_release(&said);
}

/* ---- files ----------------------------------------------------------------------------------- */

static const char *path_of(const char *name)
{
    static char paths[4][128];
    static unsigned next;
    char *path = paths[next++ % 4];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, struct slice text)
{
    struct error err;
    int fd;
    const struct fs *fs = fs_system();
    assert_int_equal(fs->open(fs, path_of(name), FS_WRITE | FS_CREATE | FS_TRUNCATE, &fd, &err),
                     OK);
    assert_int_equal(fs_write_all(fs, fd, text.at, text.len, &err), OK);
    fs->close(fs, fd);
}

/* A line of 10 kB of sequences behind the others. */
static int make_files(void **state)
{
    struct bytebuf log = {0};
    struct bytebuf csv = {0};
    (void)state;
    assert_non_null(mkdtemp(folder));
    bytebuf_add_text(&csv, "line,v\n");
    for (int i = 0; i < N_HOSTILE; i++) {
        bytebuf_printf(&log, "%s\n", hostile[i]);
        bytebuf_printf(&csv, "%s,%s\n", hostile[i], hostile[i]);
    }
    while (log.len < LONG_BYTES + 2000) {
        bytebuf_add_text(&log, "\x1b]52;c;\x07\xe2\x80\xae");
    }
    bytebuf_add_text(&log, " long\n");
    write_file("hostile.log", bytebuf_slice(&log));
    write_file("hostile.csv", bytebuf_slice(&csv));
    bytebuf_release(&log);
    bytebuf_release(&csv);
    return 0;
}

static int remove_files(void **state)
{
    static const char *const names[] = {"hostile.log", "hostile.csv", "hostile.sql", "hostile.test",
                                        "keys.jsonl"};
    struct error err;
    const struct fs *fs = fs_system();
    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        (void)!fs->unlink(fs, path_of(names[i]), &err);
    }
    return rmdir(folder);
}

static const char *log_sql(const char *format)
{
    static char text[512];
    snprintf(text, sizeof text, format, path_of("hostile.log"));
    return text;
}

/* ---- results --------------------------------------------------------------------------------- */

static void test_rows_in_every_form(void **state)
{
    const struct child child = {.main = shell_main, .columns = COLUMNS};
    const char *sql = log_sql("SELECT line FROM '%s' FORMAT line");
    (void)state;
    for (const char *const *form = console_formats; *form != NULL; form++) {
        struct bytebuf said = {0};
        const char *words[] = {"tailrace", "-o", *form, "-c", sql, NULL};
        assert_int_equal(child_run(&child, &said, words), 0);
        assert_harmless(*form, bytebuf_slice(&said));
        for (int i = 0; i < N_HOSTILE; i++) {
            assert_has(*form, &said, last_words[i]);
        }
        bytebuf_release(&said);
    }
}

static void test_rows_that_scroll_and_live_tables(void **state)
{
    (void)state;
    const char *rows[] = {"tailrace", "-c", log_sql("SELECT line FROM '%s' FORMAT line"), NULL};
    run(rows, 0, "combining");
    const char *table[] = {"tailrace", "-c",
                           log_sql(
                               "SELECT line, count(*) AS n FROM '%s' FORMAT line GROUP BY line"),
                           NULL};
    run(table, 0, "clipboard");
}

static void test_names_of_columns(void **state)
{
    (void)state;
    for (const char *const *form = console_formats; *form != NULL; form++) {
        const char *words[] =
            {"tailrace",
             "-o",
             *form,
             "-c",
             log_sql("SELECT count(*) AS \"\x1b[31m\xe2\x80\xaename\" FROM '%s' FORMAT line"),
             NULL};
        run(words, 0, "name");
    }
    write_file("keys.jsonl", slice_text("{\"\\u001b[31m\\u202ekey\":1}\n"));
    const char *sniff[] = {"tailrace", "sniff", path_of("keys.jsonl"), NULL};
    run(sniff, 0, "key");
    char sql[256];
    snprintf(sql, sizeof sql, "SELECT * FROM '%s'", path_of("keys.jsonl"));
    const char *select[] = {"tailrace", "-c", sql, NULL};
    run(select, 0, "key");
    snprintf(sql, sizeof sql, "DESCRIBE '%s'", path_of("keys.jsonl"));
    const char *describe[] = {"tailrace", "-c", sql, NULL};
    run(describe, 0, "key");
}

/* ---- texts ----------------------------------------------------------------------------------- */

#define EVIL "\x1b]0;owned\x07\xe2\x80\xae\x9b"

static void test_bad_rows(void **state)
{
    char sql[512];
    (void)state;
    snprintf(sql, sizeof sql,
             "CREATE STREAM s (line TEXT, v BIGINT) FROM '%s' FORMAT csv; SELECT v FROM s",
             path_of("hostile.csv"));
    const char *skipped[] = {"tailrace", "-c", sql, NULL};
    run(skipped, 0, "bad row");
    snprintf(sql, sizeof sql,
             "CREATE STREAM s (line TEXT, v BIGINT) FROM '%s' FORMAT csv ON ERROR FAIL; "
             "SELECT v FROM s",
             path_of("hostile.csv"));
    const char *failed[] = {"tailrace", "-c", sql, NULL};
    run(failed, 5, "error");
}

/* What the interactive shell shows of what it has seen. */
static void test_views_of_the_shell(void **state)
{
    char typed[1024];
    struct bytebuf said = {0};
    (void)state;
    snprintf(typed, sizeof typed,
             "CREATE STREAM s (line TEXT, v BIGINT) FROM '%s' FORMAT csv;\n"
             "SELECT line, v FROM s;\n.bad\n.late\n.progress\n.schema\n.streams\n.describe s\n"
             "SELECT * FROM '%s';\n.quit\n",
             path_of("hostile.csv"), path_of("keys.jsonl"));
    const struct child child = {.main = shell_main, .columns = COLUMNS, .typed = typed};
    assert_int_equal(child_run(&child, &said, (const char *[]){"tailrace", NULL}), 0);
    assert_has(".bad", &said, "bad rows, newest first");
    assert_has(".bad", &said, "combining");
    assert_has(".late", &said, "no late rows");
    assert_harmless("shell", bytebuf_slice(&said));
    bytebuf_release(&said);
}

static void test_errors_of_statements(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "SELECT \"" EVIL "\" FROM stdin FORMAT line",
        "SELECT line FROM \"" EVIL "\"",
        "SELECT " EVIL,
        "SELECT '" EVIL "' + 1 FROM stdin FORMAT line",
        "SELECT line FROM '" EVIL ".log' FORMAT line",
        "SELECT line FROM stdin FORMAT \"" EVIL "\"",
        "SET \"" EVIL "\" = 1",
        "SELECT line FROM '" EVIL "://x' FORMAT line",
        "SELECT line FROM stdin FORMAT line WITH (\"" EVIL "\" = '" EVIL "')",
        "SELECT line FROM stdin FORMAT line INTO '" EVIL "://x'",
        "SELECT count(*) FROM stdin FORMAT line WINDOW '" EVIL "'",
    };
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        const struct child child = {.main = shell_main, .columns = COLUMNS};
        struct bytebuf said = {0};
        const char *words[] = {"tailrace", "-c", wrong[i], NULL};
        assert_int_not_equal(child_run(&child, &said, words), 0);
        assert_has(wrong[i], &said, "error");
        assert_harmless(wrong[i], bytebuf_slice(&said));
        bytebuf_release(&said);
    }
}

static void test_plans(void **state)
{
    (void)state;
    static const char *const forms[] = {"", "(FORMAT JSON) ", "(FORMAT DOT) ", "ANALYZE "};
    for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
        char sql[512];
        snprintf(sql, sizeof sql,
                 "EXPLAIN %sSELECT line || '" EVIL "' AS \"" EVIL "\" FROM '%s' FORMAT line WHERE "
                 "line <> '" EVIL "'",
                 forms[i], path_of("hostile.log"));
        const char *words[] = {"tailrace", "-c", sql, NULL};
        run(words, 0, "line");
    }
}

static void test_words_of_the_command_line(void **state)
{
    (void)state;
    static const char *const words[][6] = {
        {"tailrace", EVIL},
        {"tailrace", "--" EVIL},
        {"tailrace", "-o", EVIL, "-c", "SELECT 1"},
        {"tailrace", "--trigger", EVIL, "-c", "SELECT 1"},
        {"tailrace", "run", EVIL},
        {"tailrace", "check", EVIL},
        {"tailrace", "sniff", EVIL},
        {"tailrace", "test", EVIL},
        {"tailrace", "help", EVIL},
        {"tailrace", "gen", EVIL},
        {"tailrace", "completions", EVIL},
        {"tailrace", "checkpoint", EVIL, EVIL},
        {"tailrace", "explain", EVIL},
    };
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        const struct child child = {.main = shell_main, .columns = COLUMNS};
        struct bytebuf said = {0};
        assert_int_not_equal(child_run(&child, &said, words[i]), 0);
        assert_has(words[i][1], &said, "error");
        assert_harmless(words[i][1], bytebuf_slice(&said));
        bytebuf_release(&said);
    }
}

static void test_tests_of_queries(void **state)
{
    (void)state;
    write_file("hostile.test", slice_text("--- case " EVIL "\n--- statement\n"
                                          "CREATE STREAM s FROM 'memory:s' FORMAT line;\n"
                                          "SELECT line FROM s;\n--- input s\n" EVIL
                                          " came\n--- expect\n" EVIL " wanted\n"
                                          "--- case two\n--- input " EVIL "\n"));
    const char *words[] = {"tailrace", "test", path_of("hostile.test"), NULL};
    run(words, 1, " came");
}

static void test_files_of_statements(void **state)
{
    (void)state;
    write_file("hostile.sql", slice_text("SELECT 1; -- " EVIL "\nSELEC '" EVIL "';\n"));
    const char *words[] = {"tailrace", "run", path_of("hostile.sql"), NULL};
    run(words, 3, "error");
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rows_in_every_form),
        cmocka_unit_test(test_rows_that_scroll_and_live_tables),
        cmocka_unit_test(test_names_of_columns),
        cmocka_unit_test(test_bad_rows),
        cmocka_unit_test(test_views_of_the_shell),
        cmocka_unit_test(test_errors_of_statements),
        cmocka_unit_test(test_plans),
        cmocka_unit_test(test_words_of_the_command_line),
        cmocka_unit_test(test_tests_of_queries),
        cmocka_unit_test(test_files_of_statements),
    };
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, make_files, remove_files);
}
