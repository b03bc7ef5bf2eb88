/* rejects: the rows that a checkpoint holds as rejected (DIR/dead.*), as lines that do not depend
 * on when the program was stopped: column, reason and text, sorted. Pieces of lines that a crash
 * cut are left out; a sender sends such a line again. */
#ifndef TESTS_CRASH_REJECTS_H
#define TESTS_CRASH_REJECTS_H

#include "tests/support/simfs.h"

/* Rows that are not numbered one after the other, from the name of their file on, are said. */
void rejects_read(const struct simfs *fs, const char *dir, struct bytebuf *out);

#endif
