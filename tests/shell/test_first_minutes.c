/* test_first_minutes: what a person types in the first three minutes, and what they see: the demo,
 * the book's log of a socket, the fraud job that is started again, a log that is piped in. Seeds,
 * times of the input and the clock are fixed. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "shell/prompt.h"
#include "tests/shell/typist.h"

#define WORD(text) ((char *)(uintptr_t)(text))

static void test_demo(void **state)
{
    char *argv[] = {WORD("tailrace"), WORD("demo"), WORD("--rows"), WORD("3000"), WORD("--seed"),
                    WORD("7"),        NULL};
    struct typist t;
    (void)state;
    typist_start(&t, 6, argv);
    see(&t, "payments of the last windows below, fraud alerts above");
    see(&t, "payments: event time ts (declared), watermark delay 2s");
    see(&t, "┌────────────┬────────────┬──────┬───────────┬─────────────┐\r\n"
            "│ window_end │ kind       │    n │     total │ window_sta… │\r\n"
            "├────────────┼────────────┼──────┼───────────┼─────────────┤\r\n"
            "│ 09:00:10Z  │ deposit    │  472 │ 374591.83 │ 09:00:00Z   │\r\n"
            "│ 09:00:10Z  │ payment    │ 1217 │ 863906.57 │ 09:00:00Z   │\r\n"
            "│ 09:00:10Z  │ transfer   │  422 │ 297392.50 │ 09:00:00Z   │\r\n"
            "│ 09:00:10Z  │ withdrawal │  889 │ 641470.91 │ 09:00:00Z   │\r\n"
            "└────────────┴────────────┴──────┴───────────┴─────────────┘\r\n");
    see(&t, "Processed 3.00 k rows, 257 kB in ");
    assert_int_equal(typist_end(&t), 0);
}

/* What `nc -lk PORT` does: waits for whoever connects. */
static int listen_on_loopback(uint16_t *port)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM, 0);
    assert_int_equal(bind(listener, (struct sockaddr *)&address, len), 0);
    assert_int_equal(listen(listener, 1), 0);
    assert_int_equal(getsockname(listener, (struct sockaddr *)&address, &len), 0);
    *port = ntohs(address.sin_port);
    return listener;
}

/* A clock that moves when the test says so: eight bytes of a file, which the shell has open, too.
 */
struct told_clock {
    struct clock clock; /* first member */
    int fd;
};

static int64_t told_us(const struct clock *clock)
{
    const struct told_clock *told = (const struct told_clock *)(const void *)clock;
    int64_t at_us = 0;
    assert_int_equal(pread(told->fd, &at_us, sizeof at_us, 0), sizeof at_us);
    return at_us;
}

static void tell_time(const struct told_clock *told, int64_t at_us)
{
    assert_int_equal(pwrite(told->fd, &at_us, sizeof at_us, 0), sizeof at_us);
}

/* The shell with that clock. */
static void start_with_clock(struct typist *t, const struct told_clock *told)
{
    char *argv[] = {WORD("tailrace"), NULL};
    if (typist_fork(t) == 0) {
        struct args args;
        struct error err;
        bool good = args_parse(1, argv, &args, &err) == OK;
        _exit(good ? prompt_run(fs_system(), &told->clock, &args) : 1);
    }
    see(t, "tr> ");
}

static void send_line(int sender, const char *line)
{
    assert_int_equal(send(sender, line, strlen(line), 0), strlen(line));
}

/* The book's windows: errors of the last 30 seconds, every 10, by a clock that is told. The first
 * error comes at :05, the second at :15: 1, 2, 2, 1, 0, as README says. */
static void test_log_of_a_socket(void **state)
{
    const int64_t nine_us = INT64_C(1767603600) * US_PER_SECOND; /* 2026-01-05T09:00:00Z */
    struct told_clock told = {.clock = {.now_us = told_us, .steady_us = told_us}};
    struct typist t;
    char text[256];
    uint16_t port;
    (void)state;
    snprintf(text, sizeof text, "%s/clock", home);
    FILE *file = fopen(text, "w+");
    assert_non_null(file);
    told.fd = fileno(file);
    tell_time(&told, nine_us + 5 * US_PER_SECOND);
    int listener = listen_on_loopback(&port);
    start_with_clock(&t, &told);
    snprintf(text, sizeof text, "CREATE STREAM log FROM 'tcp://127.0.0.1:%u' FORMAT line;\n", port);
    type(&t, text);
    see(&t, "log: format line: line TEXT");
    see(&t, "tr> ");
    type(&t, "SELECT count(*) FROM log WHERE line LIKE '%ERROR%' WINDOW 30s SLIDE 10s;\n");
    int sender = accept(listener, NULL, NULL);
    assert_true(sender >= 0);
    see(&t, "arrival time");
    send_line(sender, "INFO started\nERROR disk is full\n");
    see(&t, "state 1 "); /* it has been read */
    tell_time(&told, nine_us + 15 * US_PER_SECOND);
    see(&t, "│ 2026-01-05T08:59:40Z │ 2026-01-05T09:00:10Z │        1 │\r\n");
    send_line(sender, "ERROR disk is full\nINFO goes on\n");
    see(&t, "state 2 ");
    tell_time(&told, nine_us + 50 * US_PER_SECOND);
    see(&t, "│ window_start         │ window_end           │ count(*) │\r\n"
            "├──────────────────────┼──────────────────────┼──────────┤\r\n"
            "│ 2026-01-05T08:59:40Z │ 2026-01-05T09:00:10Z │        1 │\r\n"
            "│ 2026-01-05T08:59:50Z │ 2026-01-05T09:00:20Z │        2 │\r\n"
            "│ 2026-01-05T09:00:00Z │ 2026-01-05T09:00:30Z │        2 │\r\n"
            "│ 2026-01-05T09:00:10Z │ 2026-01-05T09:00:40Z │        1 │\r\n"
            "│ 2026-01-05T09:00:20Z │ 2026-01-05T09:00:50Z │        0 │\r\n"
            "└──────────────────────┴──────────────────────┴──────────┘\r\n");
    see(&t, "Ctrl-C stops");
    type(&t, "\x03");
    see(&t, "Processed 4 rows, ");
    see(&t, "tr> ");
    type(&t, ".quit\n");
    assert_int_equal(typist_end(&t), 0);
    close(sender);
    close(listener);
    fclose(file);
}

/* A second run has nothing to repeat. */
static void test_fraud_with_state(void **state)
{
    char folder[128];
    struct typist t;
    (void)state;
    snprintf(folder, sizeof folder, "%s/fraud.state", home);
    char *argv[] = {WORD("tailrace"), WORD("run"), WORD("examples/fraud/fraud.sql"),
                    WORD("--state"),  folder,      NULL};
    typist_start(&t, 5, argv);
    see(&t, "event time ts (declared), watermark delay 5s");
    see(&t, "4929-1101");
    see(&t, "ATM-07");
    see(&t, "6011-7707");
    see(&t, "Processed ");
    assert_int_equal(typist_end(&t), 0);
    typist_start(&t, 5, argv);
    see(&t, "goes on behind epoch ");
    see(&t, "an earlier run has read all input to its end");
    see(&t, "Processed ");
    assert_int_equal(typist_end_keep(&t), 0);
    assert_null(slice_find(bytebuf_slice(&t.seen), slice_text("4929-1101")));
    bytebuf_release(&t.seen);
}

/* As `journalctl -o short-iso` writes it. */
static void test_journal_piped_in(void **state)
{
    static const char journal[] =
        "2026-01-05T09:00:01+0000 lab sshd[812]: Accepted publickey for ada\n"
        "2026-01-05T09:00:02+0000 lab cron[77]: (root) CMD (true)\n"
        "2026-01-05T09:00:59+0000 lab sshd[812]: Disconnected\n"
        "2026-01-05T09:01:03+0000 lab kernel: eth0 up\n";
    char *argv[] = {WORD("tailrace"), WORD("-c"),
                    WORD("SELECT app, count(*) AS n FROM stdin GROUP BY app WINDOW 1m"), NULL};
    int pipes[2];
    struct typist t;
    (void)state;
    assert_int_equal(pipe(pipes), 0);
    if (typist_fork(&t) == 0) {
        dup2(pipes[0], STDIN_FILENO);
        close(pipes[0]);
        close(pipes[1]);
        _exit(shell_main(3, argv));
    }
    close(pipes[0]);
    assert_int_equal(write(pipes[1], journal, sizeof journal - 1), sizeof journal - 1);
    close(pipes[1]);
    see(&t, "format syslog: ts TIMESTAMP, ");
    see(&t, "event time ts (of the format)");
    see(&t, " │ cron   │ 1 │\r\n");
    see(&t, " │ sshd   │ 2 │\r\n");
    see(&t, " │ kernel │ 1 │\r\n");
    see(&t, "Processed 4 rows, ");
    assert_int_equal(typist_end(&t), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_demo),
        cmocka_unit_test(test_log_of_a_socket),
        cmocka_unit_test(test_fraud_with_state),
        cmocka_unit_test(test_journal_piped_in),
    };
    return cmocka_run_group_tests(tests, make_home, remove_home);
}
