/* panic: see panic.h. */
#include "engine/base/panic.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

_Noreturn void panic_at(const char *file, int line, const char *what)
{
    char text[256];
    int n = snprintf(text, sizeof text, "tailrace: panic at %s:%d: %s\n", file, line, what);
    size_t len = n < 0 ? 0 : (size_t)n;
    if (len >= sizeof text) {
        len = sizeof text - 1;
        text[len - 1] = '\n';
    }
    /* One plain write: the heap and stdio may be what is broken. */
    ssize_t written = write(STDERR_FILENO, text, len);
    (void)written;
    abort();
}
