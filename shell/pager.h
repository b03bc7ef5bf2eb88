/* pager: what is taller than the terminal is shown by $PAGER, a page at a time, as psql does it.
 * Texts and finite results are kept until they are whole; then they go straight to the terminal if
 * they fit, else to the pager's standard input, which is a file in memory: a pager that goes early
 * leaves nobody behind who writes into a pipe. Queries in the background go on meanwhile; their
 * rows wait until the terminal is ours again.
 *
 *     struct pager *pager = pager_new(&config);
 *     TRY(pager_say(pager, text, err));           // a whole text
 *     fs = pager_fs(pager); …rows to its handle 1… TRY(pager_show(pager, err));
 *     pager_free(pager);
 *
 * PAGER empty, .pager off, a pipe or a terminal that cannot move its cursor: no pager. A pager that
 * cannot be run: what it should have shown is printed. */
#ifndef SHELL_PAGER_H
#define SHELL_PAGER_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/fs.h"
#include "engine/base/slice.h"

struct background;
struct pager;

/* Of one result. Nobody pages through more; a file takes it. */
enum { PAGER_BYTES_MAX = 64 << 20 };

struct pager_config {
    const struct fs *fs; /* of the terminal */
    /* Goes on while a pager has the terminal. NULL: nothing runs. */
    struct background *background;
    void *owner;
    /* The job of the background has failed. */
    void (*failed)(void *owner, const struct error *err);
};

struct pager *pager_new(const struct pager_config *config);
void pager_free(struct pager *pager); /* NULL is fine */

void pager_set_off(struct pager *pager, bool is_off);
bool pager_is_off(const struct pager *pager);
/* True if what is too tall would be paged here. */
bool pager_pages(const struct pager *pager);

/* Its handle 1 takes what pager_show shows; where nothing is paged it is the terminal's. */
const struct fs *pager_fs(struct pager *pager);
/* More than PAGER_BYTES_MAX are kept: the rest is not worth computing. */
bool pager_is_full(const struct pager *pager);
/* Shows what was kept; comes back when the person has seen enough. */
MUST_CHECK enum status pager_show(struct pager *pager, struct error *err);
/* What was kept does not fit the terminal. */
bool pager_is_tall(const struct pager *pager);
/* Forgets it. */
void pager_drop(struct pager *pager);
/* A text of ours, with control bytes escaped. */
MUST_CHECK enum status pager_say(struct pager *pager, struct slice text, struct error *err);

/* While a pager has the terminal: keeps the text until it is gone. Else false. */
bool pager_holds(struct pager *pager, const void *at, size_t len);
/* SIGTERM came while one had the terminal; it has been ended. */
bool pager_is_terminated(const struct pager *pager);
/* Time that people have spent reading, of all pagers so far. */
int64_t pager_open_us(const struct pager *pager);

#endif
