/* Tests of sources/file_source.c and stdin_source.c. */
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "sources/sources.h"
#include "tests/sources/packing.h"
#include "tests/sources/reading.h"
#include "tests/sources/tail_rig.h"
#include "tests/support/testing.h"

struct scratch {
    char directory[64];
    char path[128];
    char uri[160];
};

static void write_bytes(const char *path, struct slice bytes)
{
    const struct fs *fs = fs_system();
    int fd;
    assert_int_equal(fs->open(fs, path, FS_WRITE | FS_CREATE | FS_TRUNCATE, &fd, NULL), OK);
    assert_int_equal(fs_write_all(fs, fd, bytes.at, bytes.len, NULL), OK);
    fs->close(fs, fd);
}

static void write_file(const struct scratch *scratch, const char *text)
{
    write_bytes(scratch->path, slice_text(text));
}

static void scratch_init(struct scratch *scratch, const char *text)
{
    strncpy(scratch->directory, "/tmp/tailrace-file-XXXXXX", sizeof scratch->directory);
    assert_non_null(mkdtemp(scratch->directory));
    snprintf(scratch->path, sizeof scratch->path, "%s/a.csv", scratch->directory);
    snprintf(scratch->uri, sizeof scratch->uri, "file:%s", scratch->path);
    if (text != NULL) {
        write_file(scratch, text);
    }
}

static void scratch_release(const struct scratch *scratch)
{
    unlink(scratch->path);
    rmdir(scratch->directory);
}

static void test_reads_to_the_end(void **state)
{
    (void)state;
    struct scratch scratch;
    struct reading r;
    scratch_init(&scratch, "a,1\nb,2\n");
    reading_init(&r);
    assert_int_equal(reading_open(&r, &file_source_kind, scratch.uri), OK);
    assert_int_equal(source_flags(r.source), SOURCE_REPLAYABLE | SOURCE_FINITE);
    assert_int_equal(source_total_bytes(r.source), 8);
    assert_string_equal(source_split_name(r.source, 0), scratch.path);
    assert_string_equal(reading_until_again(&r, 5), "0:a,1\nb0:,2\n0.!");
    assert_string_equal(reading_until_again(&r, 5), "!");
    reading_release(&r);
    scratch_release(&scratch);
}

static void test_goes_on_at_an_offset(void **state)
{
    (void)state;
    struct scratch scratch;
    struct reading r;
    scratch_init(&scratch, "0123456789");
    reading_init(&r);
    assert_int_equal(reading_open(&r, &file_source_kind, scratch.uri), OK);
    assert_int_equal(reading_step(&r, 6), SOURCE_MORE); /* tells of the split */
    assert_int_equal(reading_step(&r, 6), SOURCE_MORE);
    const uint64_t unused[] = {2};
    const char *offsets = arena_text(&r.arena, reading_offsets(&r, unused));
    assert_int_equal(reading_resume(&r, &file_source_kind, scratch.uri, offsets), OK);
    assert_string_equal(reading_until_again(&r, 100), "0:4567890.!");
    reading_release(&r);
    scratch_release(&scratch);
}

static void test_refuses_another_or_shorter_file(void **state)
{
    (void)state;
    struct scratch scratch;
    struct reading r;
    scratch_init(&scratch, "0123456789");
    reading_init(&r);
    assert_int_equal(reading_open(&r, &file_source_kind, scratch.uri), OK);
    assert_int_equal(reading_step(&r, 6), SOURCE_MORE); /* tells of the split */
    assert_int_equal(reading_step(&r, 6), SOURCE_MORE);
    const char *offsets = arena_text(&r.arena, reading_offsets(&r, NULL));

    write_file(&scratch, "012");
    assert_int_equal(reading_resume(&r, &file_source_kind, scratch.uri, offsets), ERR_STATE);
    assert_non_null(strstr(r.err.text, "it is shorter than before"));
    assert_int_equal(r.err.exit_code, 24);
    write_file(&scratch, "0123x56789");
    assert_int_equal(reading_resume(&r, &file_source_kind, scratch.uri, offsets), ERR_STATE);
    assert_non_null(strstr(r.err.text, "it holds something else than before"));
    unlink(scratch.path);
    assert_int_equal(reading_resume(&r, &file_source_kind, scratch.uri, offsets), ERR_IO);
    reading_release(&r);
    scratch_release(&scratch);
}

static void test_refuses_what_is_no_offset(void **state)
{
    (void)state;
    static const char *const wrong[] = {
        "pos=x",
        "splits=x\n",
        "splits=1\npos=1\n",
        "splits=1\nsplit=1 pos=0 inode=1 device=1 head_bytes=0 head_hash=0 last_bytes=0 "
        "last_hash=0 last_end=0 path=/a\n",
        "splits=1\ndone=1 pos=0 inode=1 device=1 head_bytes=0 head_hash=0 last_bytes=0 "
        "last_hash=0 last_end=0 path=/a\n",
    };
    struct reading r;
    reading_init(&r);
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        assert_int_equal(reading_resume(&r, &file_source_kind, "file:/a", wrong[i]), ERR_STATE);
        assert_non_null(strstr(r.err.text, "is no offset of files"));
    }
    reading_release(&r);
}

/* ---- several ----------------------------------------------------------------------------------
 */

static const char *beside(struct scratch *scratch, const char *name)
{
    snprintf(scratch->path, sizeof scratch->path, "%s/%s", scratch->directory, name);
    return scratch->path;
}

static void several_init(struct scratch *scratch)
{
    scratch_init(scratch, NULL);
    write_bytes(beside(scratch, "b.csv"), slice_text("b1\nb2\n"));
    write_bytes(beside(scratch, "a.csv"), slice_text("a1\na2\n"));
    write_bytes(beside(scratch, "c.txt"), slice_text("not this\n"));
    assert_int_equal(mkdir(beside(scratch, "d.csv"), 0700), 0);
    snprintf(scratch->uri, sizeof scratch->uri, "file:%s/*.csv", scratch->directory);
}

static void several_release(struct scratch *scratch)
{
    unlink(beside(scratch, "a.csv"));
    unlink(beside(scratch, "b.csv"));
    unlink(beside(scratch, "c.txt"));
    rmdir(beside(scratch, "d.csv"));
    rmdir(scratch->directory);
}

static void test_several_files(void **state)
{
    (void)state;
    struct scratch scratch;
    struct reading r;
    several_init(&scratch);
    reading_init(&r);
    assert_int_equal(reading_open(&r, &file_source_kind, scratch.uri), OK);
    assert_int_equal(source_n_splits(r.source), 2);
    assert_int_equal(source_flags(r.source),
                     SOURCE_REPLAYABLE | SOURCE_PARTITIONED | SOURCE_FINITE);
    assert_int_equal(source_total_bytes(r.source), 12);
    assert_string_equal(source_split_name(r.source, 1), beside(&scratch, "b.csv"));
    assert_int_equal(reading_step(&r, 100), SOURCE_MORE); /* tells of the first … */
    assert_int_equal(reading_step(&r, 100), SOURCE_MORE); /* … and of the second */
    assert_int_equal(r.log.len, 0);
    assert_string_equal(reading_until_again(&r, 100), "0:a1\na2\n0.1:b1\nb2\n1.!");
    assert_int_equal(reading_open(&r, &file_source_kind, "file:/tmp/tailrace-none-*.csv"), ERR_IO);
    assert_string_equal(r.err.text, "no file matches \"/tmp/tailrace-none-*.csv\"");
    reading_release(&r);
    several_release(&scratch);
}

/* From every place where a reader may stop, with half lines that it does not use. */
static void test_several_files_go_on_anywhere(void **state)
{
    (void)state;
    for (int steps = 0; steps < 14; steps++) {
        struct tail_rig *rig = mem_alloc(sizeof *rig);
        rig_init(rig, "", "");
        snprintf(rig->uri, sizeof rig->uri, "file:%s/*.csv", rig->folder);
        rig_write(rig, "a.csv", "a1\na2\n");
        rig_write(rig, "b.csv", "b1\nb2");
        assert_int_equal(rig_try_open(rig, &file_source_kind), OK);
        for (int i = 0; i < steps; i++) {
            rig_step(rig, 2);
        }
        rig_stop(rig);
        assert_int_equal(rig_try_open(rig, &file_source_kind), OK);
        rig_read(rig);
        assert_true(rig->done);
        assert_string_equal(rig_lines(rig), "a1\na2\nb1\nb2\n");
        rig_release(rig);
        mem_free(rig);
    }
}

/* ---- packed -----------------------------------------------------------------------------------
 */

typedef void pack_function(struct bytebuf *out, struct slice bytes);

enum { PLAIN_BYTES = 700000 };

struct packed {
    struct scratch scratch;
    struct reading r;
    struct bytebuf plain;
    struct bytebuf bytes;
};

static void packed_init(struct packed *packed, pack_function *pack, const char *name)
{
    *packed = (struct packed){0};
    scratch_init(&packed->scratch, NULL);
    beside(&packed->scratch, name);
    snprintf(packed->scratch.uri, sizeof packed->scratch.uri, "file:%s", packed->scratch.path);
    reading_init(&packed->r);
    pack_lines(&packed->plain, PLAIN_BYTES);
    pack(&packed->bytes, bytebuf_slice(&packed->plain));
    write_bytes(packed->scratch.path, bytebuf_slice(&packed->bytes));
}

static void packed_release(struct packed *packed)
{
    bytebuf_release(&packed->plain);
    bytebuf_release(&packed->bytes);
    reading_release(&packed->r);
    scratch_release(&packed->scratch);
}

/* All that comes until the end or a failure. */
static enum status read_all(struct packed *packed, struct bytebuf *out, size_t step)
{
    struct reading *r = &packed->r;
    uint32_t split;
    enum source_state what = SOURCE_MORE;
    while (what != SOURCE_DONE) {
        size_t n = 0;
        TRY(source_poll(r->source, &split, &what, &r->err));
        if (what == SOURCE_MORE) {
            TRY(source_read(r->source, split, bytebuf_reserve(out, step), step, &n, &r->err));
            out->len += n;
        }
    }
    return OK;
}

static void reads_packed(pack_function *pack, const char *name)
{
    struct packed packed;
    struct bytebuf out = {0};
    packed_init(&packed, pack, name);
    assert_int_equal(reading_open(&packed.r, &file_source_kind, packed.scratch.uri), OK);
    assert_int_equal(source_total_bytes(packed.r.source), -1);
    assert_int_equal(read_all(&packed, &out, 10007), OK);
    assert_int_equal(out.len, packed.plain.len);
    assert_memory_equal(out.at, packed.plain.at, out.len);

    /* And on from the middle: offsets count what is in it. */
    assert_int_equal(reading_open(&packed.r, &file_source_kind, packed.scratch.uri), OK);
    reading_step(&packed.r, 1);
    reading_step(&packed.r, 300000);
    const uint64_t unused[] = {17};
    const char *offsets = arena_text(&packed.r.arena, reading_offsets(&packed.r, unused));
    assert_non_null(strstr(offsets, "pos=299983 "));
    assert_int_equal(reading_resume(&packed.r, &file_source_kind, packed.scratch.uri, offsets), OK);
    bytebuf_clear(&out);
    assert_int_equal(read_all(&packed, &out, 10007), OK);
    assert_int_equal(out.len, PLAIN_BYTES - 299983);
    assert_memory_equal(out.at, packed.plain.at + 299983, out.len);
    bytebuf_release(&out);
    packed_release(&packed);
}

static void test_packed(void **state)
{
    (void)state;
    reads_packed(pack_gzip, "a.gz");
    reads_packed(pack_zstd, "a.zst");
    reads_packed(pack_gzip, "a.csv"); /* the bytes say it, not the name */
}

/* What is in front of the damage comes, then an error that says where it is. */
static void stops_at_damage(pack_function *pack, bool cut, const char *why)
{
    struct packed packed;
    struct bytebuf out = {0};
    packed_init(&packed, pack, "a.gz");
    if (cut) {
        packed.bytes.len -= 5;
    } else {
        packed.bytes.at[packed.bytes.len - 6] ^= 0xff;
    }
    write_bytes(packed.scratch.path, bytebuf_slice(&packed.bytes));
    assert_int_equal(reading_open(&packed.r, &file_source_kind, packed.scratch.uri), OK);
    assert_int_equal(read_all(&packed, &out, 4096), ERR_INPUT);
    assert_memory_equal(out.at, packed.plain.at, out.len);
    assert_true(out.len > PLAIN_BYTES - 200000);
    struct bytebuf text = {0};
    bytebuf_printf(&text, "is damaged behind byte %zu of what it holds: %s", out.len, why);
    if (strstr(packed.r.err.text, bytebuf_text(&text)) == NULL) {
        fail_msg("%s", packed.r.err.text);
    }
    bytebuf_release(&text);
    bytebuf_release(&out);
    packed_release(&packed);
}

static void test_damaged(void **state)
{
    (void)state;
    stops_at_damage(pack_gzip, true, "it ends too soon");
    stops_at_damage(pack_gzip, false, "incorrect data check");
    stops_at_damage(pack_zstd, true, "it ends too soon");
}

static void test_not_packed_at_all(void **state)
{
    (void)state;
    struct packed packed;
    packed_init(&packed, pack_gzip, "a.gz");
    write_bytes(packed.scratch.path, slice_text("a,b\n"));
    assert_int_equal(reading_open(&packed.r, &file_source_kind, packed.scratch.uri), ERR_INPUT);
    assert_non_null(strstr(packed.r.err.text, "holds neither gzip nor zstd data"));
    write_bytes(packed.scratch.path, slice_text(""));
    assert_int_equal(reading_open(&packed.r, &file_source_kind, packed.scratch.uri), OK);
    assert_string_equal(reading_until_again(&packed.r, 100), "0.!");
    packed_release(&packed);
}

/* ---- what is no file ----------------------------------------------------------------------------
 */

static void test_refuses_what_is_no_file(void **state)
{
    (void)state;
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &file_source_kind, "file:/nowhere/at/all"), ERR_IO);
    assert_int_equal(reading_open(&r, &file_source_kind, "file:/tmp"), ERR_IO);
    assert_string_equal(r.err.text, "\"/tmp\" is a directory");
    assert_int_equal(reading_open(&r, &file_source_kind, "file:"), ERR_OPTION);
    assert_int_equal(reading_open(&r, &file_source_kind, "file://a/b"), ERR_OPTION);
    assert_int_equal(reading_open(&r, &file_source_kind, "file:a?x=1"), ERR_OPTION);
    assert_string_equal(r.err.text, "source has no option \"x\"");
    reading_release(&r);
}

/* A named pipe says AGAIN while nobody has written, and is not read twice. */
static void test_named_pipe(void **state)
{
    (void)state;
    struct scratch scratch;
    struct reading r;
    scratch_init(&scratch, NULL);
    reading_init(&r);
    assert_int_equal(mkfifo(scratch.path, 0600), 0);
    const struct fs *fs = fs_system();
    int writer;
    assert_int_equal(reading_open(&r, &file_source_kind, scratch.uri), OK); /* waits for nobody */
    assert_int_equal(source_flags(r.source), SOURCE_FINITE);
    assert_true(source_wait_fd(r.source) >= 0);
    assert_string_equal(reading_until_again(&r, 100), "");
    assert_int_equal(fs->open(fs, scratch.path, FS_WRITE, &writer, NULL), OK);
    assert_string_equal(reading_until_again(&r, 100), "");
    assert_int_equal(fs_write_all(fs, writer, "abc", 3, NULL), OK);
    assert_string_equal(reading_until_again(&r, 100), "0:abc");
    fs->close(fs, writer);
    assert_string_equal(reading_until_again(&r, 100), "0.!");
    reading_release(&r);
    scratch_release(&scratch);
}

/* ---- stdin ---------------------------------------------------------------------------------- */

static void test_stdin_from_a_pipe(void **state)
{
    (void)state;
    int saved = dup(STDIN_FILENO);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    dup2(ends[0], STDIN_FILENO);
    close(ends[0]);
    struct reading r;
    reading_init(&r);
    assert_int_equal(reading_open(&r, &stdin_source_kind, "stdin:"), OK);
    assert_int_equal(source_wait_fd(r.source), STDIN_FILENO);
    assert_string_equal(reading_until_again(&r, 100), "");
    assert_int_equal(fs_write_all(fs_system(), ends[1], "x\ny", 3, NULL), OK);
    assert_true(reading_expect(&r, "0:x\ny"));
    assert_int_equal(reading_step(&r, 10), SOURCE_AGAIN);
    close(ends[1]);
    assert_true(reading_expect(&r, "0.!"));
    reading_release(&r);
    dup2(saved, STDIN_FILENO);
    close(saved);
}

static void test_stdin_from_a_file(void **state)
{
    (void)state;
    struct scratch scratch;
    struct reading r;
    scratch_init(&scratch, "x\n");
    int saved = dup(STDIN_FILENO);
    int fd;
    assert_int_equal(fs_system()->open(fs_system(), scratch.path, FS_READ, &fd, NULL), OK);
    dup2(fd, STDIN_FILENO);
    close(fd);
    reading_init(&r);
    assert_int_equal(reading_open(&r, &stdin_source_kind, "stdin:"), OK);
    assert_int_equal(source_wait_fd(r.source), -1);
    assert_int_equal(source_total_bytes(r.source), 2);
    assert_string_equal(reading_until_again(&r, 100), "0:x\n0.!");
    reading_release(&r);
    dup2(saved, STDIN_FILENO);
    close(saved);
    scratch_release(&scratch);
}

TEST_MAIN(cmocka_unit_test(test_reads_to_the_end), cmocka_unit_test(test_goes_on_at_an_offset),
          cmocka_unit_test(test_refuses_another_or_shorter_file),
          cmocka_unit_test(test_refuses_what_is_no_offset), cmocka_unit_test(test_several_files),
          cmocka_unit_test(test_several_files_go_on_anywhere), cmocka_unit_test(test_packed),
          cmocka_unit_test(test_damaged), cmocka_unit_test(test_not_packed_at_all),
          cmocka_unit_test(test_refuses_what_is_no_file), cmocka_unit_test(test_named_pipe),
          cmocka_unit_test(test_stdin_from_a_pipe), cmocka_unit_test(test_stdin_from_a_file))
