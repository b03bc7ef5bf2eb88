/* ast: what a statement says, before anything is looked up. Made by the grammar's actions, in the
 * statement arena; read by synonyms.c, which brings foreign spellings into the native form, and by
 * the binders. Every part knows where it stands in the text. */
#ifndef SQL_AST_H
#define SQL_AST_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/bytebuf.h"
#include "engine/base/slice.h"

struct arena;

/* Deepest expression, and deepest nesting of brackets. */
enum { AST_DEPTH_MAX = 200 };

/* A place in the statement. Length 0: at the end. */
struct span {
    uint32_t at;
    uint32_t length;
};

struct span span_join(struct span first, struct span last);

/* One name, quotes removed. Absent: text.at == NULL. */
struct ast_name {
    struct slice text;
    struct span span;
};

static inline bool name_given(const struct ast_name *name)
{
    return name->text.at != NULL;
}

struct ast_duration {
    int64_t us;
    struct span span; /* length 0 and us 0: not given */
};

static inline bool duration_given(const struct ast_duration *duration)
{
    return duration->span.length > 0;
}

/* ---- expressions ----------------------------------------------------------------------------- */

enum ast_kind {
    AST_NULL,
    AST_BOOLEAN,  /* flag */
    AST_NUMBER,   /* text; flag: negative */
    AST_TEXT,     /* text, unescaped */
    AST_INTERVAL, /* us */
    AST_TYPED,    /* TIMESTAMP '…': type and text */
    AST_NAME,     /* a, a.b, a.b.c: parts joined in text */
    AST_STAR,     /* *, or a.* with text = a */
    AST_CALL,     /* text = function or operator */
    AST_AND,      /* two or more args */
    AST_OR,
    AST_BETWEEN, /* three args */
    AST_IN,      /* value, then the list */
    AST_CASE,    /* flag: args[0] is the operand; then condition, value, …, [else] */
    AST_CAST,    /* type; flag: TRY_CAST */
    AST_TABLE,   /* TABLE s, as argument of a window function; args: PARTITION BY */
    AST_NAMED,   /* text => args[0] */
    AST_QUERY,   /* (SELECT …) */
};

struct ast_expr;
struct ast_over;
struct ast_select;
struct ast_with;

struct ast_list {
    struct ast_expr *first;
    struct ast_expr *last;
    uint32_t n;
};

struct ast_expr {
    enum ast_kind kind;
    uint16_t depth;
    bool flag;        /* by kind */
    bool distinct;    /* CALL: name(DISTINCT …) */
    bool star;        /* CALL: name(*) */
    bool is_operator; /* CALL: written as an operator */
    struct span span;
    struct ast_expr *next; /* in its list */
    struct slice text;
    struct slice type; /* CAST, TYPED: as written */
    struct span type_span;
    int64_t us;
    uint32_t prefix_bytes; /* NAME: length of the first part, 0 if there is only one */
    struct ast_list args;
    struct ast_expr *filter;  /* CALL: FILTER (WHERE …) */
    struct ast_over *over;    /* CALL: OVER (…) */
    struct ast_select *query; /* QUERY */
};

enum ast_frame_bound { FRAME_UNBOUNDED, FRAME_CURRENT, FRAME_DURATION, FRAME_ROWS };

struct ast_frame {
    bool given;
    bool rows; /* ROWS, else RANGE */
    bool to_current_row;
    enum ast_frame_bound start;
    struct ast_duration duration;
    struct span span;
};

struct ast_over {
    struct ast_list partition;
    struct ast_item *order;
    struct ast_frame frame;
    struct span span;
};

/* One entry of a SELECT list or an ORDER BY. */
struct ast_item {
    struct ast_expr *expr;
    struct ast_name alias;
    bool descending;
    bool nulls_given;
    bool nulls_first;
    struct ast_item *next;
};

struct ast_items {
    struct ast_item *first;
    struct ast_item *last;
    uint32_t n;
};

/* ---- clauses --------------------------------------------------------------------------------- */

struct ast_option {
    struct slice key; /* lower case */
    struct slice value;
    struct span key_span;
    struct span value_span;
    struct ast_option *next;
};

struct ast_options {
    struct ast_option *first;
    struct ast_option *last;
};

struct ast_format {
    struct ast_name name; /* absent: no FORMAT */
    struct ast_name argument;
};

enum ast_window_kind {
    AST_WINDOW_ABSENT,
    AST_WINDOW_TIME, /* size [SLIDE slide] */
    AST_WINDOW_SLIDE_ROW,
    AST_WINDOW_SESSION, /* size = gap */
    AST_WINDOW_ROWS,
    AST_WINDOW_CUMULATE, /* slide = step, size = period */
};

/* Options may be given before synonyms.c has found the window itself. */
struct ast_window {
    enum ast_window_kind kind;
    struct span span;
    struct ast_duration size;
    struct ast_duration slide;
    const char *order_note; /* "HOP takes the slide, then the size": for the error text; or NULL */
    struct ast_duration session_max;
    int64_t rows;
    int64_t rows_slide; /* 0 = not given */
    struct span rows_span;
    struct ast_expr *on; /* event-time column */
    struct ast_duration offset;
    struct ast_duration grace;
    struct ast_name zone;
    bool fill_given;
    uint8_t fill; /* enum fill_kind */
    int64_t fill_windows;
    struct span fill_span;
};

struct ast_emit {
    bool given;
    uint8_t kind; /* enum emit_kind */
    struct ast_duration every;
    struct span span;
};

/* FROM_NOTHING: SELECT 1, one row that has no columns. FROM_TABLE: TABLE(s). */
enum ast_from_kind { FROM_NAME, FROM_URI, FROM_FUNCTION, FROM_QUERY, FROM_NOTHING, FROM_TABLE };

enum ast_join_kind { JOIN_INNER, JOIN_LEFT, JOIN_RIGHT, JOIN_FULL, JOIN_CROSS };

struct ast_from {
    enum ast_from_kind kind;
    struct span span;
    struct ast_name name; /* NAME, URI (the text), FUNCTION */
    struct ast_name alias;
    struct ast_list args;     /* FUNCTION */
    struct ast_format format; /* URI */
    struct ast_options options;
    struct ast_select *query;
    /* The next table, if it is joined. */
    struct ast_from *join;
    struct ast_from *join_last; /* in the first: the last of the chain */
    enum ast_join_kind join_kind;
    struct ast_expr *join_on;
    struct ast_duration join_within;
};

struct ast_into {
    struct ast_name name; /* CREATE SINK */
    bool is_uri;
    struct ast_name target; /* sink name or URI; absent: no INTO */
    struct ast_format format;
    struct ast_options options;
};

/* The order in which clauses must stand; WINDOW, EMIT and INTO may stand anywhere after FROM. */
enum ast_clause {
    CLAUSE_WHERE,
    CLAUSE_GROUP,
    CLAUSE_HAVING,
    CLAUSE_ORDER,
    CLAUSE_LIMIT,
    CLAUSE_WINDOW,
    CLAUSE_EMIT,
    CLAUSE_INTO,
};

struct ast_select {
    struct span span;
    unsigned clauses; /* bits of enum ast_clause that were given */
    bool distinct;
    struct ast_items items;
    struct ast_from *from;
    struct ast_expr *where;
    struct ast_list group;
    struct ast_window window;
    struct ast_expr *having;
    struct ast_items order;
    struct ast_expr *limit;
    struct span limit_span;
    struct ast_emit emit;
    struct ast_into into;
    struct ast_select *union_all;  /* the next SELECT of a UNION ALL */
    struct ast_select *union_last; /* in the first: the last of them */
    struct ast_with *with;         /* the last of those that stood before it */
    struct ast_with *with_around;  /* behind the first of them: those of the queries around */
    bool with_is_open;             /* that has been found out */
};

/* WITH name AS (query). */
struct ast_with {
    struct ast_name name;
    struct ast_select *query;
    struct ast_with *before; /* the ones that it can read */
    bool is_read;
};

/* ---- statements ------------------------------------------------------------------------------ */

struct ast_column {
    struct ast_name name;
    struct slice type;
    struct span type_span;
    bool not_null;
    struct ast_column *next;
};

/* WATERMARK FOR ts AS expr (delay_expr) or WATERMARK ts DELAY d. */
struct ast_watermark {
    struct ast_name column;
    struct ast_expr *expr;
    struct ast_duration delay;
};

struct ast_stream {
    struct ast_column *first;
    struct ast_column *last;
    uint32_t n_columns;
    struct ast_name uri;
    struct ast_format format;
    struct ast_options options;
    struct ast_watermark watermark;
    struct ast_name retain; /* the duration or size as written */
    int64_t retain_us;      /* 0: it is a size */
    bool on_error_given;
    uint8_t on_error; /* enum on_error */
    struct ast_name on_error_uri;
    struct ast_name late_uri;
    bool idle_given;
    bool idle_never;
    struct ast_duration idle;
    struct ast_duration refresh;
};

enum ast_object {
    OBJECT_NONE,
    OBJECT_STREAM,
    OBJECT_TABLE,
    OBJECT_VIEW,
    OBJECT_SINK,
    OBJECT_QUERY
};

enum ast_statement_kind {
    AST_SELECT,
    AST_INSERT,       /* name = sink; without one it stands in select->into */
    AST_CREATE_QUERY, /* name */
    AST_CREATE_STREAM,
    AST_CREATE_TABLE,
    AST_CREATE_VIEW,
    AST_CREATE_SINK,
    AST_DROP,
    AST_START,
    AST_STOP,
    AST_CHECKPOINT,
    AST_SET,
    AST_SHOW,
    AST_DESCRIBE,
    AST_EXPLAIN, /* inner or name */
};

struct ast_statement {
    enum ast_statement_kind kind;
    struct span span;
    enum ast_object object;
    struct ast_name name;
    bool if_exists; /* IF EXISTS, IF NOT EXISTS */
    bool has_as;    /* CREATE STREAM … AS SELECT, which is understood but refused */
    struct ast_select *select;
    struct ast_stream stream;
    struct ast_into sink; /* CREATE SINK */
    struct ast_option *setting;
    uint8_t show;                /* enum show_kind */
    uint8_t explain;             /* enum explain_kind */
    struct ast_statement *inner; /* EXPLAIN INSERT … */
};

/* As SQL in lower case, the way a column without alias is named: count(*), sum(amount). */
void ast_print(struct bytebuf *out, const struct ast_expr *expr);

/* True for a call of `name` (any case) that is not an operator. */
bool ast_is_call(const struct ast_expr *expr, const char *name);
/* True for the plain name `name`. */
bool ast_is_name(const struct ast_expr *expr, const char *name);

#endif
