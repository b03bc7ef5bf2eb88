/* test_sqlite_crash: a process that commits epochs is killed at any time, again and again on the
 * same file; after each kill the table has the rows of the epochs up to the number that stands in
 * it, each once, and the next process goes on behind it. */
#include <signal.h>
#include <sys/wait.h>

#include "tests/sinks/sqlite_case.h"
#include "tests/support/rng.h"

enum { KILLS = 25, ROWS = 20, EPOCHS_MOST = 12 };

/* Commits until it is killed; a byte for each epoch. Row i of epoch e is (e, i). */
static void commit_for_ever(struct sqlite_case *c, int out)
{
    sqlite_case_open(c);
    for (;;) {
        struct bytebuf rows = {0};
        for (int i = 0; i < ROWS; i++) {
            bytebuf_printf(&rows, "%llu, %d, 'some text that fills the pages of the table'\n",
                           (unsigned long long)c->committed + 1, i);
        }
        sqlite_case_epoch(c, bytebuf_text(&rows), NULL);
        bytebuf_release(&rows);
        if (write(out, "e", 1) != 1) {
            _exit(1);
        }
    }
}

/* Returns how many epochs the child has told of. */
static uint64_t run_and_kill(struct sqlite_case *c, uint64_t after)
{
    int ends[2];
    char byte;
    uint64_t told = 0;
    int status;
    assert_int_equal(pipe(ends), 0);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        close(ends[0]);
        commit_for_ever(c, ends[1]);
    }
    close(ends[1]);
    while (told < after && read(ends[0], &byte, 1) == 1) {
        told++;
    }
    assert_int_equal(kill(child, SIGKILL), 0);
    while (read(ends[0], &byte, 1) == 1) {
        told++;
    }
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status)); /* it did not fail by itself */
    return told;
}

static int64_t number_of(const struct sqlite_case *c, const char *sql)
{
    sqlite3_stmt *statement;
    sqlite3 *db = sqlite_case_connect(c);
    assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &statement, NULL), SQLITE_OK);
    int64_t number =
        sqlite3_step(statement) == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : -1;
    sqlite3_finalize(statement);
    sqlite3_close(db);
    return number;
}

static void test_killed_at_any_time(void **state)
{
    (void)state;
    struct rng rng;
    struct sqlite_case c;
    uint64_t told = 0;
    rng_init(&rng);
    sqlite_case_init(&c, "epoch BIGINT, i BIGINT, t TEXT", "table=t");
    for (int kill = 0; kill < KILLS; kill++) {
        told += run_and_kill(&c, 1 + rng_below(&rng, EPOCHS_MOST));
        int64_t epoch = number_of(&c, "SELECT epoch FROM _tailrace_epoch");
        assert_true(epoch >= (int64_t)told); /* what was said is there */
        told = (uint64_t)epoch;              /* one that was not said may be */
        assert_int_equal(number_of(&c, "SELECT count(*) FROM t"), epoch * ROWS);
        assert_int_equal(number_of(&c, "SELECT count(DISTINCT epoch * 1000 + i) FROM t"),
                         epoch * ROWS);
        assert_int_equal(number_of(&c, "SELECT max(epoch) FROM t"), epoch);
    }
    sqlite_case_expect(&c, "PRAGMA integrity_check", "ok\n");
    assert_true(told >= KILLS);
    sqlite_case_release(&c);
}

TEST_MAIN(cmocka_unit_test(test_killed_at_any_time))
