/* case_rulings: what we have decided about single cases of ../shared/data/cases: those that need
 * what language.md puts into §4.5, those where engines disagree (language.md decides), and those
 * whose query is said in words. Every other case runs as it stands. */
#ifndef TESTS_DIFFERENTIAL_CASE_RULINGS_H
#define TESTS_DIFFERENTIAL_CASE_RULINGS_H

#include <stdbool.h>

#include "engine/base/slice.h"

struct case_ruling {
    const char *id;
    const char *reason; /* why it differs, or is left out */
    bool skip;
    const char *query;     /* instead of the case's; NULL = that */
    const char *per_batch; /* JSON instead of expect_per_batch; "null" = not compared */
    const char *final;     /* JSON instead of expect_final; "null" = not compared */
    bool flush;            /* `final` holds what comes at the end of the input too */
    const char *mode;      /* instead of the case's; NULL = that */
};

/* NULL if there is none. */
const struct case_ruling *case_ruling_find(const char *id);

/* What a query needs that is not part of the language yet; NULL = nothing. */
const char *case_query_needs(struct slice query);

#endif
