/* test_prompt_state: tailrace --state DIR at a terminal: queries in the background that live
 * through kill -9 of the prompt. Input comes over a connection: nobody can send it twice. */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "engine/base/fs.h"
#include "tests/shell/typist.h"

enum { TEXT_BYTES = 512 };

/* One end of a socket, and what the statements call it. */
struct sender {
    int listener;
    int connection;
    uint32_t n; /* lines sent so far */
    char stream[TEXT_BYTES];
};

static void sender_init(struct sender *sender, const char *stream, const char *columns,
                        const char *format)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    *sender = (struct sender){.listener = socket(AF_INET, SOCK_STREAM, 0), .connection = -1};
    assert_int_equal(bind(sender->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(sender->listener, 4), 0);
    assert_int_equal(getsockname(sender->listener, (struct sockaddr *)&address, &len), 0);
    snprintf(sender->stream, sizeof sender->stream,
             "CREATE STREAM %s%s FROM 'tcp://127.0.0.1:%d' FORMAT %s;\n", stream, columns,
             (int)ntohs(address.sin_port), format);
}

static bool sender_is_asked(const struct sender *sender, int wait_ms)
{
    struct pollfd wanted = {.fd = sender->listener, .events = POLLIN};
    return poll(&wanted, 1, wait_ms) > 0;
}

static void sender_accept(struct sender *sender)
{
    if (sender->connection >= 0) {
        close(sender->connection);
    }
    assert_true(sender_is_asked(sender, GIVE_UP_MS));
    sender->connection = accept(sender->listener, NULL, NULL);
    assert_true(sender->connection >= 0);
}

static void sender_send(struct sender *sender, uint32_t n)
{
    struct bytebuf lines = {0};
    for (uint32_t i = 0; i < n; i++) {
        bytebuf_printf(&lines, "%u\n", sender->n++);
    }
    assert_int_equal(write(sender->connection, lines.at, lines.len), (ssize_t)lines.len);
    bytebuf_release(&lines);
}

static void sender_write(const struct sender *sender, const char *text)
{
    assert_int_equal(write(sender->connection, text, strlen(text)), (ssize_t)strlen(text));
}

static void sender_release(struct sender *sender)
{
    close(sender->connection);
    close(sender->listener);
}

/* ---- the prompt ------------------------------------------------------------------------------ */

static const char *in_home(char *path, const char *name)
{
    snprintf(path, TEXT_BYTES, "%s/%s", home, name);
    return path;
}

/* With --state, on a folder of the test's home. */
static void start_with_state(struct typist *t, const char *dir)
{
    static char command[] = "tailrace";
    static char option[] = "--state";
    char path[TEXT_BYTES];
    in_home(path, dir);
    char *argv[] = {command, option, path, NULL};
    typist_start(t, 3, argv);
}

static void create_sink(const struct typist *t, const char *name)
{
    char text[2 * TEXT_BYTES];
    snprintf(text, sizeof text, "CREATE SINK %s TO 'file:%s/%s.csv';\n", name, home, name);
    type(t, text);
}

/* A row that a query in the foreground sees has come to those in the background, too. */
static void see_lines_come(struct typist *t, struct sender *sender, uint32_t n)
{
    char total[TEXT_BYTES];
    type(t, "SELECT count(*) AS lines_come FROM s EMIT CHANGES;\n");
    see(t, "Ctrl-C stops");
    sender_send(sender, n);
    snprintf(total, sizeof total, "%u", n);
    see(t, "lines_come");
    see(t, total);
    type(t, "\x03");
    see(t, "tr> ");
}

static void kill_shell(struct typist *t)
{
    int status;
    assert_int_equal(kill(t->child, SIGKILL), 0);
    assert_int_equal(waitpid(t->child, &status, 0), t->child);
    close(t->terminal);
    bytebuf_release(&t->seen);
}

static void leave(struct typist *t)
{
    type(t, ".quit\n");
    assert_int_equal(typist_end(t), 0);
}

/* The file has the lines from..to-1, each once, in order, behind the name of the column. */
static void check_lines(const char *name, uint32_t from, uint32_t to)
{
    char path[TEXT_BYTES];
    struct bytebuf file = {0};
    struct bytebuf wanted = {0};
    struct error err;
    bytebuf_add_text(&wanted, "n\n");
    for (uint32_t i = from; i < to; i++) {
        bytebuf_printf(&wanted, "%u\n", i);
    }
    assert_int_equal(fs_read_file(fs_system(), in_home(path, name), 1 << 20, &file, &err), OK);
    assert_string_equal(bytebuf_text(&file), bytebuf_text(&wanted));
    bytebuf_release(&file);
    bytebuf_release(&wanted);
}

/* ---- tests ----------------------------------------------------------------------------------- */

static void test_kill_and_go_on(void **state)
{
    struct typist t;
    struct sender sender;
    (void)state;
    sender_init(&sender, "s", " (n BIGINT)", "csv");
    start_with_state(&t, "kill");
    see(&t, "no query is kept yet");
    see(&t, "tr> ");
    type(&t, sender.stream);
    create_sink(&t, "a");
    create_sink(&t, "b");
    type(&t, "INSERT INTO a SELECT n FROM s;\n");
    see(&t, "query a runs");
    sender_accept(&sender);
    see_lines_come(&t, &sender, 10);
    type(&t, "INSERT INTO b SELECT n FROM s;\n"); /* the connection stays */
    see(&t, "query b runs");
    see_lines_come(&t, &sender, 20);
    kill_shell(&t);

    start_with_state(&t, "kill");
    see(&t, "2 queries go on behind epoch");
    see(&t, ": a, b");
    see(&t, "tr> ");
    sender_accept(&sender);
    see_lines_come(&t, &sender, 30);
    type(&t, "CHECKPOINT;\n");
    see(&t, "checkpoint: all up to epoch");
    type(&t, "CHECKPOINT b;\n");
    see(&t, "are written together");
    type(&t, "STOP QUERY b;\nSHOW QUERIES;\n");
    see(&t, "stopped");
    see_lines_come(&t, &sender, 5);
    kill_shell(&t);

    start_with_state(&t, "kill");
    see(&t, "1 query goes on behind epoch");
    see(&t, ": a");
    see(&t, "tr> ");
    leave(&t);
    check_lines("a.csv", 0, 65);
    check_lines("b.csv", 10, 60);
    sender_release(&sender);
}

/* What is read for RETAIN alone is read by the first query from where it is, on the same
 * connection; and whoever reads along outlives neither. */
static void test_a_query_takes_over(void **state)
{
    struct typist t;
    struct sender sender;
    (void)state;
    sender_init(&sender, "s", " (n BIGINT)", "csv RETAIN 1h");
    start_with_state(&t, "takes");
    see(&t, "tr> ");
    type(&t, sender.stream);
    sender_accept(&sender);
    see_lines_come(&t, &sender, 10);
    create_sink(&t, "c");
    type(&t, "INSERT INTO c SELECT n FROM s;\n");
    see(&t, "query c runs");
    see_lines_come(&t, &sender, 20);
    assert_false(sender_is_asked(&sender, 0));
    type(&t, "SELECT count(*) AS all_lines FROM TABLE(s);\n");
    see(&t, "all_lines");
    see(&t, "30");
    type(&t, "STOP QUERY c;\n");
    see_lines_come(&t, &sender, 5);
    assert_false(sender_is_asked(&sender, 0));
    leave(&t);
    check_lines("c.csv", 10, 30);
    sender_release(&sender);
}

/* Who only reads has no state, and comes when the queries have theirs. */
static void test_retain_goes_on(void **state)
{
    struct typist t;
    struct sender sender;
    (void)state;
    sender_init(&sender, "s", " (n BIGINT)", "csv RETAIN 1h");
    start_with_state(&t, "retain");
    see(&t, "tr> ");
    type(&t, sender.stream);
    sender_accept(&sender);
    create_sink(&t, "d");
    type(&t, "INSERT INTO d SELECT n FROM s;\n");
    see(&t, "query d runs");
    see_lines_come(&t, &sender, 10);
    leave(&t);
    start_with_state(&t, "retain");
    see(&t, "1 query goes on behind epoch");
    see(&t, "tr> ");
    sender_accept(&sender);
    see_lines_come(&t, &sender, 5);
    type(&t, ".progress\n");
    see(&t, "RETAIN s: batch");
    leave(&t);
    check_lines("d.csv", 0, 15);
    sender_release(&sender);
}

/* A query that asks for a word only must not keep the other lines from those that come later. */
static void test_a_query_with_a_word(void **state)
{
    struct typist t;
    struct sender sender;
    (void)state;
    sender_init(&sender, "s", "", "line");
    start_shell(&t);
    type(&t, sender.stream);
    type(&t, "CREATE QUERY w AS SELECT line FROM s WHERE line LIKE '%word%';\n");
    see(&t, "query w runs");
    sender_accept(&sender);
    sender_write(&sender, "a word\n"); /* it reads for that query alone */
    see(&t, "a word");
    see_lines_come(&t, &sender, 10);
    leave(&t);
    sender_release(&sender);
}

static void test_one_at_a_time(void **state)
{
    struct typist t;
    struct typist second;
    (void)state;
    start_with_state(&t, "locked");
    see(&t, "tr> ");
    start_with_state(&second, "locked");
    see(&second, "is in use by process");
    assert_int_equal(typist_end(&second), 10);
    leave(&t);
}

static void put_script(const char *dir, const char *text)
{
    char path[TEXT_BYTES];
    snprintf(path, sizeof path, "%s/%s/job.sql", home, dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* A job whose statements cannot be done is left as it is, and it is said what to do. */
static void test_what_cannot_go_on(void **state)
{
    static const struct {
        const char *script;
        const char *said;
        const char *hint;
        int exit_code;
    } cases[] = {
        {"CREATE STREAM k FROM 'kafka://127.0.0.1:1/t?kafka.sasl.password=***' FORMAT line;\n",
         "line 1: a secret is not there, only ***", "write ${NAME} in its place", 1},
        {"CREATE STREAM r FROM 'file:/no/such/file.csv';\n", "/no/such/file.csv",
         "cannot go on, and nothing in it was changed", 1},
        {"SELECT 1 AS one FROM 'gen://rows?rows=1' FORMAT csv;\n", "a SELECT without a name",
         "cannot go on, and nothing in it was changed", 1},
        {"-- nothing\n", "query \"d\" has changed", "--accept-change", 30},
    };
    struct typist t;
    struct sender sender;
    (void)state;
    sender_init(&sender, "s", " (n BIGINT)", "csv");
    start_with_state(&t, "changed");
    see(&t, "tr> ");
    type(&t, sender.stream);
    create_sink(&t, "d");
    type(&t, "INSERT INTO d SELECT n FROM s;\n");
    see(&t, "query d runs");
    leave(&t);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        put_script("changed", cases[i].script);
        start_with_state(&t, "changed");
        see(&t, cases[i].said);
        see(&t, cases[i].hint);
        assert_int_equal(typist_end(&t), cases[i].exit_code);
    }
    sender_release(&sender);
}

/* A step of the job that fails ends the prompt, whatever it is busy with, as it ends a run; the
 * next start goes on. */
static void test_a_failure_ends_it(void **state)
{
    static const char *const busy[] = {
        "CHECKPOINT;\n",
        "STOP QUERY e;\n",
        "INSERT INTO f SELECT n FROM s;\n",
        ".quit\n",
    };
    char from[TEXT_BYTES];
    char to[TEXT_BYTES];
    struct typist t;
    struct sender sender;
    (void)state;
    sender_init(&sender, "s", " (n BIGINT)", "csv");
    for (size_t i = 0; i < sizeof busy / sizeof *busy; i++) {
        start_with_state(&t, "fails");
        if (i == 0) {
            see(&t, "tr> ");
            type(&t, sender.stream);
            create_sink(&t, "e");
            create_sink(&t, "f");
            type(&t, "INSERT INTO e SELECT n FROM s;\n");
            see(&t, "query e runs");
        } else {
            see(&t, "1 query goes on behind epoch");
        }
        see(&t, "tr> ");
        sender_accept(&sender);
        see_lines_come(&t, &sender, 10);
        assert_int_equal(rename(in_home(from, "fails"), in_home(to, "gone")), 0);
        type(&t, busy[i]);
        see(&t, "nothing is lost");
        assert_int_equal(typist_end(&t), 4);
        assert_int_equal(rename(to, from), 0);
    }
    start_with_state(&t, "fails");
    see(&t, "1 query goes on behind epoch");
    see(&t, "tr> ");
    leave(&t);
    check_lines("e.csv", 0, 40);
    sender_release(&sender);
}

/* The same while a query in the foreground draws its table. */
static void test_a_failure_beside(void **state)
{
    char from[TEXT_BYTES];
    char to[TEXT_BYTES];
    struct typist t;
    struct sender sender;
    (void)state;
    sender_init(&sender, "s", " (n BIGINT)", "csv");
    start_with_state(&t, "beside");
    see(&t, "tr> ");
    type(&t, sender.stream);
    create_sink(&t, "g");
    type(&t, "INSERT INTO g SELECT n FROM s;\n");
    see(&t, "query g runs");
    sender_accept(&sender);
    see_lines_come(&t, &sender, 10);
    type(&t, "SELECT count(*) AS lines_come FROM s EMIT CHANGES;\n");
    see(&t, "Ctrl-C stops");
    assert_int_equal(rename(in_home(from, "beside"), in_home(to, "gone")), 0);
    assert_int_equal(kill(t.child, SIGUSR2), 0);
    see(&t, "nothing is lost");
    assert_int_equal(typist_end(&t), 4);
    sender_release(&sender);
}

/* A statement that did nothing is none of the job. */
static void test_if_not_exists(void **state)
{
    static const char gen[] = "g FROM 'gen://rows?rate=10' FORMAT csv;\n";
    char text[TEXT_BYTES];
    struct typist t;
    (void)state;
    start_with_state(&t, "twice");
    see(&t, "tr> ");
    snprintf(text, sizeof text,
             "CREATE STREAM %sCREATE STREAM IF NOT EXISTS %sDROP STREAM g;\nCREATE STREAM %s", gen,
             gen, gen);
    type(&t, text);
    type(&t, "CREATE QUERY q AS SELECT count(*) AS n FROM g EMIT CHANGES;\n");
    see(&t, "query q runs");
    leave(&t);
    start_with_state(&t, "twice");
    see(&t, "1 query goes on behind epoch");
    see(&t, "tr> ");
    leave(&t);
}

/* Who only reads along fails; nobody touches a key, and the queries that are kept go on. */
static void test_a_collector_fails(void **state)
{
    struct typist t;
    struct sender kept;
    struct sender read;
    (void)state;
    sender_init(&kept, "s", " (n BIGINT)", "csv");
    sender_init(&read, "r", " (n BIGINT)", "csv ON ERROR FAIL RETAIN 1h");
    start_with_state(&t, "collector");
    see(&t, "tr> ");
    type(&t, kept.stream);
    type(&t, "CREATE QUERY w AS SELECT n AS number FROM s;\n");
    see(&t, "query w runs");
    sender_accept(&kept);
    type(&t, read.stream);
    sender_accept(&read);
    sender_write(&read, "1\n2,3\n"); /* no column is decoded: only what cannot be split is bad */
    see(&t, "bad row in stream");
    see(&t, "tr> ");
    sender_write(&kept, "4711\n");
    see(&t, "4711");
    leave(&t);
    sender_release(&kept);
    sender_release(&read);
}

/* SIGTERM ends the prompt as Ctrl-D does, also one that is busy; what follows is not begun. */
static void test_terminated_beside(void **state)
{
    struct typist t;
    struct sender sender;
    (void)state;
    sender_init(&sender, "s", " (n BIGINT)", "csv");
    start_with_state(&t, "terminated");
    see(&t, "tr> ");
    type(&t, sender.stream);
    create_sink(&t, "h");
    type(&t, "INSERT INTO h SELECT n FROM s;\n");
    see(&t, "query h runs");
    sender_accept(&sender);
    see_lines_come(&t, &sender, 10);
    type(&t, "SELECT count(*) AS lines_come FROM s EMIT CHANGES; SELECT 'lat' || 'er' AS it;\n");
    see(&t, "Ctrl-C stops");
    assert_int_equal(kill(t.child, SIGTERM), 0);
    assert_int_equal(typist_end_keep(&t), 0);
    assert_null(slice_find(bytebuf_slice(&t.seen), slice_text("later")));
    bytebuf_release(&t.seen);
    check_lines("h.csv", 0, 10);
    start_with_state(&t, "terminated");
    see(&t, "1 query goes on behind epoch");
    see(&t, "tr> ");
    leave(&t);
    sender_release(&sender);
}

/* Queries over queries: job.sql has what is read in front, also if it does not run any more. */
static void test_queries_read_queries(void **state)
{
    static const struct {
        const char *statements;
        const char *said; /* at the last of them */
        const char *go_on;
    } cases[] = {
        {"CREATE QUERY q2 AS SELECT n FROM q1;\nSTOP QUERY q1;\nSHOW QUERIES;\n", "stopped",
         ": q2"},
        {"CREATE QUERY q2 AS SELECT n FROM q1;\nSTOP QUERY q1;\nSTART QUERY q1;\n", "query q1 runs",
         ": q1, q2"},
        {"CREATE VIEW v AS SELECT n FROM q1;\nCREATE QUERY q2 AS SELECT n FROM v;\nSTOP QUERY q1;\n"
         "SHOW QUERIES;\n",
         "stopped", ": q2"},
        {"CREATE VIEW v AS SELECT n FROM q1;\nCREATE QUERY q2 AS SELECT n FROM v;\nSHOW VIEWS;\n",
         "FROM q1", ": q1, q2"},
    };
    struct typist t;
    struct sender sender;
    (void)state;
    sender_init(&sender, "s", " (n BIGINT)", "csv");
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        char dir[TEXT_BYTES];
        snprintf(dir, sizeof dir, "over%zu", i);
        start_with_state(&t, dir);
        see(&t, "tr> ");
        type(&t, sender.stream);
        type(&t, "CREATE QUERY q1 AS SELECT n FROM s;\n");
        see(&t, "query q1 runs");
        type(&t, cases[i].statements);
        see(&t, "query q2 runs");
        see(&t, cases[i].said);
        leave(&t);
        for (int again = 0; again < 2; again++) {
            start_with_state(&t, dir);
            see(&t, "on behind epoch");
            see(&t, cases[i].go_on);
            see(&t, "tr> ");
            leave(&t);
        }
    }
    sender_release(&sender);
}

static void put_config(const char *text)
{
    char path[TEXT_BYTES];
    (void)!mkdir(in_home(path, ".config"), 0700);
    (void)!mkdir(in_home(path, ".config/tailrace"), 0700);
    FILE *file = fopen(in_home(path, ".config/tailrace/tailracerc"), "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* tailracerc says at every start what job.sql has said by then: that is no error, and is not
 * written once more. */
static void test_configuration(void **state)
{
    static const char said[] =
        "SET memory_limit = '2GiB';\n"
        "CREATE STREAM g (n BIGINT, v BIGINT) FROM 'gen://rows?rate=10' FORMAT csv;\n"
        "CREATE QUERY c AS SELECT count(*) AS n FROM g EMIT CHANGES;\n";
    char path[TEXT_BYTES];
    struct bytebuf script = {0};
    struct error err;
    struct typist t;
    (void)state;
    put_config(said);
    for (int i = 0; i < 3; i++) {
        start_with_state(&t, "config");
        see(&t, i == 0 ? "query c runs" : "1 query goes on behind epoch");
        see(&t, "tr> ");
        type(&t, ".quit\n");
        assert_int_equal(typist_end_keep(&t), 0);
        assert_null(slice_find(bytebuf_slice(&t.seen), slice_text("error")));
        bytebuf_release(&t.seen);
    }
    assert_int_equal(fs_read_file(fs_system(), in_home(path, "config/job.sql"), 4096, &script,
                                  &err),
                     OK);
    assert_string_equal(bytebuf_text(&script), said);
    bytebuf_release(&script);
    put_config("CREATE STREAM g (n TEXT) FROM 'gen://rows?rate=10' FORMAT csv;\n");
    start_with_state(&t, "config");
    see(&t, "there is a stream \"g\" already");
    see(&t, "tr> ");
    leave(&t);
    assert_int_equal(unlink(in_home(path, ".config/tailrace/tailracerc")), 0);
}

static void test_without_state(void **state)
{
    struct typist t;
    (void)state;
    start_shell(&t);
    type(&t, "CHECKPOINT;\n");
    see(&t, "there is no directory to write to");
    see(&t, "tailrace --state DIR");
    leave(&t);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kill_and_go_on),       cmocka_unit_test(test_a_query_takes_over),
        cmocka_unit_test(test_retain_goes_on),       cmocka_unit_test(test_a_query_with_a_word),
        cmocka_unit_test(test_one_at_a_time),        cmocka_unit_test(test_what_cannot_go_on),
        cmocka_unit_test(test_a_failure_ends_it),    cmocka_unit_test(test_a_failure_beside),
        cmocka_unit_test(test_if_not_exists),        cmocka_unit_test(test_configuration),
        cmocka_unit_test(test_queries_read_queries), cmocka_unit_test(test_a_collector_fails),
        cmocka_unit_test(test_terminated_beside),    cmocka_unit_test(test_without_state),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
