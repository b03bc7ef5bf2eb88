/* log: see log.h. */
#include "engine/base/log.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { LOG_LINE_BYTES = 2048 };

/* One of the mutable globals that tidy allows: how much to say, and where the person who runs the
 * process looks, are properties of the process. */
static struct {
    enum log_level threshold;
    log_write *write; /* NULL: stderr */
    void *owner;
    pthread_t thread; /* of the writer; lines of others go to stderr */
} settings = {.threshold = LOG_INFO};

void log_set_level(enum log_level level)
{
    settings.threshold = level;
}

void log_set_writer(log_write *write, void *owner)
{
    settings.write = write;
    settings.owner = owner;
    settings.thread = pthread_self();
}

void log_line(enum log_level level, const char *format, ...)
{
    if (level > settings.threshold || level == LOG_QUIET) {
        return;
    }
    static const char prefix[] = "tailrace: ";
    char line[LOG_LINE_BYTES];
    size_t len = sizeof prefix - 1;
    memcpy(line, prefix, len);
    va_list args;
    va_start(args, format);
    int n = vsnprintf(line + len, sizeof line - len - 1, format, args);
    va_end(args);
    if (n < 0) {
        return;
    }
    len += (size_t)n;
    if (len > sizeof line - 2) {
        len = sizeof line - 2;
    }
    line[len++] = '\n';
    if (settings.write != NULL && pthread_equal(settings.thread, pthread_self()) != 0) {
        settings.write(settings.owner, line, len);
        return;
    }
    /* One call, so that lines of two processes on one terminal do not mix. A log that cannot be
     * written is nothing to fail for. */
    ssize_t written = write(STDERR_FILENO, line, len);
    (void)written;
}
