/* The JSON scanner: texts that must and must not be taken (RFC 8259, JSONTestSuite), depth, and
 * random damage. */
#include <dirent.h>
#include <stdio.h>

#include "engine/base/fs.h"
#include "engine/base/mem.h"
#include "engine/expr/json.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

static enum json_result find(struct slice text, const char *path, struct json_value *out)
{
    struct arena arena;
    struct json_path parsed;
    arena_init(&arena);
    assert_null(json_path_parse(&arena, slice_text(path), &parsed));
    enum json_result result = json_find(text, &parsed, out);
    arena_release(&arena);
    return result;
}

static bool is_valid(struct slice text)
{
    struct json_value value;
    return find(text, "$", &value) == JSON_FOUND;
}

/* ---- the suite ------------------------------------------------------------------------------- */

enum { FILE_BYTES_MAX = 1 << 20 };

static const char *const suite = "../shared/data/json/test_parsing";

/* The file in memory of just its size, so that the sanitizer sees a step too far. */
static bool file_is_valid(const char *name)
{
    char path[512];
    struct error err;
    const struct fs *fs = fs_system();
    struct fs_stat about;
    int fd;
    size_t n = 0;
    snprintf(path, sizeof path, "%s/%s", suite, name);
    assert_int_equal(fs->open(fs, path, FS_READ, &fd, &err), OK);
    assert_int_equal(fs->fstat(fs, fd, &about, &err), OK);
    assert_true(about.bytes < FILE_BYTES_MAX);
    uint8_t *bytes = mem_alloc((size_t)about.bytes);
    size_t got = 0;
    while (got < (size_t)about.bytes) {
        assert_int_equal(fs->read(fs, fd, bytes + got, (size_t)about.bytes - got, &n, &err), OK);
        assert_true(n > 0);
        got += n;
    }
    fs->close(fs, fd);
    bool valid = is_valid(slice_of(bytes, got));
    mem_free(bytes);
    return valid;
}

static void test_suite(void **state)
{
    (void)state;
    DIR *directory = opendir(suite);
    if (directory == NULL) {
        print_message("skipped: no ../shared\n");
        skip();
    }
    uint32_t n_taken = 0;
    uint32_t n_refused = 0;
    const struct dirent *entry;
    while ((entry = readdir(directory)) != NULL) {
        const char *name = entry->d_name;
        if (name[0] == '.' || name[1] != '_') {
            continue;
        }
        bool valid = file_is_valid(name);
        if ((name[0] == 'y' && !valid) || (name[0] == 'n' && valid)) {
            fail_msg("%s is %s", name, valid ? "taken" : "refused");
        }
        n_taken += name[0] == 'y';
        n_refused += name[0] == 'n';
    }
    closedir(directory);
    assert_true(n_taken >= 90);
    assert_true(n_refused >= 180);
}

/* ---- limits ---------------------------------------------------------------------------------- */

static void test_depth(void **state)
{
    enum { DEEP = JSON_DEPTH_MAX + 2 };
    uint8_t text[2 * DEEP];
    (void)state;
    memset(text, '[', DEEP);
    memset(text + DEEP, ']', DEEP);
    assert_true(is_valid(slice_of(text + 2, 2 * (DEEP - 2))));
    assert_false(is_valid(slice_of(text, 2 * DEEP)));
    assert_false(is_valid(slice_of(text, DEEP)));
}

/* ---- paths ----------------------------------------------------------------------------------- */

static void test_paths(void **state)
{
    static const char *const good[] = {"$", "$.a", "$.a.b[0]", "$[\"a b\"]['c']", "$.\"x.y\"[12]"};
    static const char *const bad[] = {"",     "a",     "$a",    "$.",           "$.a.",  "$[",
                                      "$[x]", "$[-1]", "$['a]", "$['a'",        "$.\"a", "$[]",
                                      "$..a", "$ .a",  "$[1]b", "$[4294967296]"};
    (void)state;
    for (size_t i = 0; i < sizeof good / sizeof good[0] + sizeof bad / sizeof bad[0]; i++) {
        size_t n_good = sizeof good / sizeof good[0];
        const char *text = i < n_good ? good[i] : bad[i - n_good];
        struct arena arena;
        struct json_path path;
        arena_init(&arena);
        const char *wrong = json_path_parse(&arena, slice_text(text), &path);
        if ((wrong == NULL) != (i < n_good)) {
            fail_msg("path %s", text);
        }
        arena_release(&arena);
    }
}

static void test_found(void **state)
{
    static const struct {
        const char *text;
        const char *path;
        enum json_result result;
        enum json_kind kind;
        const char *raw;
    } cases[] = {
        {" {\"a\" : [ 1 , {\"b\":\"x\"} ] } ", "$.a[1].b", JSON_FOUND, JSON_STRING, "x"},
        {"{\"a\":[1,{\"b\":\"x\"}]}", "$.a[1]", JSON_FOUND, JSON_OBJECT, "{\"b\":\"x\"}"},
        {"{\"a\":[1,{\"b\":\"x\"}]}", "$.a[2]", JSON_ABSENT, JSON_NULL, NULL},
        {"{\"a\":[1,{\"b\":\"x\"}]}", "$.a.b", JSON_ABSENT, JSON_NULL, NULL},
        {"{\"a\":[1,{\"b\":\"x\"}]}", "$[0]", JSON_ABSENT, JSON_NULL, NULL},
        {"-1.5e3", "$", JSON_FOUND, JSON_NUMBER, "-1.5e3"},
        {"{\"a\":{\"b\":1},\"a\":{\"c\":2}}", "$.a.b", JSON_ABSENT, JSON_NULL, NULL},
        {"{\"a\":1,\"b\":", "$.a", JSON_BAD, JSON_NULL, NULL},
        {"{\"\":false}", "$.\"\"", JSON_FOUND, JSON_BOOLEAN, "false"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct json_value value;
        enum json_result result = find(slice_text(cases[i].text), cases[i].path, &value);
        assert_int_equal(result, cases[i].result);
        if (result == JSON_FOUND) {
            assert_int_equal(value.kind, cases[i].kind);
            assert_true(slice_equal(value.raw, slice_text(cases[i].raw)));
        }
    }
}

/* ---- damage ---------------------------------------------------------------------------------- */

/* Any change of bytes is taken or refused, within the text. */
static void test_damage(void **state)
{
    static const char good[] = "{\"user\": {\"name\": \"J\\u00fcrgen \\ud83d\\ude00\", \"tags\": "
                               "[1, -2.5e+3, true, false, null, \"a\\\\b\"]}, \"n\": 0}";
    static const char *const paths[] = {"$", "$.user.name", "$.user.tags[5]", "$.n"};
    struct rng rng;
    uint32_t n_bad = 0;
    (void)state;
    rng_init(&rng);
    for (int i = 0; i < 20000; i++) {
        size_t len = rng_once_in(&rng, 3) ? rng_below(&rng, sizeof good) : sizeof good - 1;
        uint8_t *text = mem_alloc(len);
        struct json_value value;
        memcpy(text, good, len);
        for (uint64_t n = rng_below(&rng, 3); len > 0 && n > 0; n--) {
            text[rng_below(&rng, len)] =
                (uint8_t)("\"\\{}[],:u0-e \n\x01\xff"[rng_below(&rng, 17)]);
        }
        enum json_result result = find(slice_of(text, len), paths[rng_below(&rng, 4)], &value);
        n_bad += result == JSON_BAD;
        if (result == JSON_FOUND) {
            RNG_CHECK(&rng, value.raw.at >= text && value.raw.at + value.raw.len <= text + len);
            if (value.kind == JSON_STRING) {
                uint8_t *out = mem_alloc(value.raw.len);
                RNG_CHECK(&rng, (size_t)(json_unescape(value.raw, out) - out) <= value.raw.len);
                mem_free(out);
            }
        }
        mem_free(text);
    }
    assert_true(n_bad > 5000 && n_bad < 19000);
}

TEST_MAIN(cmocka_unit_test(test_suite), cmocka_unit_test(test_depth), cmocka_unit_test(test_paths),
          cmocka_unit_test(test_found), cmocka_unit_test(test_damage))
