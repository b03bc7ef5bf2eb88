/* define_table: FROM TABLE(s): what there is of a stream at present, as a finite stream. Nothing in
 * it is late, rows may be sorted, and a window by arrival time goes by the time at which its rows
 * arrived. */
#ifndef SQL_DEFINE_TABLE_H
#define SQL_DEFINE_TABLE_H

#include "sql/ast.h"
#include "sql/catalog.h"

/* The definition is in `arena`. E0103 for an unknown name, E0127 if nothing is kept, with place. */
MUST_CHECK enum status table_define(const struct catalog *catalog, struct arena *arena,
                                    const struct ast_from *from, const struct stream_def **out,
                                    struct error *err);

#endif
