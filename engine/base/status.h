/* status: how a function says that it failed.
 *
 *     enum status file_load(const char *path, struct slice *out, struct error *err)
 *     {
 *         TRY(file_open(path, &fd, err));            // forwards status and err
 *         if (length > LENGTH_MAX) {
 *             return error_set(err, ERR_LIMIT, "\"%s\" has %zu bytes, the limit is %d", …);
 *         }
 *         …
 *     }
 *
 * The caller owns the struct error; it is written only on failure, and out parameters are untouched
 * on failure. There is no thread-local last error. Text: lower case, no full stop, names the object
 * and the value; what to do about it goes into the hint. */
#ifndef ENGINE_BASE_STATUS_H
#define ENGINE_BASE_STATUS_H

#include <stdbool.h>
#include <stdint.h>

#define MUST_CHECK                 __attribute__((warn_unused_result))
#define PRINTF_LIKE(text_, first_) __attribute__((format(printf, text_, first_)))

enum status {
    OK = 0,
    ERR_IO,          /* the operating system refused: file, socket, disk */
    ERR_LIMIT,       /* a named limit was reached; the text says which and how to raise it */
    ERR_INPUT,       /* a row or message was bad and the stream says ON ERROR FAIL */
    ERR_SQL,         /* the statement is wrong: carries a position and a code */
    ERR_OPTION,      /* a command-line, WITH or URI option is wrong */
    ERR_STATE,       /* a checkpoint or saved state is damaged, missing or of another query */
    ERR_LOCKED,      /* another process owns it */
    ERR_UNSUPPORTED, /* understood, but this build or kind cannot do it */
};

enum { ERROR_TEXT_BYTES = 512, ERROR_HINT_BYTES = 384 };

/* What went wrong, for a person. `code` is a number of docs/errors.md (104 prints as E0104; 0 =
 * none). `at` and `length` are byte offsets into the statement text, -1 if there is no place to
 * point at. */
struct error {
    enum status status;
    int code;
    int exit_code; /* exact exit code where exactly-once.md §7 names one; 0 = by status */
    int64_t at;
    int64_t length;
    char text[ERROR_TEXT_BYTES];
    char hint[ERROR_HINT_BYTES];
};

#define TRY(call)                                                                                  \
    do {                                                                                           \
        enum status try_status_ = (call);                                                          \
        if (__builtin_expect(try_status_ != OK, 0)) {                                              \
            return try_status_;                                                                    \
        }                                                                                          \
    } while (0)

/* Makes `err` empty: status OK, no place. */
void error_clear(struct error *err);

/* Fills `err` (which may be NULL) and returns `status`, so that a failure is one return statement.
 * Text that does not fit is cut. Place, code and hint become empty. */
enum status error_set(struct error *err, enum status status, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Like error_set for ERR_IO; appends ": " and the text of `errno_value`. */
enum status error_set_errno(struct error *err, int errno_value, const char *format, ...)
    PRINTF_LIKE(3, 4);

/* Sets the hint of an error that is already filled. `err` may be NULL. */
void error_hint(struct error *err, const char *format, ...) PRINTF_LIKE(2, 3);

/* Sets the exit code of an error that is already filled. `err` may be NULL. */
void error_exit_code(struct error *err, int exit_code);

/* Points an error at bytes [at, at + length) of the statement and gives it a catalogue number. */
void error_place(struct error *err, int code, int64_t at, int64_t length);

/* Stable lower-case name of a status: "io", "limit", … */
const char *status_name(enum status status);

#endif
