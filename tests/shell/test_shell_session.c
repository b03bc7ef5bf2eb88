/* test_shell_session: scripts from text to rows on standard output and in files, and the exit codes
 * of what goes wrong. Everything is real but standard output, which is kept. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "shell/session.h"
#include "shell/text_file.h"
#include "tests/support/testing.h"

struct tape {
    struct fs fs;
    struct bytebuf out;
};

static enum status tape_write(const struct fs *fs, int fd, const void *at, size_t len, size_t *n,
                              struct error *err)
{
    if (fd != 1) {
        return fs_system()->write(fs_system(), fd, at, len, n, err);
    }
    bytebuf_add(&((struct tape *)(uintptr_t)fs)->out, at, len);
    *n = len;
    return OK;
}

struct fixture {
    struct tape tape;
    struct args args;
    char folder[64];
    struct session *session;
};

static void fixture_init(struct fixture *f)
{
    *f = (struct fixture){.tape.fs = *fs_system()};
    f->tape.fs.write = tape_write;
    f->args = (struct args){.threads = 1, .rows = -1, .seed = -1, .rate = -1};
    snprintf(f->folder, sizeof f->folder, "/tmp/tailrace_session_XXXXXX");
    assert_non_null(mkdtemp(f->folder));
}

static void fixture_open(struct fixture *f, bool check_only)
{
    struct session_config config = {.args = &f->args,
                                    .fs = &f->tape.fs,
                                    .clock = clock_system(),
                                    .check_only = check_only};
    session_free(f->session);
    f->session = session_new(&config);
}

static void fixture_release(struct fixture *f)
{
    static const char *const names[] = {"in.csv", "out.csv", "more.jsonl", "stdin.csv"};
    char path[128];
    session_free(f->session);
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        snprintf(path, sizeof path, "%s/%s", f->folder, names[i]);
        unlink(path);
    }
    assert_int_equal(rmdir(f->folder), 0);
    bytebuf_release(&f->tape.out);
}

static void put_file(const struct fixture *f, const char *name, const char *content)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(content, 1, strlen(content), file), strlen(content));
    fclose(file);
}

static void expect_file(const char *path, struct slice expected)
{
    struct bytebuf got = {0};
    struct error err;
    assert_int_equal(text_file_read(fs_system(), path, &got, &err), OK);
    if (!slice_equal(bytebuf_slice(&got), expected)) {
        fail_msg("%s: %s", path, bytebuf_text(&got));
    }
    bytebuf_release(&got);
}

static void expect_name(const struct fixture *f, const char *name, const char *expected)
{
    char path[128];
    snprintf(path, sizeof path, "%s/%s", f->folder, name);
    expect_file(path, slice_text(expected));
}

/* Runs a script in which @ stands for the folder. */
static int run(struct fixture *f, const char *script)
{
    struct bytebuf text = {0};
    for (const char *c = script; *c != '\0'; c++) {
        if (*c == '@') {
            bytebuf_add_text(&text, f->folder);
        } else {
            bytebuf_add_byte(&text, (uint8_t)*c);
        }
    }
    bytebuf_clear(&f->tape.out);
    int exit_code = session_text(f->session, bytebuf_slice(&text), NULL);
    if (exit_code == 0) {
        exit_code = session_run(f->session);
    }
    bytebuf_release(&text);
    return exit_code;
}

static void expect(struct fixture *f, const char *text)
{
    assert_string_equal(bytebuf_text(&f->tape.out), text);
}

static const char payments[] = "ts,card,amount\n"
                               "2026-01-05T09:00:01Z,c1,10.00\n"
                               "2026-01-05T09:00:02Z,c2,5.50\n"
                               "2026-01-05T09:00:11Z,c1,7.25\n";

static const char create_tx[] =
    "CREATE STREAM tx (ts TIMESTAMP, card TEXT, amount DECIMAL(12,2)) FROM 'file:@/in.csv' FORMAT "
    "csv;";

/* ---- queries -------------------------------------------------------------------------------- */

static void test_select_prints(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    put_file(&f, "in.csv", payments);
    fixture_open(&f, false);
    assert_int_equal(run(&f, create_tx), 0);
    assert_int_equal(run(&f, "SELECT card, amount FROM tx WHERE amount > 6"), 0);
    expect(&f, "card,amount\nc1,10.00\nc1,7.25\n");
    assert_int_equal(run(&f,
                         "SELECT count(*) AS n, sum(amount) AS total FROM tx WINDOW 10s ON ts;"),
                     0);
    expect(&f, "window_start,window_end,n,total\n"
               "2026-01-05T09:00:00Z,2026-01-05T09:00:10Z,2,15.50\n"
               "2026-01-05T09:00:10Z,2026-01-05T09:00:20Z,1,7.25\n");
    fixture_release(&f);
}

static void test_columns_are_inferred(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    put_file(&f, "in.csv", payments);
    fixture_open(&f, false);
    assert_int_equal(run(&f, "SELECT card, amount FROM '@/in.csv' WHERE amount < 6"), 0);
    expect(&f, "card,amount\nc2,5.5\n"); /* a guess makes no DECIMAL */
    fixture_release(&f);
}

/* INSERTs wait for the end of the script and run together. */
static void test_inserts_are_collected(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    put_file(&f, "in.csv", payments);
    fixture_open(&f, false);
    assert_int_equal(run(&f, create_tx), 0);
    assert_int_equal(session_text(f.session, slice_text("CREATE SINK none TO 'file:/dev/null'"),
                                  NULL),
                     0);
    assert_false(session_has_queries(f.session));
    assert_int_equal(run(&f, "CREATE SINK big TO 'file:@/out.csv';"
                             "CREATE SINK small TO 'file:@/more.jsonl';"
                             "INSERT INTO big SELECT card, amount FROM tx WHERE amount > 6;"
                             "INSERT INTO small SELECT card FROM tx WHERE amount < 6;"),
                     0);
    expect(&f, "");
    expect_name(&f, "out.csv", "card,amount\nc1,10.00\nc1,7.25\n");
    expect_name(&f, "more.jsonl", "{\"card\":\"c2\"}\n");
    assert_false(session_has_queries(f.session));
    fixture_release(&f);
}

static void test_into_a_file(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    put_file(&f, "in.csv", payments);
    fixture_open(&f, false);
    assert_int_equal(run(&f, create_tx), 0);
    assert_int_equal(run(&f, "SELECT card FROM tx INTO 'file:@/out.csv'"), 0);
    expect(&f, "");
    expect_name(&f, "out.csv", "card\nc1\nc2\nc1\n");
    fixture_release(&f);
}

static void test_forms_and_limits(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    put_file(&f, "in.csv", payments);
    f.args.output = "json";
    f.args.max_rows = 2;
    fixture_open(&f, false);
    assert_int_equal(run(&f, create_tx), 0);
    assert_int_equal(run(&f, "SELECT card FROM tx"), 0);
    expect(&f, "[\n{\"card\":\"c1\"},\n{\"card\":\"c2\"}\n]\n");
    fixture_release(&f);
}

static void test_show_and_describe(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    put_file(&f, "in.csv", payments);
    fixture_open(&f, false);
    assert_int_equal(run(&f, create_tx), 0);
    assert_int_equal(run(&f, "SHOW SINKS"), 0);
    expect(&f, "name,target,format\n");
    assert_int_equal(run(&f, "DESCRIBE tx"), 0);
    assert_non_null(strstr(bytebuf_text(&f.tape.out), "amount,\"DECIMAL(12,2)\",yes,"));
    assert_int_equal(run(&f, "DESCRIBE SELECT amount AS a FROM tx"), 0);
    expect(&f, "column,type,null,note\na,\"DECIMAL(12,2)\",yes,\n");
    assert_int_equal(run(&f, "SET trigger = '1s'; SHOW SETTINGS"), 0);
    assert_non_null(strstr(bytebuf_text(&f.tape.out), "\ntrigger,1s,asap,"));
    fixture_release(&f);
}

static void test_explain(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    put_file(&f, "in.csv", payments);
    fixture_open(&f, false);
    assert_int_equal(run(&f, create_tx), 0);
    assert_int_equal(run(&f, "EXPLAIN SELECT card FROM tx WHERE amount > 6"), 0);
    assert_true(f.tape.out.len > 0);
    assert_int_equal(run(&f, "EXPLAIN ANALYZE SELECT card FROM tx WHERE amount > 6"), 0);
    assert_non_null(strstr(bytebuf_text(&f.tape.out), "3")); /* rows of the file */
    assert_int_equal(run(&f, "EXPLAIN WHY SELECT card FROM tx WHERE amount > 600"), 0);
    assert_non_null(strstr(bytebuf_text(&f.tape.out), "verdict: the filters let no row through"));
    fixture_release(&f);
}

/* ---- what goes wrong ------------------------------------------------------------------------ */

static void test_the_first_error_stops(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    put_file(&f, "in.csv", payments);
    fixture_open(&f, false);
    assert_int_equal(run(&f, create_tx), 0);
    assert_int_equal(run(&f, "SELECT card FROM tx WHERE amount > 9; SELECT crd FROM tx;"
                             "SELECT card FROM tx;"),
                     3);
    expect(&f, "card\nc1\n");
    fixture_release(&f);
}

static void test_exit_codes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    put_file(&f, "in.csv", "card,n\nc1,1\nc2,many\n");
    fixture_open(&f, false);
    assert_int_equal(run(&f, "SELEC 1"), 3);
    assert_int_equal(run(&f, "SELECT 'open"), 3);
    assert_int_equal(run(&f, "CREATE STREAM s FROM 'tpc://127.0.0.1:1' FORMAT line"), 3);
    assert_int_equal(run(&f, "CHECKPOINT"), 3);
    assert_int_equal(run(&f, "CHECKPOINT no_such_query"), 3);
    assert_int_equal(run(&f, "CREATE STREAM gone (a TEXT) FROM 'file:@/gone.csv' FORMAT csv;"
                             "SELECT a FROM gone"),
                     1);
    assert_int_equal(run(&f, "CREATE STREAM strict (card TEXT, n BIGINT) FROM 'file:@/in.csv' "
                             "FORMAT csv ON ERROR FAIL; SELECT card, n FROM strict"),
                     5);
    assert_int_equal(run(&f, "CREATE STREAM lax (card TEXT, n BIGINT) FROM 'file:@/in.csv' "
                             "FORMAT csv; SELECT card, n FROM lax"),
                     0);
    expect(&f, "card,n\nc1,1\n");
    assert_int_equal(run(&f, " ; ; -- nothing"), 0);
    fixture_release(&f);
}

static void test_check_runs_nothing(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f);
    put_file(&f, "in.csv", payments);
    fixture_open(&f, true);
    char script[512];
    snprintf(script, sizeof script, "%s SELECT card FROM tx;", create_tx);
    struct bytebuf text = {0};
    for (const char *c = script; *c != '\0'; c++) {
        if (*c == '@') {
            bytebuf_add_text(&text, f.folder);
        } else {
            bytebuf_add_byte(&text, (uint8_t)*c);
        }
    }
    assert_int_equal(session_text(f.session, bytebuf_slice(&text), NULL), 0);
    expect(&f, "");
    session_explain(f.session);
    assert_true(f.tape.out.len > 0);
    bytebuf_release(&text);
    fixture_release(&f);
}

/* ---- the examples --------------------------------------------------------------------------- */

static void check_example(const char *folder, const char *script)
{
    struct fixture f;
    struct bytebuf text = {0};
    struct error err;
    char path[128];
    fixture_init(&f);
    fixture_open(&f, false);
    snprintf(path, sizeof path, "examples/%s/%s", folder, script);
    assert_int_equal(text_file_read(fs_system(), path, &text, &err), OK);
    assert_int_equal(session_text(f.session, bytebuf_slice(&text), path), 0);
    snprintf(path, sizeof path, "examples/%s/expected.csv", folder);
    expect_file(path, bytebuf_slice(&f.tape.out));
    bytebuf_release(&text);
    fixture_release(&f);
}

static void test_example_fraud(void **state)
{
    (void)state;
    check_example("fraud", "fraud.sql");
}

static void test_example_log(void **state)
{
    (void)state;
    check_example("log", "errors.sql");
}

TEST_MAIN(cmocka_unit_test(test_select_prints), cmocka_unit_test(test_columns_are_inferred),
          cmocka_unit_test(test_inserts_are_collected), cmocka_unit_test(test_into_a_file),
          cmocka_unit_test(test_forms_and_limits), cmocka_unit_test(test_show_and_describe),
          cmocka_unit_test(test_explain), cmocka_unit_test(test_the_first_error_stops),
          cmocka_unit_test(test_exit_codes), cmocka_unit_test(test_check_runs_nothing),
          cmocka_unit_test(test_example_fraud), cmocka_unit_test(test_example_log))
