/* oracle_functions: aggregates of ours that SQLite lacks, as simple as can be: all values are kept
 * until the end, then sorted.
 *
 *     whole(x)                     x if it is an integer, else NULL: an overflow
 *     sum_whole(x) avg_whole(x)    in 128 bits
 *     var_pop(x) … stddev_samp(x)  in two passes
 *     percentile_50(x) …_90(x)     interpolated
 *     rank_90(x)                   the value of that rank
 *     first_by(time, n, x) last_by(time, n, x)
 *     join_by(time, n, x) join_values(x)   with | between
 *     top_2(x)                     as JSON */
#ifndef TESTS_DIFFERENTIAL_ORACLE_FUNCTIONS_H
#define TESTS_DIFFERENTIAL_ORACLE_FUNCTIONS_H

#include <sqlite3.h>

void oracle_functions_register(sqlite3 *db);

#endif
