/* define_stdin: standard input is there once. FROM stdin means the same stream in all statements,
 * so that queries that run together all read all of it; two streams would each get what the other
 * has not read. */
#ifndef SQL_DEFINE_STDIN_H
#define SQL_DEFINE_STDIN_H

#include "sql/ast.h"
#include "sql/catalog.h"

/* stdin, stdin:, stdin:?max_line=1000 */
bool stdin_is_meant(struct slice uri);
/* The URI of what is meant by it. */
struct slice stdin_uri(struct slice uri);

/* CREATE STREAM … FROM stdin. E0115 with place if another stream reads it. */
MUST_CHECK enum status stdin_check_free(struct catalog *catalog, struct span span,
                                        struct error *err);

/* FROM stdin [FORMAT …] [WITH …]: *out = what it was before, NULL if it is new. E0115 with place if
 * it was something else, or a stream with a name reads it. */
MUST_CHECK enum status stdin_find(struct catalog *catalog, const struct ast_from *from,
                                  const struct stream_def **out, struct error *err);
/* It means `def` from now on, which is in catalog_arena. */
void stdin_remember(struct catalog *catalog, const struct ast_from *from,
                    const struct stream_def *def);

#endif
