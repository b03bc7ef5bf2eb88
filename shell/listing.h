/* listing: a small table of texts that the shell says by itself (SHOW, DESCRIBE), printed like a
 * result: a box on a terminal, CSV in a pipe, or as -o says.
 *
 *     struct listing listing;
 *     listing_init(&listing, 2, (const char *[]){"name", "summary"});
 *     listing_add(&listing, slice_text("csv"));          // cell by cell, row by row
 *     listing_add_null(&listing);
 *     TRY(listing_print(&listing, fs, args, err));
 *     listing_release(&listing);
 */
#ifndef SHELL_LISTING_H
#define SHELL_LISTING_H

#include "engine/base/bytebuf.h"
#include "engine/base/fs.h"
#include "engine/data/batch.h"
#include "shell/args.h"

enum { LISTING_COLUMNS_MAX = 8 };

struct listing {
    struct arena arena;
    struct schema schema;
    struct bytebuf cells; /* struct text each; at == NULL is NULL */
};

void listing_init(struct listing *listing, uint32_t n_columns, const char *const *names);
void listing_release(struct listing *listing);

/* Copied. */
void listing_add(struct listing *listing, struct slice text);
void listing_add_null(struct listing *listing);

MUST_CHECK enum status listing_print(const struct listing *listing, const struct fs *fs,
                                     const struct args *args, struct error *err);

#endif
