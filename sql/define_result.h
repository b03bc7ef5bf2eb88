/* define_result: FROM TABLE(query), or FROM query where nothing else has that name: the result of a
 * query as it is at present, as a finite stream with the columns of that result. */
#ifndef SQL_DEFINE_RESULT_H
#define SQL_DEFINE_RESULT_H

#include "sql/ast.h"
#include "sql/catalog.h"

/* *out = the query whose result FROM names, NULL if it names something else, or nothing. E0103 with
 * place if the name could mean something else, too. */
MUST_CHECK enum status result_find(const struct catalog *catalog, const struct ast_from *from,
                                   const struct catalog_entry **out, struct error *err);

/* The definition is in `arena`; the catalog has a keeper of results. E0127 if this one is not kept,
 * with place. */
MUST_CHECK enum status result_define(const struct catalog *catalog, struct arena *arena,
                                     const struct ast_from *from, const struct catalog_entry *query,
                                     const struct stream_def **out, struct error *err);

#endif
