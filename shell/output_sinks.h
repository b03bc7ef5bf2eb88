/* output_sinks: sinks that only the shell needs: one that throws rows away, one that lets a number
 * of rows through, and one that says all at the end. */
#ifndef SHELL_OUTPUT_SINKS_H
#define SHELL_OUTPUT_SINKS_H

#include "engine/io/sink.h"

struct sink *discard_sink_new(void);

/* Takes `inner` over, which hears of triggers and epochs when it is closed: a result that comes to
 * an end is one table, however its rows came in. */
struct sink *patient_sink_new(struct sink *inner);

/* Rows that may still be said, shared by all sinks of a run. */
struct row_budget {
    uint64_t left;
};

/* Takes `inner` over. The budget must outlive the sink. */
struct sink *limit_sink_new(struct sink *inner, struct row_budget *budget);

#endif
