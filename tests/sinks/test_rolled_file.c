/* test_rolled_file: parts on disk after each call, and after a crash at each of them: what is there
 * in the end is always the same. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "sinks/file_sink.h"
#include "tests/support/builders.h"
#include "tests/support/testing.h"

struct fixture {
    struct arena arena;
    char folder[40];
    struct uri uri;
    struct options options;
    struct sink_config config;
    struct sink *sink;
    struct error err;
};

static void fixture_init(struct fixture *f, const char *name)
{
    *f = (struct fixture){0};
    arena_init(&f->arena);
    options_init(&f->options, &f->arena);
    snprintf(f->folder, sizeof f->folder, "/tmp/tailrace_rolled_XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    const char *uri = arena_printf(&f->arena, "file:%s/%s?roll=12", f->folder, name);
    assert_int_equal(uri_parse(&f->arena, slice_text(uri), &f->uri, &f->options, &f->err), OK);
    f->config = (struct sink_config){
        .uri = &f->uri,
        .options = &f->options,
        .schema = schema_from_text(&f->arena, "n BIGINT"),
        .fs = fs_system(),
        .clock = clock_system(),
        .durable = true,
    };
}

static void fixture_open(struct fixture *f)
{
    uint64_t committed;
    enum status status = sink_open(&file_sink, &f->config, &f->sink, &committed, &f->err);
    assert_string_equal(status == OK ? "" : f->err.text, "");
}

static void fixture_release(struct fixture *f)
{
    struct bytebuf names = {0};
    assert_int_equal(fs_system()->list(fs_system(), f->folder, &names, &f->err), OK);
    for (size_t at = 0; at < names.len; at += strlen((char *)names.at + at) + 1) {
        unlink(arena_printf(&f->arena, "%s/%s", f->folder, (char *)names.at + at));
    }
    bytebuf_release(&names);
    assert_int_equal(rmdir(f->folder), 0);
    arena_release(&f->arena);
}

/* "name:content" of all files, line ends as '|'. */
static void expect(struct fixture *f, const char *want)
{
    struct bytebuf names = {0};
    struct bytebuf got = {0};
    assert_int_equal(fs_system()->list(fs_system(), f->folder, &names, &f->err), OK);
    for (size_t at = 0; at < names.len; at += strlen((char *)names.at + at) + 1) {
        const char *name = (char *)names.at + at;
        FILE *file = fopen(arena_printf(&f->arena, "%s/%s", f->folder, name), "r");
        assert_non_null(file);
        bytebuf_printf(&got, "%s:", name);
        for (int c; (c = fgetc(file)) != EOF;) {
            bytebuf_add_byte(&got, c == '\n' ? '|' : (uint8_t)c);
        }
        bytebuf_add_byte(&got, '\n');
        fclose(file);
    }
    assert_string_equal(bytebuf_text(&got), want);
    bytebuf_release(&names);
    bytebuf_release(&got);
}

/* Epoch n has the row 1000 + n: with the name of the column, two epochs are a part. */
static void epoch(struct fixture *f, uint64_t n)
{
    struct batch batch;
    batch_from_text(&batch, f->config.schema, &f->arena,
                    arena_printf(&f->arena, "%llu", 1000 + (unsigned long long)n));
    assert_int_equal(sink_begin(f->sink, n, &f->err), OK);
    assert_int_equal(sink_write(f->sink, &batch, &f->err), OK);
    assert_int_equal(sink_commit(f->sink, n, &f->err), OK);
}

static void remember(struct fixture *f)
{
    struct bytebuf position = {0};
    sink_position(f->sink, &position);
    f->config.from = arena_copy(&f->arena, bytebuf_slice(&position));
    bytebuf_release(&position);
}

static void test_parts_are_sealed_when_settled(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "out.csv");
    fixture_open(&f);
    epoch(&f, 1);
    assert_int_equal(sink_settled(f.sink, 1, &f.err), OK);
    expect(&f, "out.1.csv.part:n|1001|\n");
    epoch(&f, 2);
    expect(&f, "out.1.csv.part:n|1001|1002|\n"); /* full, but COMMIT may be lost */
    epoch(&f, 3);
    expect(&f, "out.1.csv.part:n|1001|1002|\nout.3.csv.part:n|1003|\n");
    assert_int_equal(sink_settled(f.sink, 2, &f.err), OK);
    expect(&f, "out.1-2.csv:n|1001|1002|\nout.3.csv.part:n|1003|\n");
    sink_close(f.sink);
    expect(&f, "out.1-2.csv:n|1001|1002|\nout.3.csv.part:n|1003|\n");
    fixture_release(&f);
}

enum { EPOCHS = 5, CRASH_COMMITTED, CRASH_REMEMBERED, CRASH_SETTLED };

/* Epochs from `done` + 1 on; after the given step of epoch `at` the process is gone. Returns the
 * newest epoch that the checkpoint knows. */
static uint64_t run_epochs(struct fixture *f, uint64_t done, uint64_t at, int step)
{
    fixture_open(f);
    if (done == 0) {
        remember(f);
    }
    for (uint64_t n = done + 1; n <= EPOCHS; n++) {
        epoch(f, n);
        if (n == at && step == CRASH_COMMITTED) {
            break;
        }
        remember(f);
        done = n;
        if (n == at && step == CRASH_REMEMBERED) {
            break;
        }
        assert_int_equal(sink_settled(f->sink, n, &f->err), OK);
        if (n == at && step == CRASH_SETTLED) {
            break;
        }
    }
    sink_close(f->sink);
    return done;
}

static void test_a_crash_at_each_step(void **state)
{
    (void)state;
    for (uint64_t at = 1; at <= EPOCHS; at++) {
        for (int step = CRASH_COMMITTED; step <= CRASH_SETTLED; step++) {
            struct fixture f;
            fixture_init(&f, "out.csv");
            uint64_t done = run_epochs(&f, 0, at, step);
            assert_int_equal(done, step == CRASH_COMMITTED ? at - 1 : at);
            done = run_epochs(&f, done, at + 1, CRASH_COMMITTED); /* and again */
            done = run_epochs(&f, done, 0, 0);
            assert_int_equal(done, EPOCHS);
            expect(&f, "out.1-2.csv:n|1001|1002|\nout.3-4.csv:n|1003|1004|\n"
                       "out.5.csv.part:n|1005|\n");
            fixture_release(&f);
        }
    }
}

/* Nobody goes on with the last part; a second run takes other names. */
static void test_without_a_checkpoint(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "a.b/../out");
    assert_int_equal(fs_system()->mkdir(fs_system(), arena_printf(&f.arena, "%s/a.b", f.folder),
                                        &f.err),
                     OK);
    f.config.durable = false;
    for (int run = 0; run < 2; run++) {
        fixture_open(&f);
        epoch(&f, 1);
        epoch(&f, 2);
        epoch(&f, 3);
        assert_int_equal(sink_begin(f.sink, 4, &f.err), OK); /* as a job leaves it */
        sink_close(f.sink);
    }
    assert_int_equal(rmdir(arena_printf(&f.arena, "%s/a.b", f.folder)), 0);
    expect(&f, "out.1-2:n|1001|1002|\nout.1-2_1:n|1001|1002|\nout.3-3:n|1003|\n"
               "out.3-3_1:n|1003|\n");
    fixture_release(&f);
}

static void test_epochs_without_rows(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "out.csv");
    fixture_open(&f);
    assert_int_equal(sink_begin(f.sink, 1, &f.err), OK);
    assert_int_equal(sink_commit(f.sink, 1, &f.err), OK);
    expect(&f, "");
    epoch(&f, 2);
    assert_int_equal(sink_begin(f.sink, 3, &f.err), OK);
    assert_int_equal(sink_commit(f.sink, 3, &f.err), OK);
    epoch(&f, 4);
    assert_int_equal(sink_settled(f.sink, 4, &f.err), OK);
    assert_int_equal(sink_begin(f.sink, 5, &f.err), OK);
    sink_close(f.sink);
    expect(&f, "out.2-4.csv:n|1002|1004|\n");
    fixture_release(&f);
}

static void refuse(struct fixture *f, const char *from, int exit_code)
{
    uint64_t committed;
    f->config.from = slice_text(from);
    assert_int_equal(sink_open(&file_sink, &f->config, &f->sink, &committed, &f->err), ERR_STATE);
    assert_int_equal(f->err.exit_code, exit_code);
}

static void test_parts_that_are_lost(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "out.jsonl");
    refuse(&f, "seal=1-2", 26);
    refuse(&f, "first=3 inode=1 bytes=9", 26);
    refuse(&f, "seal=1", 0);
    refuse(&f, "first=3", 0);
    refuse(&f, "first=x inode=1 bytes=0", 0);
    refuse(&f, "inode=1 bytes=0", 0);
    f.config.from = slice_text("");
    fixture_open(&f);
    epoch(&f, 7);
    sink_close(f.sink);
    expect(&f, "out.7.jsonl.part:{\"n\":1007}|\n");
    fixture_release(&f);
}

TEST_MAIN(cmocka_unit_test(test_parts_are_sealed_when_settled),
          cmocka_unit_test(test_a_crash_at_each_step), cmocka_unit_test(test_without_a_checkpoint),
          cmocka_unit_test(test_epochs_without_rows), cmocka_unit_test(test_parts_that_are_lost))
