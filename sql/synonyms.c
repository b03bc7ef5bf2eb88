/* synonyms: see synonyms.h. */
#include "sql/synonyms.h"

#include "engine/base/checked.h"
#include "engine/data/timestamp.h"
#include "engine/plan/plan.h"
#include "sql/bind_parts.h"
#include "sql/errors.h"
#include "sql/suggest.h"

/* ---- window functions: TUMBLE, HOP, SESSION, CUMULATE, window, session_window ------------------
 */

enum { DURATIONS_MAX = 3 };

/* The arguments of a window function, sorted out. */
struct call_parts {
    const struct ast_expr *data;
    const struct ast_expr *time;
    const struct ast_expr *key; /* SESSION(…, DESCRIPTOR(ts), DESCRIPTOR(key), …) */
    struct ast_duration durations[DURATIONS_MAX];
    uint32_t n_durations;
};

static enum status refuse(struct error *err, int code, struct span span)
{
    return sql_fail(err, code, span);
}

static bool read_duration(const struct ast_expr *arg, struct ast_duration *out)
{
    out->span = arg->span;
    bool is_sign = arg->kind == AST_CALL && arg->is_operator && arg->args.n == 1 &&
                   slice_equal(arg->text, slice_text("-"));
    if (is_sign && arg->args.first->kind == AST_INTERVAL) {
        return !checked_sub(0, arg->args.first->us, &out->us);
    }
    if (arg->kind == AST_INTERVAL) {
        out->us = arg->us;
        return true;
    }
    return arg->kind == AST_TEXT && interval_parse(slice_trim(arg->text), &out->us);
}

static const struct ast_expr *unnamed(const struct ast_expr *arg)
{
    return arg->kind == AST_NAMED && arg->args.first != NULL ? arg->args.first : arg;
}

/* Where a named duration goes in the positional order; -1 = no such name. Order: TUMBLE size,
 * offset; HOP slide, size, offset; SESSION size; CUMULATE step, size, offset. */
static int named_place(const struct ast_expr *arg, uint32_t sizes_first)
{
    static const char *const names[] = {"size", "slide", "step", "gap", "offset", "maxsize"};
    static const int two_sizes[] = {1, 0, 0, 0, 2, 1};
    static const int one_size[] = {0, -1, -1, 0, 1, 0};
    for (int i = 0; i < 6; i++) {
        if (slice_equal_nocase(arg->text, slice_text(names[i]))) {
            return sizes_first == 2 ? two_sizes[i] : one_size[i];
        }
    }
    return -1;
}

static enum status bad_argument(const struct ast_expr *arg, struct error *err)
{
    error_set(err, ERR_SQL, "this argument of a window function is not understood");
    error_hint(err, "arguments are a stream, DESCRIPTOR(time column) and durations");
    return refuse(err, E_WINDOW, arg->span);
}

static enum status add_duration(const struct ast_expr *arg, struct ast_duration duration,
                                uint32_t n_sizes, struct call_parts *out, struct error *err)
{
    int place = (int)out->n_durations;
    if (arg->kind == AST_NAMED) {
        place = named_place(arg, n_sizes);
    }
    if (place < 0 || place >= DURATIONS_MAX) {
        return bad_argument(arg, err);
    }
    out->durations[place] = duration;
    if ((uint32_t)place >= out->n_durations) {
        out->n_durations = (uint32_t)place + 1;
    }
    return OK;
}

/* What a bare or DESCRIPTOR'd column is depends on what has been seen. */
static enum status add_column(const struct ast_expr *arg, bool has_data, struct call_parts *out,
                              struct error *err)
{
    const struct ast_expr *value = unnamed(arg);
    if (ast_is_call(value, "descriptor") && value->args.n == 1) {
        value = value->args.first;
    } else if (has_data && out->data == NULL) {
        out->data = value;
        return OK;
    }
    if (value->kind != AST_NAME || out->key != NULL) {
        return bad_argument(arg, err);
    }
    if (out->time == NULL) {
        out->time = value;
    } else {
        out->key = value;
    }
    return OK;
}

static enum status sort_arguments(const struct ast_list *args, bool has_data, uint32_t n_sizes,
                                  struct call_parts *out, struct error *err)
{
    for (const struct ast_expr *arg = args->first; arg != NULL; arg = arg->next) {
        struct ast_duration duration;
        if (read_duration(unnamed(arg), &duration)) {
            TRY(add_duration(arg, duration, n_sizes, out, err));
        } else {
            TRY(add_column(arg, has_data, out, err));
        }
    }
    return OK;
}

/* A window function: how many durations it must have, and which is which. */
struct window_function {
    const char *name;
    enum ast_window_kind kind;
    uint8_t n_sizes;
    int8_t size;  /* index of its duration */
    int8_t slide; /* -1 = none */
    bool slide_optional;
    const char *order_note;
};

static const struct window_function table_functions[] = {
    {"tumble", AST_WINDOW_TIME, 1, 0, -1, false, NULL},
    {"hop", AST_WINDOW_TIME, 2, 1, 0, false, "HOP takes the slide first, then the size"},
    {"session", AST_WINDOW_SESSION, 1, 0, -1, false, NULL},
    {"cumulate", AST_WINDOW_CUMULATE, 2, 1, 0, false,
     "CUMULATE takes the step first, then the largest size"},
};

/* In GROUP BY: Spark's. */
static const struct window_function group_functions[] = {
    {"window", AST_WINDOW_TIME, 1, 0, 1, true, "window takes the size first, then the slide"},
    {"session_window", AST_WINDOW_SESSION, 1, 0, -1, false, NULL},
};

static const struct window_function *function_find(const struct window_function *functions,
                                                   size_t n, struct slice name)
{
    for (size_t i = 0; i < n; i++) {
        if (slice_equal_nocase(name, slice_text(functions[i].name))) {
            return &functions[i];
        }
    }
    return NULL;
}

static enum status wrong_count(const struct window_function *function, struct span span,
                               struct error *err)
{
    static const char *const forms[] = {
        "tumble(s, ts, size [, offset])",
        "hop(s, ts, slide, size [, offset])",
        "session(s, ts, gap)",
        "cumulate(s, ts, step, size [, offset])",
    };
    error_set(err, ERR_SQL, "%s(…) has the wrong number of durations", function->name);
    size_t index = (size_t)(function - table_functions);
    if (function >= table_functions && index < sizeof forms / sizeof forms[0]) {
        error_hint(err, "it is written %s", forms[index]);
    } else {
        error_hint(err, "it is written window(ts, size [, slide [, offset]]) or "
                        "session_window(ts, gap)");
    }
    return refuse(err, E_WINDOW, span);
}

static enum status take_window(struct ast_select *select, const struct window_function *function,
                               const struct call_parts *parts, struct span span, struct error *err)
{
    struct ast_window *window = &select->window;
    if (window->kind != AST_WINDOW_ABSENT) {
        error_set(err, ERR_SQL, "this query has two windows");
        return refuse(err, E_WINDOW, span);
    }
    uint32_t least = function->slide_optional ? 1 : function->n_sizes;
    uint32_t most = function->kind == AST_WINDOW_SESSION ? 1 : function->n_sizes + 1u;
    most += function->slide_optional;
    if (parts->n_durations < least || parts->n_durations > most ||
        !duration_given(&parts->durations[0])) {
        return wrong_count(function, span, err);
    }
    window->kind = function->kind;
    window->span = span;
    window->order_note = function->order_note;
    window->size = parts->durations[function->size];
    if (function->slide >= 0) {
        window->slide = parts->durations[function->slide];
    }
    if (parts->n_durations == most && most > 1) {
        window->offset = parts->durations[most - 1];
    }
    window->on = (struct ast_expr *)parts->time;
    return OK;
}

/* FROM f(…): the first argument is what is read. */
static enum status take_data(struct ast_from *from, const struct ast_expr *data, struct error *err)
{
    bool plain = data->kind == AST_NAME || data->kind == AST_TABLE;
    if (data->kind == AST_TEXT) {
        from->name = (struct ast_name){data->text, data->span};
        from->kind = FROM_URI;
        return OK;
    }
    if (data->kind == AST_QUERY) {
        from->kind = FROM_QUERY;
        from->query = data->query;
        return OK;
    }
    if (!plain) {
        return sql_unsupported("expressions in place of a stream are", data->span, err);
    }
    from->name = (struct ast_name){data->text, data->span};
    from->kind = FROM_NAME;
    return OK;
}

/* Sessions are kept for each key; GROUP BY must say the same, or nothing. */
static enum status take_partition(struct ast_select *select, const struct ast_list *keys,
                                  struct error *err)
{
    if (keys->n == 0) {
        return OK;
    }
    if (select->group.n == 0) {
        select->group = *keys;
        select->clauses |= 1u << CLAUSE_GROUP;
        return OK;
    }
    for (const struct ast_expr *key = keys->first; key != NULL; key = key->next) {
        const struct ast_expr *group = select->group.first;
        while (group != NULL && !slice_equal_nocase(group->text, key->text)) {
            group = group->next;
        }
        if (group == NULL) {
            error_set(err, ERR_SQL, "PARTITION BY and GROUP BY differ");
            error_hint(err, "windows are kept for each group: name the same keys in both");
            return refuse(err, E_WINDOW, key->span);
        }
    }
    return OK;
}

static enum status no_window_function(const struct ast_from *from, struct error *err)
{
    struct suggest suggest = suggest_for(from->name.text);
    for (size_t i = 0; i < sizeof table_functions / sizeof table_functions[0]; i++) {
        suggest_add(&suggest, slice_text(table_functions[i].name));
    }
    error_set(err, ERR_SQL, "no such window function \"%.*s\"",
              from->name.text.len < 80 ? (int)from->name.text.len : 80,
              (const char *)from->name.text.at);
    if (!suggest_hint(&suggest, err)) {
        error_hint(err, "in FROM there are tumble, hop, session and cumulate; natively, write "
                        "FROM s WINDOW 30s SLIDE 10s");
    }
    return refuse(err, E_NO_FUNCTION, from->name.span);
}

static enum status apply_from(struct arena *arena, struct ast_select *select, struct error *err)
{
    struct ast_from *from = select->from;
    const struct window_function *function =
        function_find(table_functions, sizeof table_functions / sizeof table_functions[0],
                      from->name.text);
    if (function == NULL) {
        return no_window_function(from, err);
    }
    struct call_parts parts = {0};
    TRY(sort_arguments(&from->args, true, function->n_sizes, &parts, err));
    if (parts.data == NULL) {
        error_set(err, ERR_SQL, "%s(…) does not say what to read", function->name);
        return refuse(err, E_WINDOW, from->span);
    }
    TRY(take_window(select, function, &parts, from->span, err));
    struct ast_list keys = {0};
    if (parts.data->kind == AST_TABLE && parts.data->args.n > 0) {
        keys = parts.data->args;
    } else if (parts.key != NULL) {
        struct ast_expr *key = arena_alloc(arena, sizeof *key);
        *key = *parts.key;
        key->next = NULL;
        keys = (struct ast_list){key, key, 1};
    }
    TRY(take_partition(select, &keys, err));
    return take_data(from, parts.data, err);
}

/* ---- GROUP BY -------------------------------------------------------------------------------- */

static const struct window_function *group_function(const struct ast_expr *expr)
{
    if (expr->kind != AST_CALL || expr->is_operator) {
        return NULL;
    }
    const struct window_function *function =
        function_find(group_functions, sizeof group_functions / sizeof group_functions[0],
                      expr->text);
    /* GROUP BY TUMBLE(ts, INTERVAL …), as older Flink has it. */
    return function != NULL
               ? function
               : function_find(table_functions, sizeof table_functions / sizeof table_functions[0],
                               expr->text);
}

/* A window function, or the name of one of its columns. */
static bool is_window(const struct ast_expr *expr)
{
    static const char *const names[] = {"window_start",      "window_end",
                                        "window_time",       "window",
                                        "windowstart",       "windowend",
                                        "window.start",      "window.end",
                                        "session_window",    "session_window.start",
                                        "session_window.end"};
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (ast_is_name(expr, names[i])) {
            return true;
        }
    }
    return group_function(expr) != NULL;
}

static enum status take_group_window(struct ast_select *select, const struct ast_expr *call,
                                     const struct window_function *function, struct error *err)
{
    struct call_parts parts = {0};
    TRY(sort_arguments(&call->args, false, function->n_sizes, &parts, err));
    return take_window(select, function, &parts, call->span, err);
}

/* Takes windows out of GROUP BY: what is left are keys. */
static enum status apply_group(struct ast_select *select, struct error *err)
{
    for (struct ast_expr *key = select->group.first; key != NULL; key = key->next) {
        const struct window_function *function = group_function(key);
        if (function != NULL) {
            TRY(take_group_window(select, key, function, err));
        }
    }
    bool windowed = select->window.kind != AST_WINDOW_ABSENT;
    struct ast_list keys = {0};
    struct ast_expr *next;
    for (struct ast_expr *key = select->group.first; key != NULL; key = next) {
        next = key->next;
        key->next = NULL;
        if (windowed && is_window(key)) {
            continue;
        }
        if (keys.last != NULL) {
            keys.last->next = key;
        } else {
            keys.first = key;
        }
        keys.last = key;
        keys.n++;
    }
    select->group = keys;
    return OK;
}

/* ---- names of windows in expressions --------------------------------------------------------- */

struct spelling {
    const char *other;
    const char *native;
    bool is_call;
};

static const struct spelling spellings[] = {
    {"windowstart", "window_start", false},
    {"windowend", "window_end", false},
    {"window.start", "window_start", false},
    {"window.end", "window_end", false},
    {"session_window.start", "window_start", false},
    {"session_window.end", "window_end", false},
    {"tumble_start", "window_start", true},
    {"tumble_end", "window_end", true},
    {"tumble_rowtime", "window_time", true},
    {"hop_start", "window_start", true},
    {"hop_end", "window_end", true},
    {"hop_rowtime", "window_time", true},
    {"session_start", "window_start", true},
    {"session_end", "window_end", true},
    {"session_rowtime", "window_time", true},
};

static void apply_names(struct ast_expr *expr)
{
    for (size_t i = 0; i < sizeof spellings / sizeof spellings[0]; i++) {
        const struct spelling *s = &spellings[i];
        if (s->is_call ? ast_is_call(expr, s->other) : ast_is_name(expr, s->other)) {
            expr->kind = AST_NAME;
            expr->text = slice_text(s->native);
            expr->prefix_bytes = 0;
            expr->args = (struct ast_list){0};
        }
    }
    for (struct ast_expr *arg = expr->args.first; arg != NULL; arg = arg->next) {
        apply_names(arg);
    }
}

/* Spark's struct columns: SELECT window is both ends. */
static void apply_struct(struct arena *arena, struct ast_item *item)
{
    bool is_struct = ast_is_name(item->expr, "window") || ast_is_name(item->expr, "session_window");
    if (!is_struct || name_given(&item->alias)) {
        return;
    }
    struct ast_item *end = arena_alloc(arena, sizeof *end);
    struct ast_expr *expr = arena_alloc(arena, sizeof *expr);
    *expr = *item->expr;
    *end = *item;
    item->expr->text = slice_text("window_start");
    expr->text = slice_text("window_end");
    end->expr = expr;
    item->next = end;
}

static void apply_all_names(struct arena *arena, struct ast_select *select, bool is_spark)
{
    for (struct ast_item *item = select->items.first; item != NULL; item = item->next) {
        apply_names(item->expr);
        if (is_spark) {
            apply_struct(arena, item);
        }
    }
    for (struct ast_item *item = select->order.first; item != NULL; item = item->next) {
        apply_names(item->expr);
    }
    for (struct ast_expr *key = select->group.first; key != NULL; key = key->next) {
        apply_names(key);
    }
    if (select->having != NULL) {
        apply_names(select->having);
    }
}

/* ---- OVER ------------------------------------------------------------------------------------ */

/* All OVER clauses of a query must be the same one. */
struct over_search {
    const struct ast_over *over;
    const struct ast_expr *call;    /* the first with OVER */
    const struct ast_expr *bare;    /* the first aggregate without */
    const struct ast_expr *differs; /* the first with another OVER */
};

static bool list_same(const struct ast_expr *a, const struct ast_expr *b)
{
    struct bytebuf x = {0};
    struct bytebuf y = {0};
    bool same = true;
    for (; same && a != NULL && b != NULL; a = a->next, b = b->next) {
        bytebuf_clear(&x);
        bytebuf_clear(&y);
        ast_print(&x, a);
        ast_print(&y, b);
        same = slice_equal(bytebuf_slice(&x), bytebuf_slice(&y));
    }
    bytebuf_release(&x);
    bytebuf_release(&y);
    return same && a == NULL && b == NULL;
}

static bool over_same(const struct ast_over *a, const struct ast_over *b)
{
    return list_same(a->partition.first, b->partition.first) && a->order != NULL &&
           b->order != NULL && list_same(a->order->expr, b->order->expr) &&
           a->order->descending == b->order->descending && a->frame.rows == b->frame.rows &&
           a->frame.start == b->frame.start && a->frame.duration.us == b->frame.duration.us &&
           a->frame.to_current_row == b->frame.to_current_row;
}

/* Notes and removes OVER from all calls below `expr`. */
static void collect_over(struct ast_expr *expr, struct over_search *search)
{
    if (expr->kind == AST_CALL && expr->over != NULL) {
        if (search->over == NULL) {
            search->over = expr->over;
            search->call = expr;
        } else if (search->differs == NULL && !over_same(search->over, expr->over)) {
            search->differs = expr;
        }
        expr->over = NULL;
    } else if (search->bare == NULL && expr->kind == AST_CALL && !expr->is_operator &&
               agg_exists(expr->text)) {
        search->bare = expr;
    }
    for (struct ast_expr *arg = expr->args.first; arg != NULL; arg = arg->next) {
        collect_over(arg, search);
    }
}

static enum status check_over(const struct ast_select *select, const struct over_search *search,
                              struct error *err)
{
    const struct ast_over *over = search->over;
    const struct ast_expr *where = search->call;
    if (!agg_exists(search->call->text)) {
        error_set(err, ERR_SQL, "OVER (…) is for aggregates");
        error_hint(err, "the first rows of each window are WINDOW 1m ORDER BY x DESC LIMIT 3");
    } else if (select->window.kind != AST_WINDOW_ABSENT ||
               (select->clauses & 1u << CLAUSE_GROUP) != 0) {
        error_set(err, ERR_SQL, "OVER cannot be mixed with WINDOW or GROUP BY");
        error_hint(err, "natively, write GROUP BY keys WINDOW 15m SLIDE ROW");
    } else if (search->differs != NULL) {
        error_set(err, ERR_SQL, "all OVER (…) of a query must be the same");
        where = search->differs;
    } else if (search->bare != NULL) {
        error_set(err, ERR_SQL, "this aggregate needs an OVER (…) like the other");
        where = search->bare;
    } else if (over->order == NULL || over->order->next != NULL ||
               over->order->expr->kind != AST_NAME || over->order->descending) {
        error_set(err, ERR_SQL, "OVER (…) needs ORDER BY one time column, ascending");
    } else if (!over->frame.given || over->frame.rows || over->frame.start != FRAME_DURATION ||
               !over->frame.to_current_row) {
        error_set(err, ERR_SQL, "OVER (…) needs a frame in time");
        error_hint(err, "write RANGE BETWEEN INTERVAL '15' MINUTE PRECEDING AND CURRENT ROW; for a "
                        "number of rows there is WINDOW 100 ROWS");
    } else {
        return OK;
    }
    return refuse(err, E_WINDOW, where->span);
}

static enum status apply_over(struct ast_select *select, struct error *err)
{
    struct over_search search = {0};
    for (struct ast_item *item = select->items.first; item != NULL; item = item->next) {
        collect_over(item->expr, &search);
    }
    const struct ast_expr *bare = search.bare;
    for (struct ast_item *item = select->order.first; item != NULL; item = item->next) {
        collect_over(item->expr, &search);
    }
    if (select->having != NULL) {
        collect_over(select->having, &search);
    }
    search.bare = bare;
    if (search.over == NULL) {
        return OK;
    }
    TRY(check_over(select, &search, err));
    select->window.kind = AST_WINDOW_SLIDE_ROW;
    select->window.size = search.over->frame.duration;
    select->window.span = search.over->frame.span;
    select->window.on = search.over->order->expr;
    select->group = search.over->partition;
    select->clauses |= 1u << CLAUSE_GROUP;
    return OK;
}

enum status synonyms_apply(struct arena *arena, struct ast_select *select, struct error *err)
{
    if (select->from->kind == FROM_FUNCTION) {
        TRY(apply_from(arena, select, err));
    }
    bool had_window = select->window.kind != AST_WINDOW_ABSENT;
    TRY(apply_group(select, err));
    bool is_spark = !had_window && select->window.kind != AST_WINDOW_ABSENT;
    TRY(apply_over(select, err));
    if (select->window.kind != AST_WINDOW_ABSENT) {
        apply_all_names(arena, select, is_spark);
    }
    return OK;
}
