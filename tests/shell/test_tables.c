/* test_tables: what is asked at any time: TABLE(s) of a stream over TCP while queries read it, on a
 * pseudo-terminal (typist.h). The far side of the connection is here. */
#include <arpa/inet.h>
#include <sys/socket.h>

#include "engine/base/mem.h"
#include "shell/text_file.h"
#include "tests/shell/typist.h"

struct rig {
    int listener;
    int peer;
    char port[16];
    struct typist t;
};

static void start(struct rig *rig)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    socklen_t len = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    rig->peer = -1;
    rig->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_int_equal(bind(rig->listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(rig->listener, 1), 0);
    assert_int_equal(getsockname(rig->listener, (struct sockaddr *)&address, &len), 0);
    snprintf(rig->port, sizeof rig->port, "%d", ntohs(address.sin_port));
    start_shell(&rig->t);
}

static void finish(struct rig *rig)
{
    type(&rig->t, ".quit\n");
    assert_int_equal(typist_end(&rig->t), 0);
    close(rig->peer);
    close(rig->listener);
}

/* Types a line in which @ is the port and ~ the folder. */
static void say(struct rig *rig, const char *line)
{
    struct bytebuf text = {0};
    for (const char *c = line; *c != '\0'; c++) {
        if (*c == '@' || *c == '~') {
            bytebuf_add_text(&text, *c == '@' ? rig->port : home);
        } else {
            bytebuf_add_byte(&text, (uint8_t)*c);
        }
    }
    bytebuf_add_byte(&text, '\n');
    type(&rig->t, bytebuf_text(&text));
    bytebuf_release(&text);
}

/* …and waits for each of the texts, and for the next prompt. */
static void ask(struct rig *rig, const char *line, const char *const *answers)
{
    say(rig, line);
    see(&rig->t, ";"); /* the echo of what was typed */
    for (; *answers != NULL; answers++) {
        see(&rig->t, *answers);
    }
    see(&rig->t, "tr> ");
}

static void tell(struct rig *rig, const char *line)
{
    ask(rig, line, (const char *const[]){NULL});
}

#define ASK(rig, line, ...) ask(rig, line, (const char *const[]){__VA_ARGS__, NULL})

static void send_text(struct rig *rig, struct slice text)
{
    if (rig->peer < 0) {
        rig->peer = accept(rig->listener, NULL, NULL);
        assert_true(rig->peer >= 0);
    }
    while (text.len > 0) {
        ssize_t n = send(rig->peer, text.at, text.len, MSG_NOSIGNAL);
        assert_true(n > 0);
        text = slice_of(text.at + n, text.len - (size_t)n);
    }
}

static void expect_file(const char *name, const char *content)
{
    char path[128];
    struct bytebuf got = {0};
    struct error err;
    snprintf(path, sizeof path, "%s/%s", home, name);
    assert_int_equal(text_file_read(fs_system(), path, &got, &err), OK);
    assert_string_equal(bytebuf_text(&got), content);
    bytebuf_release(&got);
}

static const char create[] =
    "CREATE STREAM s (ts TIMESTAMP, k TEXT, n BIGINT, WATERMARK ts DELAY 0s) FROM "
    "'tcp://127.0.0.1:@' FORMAT csv;";

/* What a query in the background says in the end is the same, whatever is asked meanwhile. */
static void test_a_table_while_a_query_runs(void **state)
{
    struct rig rig;
    (void)state;
    start(&rig);
    tell(&rig, create);
    ASK(&rig, "SELECT n FROM TABLE(s);", "no query has read stream \"s\"");
    ASK(&rig, "SELECT n FROM TABLE(sx);", "did you mean \"s\"");
    ASK(&rig, "CREATE QUERY w AS SELECT count(*) AS n FROM s WINDOW 10s INTO 'file:~/w.csv';",
        "query w runs");
    ASK(&rig, "CREATE QUERY seen AS SELECT n FROM s;", "query seen runs");
    send_text(&rig, slice_text("2026-01-05T09:00:01Z,a,101\n2026-01-05T09:00:02Z,b,102\n"
                               "2026-01-05T09:00:11Z,a,103\nbad\n"));
    see(&rig.t, "103");
    ASK(&rig, "SELECT k, sum(n) AS total FROM TABLE(s) GROUP BY k ORDER BY total DESC LIMIT 1;",
        "│ a", "204");
    ASK(&rig, "SELECT _line, n FROM TABLE(s) ORDER BY n DESC LIMIT 2;", "103 │", "102 │");
    /* Of finite input nothing is late, and its windows are whole. */
    ASK(&rig, "SELECT count(*) AS rows_so_far FROM TABLE(s) WINDOW 20s;", "rows_so_far", " 3 │");
    ASK(&rig, "EXPLAIN SELECT n FROM TABLE(s);", "scan TABLE(s)");
    send_text(&rig, slice_text("2026-01-05T09:00:12Z,b,104\n2026-01-05T09:00:21Z,c,105\n"));
    see(&rig.t, "105");
    ASK(&rig, "SELECT count(*) AS many, max(k) AS last FROM TABLE(s) HAVING count(*) > 4;",
        "5 │ c");
    tell(&rig, "STOP QUERY w;");
    tell(&rig, "DROP QUERY seen;");
    ASK(&rig, "SELECT count(*) AS many FROM TABLE(s);", "5 │"); /* kept, though nobody reads */
    finish(&rig);
    expect_file("w.csv", "window_start,window_end,n\n"
                         "2026-01-05T09:00:00Z,2026-01-05T09:00:10Z,2\n"
                         "2026-01-05T09:00:10Z,2026-01-05T09:00:20Z,2\n");
}

/* Lines of 1 MB, and less room than one of them: the newest is there, and no half of one. */
static void test_long_lines_and_little_room(void **state)
{
    enum { LINE_BYTES = 1000000, LINES = 5 };
    struct rig rig;
    (void)state;
    start(&rig);
    tell(&rig, "CREATE STREAM s FROM 'tcp://127.0.0.1:@' FORMAT line RETAIN 64KB;");
    ASK(&rig, "CREATE QUERY seen AS SELECT left(line, 4) AS line FROM s;", "query seen runs");
    char *line = mem_alloc(LINE_BYTES);
    memset(line, 'x', LINE_BYTES);
    line[LINE_BYTES - 1] = '\n';
    for (int i = 0; i < LINES; i++) {
        line[3] = (char)('0' + i);
        send_text(&rig, slice_of((const uint8_t *)line, LINE_BYTES));
        char first[5] = "xxx?";
        first[3] = line[3];
        see(&rig.t, first);
    }
    mem_free(line);
    ASK(&rig, "SELECT 'n' || count(*) || ' ' || min(length(line)) AS it FROM TABLE(s);",
        "TABLE(s): what came since", "n1 999999");
    ASK(&rig, "SELECT left(line, 4) AS it FROM TABLE(s);", "xxx4");
    finish(&rig);
}

/* SET says what is kept of streams that say nothing. */
static void test_settings(void **state)
{
    struct rig rig;
    (void)state;
    start(&rig);
    tell(&rig, "SET retain = 'off';");
    tell(&rig, create);
    ASK(&rig, "CREATE QUERY seen AS SELECT n FROM s;", "query seen runs");
    send_text(&rig, slice_text("2026-01-05T09:00:01Z,a,101\n"));
    see(&rig.t, "101");
    ASK(&rig, "SELECT n FROM TABLE(s);", "nothing of stream \"s\" is kept", "RETAIN 1h");
    ASK(&rig, "SET retain = '1x';", "retain is a time such as 1h, a size");
    tell(&rig, "STOP QUERY seen;");
    tell(&rig, "SET retain = '1h';");
    ASK(&rig, "START QUERY seen;", "query seen runs");
    close(rig.peer);
    rig.peer = -1;
    send_text(&rig, slice_text("2026-01-05T09:00:02Z,a,102\n"));
    see(&rig.t, "102");
    ASK(&rig, "SELECT n FROM TABLE(s);", "102 │");
    tell(&rig, "DROP QUERY seen;");
    tell(&rig, "DROP STREAM s;");
    tell(&rig, create);
    ASK(&rig, "SELECT n FROM TABLE(s);", "no query has read"); /* another stream */
    finish(&rig);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_a_table_while_a_query_runs),
        cmocka_unit_test(test_long_lines_and_little_room),
        cmocka_unit_test(test_settings),
    };
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
