/* status: see status.h. */
#include "engine/base/status.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/panic.h"

void error_clear(struct error *err)
{
    *err = (struct error){.status = OK, .at = -1, .length = -1};
}

enum status error_set(struct error *err, enum status status, const char *format, ...)
{
    CHECK(status != OK);
    if (err == NULL) {
        return status;
    }
    /* Arguments may point into the error that is rewritten, so the text is made aside. */
    char text[ERROR_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_clear(err);
    err->status = status;
    memcpy(err->text, text, sizeof text);
    return status;
}

enum status error_set_errno(struct error *err, int errno_value, const char *format, ...)
{
    if (err == NULL) {
        return ERR_IO;
    }
    char text[ERROR_TEXT_BYTES];
    char reason[128];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    const char *said = strerror_r(errno_value, reason, sizeof reason);
    error_clear(err);
    err->status = ERR_IO;
    /* What the system said survives a text that is too long: it is the part nobody can guess. */
    int room = (int)(ERROR_TEXT_BYTES - strlen(said) - 3);
    snprintf(err->text, sizeof err->text, "%.*s: %s", room, text, said);
    return ERR_IO;
}

void error_hint(struct error *err, const char *format, ...)
{
    if (err == NULL) {
        return;
    }
    char hint[ERROR_HINT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(hint, sizeof hint, format, args);
    va_end(args);
    memcpy(err->hint, hint, sizeof hint);
}

void error_exit_code(struct error *err, int exit_code)
{
    if (err != NULL) {
        err->exit_code = exit_code;
    }
}

void error_place(struct error *err, int code, int64_t at, int64_t length)
{
    if (err == NULL) {
        return;
    }
    err->code = code;
    err->at = at;
    err->length = length;
}

const char *status_name(enum status status)
{
    static const char *const names[] = {
        [OK] = "ok",           [ERR_IO] = "io",         [ERR_LIMIT] = "limit",
        [ERR_INPUT] = "input", [ERR_SQL] = "sql",       [ERR_OPTION] = "option",
        [ERR_STATE] = "state", [ERR_LOCKED] = "locked", [ERR_UNSUPPORTED] = "unsupported",
    };
    CHECK((size_t)status < sizeof names / sizeof names[0]);
    return names[status];
}
