/* Snapshots that are merged from files by a thread, over real files, while the job goes on: the
 * same rows come out, and the next start finds what was said. With ThreadSanitizer (preset tsan) it
 * looks for races between the two. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tests/crash/ledger_sink.h"
#include "tests/crash/stage.h"
#include "tests/support/testing.h"

enum { ROUNDS = 8, LIVES = 2, KEYS = 200, PATH_BYTES = 64, SQL_BYTES = 512 };

struct site {
    char folder[40];
    char sql[SQL_BYTES];
    struct simfs *unused; /* a stage has simulated files unless it is told of others */
    struct stage stage;
};

static void path_in(const struct site *site, const char *name, char out[PATH_BYTES])
{
    snprintf(out, PATH_BYTES, "%s/%s", site->folder, name);
}

static void site_init(struct site *site)
{
    *site = (struct site){.unused = simfs_new()};
    snprintf(site->folder, sizeof site->folder, "/tmp/tailrace_merge_XXXXXX");
    assert_non_null(mkdtemp(site->folder));
    snprintf(site->sql, sizeof site->sql,
             "CREATE STREAM s (ts TIMESTAMP, k TEXT, v BIGINT, WATERMARK ts DELAY 1s) "
             "FROM 'memory:s' FORMAT csv; CREATE SINK a TO 'ledger:%s/a'; INSERT INTO a "
             "SELECT window_start, k, count(*), sum(v) FROM s GROUP BY k WINDOW 10s SLIDE 5s;",
             site->folder);
}

static void site_release(struct site *site)
{
    const struct fs *fs = fs_system();
    static const char *const folders[] = {"state", ""};
    char folder[PATH_BYTES];
    for (size_t i = 0; i < 2; i++) {
        struct bytebuf names = {0};
        path_in(site, folders[i], folder);
        assert_int_equal(fs->list(fs, folder, &names, NULL), OK);
        struct slice left = bytebuf_slice(&names);
        for (const char *name; names_next(&left, &name);) {
            struct bytebuf path = {0};
            bytebuf_printf(&path, "%s/%s", folder, name);
            (void)!fs->unlink(fs, bytebuf_text(&path), NULL);
            bytebuf_release(&path);
        }
        bytebuf_release(&names);
        rmdir(folder);
    }
    simfs_free(site->unused);
}

/* A life of the job; every commit that can begins a merge. */
static void open_job(struct site *site, char state[PATH_BYTES])
{
    struct stage *stage = &site->stage;
    path_in(site, "state", state);
    stage_init(stage, site->unused);
    stage->config.fs = fs_system();
    stage->config.state_dir = state;
    stage->config.log_bytes_max = 1;
    stage->config.merge_bytes_min = 1;
    memory_feed_set_flags(stage_feed(stage, "s"), 0);
    assert_int_equal(stage_start(stage, site->sql), OK);
}

static void step(struct stage *stage)
{
    enum job_state what;
    assert_int_equal(job_step(stage->job, &what, &stage->err), OK);
}

/* An epoch of its own: rows of one second. */
static void run_epoch(struct stage *stage, uint32_t second)
{
    struct bytebuf rows = {0};
    for (uint32_t i = 0; i < KEYS; i++) {
        bytebuf_printf(&rows, "2026-01-05T09:%02u:%02uZ,key%u,%u\n", second / 60, second % 60, i,
                       second);
    }
    memory_feed_add(stage_feed(stage, "s"), 0, bytebuf_slice(&rows));
    bytebuf_release(&rows);
    step(stage);
    stage->clock.at_us += 2 * CHECKPOINT_INTERVAL_DEFAULT_US;
    step(stage);
}

/* One epoch begins a merge, the next one is logged beside it; then the merge is waited for. */
static uint32_t run_rounds(struct stage *stage, uint32_t second)
{
    for (uint64_t round = 1; round <= ROUNDS; round++) {
        run_epoch(stage, second++);
        run_epoch(stage, second++);
        while (job_merges(stage->job) < round) {
            step(stage);
        }
    }
    return second;
}

/* Every window but those that are open has a row for each key, with all that came in it. */
static void assert_rows(const struct site *site, uint32_t seconds)
{
    struct bytebuf file = {0};
    struct bytebuf expected = {0};
    char path[PATH_BYTES];
    uint64_t epoch;
    path_in(site, "a", path);
    assert_int_equal(fs_read_file(fs_system(), path, SIZE_MAX, &file, NULL), OK);
    struct slice rows = ledger_rows(bytebuf_slice(&file), &epoch);
    for (uint32_t end = 5; end + 1 < seconds; end += 5) { /* the watermark is a second behind */
        uint32_t n = end == 5 ? 5 : 10;
        uint32_t sum = n * (end - n) + n * (n - 1) / 2;
        bytebuf_clear(&expected);
        bytebuf_printf(&expected, ",key7,%u,%u\n", n, sum);
        assert_non_null(slice_find(rows, bytebuf_slice(&expected)));
    }
    bytebuf_release(&expected);
    bytebuf_release(&file);
}

static void test_a_thread_merges_beside_the_job(void **state)
{
    (void)state;
    struct site site;
    char directory[PATH_BYTES];
    uint32_t second = 0;
    site_init(&site);
    for (uint32_t life = 0; life < LIVES; life++) {
        open_job(&site, directory);
        second = run_rounds(&site.stage, second);
        assert_true(job_merges(site.stage.job) >= ROUNDS);
        assert_int_equal(job_finish(site.stage.job, &site.stage.err), OK);
        stage_release(&site.stage);
    }
    assert_rows(&site, second);
    site_release(&site);
}

/* A job that ends while a merge is under way waits for it, and what it has written is a stray. */
static void test_a_job_ends_in_the_middle_of_a_merge(void **state)
{
    (void)state;
    struct site site;
    char directory[PATH_BYTES];
    site_init(&site);
    open_job(&site, directory);
    run_epoch(&site.stage, 0);
    stage_release(&site.stage); /* as if it was killed: nothing is committed */
    open_job(&site, directory);
    uint32_t second = run_rounds(&site.stage, 1);
    run_epoch(&site.stage, second);
    assert_int_equal(job_finish(site.stage.job, &site.stage.err), OK);
    stage_release(&site.stage);
    assert_rows(&site, second + 1);
    site_release(&site);
}

TEST_MAIN(cmocka_unit_test(test_a_thread_merges_beside_the_job),
          cmocka_unit_test(test_a_job_ends_in_the_middle_of_a_merge))
