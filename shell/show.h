/* show: SHOW and DESCRIBE: what the catalog, the formats and the functions are, as listings. */
#ifndef SHELL_SHOW_H
#define SHELL_SHOW_H

#include "shell/args.h"
#include "sql/statement.h"

/* To handle 1 of `fs`. */
MUST_CHECK enum status show_statement(struct catalog *catalog, const struct statement *statement,
                                      const struct args *args, const struct fs *fs,
                                      struct error *err);
MUST_CHECK enum status describe_statement(const struct statement *statement,
                                          const struct args *args, const struct fs *fs,
                                          struct error *err);

/* "CREATE STREAM … FROM 'access.log' FORMAT csv" with all columns: what inference took. */
void show_ddl(struct bytebuf *out, const struct stream_def *stream);

#endif
