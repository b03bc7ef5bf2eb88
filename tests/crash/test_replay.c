/* --replay-from earliest at every call at which the job before can be killed: the input is read
 * again from its start, behind what the sinks have. */
#include <stdio.h>

#include "engine/run/state_dir.h"
#include "tests/crash/letters.h"
#include "tests/support/testing.h"

/* Killed at any call, the input is read again from its start, and its rows come behind those that
 * the sink has. */
static void test_replay_after_every_call(void **state)
{
    (void)state;
    struct simfs *fs = simfs_new();
    struct life life = {.sql = S_TO_A, .s = LETTERS, .steps = STEPS};
    assert_lives(fs, life);
    life.replays = true;
    for (uint32_t calls = 0; calls <= simfs_n_calls(fs); calls++) {
        char had[LETTERS_MAX];
        char expected[2 * LETTERS_MAX];
        struct simfs *left = simfs_killed(fs, calls);
        snprintf(expected, sizeof expected, "%s" LETTERS, letters_of(left, "a", had));
        assert_lives(left, life);
        assert_letters(left, "a", expected);
        simfs_free(left);
    }
    simfs_free(fs);
}

/* What cannot be read again is forgotten, also what waits in the input log; what comes then does
 * not get in its way, nor at the start behind that. */
static void test_replay_of_logged_input(void **state)
{
    (void)state;
    struct life life = {.sql = S_TO_A, .s = "abc", .is_logged = true, .goes_on = true};
    for (uint32_t steps = 3; steps < 12; steps++) {
        char had[LETTERS_MAX];
        char expected[2 * LETTERS_MAX];
        struct simfs *left = simfs_new();
        life.steps = steps;
        assert_lives(left, life);
        log_row(left, 'z');
        snprintf(expected, sizeof expected, "%sdef", letters_of(left, "a", had));
        struct life again = {.sql = S_TO_A, .s = "def", .is_logged = true, .replays = true};
        again.goes_on = true;
        again.steps = STEPS;
        assert_lives(left, again);
        assert_letters(left, "a", expected);
        again.s = "";
        again.replays = false;
        again.goes_on = false;
        assert_lives(left, again);
        assert_letters(left, "a", expected);
        simfs_free(left);
    }
}

/* The queries may be other ones, and nobody has to accept that. */
static void test_replay_of_another_query(void **state)
{
    (void)state;
    struct simfs *fs = simfs_new();
    assert_lives(fs,
                 (struct life){.sql = S_TO_A T_TO_B, .s = LETTERS, .t = OTHERS, .steps = STEPS});
    assert_lives(fs, (struct life){.sql = SINKS STREAM("s", "") "INSERT INTO a SELECT max(k) AS k "
                                                                "FROM s WINDOW 7 ROWS;",
                                   .s = LETTERS,
                                   .replays = true,
                                   .steps = STEPS});
    assert_letters(fs, "a", LETTERS "g");
    assert_letters(fs, "b", OTHERS);
    simfs_free(fs);
}

/* A fault at any call of such a start, and then another one without. */
static void test_replay_with_a_fault(void **state)
{
    (void)state;
    const struct fault none = {.kind = FAULT_NONE};
    bool fired = true;
    uint32_t n_told = 0;
    for (uint32_t at = 0; fired; at++) {
        struct simfs *fs = simfs_new();
        struct life life = {.sql = S_TO_A, .s = LETTERS, .steps = STEPS};
        assert_lives(fs, life);
        const struct fault fault = {.kind = FAULT_IO, .at = at};
        life.replays = true;
        life.steps = 0;
        simfs_set_fault(fs, &fault);
        enum status status = live(fs, &life);
        fired = simfs_fired(fs);
        assert_int_equal(status, fired ? ERR_IO : OK);
        n_told += life.err.exit_code == EXIT_IO_FAILED;
        simfs_set_fault(fs, &none);
        life.steps = STEPS;
        assert_lives(fs, life);
        assert_letters(fs, "a", LETTERS LETTERS);
        simfs_free(fs);
    }
    assert_true(n_told > 10); /* not of the ledger, which says less */
}

TEST_MAIN(cmocka_unit_test(test_replay_after_every_call),
          cmocka_unit_test(test_replay_of_logged_input),
          cmocka_unit_test(test_replay_of_another_query),
          cmocka_unit_test(test_replay_with_a_fault))
