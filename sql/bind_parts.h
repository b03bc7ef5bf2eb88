/* bind_parts: what the files bind*.c and those that make plans share. */
#ifndef SQL_BIND_PARTS_H
#define SQL_BIND_PARTS_H

#include "sql/bind.h"

enum { IN_LIST_MAX = 4096 };

/* A constant. E0101 if a number is too large, E0109 if a typed literal does not read. */
MUST_CHECK enum status bind_literal(struct arena *arena, const struct ast_expr *ast,
                                    struct expr **out, struct error *err);

/* Registers an aggregate and gives its virtual column. */
MUST_CHECK enum status bind_aggregate(struct binder *binder, const struct ast_expr *ast,
                                      struct expr **out, struct error *err);

/* Gives the error of a failed call of another room the place `span`; returns `status`. */
enum status sql_place(enum status status, struct span span, struct error *err);

/* ERR_SQL E0190: "<what> not supported yet"; `what` ends with is or are. */
enum status sql_unsupported(const char *what, struct span span, struct error *err);

/* The name without the stream in front of it, if there is one. */
struct slice bind_unqualified(const struct binder *binder, const struct ast_expr *name);

/* 0 window_start, 1 window_end, 2 window_time, -1 none. ksqlDB writes them as one word. */
int bind_window_column(struct slice name);

/* ERR_SQL E0104 and E0110 with what may help: near names, how it is written here, … */
enum status bind_no_column(const struct binder *binder, const struct ast_expr *name,
                           struct error *err);
enum status bind_no_function(const struct ast_expr *call, struct arena *arena, struct error *err);

/* A name as error texts show it: control bytes escaped, not too long. In `arena`. */
char *shown(struct arena *arena, struct slice name);

#endif
