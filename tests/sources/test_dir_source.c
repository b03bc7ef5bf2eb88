/* Tests of sources/dir_source.c. */
#include "engine/base/log.h"
#include "tests/sources/packing.h"
#include "tests/sources/tail_rig.h"

/* The rig of the tail tests, with the folder as a whole. */
static struct tail_rig *rig_new(const char *query)
{
    struct tail_rig *rig = mem_alloc(sizeof *rig);
    log_set_level(LOG_QUIET);
    rig_init(rig, "", query);
    snprintf(rig->uri, sizeof rig->uri, "dir:%s%s", rig->folder, query);
    return rig;
}

static void open_dir(struct tail_rig *rig)
{
    enum status status = rig_try_open(rig, &dir_source_kind);
    if (status != OK) {
        fail_msg("%s", rig->reading.err.text);
    }
}

static void rig_free(struct tail_rig *rig)
{
    rig_release(rig);
    mem_free(rig);
}

static void test_reads_files_that_come(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("?glob=*.csv");
    rig_write(rig, "b.csv", "b1\n");
    rig_write(rig, "a.csv", "a1\nhalf");
    rig_write(rig, "c.txt", "not this\n");
    open_dir(rig);
    assert_int_equal(source_flags(rig->reading.source), SOURCE_REPLAYABLE | SOURCE_PARTITIONED);
    rig_read(rig);
    assert_string_equal(rig_lines(rig), "a1\nhalf\nb1\n");
    assert_true(rig->ended[0] && rig->ended[1]);
    rig_write(rig, "d.csv", "d1\n");
    rig_read(rig);
    assert_string_equal(rig_lines(rig), "a1\nhalf\nb1\nd1\n");
    assert_string_equal(source_split_name(rig->reading.source, 2), rig_path(rig, "d.csv"));
    rig_free(rig);
}

/* A file is not read while it is written. */
static void test_waits_for_the_writer(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("?settle=1h");
    open_dir(rig);
    int fd = rig_writer(rig, "a.csv", 0);
    rig_put(fd, "a1\n");
    rig_read_for(rig, 5 * US_PER_SECOND);
    assert_string_equal(rig_lines(rig), "");
    rig_put(fd, "a2\n");
    close(fd);
    rig_read(rig);
    assert_string_equal(rig_lines(rig), "a1\na2\n");
    rig_write(rig, ".hidden", "m1\n");
    rig_read(rig);
    rig_rename(rig, ".hidden", "moved");
    rig_read(rig);
    assert_string_equal(rig_lines(rig), "a1\na2\nm1\n");
    rig_free(rig);
}

/* Nobody tells that the writer is through: it is when nothing more comes. */
static void test_waits_until_it_is_quiet(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("?settle=2s");
    open_dir(rig);
    int fd = rig_writer(rig, "a.csv", 0);
    rig_put(fd, "a1\n");
    rig_read_for(rig, US_PER_SECOND);
    rig_put(fd, "a2\n");
    rig_read_for(rig, US_PER_SECOND);
    assert_string_equal(rig_lines(rig), "");
    rig_read_for(rig, 3 * US_PER_SECOND);
    assert_string_equal(rig_lines(rig), "a1\na2\n");
    close(fd);
    rig_free(rig);
}

/* What comes later in a file that was read is not lost and nothing is read twice. */
static void test_a_file_grows_after_it_was_read(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("");
    rig_write(rig, "a.csv", "a1\n");
    open_dir(rig);
    rig_read(rig);
    rig_write(rig, "a.csv", "a2\n");
    rig_read(rig);
    assert_string_equal(rig_lines(rig), "a1\na2\n");
    assert_int_equal(source_n_splits(rig->reading.source), 2);
    rig_unlink(rig, "a.csv");
    rig_read(rig);
    rig_write(rig, "a.csv", "a3\n"); /* another file, maybe with the same inode */
    rig_read(rig);
    assert_string_equal(rig_lines(rig), "a1\na2\na3\n");
    rig_free(rig);
}

static void test_goes_on_after_a_restart(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("");
    rig_write(rig, "a.csv", "a1\na2\n");
    rig_write(rig, "b.csv", "b1\nb2\n");
    for (int steps = 0; steps < 8; steps++) {
        memset(rig->ended, 0, sizeof rig->ended);
        bytebuf_clear(&rig->offsets);
        open_dir(rig);
        for (int i = 0; i < steps; i++) {
            rig_step(rig, 2);
        }
        rig_stop(rig);
        rig_write(rig, "c.csv", "c1\n");
        open_dir(rig);
        rig_read(rig);
        assert_string_equal(rig_lines(rig), "a1\na2\nb1\nb2\nc1\n");
        bytebuf_clear(&rig->lines);
        rig_unlink(rig, "c.csv");
    }
    rig_free(rig);
}

static void test_says_what_is_gone(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("");
    rig_write(rig, "a.csv", "a1\na2\n");
    open_dir(rig);
    rig_step(rig, 4);
    rig_step(rig, 4);
    rig_stop(rig);
    rig_unlink(rig, "a.csv");
    assert_int_equal(rig_try_open(rig, &dir_source_kind), ERR_IO);
    assert_non_null(strstr(rig->reading.err.text, "a.csv"));
    rig_write(rig, "a.csv", "something else\n");
    assert_int_equal(rig_try_open(rig, &dir_source_kind), ERR_STATE);
    assert_int_equal(rig->reading.err.exit_code, 24);
    rig_free(rig);
}

static void write_packed(struct tail_rig *rig, const char *name, const struct bytebuf *packed,
                         size_t len)
{
    int fd = rig_writer(rig, name, 0);
    assert_int_equal(fs_write_all(fs_system(), fd, packed->at, len, NULL), OK);
    close(fd);
}

/* The stream goes on, what is in front of the damage is there, and half a line is a bad row. */
static void test_passes_over_damage(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("");
    struct bytebuf packed = {0};
    pack_gzip(&packed, slice_text("b1\nha"));
    size_t first = packed.len;
    pack_gzip(&packed, slice_text("lf\nb3\n"));
    packed.at[first] = 'x';
    open_dir(rig);
    write_packed(rig, "b.gz", &packed, packed.len);
    rig_write(rig, "a.gz", "not packed at all");
    rig_write(rig, "c.csv", "c1\n");
    rig_read(rig);
    assert_string_equal(rig_lines(rig), "b1\nbad: ha\nc1\n");
    bytebuf_release(&packed);
    rig_free(rig);
}

static void test_once(void **state)
{
    (void)state;
    struct tail_rig *rig = rig_new("?glob=*");
    struct bytebuf packed = {0};
    rig->reading.config.once = true;
    rig_write(rig, "a.csv", "a1\n");
    open_dir(rig);
    assert_int_equal(source_total_bytes(rig->reading.source), 3);
    pack_zstd(&packed, slice_text("b1\nb2\n"));
    write_packed(rig, "b.csv.zst", &packed, packed.len);
    rig_read(rig);
    assert_true(rig->done);
    assert_string_equal(rig_lines(rig), "a1\n");
    rig_stop(rig);
    open_dir(rig); /* and again: only what is new */
    assert_int_equal(source_total_bytes(rig->reading.source), -1);
    rig_read(rig);
    assert_true(rig->done);
    assert_string_equal(rig_lines(rig), "a1\nb1\nb2\n");
    bytebuf_release(&packed);
    rig_free(rig);
}

static void test_refuses(void **state)
{
    (void)state;
    struct reading r;
    struct tail_rig *rig = rig_new("");
    rig_write(rig, "a.csv", "");
    reading_init(&r);
    assert_int_equal(reading_open(&r, &dir_source_kind, "dir:/nowhere/at/all"), ERR_IO);
    assert_non_null(strstr(r.err.text, "/nowhere/at/all"));
    snprintf(rig->uri, sizeof rig->uri, "dir:%s", rig_path(rig, "a.csv"));
    assert_int_equal(reading_open(&r, &dir_source_kind, rig->uri), ERR_IO);
    assert_non_null(strstr(r.err.text, "a.csv\" is no directory"));
    assert_int_equal(reading_open(&r, &dir_source_kind, "dir:"), ERR_OPTION);
    assert_int_equal(reading_open(&r, &dir_source_kind, "dir:/tmp?settle=x"), ERR_OPTION);
    reading_release(&r);
    rig_free(rig);
}

TEST_MAIN(cmocka_unit_test(test_reads_files_that_come), cmocka_unit_test(test_waits_for_the_writer),
          cmocka_unit_test(test_waits_until_it_is_quiet),
          cmocka_unit_test(test_a_file_grows_after_it_was_read),
          cmocka_unit_test(test_goes_on_after_a_restart), cmocka_unit_test(test_says_what_is_gone),
          cmocka_unit_test(test_passes_over_damage), cmocka_unit_test(test_once),
          cmocka_unit_test(test_refuses))
