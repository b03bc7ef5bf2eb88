/* test_file_sink: files on disk after each call: names once, rows when committed, nothing of an
 * epoch that was given up; sync before a commit returns. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sinks/file_sink.h"
#include "tests/support/builders.h"
#include "tests/support/testing.h"

/* The system's files, with the syncs counted and writes that may fail. */
struct spy {
    struct fs fs;
    uint32_t n_syncs;
    bool full;         /* no space left */
    uint32_t n_calls;  /* that change something */
    uint32_t fails_at; /* the call that fails, from 1; 0 = none */
    uint32_t n_failed;
};

static enum status spy_call(const struct fs *fs, struct error *err)
{
    struct spy *spy = (struct spy *)(uintptr_t)fs;
    if (++spy->n_calls == spy->fails_at) {
        spy->n_failed++;
        return error_set(err, ERR_IO, "call %u fails", spy->fails_at);
    }
    return OK;
}

static enum status spy_open(const struct fs *fs, const char *path, unsigned flags, int *fd,
                            struct error *err)
{
    TRY(spy_call(fs, err));
    return fs_system()->open(fs_system(), path, flags, fd, err);
}

static enum status spy_truncate(const struct fs *fs, int fd, int64_t bytes, struct error *err)
{
    TRY(spy_call(fs, err));
    return fs_system()->truncate(fs_system(), fd, bytes, err);
}

static enum status spy_sync_directory(const struct fs *fs, const char *path, struct error *err)
{
    TRY(spy_call(fs, err));
    return fs_system()->sync_directory(fs_system(), path, err);
}

static enum status spy_sync(const struct fs *fs, int fd, struct error *err)
{
    TRY(spy_call(fs, err));
    ((struct spy *)(uintptr_t)fs)->n_syncs++;
    return fs_system()->sync(fs_system(), fd, err);
}

static enum status spy_write(const struct fs *fs, int fd, const void *at, size_t len, size_t *n,
                             struct error *err)
{
    if (((const struct spy *)(const void *)fs)->full) {
        return error_set(err, ERR_IO, "cannot write handle %d: no space left", fd);
    }
    TRY(spy_call(fs, err));
    len = len > 7 ? 7 : len; /* short writes are the rule */
    return fs_system()->write(fs_system(), fd, at, len, n, err);
}

struct fixture {
    struct arena arena;
    struct spy spy;
    char path[64];
    struct uri uri;
    struct options options;
    struct sink_config config;
    struct sink *sink;
    uint64_t epoch;
};

static void fixture_init(struct fixture *f, const char *suffix)
{
    struct error err;
    char uri[80];
    *f = (struct fixture){.spy.fs = *fs_system()};
    f->spy.fs.sync = spy_sync;
    f->spy.fs.write = spy_write;
    f->spy.fs.open = spy_open;
    f->spy.fs.truncate = spy_truncate;
    f->spy.fs.sync_directory = spy_sync_directory;
    arena_init(&f->arena);
    options_init(&f->options, &f->arena);
    snprintf(f->path, sizeof f->path, "/tmp/tailrace_file_sink_%d%s", (int)getpid(), suffix);
    unlink(f->path);
    snprintf(uri, sizeof uri, "file:%s", f->path);
    assert_int_equal(uri_parse(&f->arena, slice_text(uri), &f->uri, &f->options, &err), OK);
    f->config = (struct sink_config){
        .uri = &f->uri,
        .options = &f->options,
        .schema = schema_from_text(&f->arena, "card TEXT, n BIGINT"),
        .fs = &f->spy.fs,
        .clock = clock_system(),
        .query_name = "alerts",
        .durable = true,
    };
}

static void fixture_open(struct fixture *f)
{
    struct error err;
    uint64_t committed;
    assert_int_equal(sink_open(&file_sink, &f->config, &f->sink, &committed, &err), OK);
    f->epoch = 0;
}

static void fixture_release(struct fixture *f)
{
    unlink(f->path);
    arena_release(&f->arena);
}

static void begin(struct fixture *f)
{
    struct error err;
    assert_int_equal(sink_begin(f->sink, f->epoch + 1, &err), OK);
}

static void write_rows(struct fixture *f, const char *rows)
{
    struct error err;
    struct batch batch;
    batch_from_text(&batch, f->config.schema, &f->arena, rows);
    assert_int_equal(sink_write(f->sink, &batch, &err), OK);
}

static void commit(struct fixture *f)
{
    struct error err;
    assert_int_equal(sink_commit(f->sink, ++f->epoch, &err), OK);
}

static void expect(const struct fixture *f, const char *text)
{
    char got[512] = {0};
    FILE *file = fopen(f->path, "r");
    assert_non_null(file);
    got[fread(got, 1, sizeof got - 1, file)] = 0;
    fclose(file);
    assert_string_equal(got, text);
}

static void test_rows_are_there_when_committed(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, ".csv");
    fixture_open(&f);
    begin(&f);
    write_rows(&f, "c1, 1\n'a,b', 2");
    expect(&f, "");
    commit(&f);
    expect(&f, "card,n\nc1,1\n\"a,b\",2\n");
    assert_int_equal(f.spy.n_syncs, 1);
    begin(&f);
    commit(&f);
    assert_int_equal(f.spy.n_syncs, 1); /* nothing to sync */
    sink_close(f.sink);
    fixture_release(&f);
}

static void test_names_once_over_two_runs(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, ".tsv");
    for (int run = 0; run < 2; run++) {
        fixture_open(&f);
        begin(&f);
        write_rows(&f, "c1, 1");
        commit(&f);
        sink_close(f.sink);
    }
    expect(&f, "card\tn\nc1\t1\nc1\t1\n");
    fixture_release(&f);
}

static void test_a_result_without_rows_has_names(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, ".csv");
    fixture_open(&f);
    begin(&f);
    commit(&f);
    sink_close(f.sink);
    expect(&f, "card,n\n");
    fixture_release(&f);
}

/* More rows than are kept: they are written ahead, and cut when the epoch is given up. */
static void test_abort_cuts_what_was_written_ahead(void **state)
{
    (void)state;
    struct fixture f;
    struct stat stat_of;
    fixture_init(&f, ".csv");
    fixture_open(&f);
    begin(&f);
    write_rows(&f, "c0, 0");
    sink_abort(f.sink); /* before anything was written: the names come all the same */
    begin(&f);
    write_rows(&f, "c1, 1");
    commit(&f);
    begin(&f);
    struct batch batch;
    batch_from_text(&batch, f.config.schema, &f.arena,
                    "a text of more than thirty-two bytes, 1\nc2, 2");
    struct error err;
    for (int i = 0; i < 30000; i++) {
        assert_int_equal(sink_write(f.sink, &batch, &err), OK);
    }
    assert_int_equal(stat(f.path, &stat_of), 0);
    assert_true(stat_of.st_size > 1000000);
    sink_abort(f.sink);
    expect(&f, "card,n\nc1,1\n");
    begin(&f);
    write_rows(&f, "c3, 3");
    commit(&f);
    expect(&f, "card,n\nc1,1\nc3,3\n");
    sink_close(f.sink);
    fixture_release(&f);
}

static void test_json_and_changes(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, ".json");
    f.config.changes = true;
    fixture_open(&f);
    begin(&f);
    write_rows(&f, "c1, NULL");
    commit(&f);
    sink_close(f.sink);
    expect(&f, "{\"_op\":\"+\",\"card\":\"c1\",\"n\":null}\n");
    fixture_release(&f);
}

/* After the old file was moved away, rows go into a new one of the old name. */
static void test_reopen(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    char moved[80];
    fixture_init(&f, ".csv");
    fixture_open(&f);
    begin(&f);
    write_rows(&f, "c1, 1");
    commit(&f);
    snprintf(moved, sizeof moved, "%s.1", f.path);
    assert_int_equal(rename(f.path, moved), 0);
    assert_int_equal(sink_reopen(f.sink, &err), OK);
    begin(&f);
    write_rows(&f, "c2, 2");
    commit(&f);
    sink_close(f.sink);
    expect(&f, "card,n\nc2,2\n");
    snprintf(f.path, sizeof f.path, "%.*s", (int)sizeof f.path - 1, moved);
    expect(&f, "card,n\nc1,1\n");
    fixture_release(&f);
    moved[strlen(moved) - 2] = 0;
    unlink(moved);
}

static void test_a_full_disk_is_told(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    fixture_init(&f, ".csv");
    fixture_open(&f);
    begin(&f);
    write_rows(&f, "c1, 1");
    f.spy.full = true;
    assert_int_equal(sink_commit(f.sink, 1, &err), ERR_IO);
    assert_int_equal(err.exit_code, 4);
    sink_close(f.sink);
    fixture_release(&f);
}

static void test_dev_null(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, ".csv");
    f.uri.path = slice_text("/dev/null");
    fixture_open(&f);
    begin(&f);
    write_rows(&f, "c1, 1");
    commit(&f);
    begin(&f);
    write_rows(&f, "c1, 1");
    sink_abort(f.sink);
    sink_close(f.sink);
    assert_int_equal(f.spy.n_syncs, 0); /* a device cannot be synced */
    fixture_release(&f);
}

static void check_refused(const char *path, const char *format, enum status status)
{
    struct fixture f;
    struct error err;
    uint64_t committed;
    fixture_init(&f, ".csv");
    f.uri.path = slice_text(path);
    f.config.format = slice_text(format);
    assert_int_equal(sink_open(&file_sink, &f.config, &f.sink, &committed, &err), status);
    fixture_release(&f);
}

static void test_what_cannot_be_a_file(void **state)
{
    (void)state;
    check_refused("", "", ERR_OPTION);
    check_refused("/tmp/x", "box", ERR_OPTION);
    check_refused("/tmp/%Y.csv", "", ERR_OPTION); /* the rows have no time */
    check_refused("/nowhere/x.csv", "", ERR_IO);
}

/* ---- recovery ------------------------------------------------------------------------------- */

/* What a checkpoint would keep. */
static void remember(struct fixture *f)
{
    struct bytebuf position = {0};
    sink_position(f->sink, &position);
    f->config.from = arena_copy(&f->arena, bytebuf_slice(&position));
    bytebuf_release(&position);
}

static void epoch_of(struct fixture *f, const char *rows)
{
    begin(f);
    write_rows(f, rows);
    commit(f);
}

static void test_without_a_checkpoint_nothing_is_synced(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, ".csv");
    f.config.durable = false;
    fixture_open(&f);
    epoch_of(&f, "c1, 1");
    expect(&f, "card,n\nc1,1\n");
    sink_close(f.sink);
    assert_int_equal(f.spy.n_syncs, 0);
    fixture_release(&f);
}

static void test_an_epoch_is_done_again(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, ".csv");
    fixture_open(&f);
    remember(&f); /* before the first epoch */
    epoch_of(&f, "c1, 1");
    sink_close(f.sink);
    fixture_open(&f);
    epoch_of(&f, "c1, 1");
    expect(&f, "card,n\nc1,1\n");
    remember(&f);
    epoch_of(&f, "c2, 2");
    sink_close(f.sink);
    fixture_open(&f);
    expect(&f, "card,n\nc1,1\nc2,2\n"); /* a job that is refused has touched nothing */
    begin(&f);
    expect(&f, "card,n\nc1,1\n");
    write_rows(&f, "c2, 2");
    commit(&f);
    expect(&f, "card,n\nc1,1\nc2,2\n");
    sink_close(f.sink);
    fixture_release(&f);
}

/* A first run with a checkpoint adds to the file that is there, also if it is cut short. */
static void test_older_rows_are_kept(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, ".csv");
    f.config.durable = false;
    fixture_open(&f);
    epoch_of(&f, "old, 0");
    sink_close(f.sink);
    f.config.durable = true;
    for (int run = 0; run < 2; run++) {
        fixture_open(&f);
        if (run == 0) {
            remember(&f);
        }
        epoch_of(&f, "c1, 1");
        sink_close(f.sink);
    }
    expect(&f, "card,n\nold,0\nc1,1\n");
    fixture_release(&f);
}

static void expect_refused(struct fixture *f, const char *text)
{
    struct error err;
    uint64_t committed;
    assert_int_equal(sink_open(&file_sink, &f->config, &f->sink, &committed, &err), ERR_STATE);
    assert_int_equal(err.exit_code, 26);
    assert_non_null(strstr(err.text, text));
}

static void test_files_that_lost_rows(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    uint64_t committed;
    fixture_init(&f, ".csv");
    fixture_open(&f);
    epoch_of(&f, "c1, 1");
    remember(&f);
    sink_close(f.sink);
    assert_int_equal(truncate(f.path, 5), 0);
    expect_refused(&f, "it has 5 bytes, 12 were committed");
    unlink(f.path);
    expect_refused(&f, "it is missing, or another file");
    f.config.from = slice_text("bytes=12");
    assert_int_equal(sink_open(&file_sink, &f.config, &f.sink, &committed, &err), ERR_STATE);
    f.config.from = slice_text("inode=1 bytes=0"); /* nothing was promised */
    fixture_open(&f);
    sink_close(f.sink);
    fixture_release(&f);
}

/* The file was moved away and a new one begun: one epoch reached it, but no checkpoint. */
static void test_recovery_after_a_rotation(void **state)
{
    (void)state;
    struct fixture f;
    struct error err;
    char moved[80];
    fixture_init(&f, ".csv");
    fixture_open(&f);
    epoch_of(&f, "c1, 1");
    remember(&f);
    snprintf(moved, sizeof moved, "%s.1", f.path);
    assert_int_equal(rename(f.path, moved), 0);
    begin(&f);
    assert_int_equal(sink_reopen(f.sink, &err), OK); /* in an epoch, which ends where it began */
    write_rows(&f, "c2, 2");
    commit(&f);
    epoch_of(&f, "c3, 3");
    sink_close(f.sink);
    expect(&f, "card,n\nc3,3\n");
    fixture_open(&f);
    epoch_of(&f, "c2, 2");
    epoch_of(&f, "c3, 3");
    sink_close(f.sink);
    expect(&f, "card,n\nc2,2\nc3,3\n");
    unlink(f.path);
    assert_int_equal(rename(moved, f.path), 0);
    expect(&f, "card,n\nc1,1\n");
    fixture_release(&f);
}

/* Runs epochs up to the fourth; false if a call failed on the way. */
static bool try_epochs(struct fixture *f, uint64_t *done)
{
    static const char *const rows[] = {"c1, 1", "'a text that takes several writes', 2", "c3, 3"};
    struct error err;
    uint64_t committed;
    if (sink_open(&file_sink, &f->config, &f->sink, &committed, &err) != OK) {
        return false;
    }
    bool ok = true;
    if (*done == 0 && f->config.from.len == 0) {
        remember(f);
    }
    while (ok && *done < 3) {
        struct batch batch;
        uint64_t epoch = f->sink->epoch + 1;
        batch_from_text(&batch, f->config.schema, &f->arena, rows[*done]);
        ok = sink_begin(f->sink, epoch, &err) == OK && sink_write(f->sink, &batch, &err) == OK &&
             sink_commit(f->sink, epoch, &err) == OK;
        if (ok) {
            remember(f);
            (*done)++;
        }
    }
    sink_close(f->sink);
    return ok;
}

/* Each call that changes something fails once; then the run goes on where its checkpoint stands. */
static void test_every_call_fails(void **state)
{
    (void)state;
    uint32_t n_failed = 0;
    for (uint32_t at = 1; at == n_failed + 1; at++) {
        struct fixture f;
        uint64_t done = 0;
        fixture_init(&f, ".csv");
        f.spy.fails_at = at;
        if (!try_epochs(&f, &done)) {
            f.spy.fails_at = 0;
            assert_true(try_epochs(&f, &done));
        }
        n_failed += f.spy.n_failed;
        expect(&f, "card,n\nc1,1\na text that takes several writes,2\nc3,3\n");
        fixture_release(&f);
    }
    assert_true(n_failed > 10);
}

TEST_MAIN(cmocka_unit_test(test_rows_are_there_when_committed),
          cmocka_unit_test(test_names_once_over_two_runs),
          cmocka_unit_test(test_a_result_without_rows_has_names),
          cmocka_unit_test(test_abort_cuts_what_was_written_ahead),
          cmocka_unit_test(test_json_and_changes), cmocka_unit_test(test_reopen),
          cmocka_unit_test(test_a_full_disk_is_told), cmocka_unit_test(test_dev_null),
          cmocka_unit_test(test_what_cannot_be_a_file),
          cmocka_unit_test(test_without_a_checkpoint_nothing_is_synced),
          cmocka_unit_test(test_an_epoch_is_done_again), cmocka_unit_test(test_older_rows_are_kept),
          cmocka_unit_test(test_files_that_lost_rows),
          cmocka_unit_test(test_recovery_after_a_rotation), cmocka_unit_test(test_every_call_fails))
