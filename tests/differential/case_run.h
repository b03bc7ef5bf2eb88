/* case_run: runs one case of case_file.h and compares what comes out with what it expects.
 *
 *     struct bytebuf report = {0};
 *     switch (case_run(one, &report)) {
 *     case CASE_HOLDS:  …
 *     case CASE_FAILS:  …report says how…
 *     case CASE_LEFT_OUT: …report says why…
 *     }
 *
 * A case is run as it stands, restarted after each batch, and with its input cut anew with restarts
 * at random, which may change nothing in the sum of what comes out. Within a batch the order of
 * rows does not count. */
#ifndef TESTS_DIFFERENTIAL_CASE_RUN_H
#define TESTS_DIFFERENTIAL_CASE_RUN_H

#include "engine/base/bytebuf.h"
#include "tests/differential/case_file.h"

enum case_verdict { CASE_HOLDS, CASE_FAILS, CASE_LEFT_OUT };

enum case_verdict case_run(const struct one_case *one, struct bytebuf *report);

#endif
