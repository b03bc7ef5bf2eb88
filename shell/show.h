/* show: SHOW and DESCRIBE: what the catalog, the formats and the functions are, as listings. */
#ifndef SHELL_SHOW_H
#define SHELL_SHOW_H

#include "shell/args.h"
#include "shell/tables.h"
#include "sql/statement.h"

/* What there is, and where to say it: to handle 1 of `fs`. */
struct show {
    const struct catalog *catalog;
    const struct tables *tables;
    const struct args *args;
    const struct fs *fs;
};

MUST_CHECK enum status show_statement(const struct show *show, const struct statement *statement,
                                      struct error *err);
MUST_CHECK enum status describe_statement(const struct show *show,
                                          const struct statement *statement, struct error *err);

/* "CREATE STREAM … FROM 'access.log' FORMAT csv" with all columns: what inference took. */
void show_ddl(struct bytebuf *out, const struct stream_def *stream);

#endif
