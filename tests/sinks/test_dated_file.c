/* test_dated_file: files named after the time: which row goes where, when a file is sealed, and
 * what a crash leaves. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "engine/data/zone.h"
#include "sinks/dated_parts.h"
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
    uint64_t epoch;
    struct error err;
};

static void fixture_init(struct fixture *f, const char *name, const char *columns)
{
    *f = (struct fixture){0};
    arena_init(&f->arena);
    options_init(&f->options, &f->arena);
    snprintf(f->folder, sizeof f->folder, "/tmp/tailrace_dated_XXXXXX");
    assert_non_null(mkdtemp(f->folder));
    const char *uri = arena_printf(&f->arena, "file:%s/%s", f->folder, name);
    assert_int_equal(uri_parse(&f->arena, slice_text(uri), &f->uri, &f->options, &f->err), OK);
    f->config = (struct sink_config){
        .uri = &f->uri,
        .options = &f->options,
        .schema = schema_from_text(&f->arena, columns),
        .fs = fs_system(),
        .clock = clock_system(),
        .durable = true,
    };
}

static enum status try_open(struct fixture *f)
{
    uint64_t committed;
    return sink_open(&file_sink, &f->config, &f->sink, &committed, &f->err);
}

static void fixture_open(struct fixture *f)
{
    enum status status = try_open(f);
    assert_string_equal(status == OK ? "" : f->err.text, "");
}

/* As a crash does: nothing is said to the sink but that its files are gone. `position`: what the
 * checkpoint has. */
static void reopen(struct fixture *f, const char *position)
{
    sink_close(f->sink);
    f->config.from = slice_text(position);
    fixture_open(f);
}

/* Names in a folder and below it. */
static void list(struct fixture *f, const char *folder, const char *under, struct bytebuf *out)
{
    struct bytebuf names = {0};
    assert_int_equal(fs_system()->list(fs_system(), folder, &names, &f->err), OK);
    for (size_t at = 0; at < names.len; at += strlen((char *)names.at + at) + 1) {
        const char *name = arena_printf(&f->arena, "%s%s", under, (char *)names.at + at);
        const char *path = arena_printf(&f->arena, "%s/%s", f->folder, name);
        struct fs_stat stat;
        assert_int_equal(fs_system()->stat(fs_system(), path, &stat, &f->err), OK);
        if (stat.is_directory) {
            list(f, path, arena_printf(&f->arena, "%s/", name), out);
        } else {
            bytebuf_printf(out, "%s\n", name);
        }
    }
    bytebuf_release(&names);
}

/* "name:content" of all files, line ends as '|', without the first line of each. */
static void expect(struct fixture *f, const char *want)
{
    struct bytebuf names = {0};
    struct bytebuf got = {0};
    list(f, f->folder, "", &names);
    for (size_t at = 0; at < names.len;) {
        size_t len =
            (size_t)((uint8_t *)memchr(names.at + at, '\n', names.len - at) - names.at) - at;
        const char *name = arena_printf(&f->arena, "%.*s", (int)len, (char *)names.at + at);
        FILE *file = fopen(arena_printf(&f->arena, "%s/%s", f->folder, name), "r");
        assert_non_null(file);
        bytebuf_printf(&got, "%s:", name);
        for (int c; (c = fgetc(file)) != EOF && c != '\n';) {
        }
        for (int c; (c = fgetc(file)) != EOF;) {
            bytebuf_add_byte(&got, c == '\n' ? '|' : (uint8_t)c);
        }
        bytebuf_add_byte(&got, '\n');
        fclose(file);
        at += len + 1;
    }
    assert_string_equal(bytebuf_text(&got), want);
    bytebuf_release(&names);
    bytebuf_release(&got);
}

static void remove_all(struct fixture *f, const char *folder)
{
    struct bytebuf names = {0};
    assert_int_equal(fs_system()->list(fs_system(), folder, &names, &f->err), OK);
    for (size_t at = 0; at < names.len; at += strlen((char *)names.at + at) + 1) {
        const char *path = arena_printf(&f->arena, "%s/%s", folder, (char *)names.at + at);
        if (unlink(path) != 0) {
            remove_all(f, path);
        }
    }
    bytebuf_release(&names);
    assert_int_equal(rmdir(folder), 0);
}

static void fixture_release(struct fixture *f)
{
    sink_close(f->sink);
    remove_all(f, f->folder);
    arena_release(&f->arena);
}

static void begin(struct fixture *f)
{
    assert_int_equal(sink_begin(f->sink, ++f->epoch, &f->err), OK);
}

static void write_rows(struct fixture *f, const char *rows)
{
    struct batch batch;
    batch_from_text(&batch, f->config.schema, &f->arena, rows);
    enum status status = sink_write(f->sink, &batch, &f->err);
    assert_string_equal(status == OK ? "" : f->err.text, "");
}

static void commit(struct fixture *f)
{
    enum status status = sink_commit(f->sink, f->epoch, &f->err);
    assert_string_equal(status == OK ? "" : f->err.text, "");
}

static void epoch(struct fixture *f, const char *rows)
{
    begin(f);
    write_rows(f, rows);
    commit(f);
}

static void settle(struct fixture *f)
{
    enum status status = sink_settled(f->sink, f->epoch, &f->err);
    assert_string_equal(status == OK ? "" : f->err.text, "");
}

static const char *position(struct fixture *f)
{
    struct bytebuf text = {0};
    sink_position(f->sink, &text);
    const char *copy = arena_printf(&f->arena, "%s", bytebuf_text(&text));
    bytebuf_release(&text);
    return copy;
}

/* ---- where rows go --------------------------------------------------------------------------- */

static void test_rows_go_by_their_time(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "%Y-%m-%d.csv", "ts TIMESTAMP, n BIGINT");
    fixture_open(&f);
    epoch(&f, "2026-01-05T09:00:00Z,1\n2026-01-05T23:59:59.999999Z,2\n2026-01-06T00:00:00Z,3");
    expect(&f, "2026-01-05.csv.part:2026-01-05T09:00:00Z,1|2026-01-05T23:59:59.999999Z,2|\n"
               "2026-01-06.csv.part:2026-01-06T00:00:00Z,3|\n");
    settle(&f); /* the sixth is there: the fifth is over */
    expect(&f, "2026-01-05.csv:2026-01-05T09:00:00Z,1|2026-01-05T23:59:59.999999Z,2|\n"
               "2026-01-06.csv.part:2026-01-06T00:00:00Z,3|\n");
    fixture_release(&f);
}

/* window_end goes before the first column that is a time. */
static void test_windows_go_by_their_end(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "%H/%F.%H.csv", "window_start TIMESTAMP, window_end TIMESTAMP, n BIGINT");
    fixture_open(&f);
    epoch(&f, "2026-01-05T09:59:00Z,2026-01-05T10:00:00Z,1");
    expect(&f, "10/2026-01-05.10.csv.part:2026-01-05T09:59:00Z,2026-01-05T10:00:00Z,1|\n");
    fixture_release(&f);
}

static void test_the_zone_of_the_window(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "%F.csv", "ts TIMESTAMP");
    assert_int_equal(zone_load(&f.arena, fs_system(), slice_text("+02:00"), &f.config.zone, &f.err),
                     OK);
    fixture_open(&f);
    epoch(&f, "2026-01-05T21:59:59Z\n2026-01-05T22:00:00Z");
    expect(
        &f,
        "2026-01-05.csv.part:2026-01-05T21:59:59Z|\n2026-01-06.csv.part:2026-01-05T22:00:00Z|\n");
    fixture_release(&f);
}

/* Rows that mix stay in their order, and one without a time is not lost. */
static void test_mixed_rows(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "a-%Y-%m.b.csv", "n BIGINT, ts TIMESTAMP");
    fixture_open(&f);
    epoch(&f, "1,2026-02-01T00:00:00Z\n2,2026-01-31T00:00:00Z\n3,NULL\n4,2026-01-01T00:00:00Z\n"
              "5,2026-02-28T00:00:00Z");
    settle(&f);
    expect(&f, "a-2026-01.b.csv:2,2026-01-31T00:00:00Z|4,2026-01-01T00:00:00Z|\n"
               "a-2026-02.b.csv.part:1,2026-02-01T00:00:00Z|5,2026-02-28T00:00:00Z|\n"
               "a-null.b.csv.part:3,|\n");
    fixture_release(&f);
}

/* What was sealed is never touched again. */
static void test_rows_that_come_too_late(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "%F.csv", "ts TIMESTAMP");
    fixture_open(&f);
    epoch(&f, "2026-01-05T00:00:00Z\n2026-01-06T00:00:00Z");
    epoch(&f, "2026-01-05T00:00:01Z"); /* before it is sealed, but it is full */
    settle(&f);
    epoch(&f, "2026-01-05T00:00:02Z");
    settle(&f);
    expect(&f, "2026-01-05.1.csv:2026-01-05T00:00:01Z|\n2026-01-05.2.csv:2026-01-05T00:00:02Z|\n"
               "2026-01-05.csv:2026-01-05T00:00:00Z|\n2026-01-06.csv.part:2026-01-06T00:00:00Z|\n");
    fixture_release(&f);
}

static void test_the_end_seals_all(void **state)
{
    (void)state;
    for (int durable = 0; durable < 2; durable++) {
        struct fixture f;
        fixture_init(&f, "%F.csv", "ts TIMESTAMP");
        f.config.durable = durable != 0;
        fixture_open(&f);
        begin(&f);
        write_rows(&f, "2026-01-05T00:00:00Z\n2026-01-06T00:00:00Z\nNULL");
        sink_ended(f.sink);
        commit(&f);
        settle(&f);
        expect(&f, "2026-01-05.csv:2026-01-05T00:00:00Z|\n2026-01-06.csv:2026-01-06T00:00:00Z|\n"
                   "null.csv:|\n");
        fixture_release(&f);
    }
}

/* Without a checkpoint, the end of a run is the end of its files. */
static void test_without_a_checkpoint(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "%F.csv", "ts TIMESTAMP");
    f.config.durable = false;
    fixture_open(&f);
    epoch(&f, "2026-01-05T00:00:00Z\n2026-01-06T00:00:00Z");
    expect(&f, "2026-01-05.csv:2026-01-05T00:00:00Z|\n2026-01-06.csv.part:2026-01-06T00:00:00Z|\n");
    begin(&f);
    write_rows(&f, "2026-01-07T00:00:00Z");
    reopen(&f, ""); /* what was not committed is not there */
    expect(&f, "2026-01-05.csv:2026-01-05T00:00:00Z|\n2026-01-06.csv:2026-01-06T00:00:00Z|\n");
    fixture_release(&f);
}

/* More files than may be open at a time: each gets its rows all the same. */
static void test_many_files(void **state)
{
    (void)state;
    struct fixture f;
    struct bytebuf rows = {0};
    uint32_t sealed = 0;
    fixture_init(&f, "%Y%m%d-%H%M.csv", "ts TIMESTAMP");
    fixture_open(&f);
    for (int turn = 0; turn < 2; turn++) {
        for (int i = 0; i < 3 * DATED_FILES_OPEN; i++) {
            bytebuf_printf(&rows, "%s2026-01-05T%02d:%02d:%02dZ", rows.len > 0 ? "\n" : "", i / 60,
                           i % 60, turn);
        }
    }
    epoch(&f, bytebuf_text(&rows));
    settle(&f);
    for (int i = 0; i < 3 * DATED_FILES_OPEN; i++) {
        bool is_last = i + 1 == 3 * DATED_FILES_OPEN;
        struct bytebuf content = {0};
        const char *path = arena_printf(&f.arena, "%s/20260105-%02d%02d.csv%s", f.folder, i / 60,
                                        i % 60, is_last ? ".part" : "");
        assert_int_equal(fs_read_file(fs_system(), path, 1000, &content, &f.err), OK);
        assert_string_equal(bytebuf_text(&content),
                            arena_printf(&f.arena,
                                         "ts\n2026-01-05T%02d:%02d:00Z\n2026-01-05T%02d:%02d:01Z\n",
                                         i / 60, i % 60, i / 60, i % 60));
        bytebuf_release(&content);
        sealed += !is_last;
    }
    assert_int_equal(sealed, 3 * DATED_FILES_OPEN - 1);
    bytebuf_release(&rows);
    fixture_release(&f);
}

static void test_too_many_files(void **state)
{
    (void)state;
    struct fixture f;
    enum status status = OK;
    fixture_init(&f, "%Y%m%d-%H%M.csv?max_files=70", "ts TIMESTAMP");
    fixture_open(&f);
    begin(&f);
    for (int i = 0; status == OK && i <= 70; i++) {
        struct batch batch;
        batch_from_text(&batch, f.config.schema, &f.arena,
                        arena_printf(&f.arena, "2026-01-05T%02d:%02d:00Z", i / 60, i % 60));
        status = sink_write(f.sink, &batch, &f.err);
        assert_true(status == OK ? i < 70 : i == 70);
    }
    assert_int_equal(status, ERR_LIMIT);
    assert_non_null(strstr(f.err.text, "more than 70 files"));
    sink_abort(f.sink);
    fixture_release(&f);
}

/* ---- restarts -------------------------------------------------------------------------------- */

static void test_a_restart_goes_on(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "%F.csv", "ts TIMESTAMP");
    fixture_open(&f);
    epoch(&f, "2026-01-05T00:00:00Z\n2026-01-06T00:00:00Z");
    const char *first = position(&f);
    begin(&f); /* is lost */
    write_rows(&f, "2026-01-06T00:00:09Z\n2026-01-07T00:00:09Z\n2026-01-05T00:00:09Z");
    commit(&f);
    reopen(&f, first);
    expect(&f, "2026-01-05.1.csv.part:2026-01-05T00:00:09Z|\n" /* nobody's */
               "2026-01-05.csv:2026-01-05T00:00:00Z|\n"
               "2026-01-06.csv.part:2026-01-06T00:00:00Z|\n"
               "2026-01-07.csv.part:2026-01-07T00:00:09Z|\n");
    f.epoch = 1;
    epoch(&f, "2026-01-05T00:00:01Z\n2026-01-06T00:00:01Z\n2026-01-07T00:00:01Z");
    settle(&f);
    expect(&f, "2026-01-05.1.csv:2026-01-05T00:00:01Z|\n2026-01-05.csv:2026-01-05T00:00:00Z|\n"
               "2026-01-06.csv:2026-01-06T00:00:00Z|2026-01-06T00:00:01Z|\n"
               "2026-01-07.csv.part:2026-01-07T00:00:01Z|\n");
    reopen(&f, position(&f)); /* after all of it was sealed: nothing is to be done */
    expect(&f, "2026-01-05.1.csv:2026-01-05T00:00:01Z|\n2026-01-05.csv:2026-01-05T00:00:00Z|\n"
               "2026-01-06.csv:2026-01-06T00:00:00Z|2026-01-06T00:00:01Z|\n"
               "2026-01-07.csv.part:2026-01-07T00:00:01Z|\n");
    fixture_release(&f);
}

static void test_what_is_missing_is_said(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, "%F.csv", "ts TIMESTAMP");
    fixture_open(&f);
    epoch(&f, "2026-01-06T00:00:00Z");
    f.config.from = slice_text(position(&f));
    sink_close(f.sink);
    f.sink = NULL;
    unlink(arena_printf(&f.arena, "%s/2026-01-06.csv.part", f.folder));
    assert_int_equal(try_open(&f), ERR_STATE);
    assert_int_equal(f.err.exit_code, 26);
    f.config.from = slice_text("nonsense");
    assert_int_equal(try_open(&f), ERR_STATE);
    assert_non_null(strstr(f.err.text, "is no position"));
    f.sink = NULL;
    fixture_release(&f);
}

/* ---- what is refused ------------------------------------------------------------------------- */

static void refused(const char *name, const char *columns, const char *text, const char *hint)
{
    struct fixture f;
    fixture_init(&f, name, columns);
    assert_int_equal(try_open(&f), ERR_OPTION);
    if (strstr(f.err.text, text) == NULL || strstr(f.err.hint, hint) == NULL) {
        fail_msg("%s: %s (%s)", name, f.err.text, f.err.hint);
    }
    f.sink = NULL;
    fixture_release(&f);
}

static void test_refusals(void **state)
{
    (void)state;
    refused("%F.csv", "n BIGINT, t TEXT", "no time to name a file after", "window_end too");
    refused("%F.csv", "window_end TEXT", "no time to name a file after", "TIMESTAMP");
    refused("%d.csv", "ts TIMESTAMP", "each year would have the same names", "add %Y");
    refused("%Y-%d.csv", "ts TIMESTAMP", "each month would have the same names", "add %m");
    refused("%F-%M.csv", "ts TIMESTAMP", "each hour would have the same names", "add %H");
    refused("%F-%x.csv", "ts TIMESTAMP", "cannot be named after %x", "%Y %m %d");
    refused("%F/../x.csv", "ts TIMESTAMP", "may not lead out of its folder", "");
    refused("%F.csv?roll=1MiB", "ts TIMESTAMP", "roll", "");
}

TEST_MAIN(cmocka_unit_test(test_rows_go_by_their_time),
          cmocka_unit_test(test_windows_go_by_their_end),
          cmocka_unit_test(test_the_zone_of_the_window), cmocka_unit_test(test_mixed_rows),
          cmocka_unit_test(test_rows_that_come_too_late), cmocka_unit_test(test_the_end_seals_all),
          cmocka_unit_test(test_without_a_checkpoint), cmocka_unit_test(test_many_files),
          cmocka_unit_test(test_too_many_files), cmocka_unit_test(test_a_restart_goes_on),
          cmocka_unit_test(test_what_is_missing_is_said), cmocka_unit_test(test_refusals))
