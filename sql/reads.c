/* reads: see reads.h. */
#include "sql/reads.h"

/* The WITH query of that name; NULL if there is none. */
static const struct ast_with *find_with(const struct ast_with *with, struct slice name)
{
    while (with != NULL && !slice_equal_nocase(with->name.text, name)) {
        with = with->before;
    }
    return with;
}

/* In the order in which the planner looks. */
static const struct catalog_entry *find_named(const struct catalog *catalog, struct slice name)
{
    static const enum catalog_kind kinds[] = {CATALOG_VIEW, CATALOG_STREAM, CATALOG_QUERY};
    const struct catalog_entry *entry = NULL;
    for (size_t i = 0; entry == NULL && i < sizeof kinds / sizeof *kinds; i++) {
        entry = catalog_find(catalog, kinds[i], name);
    }
    return entry;
}

const struct catalog_entry *reads_find(const struct catalog *catalog,
                                       const struct ast_select *select)
{
    const struct ast_with *with = select->with;
    const struct ast_from *from = select->from;
    for (;;) {
        const struct ast_with *named =
            from->kind == FROM_NAME ? find_with(with, from->name.text) : NULL;
        if (named == NULL && from->kind != FROM_QUERY) {
            bool has_name = from->kind == FROM_NAME || from->kind == FROM_TABLE;
            return has_name ? find_named(catalog, from->name.text) : NULL;
        }
        const struct ast_select *inner = named != NULL ? named->query : from->query;
        with = named != NULL ? named->before : with;
        with = inner->with != NULL ? inner->with : with; /* the planner has joined them */
        from = inner->from;
    }
}
