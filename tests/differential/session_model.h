/* session_model: sessions by looking at every earlier session for every row (language.md §4.1, and
 * engine/ops/sessions.h for MAX).
 *
 *     session_model(rows, n, &window);       // sets row->session, window->start[…], …
 */
#ifndef TESTS_DIFFERENTIAL_SESSION_MODEL_H
#define TESTS_DIFFERENTIAL_SESSION_MODEL_H

#include <stdbool.h>
#include <stdint.h>

struct session_row {
    int64_t number; /* of the row in the dataset */
    int64_t time_us;
    int64_t watermark_us; /* TIME_NONE: nothing is late */
    int64_t group;
    int session; /* out: -1 = late */
};

struct session_span {
    int64_t start_us;
    int64_t last_us;
    int64_t group;
    bool is_there; /* false: it was merged into another */
};

struct session_rule {
    int64_t gap_us;
    int64_t grace_us;
    int64_t max_us; /* 0 = none */
};

/* Rows in arrival order; `spans` has room for n. */
void session_model(struct session_row *rows, uint32_t n, const struct session_rule *rule,
                   struct session_span *spans);

#endif
