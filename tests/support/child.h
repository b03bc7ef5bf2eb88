/* child: a whole program as a child of the test, and all that it says.
 *
 *     struct bytebuf said = {0};
 *     int code = child_run(&(struct child){.main = shell_main, .columns = 80}, &said,
 *                            (const char *[]){"tailrace", "-o", "box", "-c", "SELECT 1", NULL});
 *     …bytebuf_text(&said)…
 *     bytebuf_release(&said);
 */
#ifndef TESTS_SUPPORT_CHILD_H
#define TESTS_SUPPORT_CHILD_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytebuf.h"

struct child {
    int (*main)(int argc, char **argv);
    /* Standard output and error are a terminal (xterm) of so many columns; 0: standard output is a
     * pipe, and what is said on standard error is the test's. */
    uint16_t columns;
    /* With a terminal: what is typed once something has been said; NULL: there is no input. */
    const char *typed;
};

/* `words` ends with NULL. There is no home with settings or history. Returns the exit code; a child
 * that is ended by a signal fails the test, and so does one that says nothing for 20 s and goes on.
 */
int child_run(const struct child *child, struct bytebuf *said, const char *const *words);

#endif
