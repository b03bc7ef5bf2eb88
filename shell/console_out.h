/* console_out: a sink that prints the rows of a plan. */
#ifndef SHELL_CONSOLE_OUT_H
#define SHELL_CONSOLE_OUT_H

#include "engine/io/sink.h"
#include "engine/plan/plan.h"

/* `format` NULL: a table on a terminal, else CSV. Rows are written to handle 1 of `fs`. What the
 * sink needs is kept in `arena`, which must outlive it. */
MUST_CHECK enum status console_out_open(struct arena *arena, const struct plan *plan,
                                        const char *format, const struct fs *fs, struct sink **out,
                                        struct error *err);

#endif
