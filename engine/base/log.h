/* log: lines for the person who runs tailrace, on stderr; stdout belongs to results. Control bytes
 * in arguments are the caller's duty (textbuf_escaped). */
#ifndef ENGINE_BASE_LOG_H
#define ENGINE_BASE_LOG_H

#include <stddef.h>

#include "engine/base/status.h"

enum log_level { LOG_QUIET, LOG_WARN, LOG_INFO, LOG_DEBUG };

/* Process-wide threshold; default LOG_INFO. One of the three mutable globals that tidy allows. */
void log_set_level(enum log_level level);

/* A whole line with its end. */
typedef void log_write(void *owner, const char *line, size_t len);

/* Where lines of this thread go instead of stderr, because something is drawn there; NULL: stderr
 * again. Part of the same global. */
void log_set_writer(log_write *write, void *owner);

/* One line "tailrace: …" is written in one call if `level` is within the threshold. */
void log_line(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
