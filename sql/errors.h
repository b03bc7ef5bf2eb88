/* errors: the catalogue of SQL errors (errors.def), for `tailrace explain E0104` and
 * docs/errors.md. */
#ifndef SQL_ERRORS_H
#define SQL_ERRORS_H

#include <stdint.h>

enum error_code {
#define ERROR(name_, code_, title_, text_, example_) E_##name_ = (code_),
#include "sql/errors.def"
#undef ERROR
};

struct error_entry {
    int code;
    const char *title;
    const char *text;    /* a paragraph: what is wrong and what to do */
    const char *example; /* a statement that gives this error, or NULL */
};

/* NULL if the catalogue has no such code. */
const struct error_entry *errors_find(int code);
/* Walks the catalogue: 0, 1, … until NULL. */
const struct error_entry *errors_at(uint32_t index);

#endif
