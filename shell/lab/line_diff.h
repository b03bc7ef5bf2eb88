/* line_diff: two texts line by line, as a unified diff that a person reads: three lines of context,
 * "-" what was wanted, "+" what came. Lines are shown with control bytes escaped. */
#ifndef SHELL_LAB_LINE_DIFF_H
#define SHELL_LAB_LINE_DIFF_H

#include "engine/base/bytebuf.h"
#include "engine/base/slice.h"

/* Appends the hunks; nothing if all lines are the same. `first_line` is the number that the first
 * line of both texts has in the file. Texts that differ in more than some thousand lines are shown
 * as all of one and all of the other. After some hundred lines it says how many there are more. */
void line_diff(struct bytebuf *out, struct slice wanted, struct slice got, uint32_t first_line);

#endif
