/* define_parts: what define_stream.c and define_sink.c share: URIs, the 'connector' spelling and
 * options of WITH. */
#ifndef SQL_DEFINE_PARTS_H
#define SQL_DEFINE_PARTS_H

#include "engine/io/options.h"
#include "sql/ast.h"

/* Where data is: FROM/TO `uri`, or the connector and its address among `with`, and all other
 * options of WITH and of the URI. ERR_SQL or ERR_OPTION with place. */
struct location {
    struct uri uri;
    struct span span; /* of the URI or of the connector's name */
    struct options options;
    struct ast_name format; /* option 'format' */
};

MUST_CHECK enum status location_read(struct arena *arena, const struct ast_name *uri,
                                     const struct ast_options *with, struct location *out,
                                     struct error *err);

enum { OPTION_LISTS = 3 };

/* options_check that leaves no error without a place. Lists may be NULL. */
MUST_CHECK enum status location_check(const struct options *options,
                                      const struct option_spec *const lists[OPTION_LISTS],
                                      const char *what, struct span span, struct error *err);

/* Gives an error of engine/io the place `span` if it has none. Returns `status`. */
enum status place_default(enum status status, struct span span, struct error *err);

#endif
