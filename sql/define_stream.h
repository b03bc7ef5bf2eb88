/* define_stream: from what CREATE STREAM (or FROM 'uri') says to a stream_def: the source and
 * format are looked up, options checked, columns inferred where none are declared, the event time
 * is found. Opens nothing; a sample of the data comes from the catalog's sampler. */
#ifndef SQL_DEFINE_STREAM_H
#define SQL_DEFINE_STREAM_H

#include "sql/ast.h"
#include "sql/catalog.h"

/* CREATE STREAM, or CREATE TABLE that means one (Flink). The definition is in catalog_arena. */
MUST_CHECK enum status stream_define(struct catalog *catalog, const struct ast_statement *ast,
                                     const struct stream_def **out, struct error *err);

/* SELECT … FROM 'uri' [FORMAT …] [WITH …], and FROM stdin. The definition is in `arena`; it has no
 * name. */
MUST_CHECK enum status stream_inline(struct catalog *catalog, struct arena *arena,
                                     const struct ast_from *from, const struct stream_def **out,
                                     struct error *err);

#endif
