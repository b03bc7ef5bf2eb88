/* table_rig: the program on a pseudo-terminal (typist.h) with a stream over TCP, whose far side is
 * the test: what the tests of FROM TABLE(…) share.
 *
 *     start(&rig);
 *     tell(&rig, "CREATE STREAM s … FROM 'tcp://127.0.0.1:@' …;");       // @ is the port, ~ the
 * home ASK(&rig, "CREATE QUERY q …;", "query q runs"); send_text(&rig, slice_text("a,1\n"));
 *     ASK(&rig, "SELECT …;", "what is seen", "and then");
 *     finish(&rig);
 */
#ifndef TESTS_SHELL_TABLE_RIG_H
#define TESTS_SHELL_TABLE_RIG_H

#include <arpa/inet.h>
#include <sys/socket.h>

#include "shell/text_file.h"
#include "tests/shell/typist.h"

struct rig {
    int listener;
    int peer;
    char port[16];
    struct typist t;
};

static inline void start(struct rig *rig)
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

static inline void finish(struct rig *rig)
{
    type(&rig->t, ".quit\n");
    assert_int_equal(typist_end(&rig->t), 0);
    close(rig->peer);
    close(rig->listener);
}

/* Types a line in which @ is the port and ~ the folder. */
static inline void say(struct rig *rig, const char *line)
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
static inline void ask(struct rig *rig, const char *line, const char *const *answers)
{
    say(rig, line);
    see(&rig->t, ";"); /* the echo of what was typed */
    for (; *answers != NULL; answers++) {
        see(&rig->t, *answers);
    }
    see(&rig->t, "tr> ");
}

static inline void tell(struct rig *rig, const char *line)
{
    ask(rig, line, (const char *const[]){NULL});
}

#define ASK(rig, line, ...) ask(rig, line, (const char *const[]){__VA_ARGS__, NULL})

static inline void send_text(struct rig *rig, struct slice text)
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

static inline void expect_file(const char *name, const char *content)
{
    char path[128];
    struct bytebuf got = {0};
    struct error err;
    snprintf(path, sizeof path, "%s/%s", home, name);
    assert_int_equal(text_file_read(fs_system(), path, &got, &err), OK);
    assert_string_equal(bytebuf_text(&got), content);
    bytebuf_release(&got);
}

#endif
