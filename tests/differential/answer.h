/* answer: the rows of a result as lines of text, from whatever made them, so that two results can
 * be compared. Values stand in one spelling for both sides: times as microseconds, money as cents,
 * floats to 11 digits, text as JSON.
 *
 *     struct answer answer = {0};
 *     answer_changes(&answer, rows, plan);       // what a query has left, folded if it changes
 *     answer_add(&answer, line);
 *     answer_sort(&answer);
 *     answer_equal(&a, &b)
 *     answer_release(&answer); */
#ifndef TESTS_DIFFERENTIAL_ANSWER_H
#define TESTS_DIFFERENTIAL_ANSWER_H

#include "engine/base/bytebuf.h"
#include "engine/data/value.h"
#include "engine/plan/plan.h"
#include "sinks/memory_sink.h"

struct answer {
    uint32_t n;
    uint32_t room;
    char **lines; /* each from mem.h */
};

void answer_release(struct answer *answer);
void answer_add(struct answer *answer, struct slice line);
void answer_sort(struct answer *answer);
bool answer_equal(const struct answer *a, const struct answer *b);
void answer_print(struct bytebuf *out, const struct answer *answer);

/* One value as part of a line. */
void answer_value(struct bytebuf *out, const struct value *value);

/* What a query has said: all rows of an appending one, the table that is left of a changing one
 * (a line for every key), the rows of the last trigger that said something for a complete one. */
void answer_take(struct answer *answer, const struct memory_rows *rows, const struct plan *plan);

/* All rows in the order in which they came, those of changes with + or - in front. */
void answer_log(struct answer *answer, const struct memory_rows *rows);

#endif
