/* Tests of sources/folder_watch.c: what the system tells, which it does before the call that made
 * it happen returns. */
#include "sources/folder_watch.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/mem.h"
#include "tests/support/testing.h"

struct rig {
    char root[64];
    char path[160];
    struct folder_watch watch;
    struct bytebuf folders;
    struct bytebuf said;
};

static const char *in_root(struct rig *rig, const char *name)
{
    snprintf(rig->path, sizeof rig->path, "%s/%s", rig->root, name);
    return rig->path;
}

static bool watch_root(struct rig *rig, const char *sub)
{
    bytebuf_clear(&rig->folders);
    bytebuf_printf(&rig->folders, "%s/%s", rig->root, sub);
    bytebuf_add_byte(&rig->folders, 0);
    return folder_watch_set(&rig->watch, &rig->folders);
}

static int rig_setup(void **state)
{
    struct rig *rig = mem_zalloc(sizeof *rig);
    strncpy(rig->root, "/tmp/tailrace-watch-XXXXXX", sizeof rig->root);
    assert_non_null(mkdtemp(rig->root));
    folder_watch_init(&rig->watch);
    assert_true(rig->watch.fd >= 0);
    *state = rig;
    return 0;
}

static int rig_teardown(void **state)
{
    struct rig *rig = *state;
    folder_watch_release(&rig->watch);
    bytebuf_release(&rig->folders);
    bytebuf_release(&rig->said);
    unlink(in_root(rig, "a"));
    unlink(in_root(rig, "b"));
    rmdir(in_root(rig, "sub"));
    rmdir(in_root(rig, "gone"));
    rmdir(rig->root);
    mem_free(rig);
    return 0;
}

/* "a:+ " = names of a changed; ~ bytes, | closed, > moved in, * anything anywhere. */
static const char *events(struct rig *rig)
{
    struct folder_event event;
    bytebuf_clear(&rig->said);
    while (folder_watch_next(&rig->watch, &event)) {
        bytebuf_printf(&rig->said, "%s:%s%s%s%s%s ", event.name, event.names_changed ? "+" : "",
                       event.changed ? "~" : "", event.closed ? "|" : "", event.moved_in ? ">" : "",
                       event.folder == NULL ? "*" : "");
    }
    return bytebuf_text(&rig->said);
}

static bool is_readable(const struct rig *rig)
{
    struct pollfd wanted = {.fd = rig->watch.fd, .events = POLLIN};
    return poll(&wanted, 1, 0) == 1;
}

static void test_a_file_comes_and_goes(void **state)
{
    struct rig *rig = *state;
    char to[160];
    assert_true(watch_root(rig, ""));
    assert_true(rig->watch.is_complete);
    assert_false(watch_root(rig, "")); /* it is watched already */
    assert_string_equal(events(rig), "");
    assert_false(is_readable(rig));
    int fd = open(in_root(rig, "a"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
    assert_true(is_readable(rig));
    assert_string_equal(events(rig), "a:+ ");
    assert_int_equal(write(fd, "x", 1), 1);
    assert_string_equal(events(rig), "a:~ ");
    close(fd);
    assert_string_equal(events(rig), "a:| ");
    snprintf(to, sizeof to, "%s", in_root(rig, "b"));
    assert_int_equal(rename(in_root(rig, "a"), to), 0);
    assert_string_equal(events(rig), "a:+ b:+> ");
    unlink(in_root(rig, "b"));
    assert_string_equal(events(rig), "b:+ ");
}

static void test_a_folder_goes_and_comes_back(void **state)
{
    struct rig *rig = *state;
    assert_false(watch_root(rig, "sub"));
    assert_false(rig->watch.is_complete);
    assert_int_equal(mkdir(in_root(rig, "sub"), 0700), 0);
    assert_true(watch_root(rig, "sub"));
    assert_true(rig->watch.is_complete);
    rmdir(in_root(rig, "sub"));
    assert_string_equal(events(rig), ":+ ");
    assert_false(rig->watch.is_complete);
    assert_int_equal(mkdir(in_root(rig, "sub"), 0700), 0);
    assert_true(watch_root(rig, "sub"));
    assert_string_equal(events(rig), "");
}

/* Under its new name it is not the folder that was asked for. */
static void test_a_folder_is_renamed(void **state)
{
    struct rig *rig = *state;
    char to[160];
    assert_int_equal(mkdir(in_root(rig, "sub"), 0700), 0);
    assert_true(watch_root(rig, "sub"));
    snprintf(to, sizeof to, "%s", in_root(rig, "gone"));
    assert_int_equal(rename(in_root(rig, "sub"), to), 0);
    assert_string_equal(events(rig), ":+ ");
    close(open(in_root(rig, "gone/x"), O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
    assert_string_equal(events(rig), "");
    unlink(in_root(rig, "gone/x"));
}

#define WITH_RIG(test) cmocka_unit_test_setup_teardown(test, rig_setup, rig_teardown)

TEST_MAIN(WITH_RIG(test_a_file_comes_and_goes), WITH_RIG(test_a_folder_goes_and_comes_back),
          WITH_RIG(test_a_folder_is_renamed))
