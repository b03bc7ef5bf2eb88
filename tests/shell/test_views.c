/* test_views: what stands on a terminal of 16 lines and 60 columns while a query runs and when it
 * has ended: tables that are higher than that, and the bar of a file that takes its time. */
#include <sys/ioctl.h>

#include "tests/shell/typist.h"

static void leave(struct typist *t)
{
    see(t, "tr> ");
    type(t, ".quit\n");
    assert_int_equal(typist_end(t), 0);
}

/* 40 groups: what is left of the last picture is what fits, the largest, and how many there are. */
static void test_a_high_table_is_cut(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, "SELECT n % 40 AS k, sum(n) AS total FROM 'gen://rows?rows=4000' FORMAT csv\n"
             "GROUP BY 1 EMIT CHANGES;\n");
    see(&t, "┌────┬────────┐\r\n│  k │  total │\r\n├────┼────────┤\r\n│ 39 │ 201900 │\r\n");
    see(&t, "└────┴────────┘\r\nthe 10 largest by total, of 40\r\n");
    see(&t, "Processed 4.00 k rows");
    assert_null(slice_find(slice_of(t.seen.at, t.read), slice_text("│  9 │")));
    leave(&t);
}

/* … and with .live full all of it, in the order of its keys. */
static void test_a_high_table_in_full(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, ".live full\n");
    type(&t, "SELECT n % 40 AS k, sum(n) AS total FROM 'gen://rows?rows=4000' FORMAT csv\n"
             "GROUP BY 1 EMIT CHANGES;\n");
    see(&t, "│  0 │ 198000 │\r\n│  1 │ 198100 │\r\n");
    see(&t, "│ 38 │ 201800 │\r\n│ 39 │ 201900 │\r\n└────┴────────┘\r\n");
    see(&t, "Processed 4.00 k rows");
    leave(&t);
}

/* Without a table that is redrawn, changes are rows like others. */
static void test_changes_as_rows(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, ".live off\n");
    type(&t, "SELECT n % 2 AS k, sum(n) AS total FROM 'gen://rows?rows=4' FORMAT csv\n"
             "GROUP BY 1 EMIT CHANGES;\n");
    see(&t, "│ _op │ k │ total │\r\n");
    see(&t, "│ +   │ 0 │     2 │\r\n│ +   │ 1 │     4 │\r\n");
    leave(&t);
}

/* Seven lines and the status, each of which a terminal of 40 columns shows in two. */
static void test_a_narrow_terminal_wraps(void **state)
{
    struct winsize narrow = {.ws_row = 30, .ws_col = 40};
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, "SELECT n % 3 AS k, repeat('x', 40) AS x, count(*) AS c FROM 'gen://rows?rate=900'\n"
             "FORMAT csv GROUP BY 1 EMIT CHANGES;\n");
    see(&t, "│ 2 │ xxx");
    see(&t, "state 3 · Ctrl-C stops");
    assert_int_equal(ioctl(t.terminal, TIOCSWINSZ, &narrow), 0);
    see(&t, "\r\x1b[15A");
    see(&t, "Ctrl-C stops");
    see(&t, "\r\x1b[7A"); /* the lines of the new table fit */
    type(&t, "\x03");
    see(&t, "Processed ");
    leave(&t);
}

/* Lines that a regular expression takes its time to refuse: each of its runs of x can be cut in
 * many ways before it is known that no y follows. */
static void write_hard_lines(const char *path)
{
    enum { LINES = 200000 };
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    for (int i = 0; i < LINES; i++) {
        fprintf(file, "%07d ............................................ xxxxxxxxxxxxxx- yz\n", i);
    }
    fclose(file);
}

/* A file says how much of it has been read. It would take many seconds, so there is time to see the
 * bar, however fast the machine is; Ctrl-C ends it. */
static void test_the_bar_of_a_file(void **state)
{
    struct typist t;
    char path[128];
    char text[256];
    (void)state;
    snprintf(path, sizeof path, "%s/hard.log", home);
    write_hard_lines(path);
    start_shell(&t);
    snprintf(text, sizeof text,
             "SELECT count(*) AS matching FROM '%s' FORMAT line\n"
             "WHERE regexp_like(line, '(x+x+)+yz');\n",
             path);
    type(&t, text);
    see(&t, "[");
    see(&t, "·] ");
    see(&t, " % · ");
    see(&t, " rows · ");
    see(&t, "Ctrl-C stops");
    type(&t, "\x03");
    see(&t, "Processed ");
    leave(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_high_table_is_cut), cmocka_unit_test(test_a_high_table_in_full),
        cmocka_unit_test(test_changes_as_rows),     cmocka_unit_test(test_a_narrow_terminal_wraps),
        cmocka_unit_test(test_the_bar_of_a_file),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
