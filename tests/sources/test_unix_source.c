/* Tests of sources/unix_source.c: clients of a socket file in a folder of its own. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/un.h>

#include "sources/sources.h"
#include "tests/sources/far_side.h"

struct place {
    struct reading r;
    char folder[32];
    char path[64];
    char uri[96];
};

static void place_init(struct place *p)
{
    reading_init(&p->r);
    snprintf(p->folder, sizeof p->folder, "/tmp/tailrace-XXXXXX");
    assert_non_null(mkdtemp(p->folder));
    snprintf(p->path, sizeof p->path, "%s/in.sock", p->folder);
    snprintf(p->uri, sizeof p->uri, "unix:%s", p->path);
}

/* The socket file is gone by then. */
static void place_release(struct place *p)
{
    reading_release(&p->r);
    assert_int_equal(rmdir(p->folder), 0);
}

static struct sockaddr_un address_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    return address;
}

static int test_connect_path(const char *path)
{
    struct sockaddr_un address = address_at(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static int test_bind_path(const char *path)
{
    struct sockaddr_un address = address_at(path);
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof address), 0);
    return fd;
}

static void test_local_clients(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    mode_t mask = umask(0);
    assert_int_equal(reading_open(&p.r, &unix_source_kind, p.uri), OK);
    umask(mask);
    struct stat stat_out;
    assert_int_equal(stat(p.path, &stat_out), 0);
    assert_int_equal(stat_out.st_mode & 0777, 0600);
    int a = test_connect_path(p.path);
    test_send(a, "one\n");
    assert_true(reading_expect(&p.r, "0:one\n"));
    int b = test_connect_path(p.path);
    test_send(b, "two");
    assert_true(reading_expect(&p.r, "1:two"));
    assert_string_equal(source_split_name(p.r.source, 1), "unix client 2");
    close(a);
    close(b);
    while (reading_step(&p.r, 10) != SOURCE_AGAIN) {
    }
    place_release(&p);
}

static void test_acknowledges(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    char *uri = arena_printf(&p.r.arena, "%s?ack=line", p.uri);
    assert_int_equal(reading_open(&p.r, &unix_source_kind, uri), OK);
    int a = test_connect_path(p.path);
    test_send(a, "one\n");
    assert_true(reading_expect(&p.r, "0:one\n"));
    source_done(p.r.source, 0, 4);
    test_receive(a, "ok 1\n");
    close(a);
    place_release(&p);
}

/* What a killed process left is replaced. */
static void test_stale_file(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    close(test_bind_path(p.path));
    assert_int_equal(reading_open(&p.r, &unix_source_kind, p.uri), OK);
    int a = test_connect_path(p.path);
    test_send(a, "x");
    assert_true(reading_expect(&p.r, "0:x"));
    close(a);
    place_release(&p);
}

static void test_file_of_somebody_else(void **state)
{
    (void)state;
    struct place p;
    struct stat stat_out;
    char text[128];
    place_init(&p);
    int other = test_bind_path(p.path);
    assert_int_equal(listen(other, 1), 0);
    assert_int_equal(reading_open(&p.r, &unix_source_kind, p.uri), ERR_IO);
    snprintf(text, sizeof text, "another process listens at \"%s\"", p.path);
    assert_string_equal(p.r.err.text, text);
    assert_int_equal(stat(p.path, &stat_out), 0);
    close(other);
    assert_int_equal(unlink(p.path), 0);
    int file = open(p.path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    assert_true(file >= 0);
    close(file);
    assert_int_equal(reading_open(&p.r, &unix_source_kind, p.uri), ERR_IO);
    snprintf(text, sizeof text, "\"%s\" is there and no socket", p.path);
    assert_string_equal(p.r.err.text, text);
    assert_int_equal(unlink(p.path), 0);
    place_release(&p);
}

/* A file that was replaced meanwhile stays at the end. */
static void test_takes_only_its_own_away(void **state)
{
    (void)state;
    struct place p;
    struct stat stat_out;
    place_init(&p);
    assert_int_equal(reading_open(&p.r, &unix_source_kind, p.uri), OK);
    char *kept = arena_printf(&p.r.arena, "%s/kept", p.folder);
    assert_int_equal(rename(p.path, kept), 0);
    close(test_bind_path(p.path));
    source_close(p.r.source);
    p.r.source = NULL;
    assert_int_equal(stat(p.path, &stat_out), 0);
    assert_int_equal(unlink(p.path), 0);
    assert_int_equal(unlink(kept), 0);
    place_release(&p);
}

static void test_paths(void **state)
{
    (void)state;
    struct place p;
    place_init(&p);
    char *uri = arena_printf(&p.r.arena, "unix:/%0120d", 7);
    assert_int_equal(reading_open(&p.r, &unix_source_kind, uri), ERR_OPTION);
    assert_int_equal(reading_open(&p.r, &unix_source_kind, "unix:"), ERR_OPTION);
    uri = arena_printf(&p.r.arena, "unix:%s/no/in.sock", p.folder);
    assert_int_equal(reading_open(&p.r, &unix_source_kind, uri), ERR_IO);
    place_release(&p);
}

TEST_MAIN(cmocka_unit_test(test_local_clients), cmocka_unit_test(test_acknowledges),
          cmocka_unit_test(test_stale_file), cmocka_unit_test(test_file_of_somebody_else),
          cmocka_unit_test(test_takes_only_its_own_away), cmocka_unit_test(test_paths))
