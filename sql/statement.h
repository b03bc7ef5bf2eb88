/* statement: from text to something that can be done: the interface of this room to the shell.
 *
 *     while (statement_split(text, &split)) {          // complete statements, one by one
 *         TRY(statement_prepare(catalog, arena, split.text, &statement, err));
 *         switch (statement.kind) {
 *         case STATEMENT_SELECT: run statement.plan … break;
 *         default:               TRY(statement_apply(catalog, &statement, err));
 *         }
 *         text = split.rest;
 *     }
 *
 * prepare reads the catalog and changes nothing that can be seen; apply does what DDL says. Neither
 * runs a query, opens a source or sink, or prints. All that a statement points to lives in the
 * arena or the catalog. On failure sqlerr_print shows the error with its place in the text. */
#ifndef SQL_STATEMENT_H
#define SQL_STATEMENT_H

#include "engine/plan/plan.h"
#include "sql/catalog.h"

enum statement_kind {
    STATEMENT_SELECT,       /* plan: run it now */
    STATEMENT_INSERT,       /* plan; name: of the query, which is that of the sink */
    STATEMENT_CREATE_QUERY, /* plan; name */
    STATEMENT_CREATE_STREAM,
    STATEMENT_CREATE_VIEW,
    STATEMENT_CREATE_SINK,
    STATEMENT_DROP,       /* object, name */
    STATEMENT_START,      /* name; plan */
    STATEMENT_STOP,       /* name */
    STATEMENT_CHECKPOINT, /* name, empty = all */
    STATEMENT_SET,        /* key, value */
    STATEMENT_SHOW,       /* show */
    STATEMENT_DESCRIBE,   /* object, name; stream, sink or plan */
    STATEMENT_EXPLAIN,    /* explain; plan; name if it is a registered query */
};

enum show_kind {
    SHOW_STREAMS,
    SHOW_TABLES,
    SHOW_VIEWS,
    SHOW_SINKS,
    SHOW_QUERIES,
    SHOW_FUNCTIONS,
    SHOW_FORMATS,
    SHOW_LATENESS,
    SHOW_SETTINGS,
};

enum explain_kind { EXPLAIN_TEXT, EXPLAIN_JSON, EXPLAIN_DOT, EXPLAIN_ANALYZE, EXPLAIN_WHY };

struct statement {
    enum statement_kind kind;
    struct slice text; /* in the arena */
    struct slice name;
    enum catalog_kind object;
    bool skip; /* IF [NOT] EXISTS says that nothing is to be done */
    const struct plan *plan;
    const struct stream_def *stream;
    const struct sink_def *sink;
    struct slice query;               /* CREATE VIEW, CREATE QUERY: the text behind AS */
    const struct catalog_entry *from; /* of those, and INSERT: what it reads */
    enum show_kind show;
    enum explain_kind explain;
    struct slice key;
    struct slice value;
};

/* ---- splitting ------------------------------------------------------------------------------- */

/* What a text still waits for, for the shell's second prompt. */
enum split_state {
    SPLIT_DONE,       /* only white space and comments were left */
    SPLIT_COMPLETE,   /* `text` is a statement that ends with ; */
    SPLIT_OPEN,       /* a statement without ; — complete if the input ends here */
    SPLIT_IN_STRING,  /* inside '…' */
    SPLIT_IN_NAME,    /* inside "…" or `…` */
    SPLIT_IN_COMMENT, /* inside a block comment */
};

struct split {
    enum split_state state;
    struct slice text; /* the statement with its ; */
    struct slice rest; /* what follows */
    size_t at;         /* where `text` begins in the input */
};

/* Cuts the next statement off. Returns true if there is one (SPLIT_COMPLETE). With SPLIT_OPEN
 * `text` is what there is so far. */
bool statement_split(struct slice text, struct split *split);
/* Without white space around it and semicolons behind it. */
struct slice statement_trim(struct slice text);

/* ---- preparing and applying ------------------------------------------------------------------ */

/* Parses, binds and plans one statement (with or without ;). Errors carry code and place; their
 * offsets are into `text`. */
MUST_CHECK enum status statement_prepare(struct catalog *catalog, struct arena *arena,
                                         struct slice text, struct statement *out,
                                         struct error *err);

/* Does what CREATE, DROP, START, STOP, INSERT (registers the query) and SET say to the catalog;
 * nothing for the others. */
MUST_CHECK enum status statement_apply(struct catalog *catalog, const struct statement *statement,
                                       struct error *err);

#endif
