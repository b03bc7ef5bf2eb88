/* letters: lives of a job whose streams s and t give rows with a letter each, which its ledgers a
 * and b get: what is missing, or there twice, can be read off.
 *
 *     struct life life = {.sql = S_TO_A, .s = LETTERS, .steps = STEPS};
 *     assert_lives(fs, life);
 *     struct simfs *left = simfs_killed(fs, calls);
 *     …another life on what is left…
 *     assert_letters(left, "a", LETTERS);
 */
#ifndef TESTS_CRASH_LETTERS_H
#define TESTS_CRASH_LETTERS_H

#include "tests/crash/stage.h"

enum { LETTERS_MAX = 64, STEPS = 40 };

#define STEP_US (100 * US_PER_MS)

#define STREAM(name_, more_)                                                                       \
    "CREATE STREAM " name_ " (ts TIMESTAMP, k TEXT, v BIGINT, WATERMARK ts DELAY 2s) FROM "        \
    "'memory:" name_ "' FORMAT csv" more_ ";"
#define SINKS   "CREATE SINK a TO 'ledger:a'; CREATE SINK b TO 'ledger:b';"
#define S_TO_A  SINKS STREAM("s", "") "INSERT INTO a SELECT k, v FROM s;"
#define T_TO_B  STREAM("t", "") "INSERT INTO b SELECT k, v FROM t;"
#define LETTERS "abcdefg"
#define OTHERS  "tuvwxyz"

struct life {
    const char *sql;
    const char *s; /* letters that the stream s gives, a row each; NULL = there is no such source */
    const char *t;
    const char *half; /* behind the letters of s: a row that is cut; NULL = none */
    bool is_logged;   /* they cannot be read again */
    bool accepts;
    bool replays;
    bool forgets; /* --new-state */
    bool goes_on; /* the input does not end here */
    uint32_t steps;
    const char *text;
    struct error err; /* out */
};

/* Runs it on the files and kills it. */
MUST_CHECK enum status live(const struct simfs *fs, struct life *life);
/* It must be OK. */
void assert_lives(const struct simfs *fs, struct life life);

/* The letters that a ledger has, in order; `out` has room for LETTERS_MAX. */
const char *letters_of(const struct simfs *fs, const char *ledger, char *out);
void assert_letters(const struct simfs *fs, const char *ledger, const char *expected);
/* Nothing is there twice, nothing is missing in the middle, and nothing is gone that was there. */
void assert_goes_on(const struct simfs *before, const struct simfs *now, const char *ledger,
                    const char *all);

/* Appends a row of `s` to the input log, as if it had come behind what is there. */
void log_row(struct simfs *fs, char letter);

#endif
