/* oracle: what SQLite says to a question over all rows at once. Which windows a row belongs to, and
 * for which of them it was late, is decided by SQL over a table of rows with the watermark just
 * before each; sessions with lateness are walked row by row (session_model.c).
 *
 *     struct oracle *oracle = oracle_open();
 *     oracle_load(oracle, data, watermarks);
 *     oracle_answer(oracle, question, &plan->root->schema, &answer);  // any number
 *     oracle_close(oracle);
 *
 * The answer is sorted by the question's ORDER BY if it has one. SQL that SQLite refuses is a fault
 * of the test and ends it, showing the SQL. */
#ifndef TESTS_DIFFERENTIAL_ORACLE_H
#define TESTS_DIFFERENTIAL_ORACLE_H

#include "tests/differential/answer.h"
#include "tests/differential/dataset.h"
#include "tests/differential/question.h"

struct oracle;

/* Wrong on purpose: proof that a difference is found. */
enum oracle_fault {
    ORACLE_IS_RIGHT,
    ORACLE_FORGIVES_LATE_ROWS,
    ORACLE_CLOSES_WINDOWS_LATE, /* a row at the end of a window is in it */
    ORACLE_ORDERS_BY_ARRIVAL,   /* first and last */
    ORACLE_FILLS_ONE_LESS,
    ORACLE_REPEATS_ALERTS,
    ORACLE_FAULTS,
};

struct oracle *oracle_open(void);
void oracle_close(struct oracle *oracle);
void oracle_misbehave(struct oracle *oracle, enum oracle_fault fault);
/* watermarks[i] is the watermark just before row i, and watermarks[n] the last. */
void oracle_load(struct oracle *oracle, const struct dataset *data, const int64_t *watermarks);

/* `schema` gives the types of the result columns, in the order of the question's. */
void oracle_answer(struct oracle *oracle, const struct question *question,
                   const struct schema *schema, struct answer *out);

#endif
