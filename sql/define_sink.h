/* define_sink: from what CREATE SINK, INTO and INSERT INTO say to a sink_def. Opens nothing. */
#ifndef SQL_DEFINE_SINK_H
#define SQL_DEFINE_SINK_H

#include "sql/ast.h"
#include "sql/catalog.h"

/* A sink made of URI, FORMAT and WITH; its name may be absent. All in `arena`. */
MUST_CHECK enum status sink_define(const struct catalog *catalog, struct arena *arena,
                                   const struct ast_into *into, const struct sink_def **out,
                                   struct error *err);

/* The sink that INTO names, or that it defines on the spot. */
MUST_CHECK enum status sink_resolve(const struct catalog *catalog, struct arena *arena,
                                    const struct ast_into *into, const struct sink_def **out,
                                    struct error *err);

#endif
