/* reads: what the SELECT of a view or query stands on: the stream, view or query of the catalog
 * that its innermost FROM names. */
#ifndef SQL_READS_H
#define SQL_READS_H

#include "sql/ast.h"
#include "sql/catalog.h"

/* NULL if that is no name of the catalog (a URI, stdin). `select` has been planned (planner.h). */
const struct catalog_entry *reads_find(const struct catalog *catalog,
                                       const struct ast_select *select);

#endif
