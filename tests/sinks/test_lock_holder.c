/* test_lock_holder: who holds a lock, from lines as Linux writes them, and from the system. */
#include <stdlib.h>
#include <unistd.h>

#include "sinks/lock_holder.h"
#include "tests/sinks/sqlite_case.h"

static const char locks[] = "1: POSIX  ADVISORY  READ  11 08:01:131 123 123\n"
                            "2: FLOCK  ADVISORY  WRITE 12 08:01:131 0 EOF\n"
                            "2: -> POSIX  ADVISORY  WRITE 13 08:01:131 120 120\n"
                            "3: POSIX  ADVISORY  WRITE 14 08:01:13 120 120\n"
                            "4: POSIX  ADVISORY  WRITE 15 08:01:131 121 127\n"
                            "5: POSIX  ADVISORY  WRITE 16 08:01:131 120 120\n";

static void test_the_line_that_counts(void **state)
{
    (void)state;
    struct slice text = slice_text(locks);
    assert_int_equal(lock_holder_find(text, 131), 16);
    assert_int_equal(lock_holder_find(text, 13), 14);
    assert_int_equal(lock_holder_find(text, 132), 0);
    for (size_t len = 0; len < text.len - 4; len++) {
        assert_int_equal(lock_holder_find(slice_of(text.at, len), 131), 0);
    }
}

static void test_of_a_real_file(void **state)
{
    (void)state;
    struct sqlite_case c;
    struct bytebuf who = {0};
    sqlite_case_init(&c, "n BIGINT", "table=t");
    lock_holder_print(&who, fs_system(), c.path); /* no file */
    assert_string_equal(bytebuf_text(&who), "another connection");
    bytebuf_clear(&who);
    sqlite_case_open(&c);
    sqlite3 *db = sqlite_case_connect(&c);
    sqlite_case_exec(db, "BEGIN IMMEDIATE");
    lock_holder_print(&who, fs_system(), c.path);
    sqlite3_close(db);
    if (access("/proc/locks", R_OK) == 0) {
        char process[40];
        snprintf(process, sizeof process, "(process %d)", (int)getpid());
        assert_non_null(strstr(bytebuf_text(&who), "test_lock_holde"));
        assert_non_null(strstr(bytebuf_text(&who), process));
    }
    bytebuf_release(&who);
    sqlite_case_release(&c);
}

TEST_MAIN(cmocka_unit_test(test_the_line_that_counts), cmocka_unit_test(test_of_a_real_file))
