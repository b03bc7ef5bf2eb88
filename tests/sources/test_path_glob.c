/* Tests of sources/path_glob.c, on files of the system. */
#include "sources/path_glob.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "engine/base/mem.h"
#include "tests/support/testing.h"

static const char *const folders[] = {"/a", "/a/x", "/b", "/b/x", "/.c"};
static const char *const files[] = {"/a/x/1.log", "/a/x/2.log", "/a/x/.3.log", "/b/x/1.log",
                                    "/b/x/1.txt", "/.c/1.log",  "/b/[1].log"};

enum { N_FOLDERS = 5, N_FILES = 7 };

struct tree {
    char root[64];
    char path[160];
    struct bytebuf said;
};

static const char *in_tree(struct tree *tree, const char *name)
{
    snprintf(tree->path, sizeof tree->path, "%s%s", tree->root, name);
    return tree->path;
}

static int tree_setup(void **state)
{
    struct tree *tree = mem_zalloc(sizeof *tree);
    strncpy(tree->root, "/tmp/tailrace-glob-XXXXXX", sizeof tree->root);
    assert_non_null(mkdtemp(tree->root));
    for (int i = 0; i < N_FOLDERS; i++) {
        assert_int_equal(mkdir(in_tree(tree, folders[i]), 0700), 0);
    }
    for (int i = 0; i < N_FILES; i++) {
        int fd;
        assert_int_equal(fs_system()->open(fs_system(), in_tree(tree, files[i]),
                                           FS_WRITE | FS_CREATE, &fd, NULL),
                         OK);
        fs_system()->close(fs_system(), fd);
    }
    *state = tree;
    return 0;
}

static int tree_teardown(void **state)
{
    struct tree *tree = *state;
    for (int i = N_FILES; i-- > 0;) {
        unlink(in_tree(tree, files[i]));
    }
    for (int i = N_FOLDERS; i-- > 0;) {
        rmdir(in_tree(tree, folders[i]));
    }
    rmdir(tree->root);
    bytebuf_release(&tree->said);
    mem_free(tree);
    return 0;
}

static void say(struct tree *tree, const struct bytebuf *list)
{
    for (const char *path = NULL; (path = path_next(list, path)) != NULL;) {
        bytebuf_printf(&tree->said, "%s ", path + strlen(tree->root));
    }
}

/* Paths, "| " and folders, without the root. */
static const char *look(struct tree *tree, const char *pattern)
{
    struct path_glob glob;
    struct error err;
    path_glob_init(&glob, fs_system(), slice_text(in_tree(tree, pattern)));
    assert_int_equal(path_glob_look(&glob, &err), OK);
    bytebuf_clear(&tree->said);
    say(tree, &glob.paths);
    bytebuf_add_text(&tree->said, "| ");
    say(tree, &glob.folders);
    path_glob_release(&glob);
    return bytebuf_text(&tree->said);
}

static void test_last_name(void **state)
{
    assert_string_equal(look(*state, "/a/x/*.log"), "/a/x/1.log /a/x/2.log | /a/x/ ");
    assert_string_equal(look(*state, "/a/x/?.log"), "/a/x/1.log /a/x/2.log | /a/x/ ");
    assert_string_equal(look(*state, "/a/x/[2-9].log"), "/a/x/2.log | /a/x/ ");
    assert_string_equal(look(*state, "/a/x/.*.log"), "/a/x/.3.log | /a/x/ ");
    assert_string_equal(look(*state, "/a/x/*.txt"), "| /a/x/ ");
    assert_string_equal(look(*state, "/a//x/1.log"), "/a/x/1.log | /a/x/ ");
}

static void test_folders(void **state)
{
    assert_string_equal(look(*state, "/*/x/1.*"),
                        "/a/x/1.log /b/x/1.log /b/x/1.txt | / /a/ /b/ /a/x/ /b/x/ ");
    assert_string_equal(look(*state, "/?/*/2.log"), "/a/x/2.log | / /a/ /b/ /a/x/ /b/x/ ");
}

static void test_without_wildcards(void **state)
{
    assert_string_equal(look(*state, "/a/x/1.log"), "/a/x/1.log | /a/x/ ");
    assert_string_equal(look(*state, "/a/x/9.log"), "| /a/x/ ");
    assert_string_equal(look(*state, "/b/\\[1].log"), "/b/[1].log | /b/ ");
    assert_true(path_has_wildcards("a*") && path_has_wildcards("[a]"));
    assert_false(path_has_wildcards("/var/log/a.log"));
}

static void test_folder_that_is_not_there(void **state)
{
    struct path_glob glob;
    struct error err;
    path_glob_init(&glob, fs_system(), slice_text(in_tree(*state, "/none/*.log")));
    assert_int_equal(path_glob_look(&glob, &err), ERR_IO);
    assert_non_null(strstr(err.text, "/none"));
    assert_int_equal(glob.paths.len, 0);
    path_glob_release(&glob);
    assert_string_equal(look(*state, "/*/none/*.log"), "| / /a/ /b/ ");
}

static void test_folder_length(void **state)
{
    (void)state;
    assert_int_equal(path_folder_length("a"), 0);
    assert_int_equal(path_folder_length("/a"), 1);
    assert_int_equal(path_folder_length("b/c/a"), 4);
}

#define IN_TREE(test) cmocka_unit_test_setup_teardown(test, tree_setup, tree_teardown)

TEST_MAIN(IN_TREE(test_last_name), IN_TREE(test_folders), IN_TREE(test_without_wildcards),
          IN_TREE(test_folder_that_is_not_there), cmocka_unit_test(test_folder_length))
