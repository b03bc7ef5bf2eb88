/* sqlerr: an error as a person sees it (experience.md, "Errors, everywhere"):
 *
 *     error[E0104]: no such column "staus"
 *      --> 1:45
 *       | SELECT status, count(*) FROM access GROUP BY staus WINDOW 30s SLIDE 10s;
 *       |                                              ^^^^^
 *       = help: did you mean "status"?
 *
 * Lines count from 1, columns from 0: how many characters stand before the place. Control bytes are
 * shown escaped, so that a statement cannot speak to the terminal. */
#ifndef SQL_SQLERR_H
#define SQL_SQLERR_H

#include "engine/base/bytebuf.h"
#include "engine/base/status.h"

/* `text` is the statement that err->at counts in. `file` stands before the place if it is not NULL,
 * alone if the error has no place, and `first_line` is the line of the file on which the text
 * begins (1 if unknown). */
void sqlerr_print(struct bytebuf *out, const struct error *err, struct slice text, const char *file,
                  uint32_t first_line);

/* The entry of a code in the catalogue, for `tailrace explain E0104`: title, explanation, example.
 * False if there is no such code. */
bool sqlerr_explain(struct bytebuf *out, int code);

/* "E0104", "e104" or "104" as a number; -1 if it is none. */
int sqlerr_code(struct slice text);

#endif
