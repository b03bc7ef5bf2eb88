/* calls: function calls from literals, evaluated as constants (folded when they are made) and as
 * columns (by a program), for tests of this folder.
 *
 *     "substr | TEXT 'hello' | BIGINT 2"        name | TYPE value | …
 *     "extract | !TEXT 'hour' | TIMESTAMP …"    ! is a constant in both
 *
 * Results are "TYPE value", "TYPE NULL", or "TYPE NULL error" if a runtime error was counted. */
#ifndef TESTS_ENGINE_EXPR_CALLS_H
#define TESTS_ENGINE_EXPR_CALLS_H

#include "engine/expr/expr.h"
#include "engine/expr/function.h"
#include "engine/expr/program.h"
#include "tests/support/builders.h"
#include "tests/support/testing.h"

enum { CALL_ARGS_MAX = 12, CALL_ROWS = 66 };

struct call_scene {
    struct arena arena;
    struct field fields[CALL_ARGS_MAX];
    struct column columns[CALL_ARGS_MAX];
    struct schema schema;
    struct program_context context;
};

static inline void scene_open(struct call_scene *scene)
{
    *scene = (struct call_scene){.context = {.now_us = 1700000000123456}};
    arena_init(&scene->arena);
    scene->schema.fields = scene->fields;
}

static inline void scene_close(struct call_scene *scene)
{
    arena_release(&scene->arena);
}

/* A part up to " | ", NUL-terminated; NULL at the end. */
static inline char *scene_part(struct call_scene *scene, const char **rest)
{
    if (*rest == NULL) {
        return NULL;
    }
    const char *bar = strstr(*rest, " | ");
    size_t len = bar == NULL ? strlen(*rest) : (size_t)(bar - *rest);
    char *part = (char *)(uintptr_t)arena_copy(&scene->arena, slice_of(*rest, len)).at;
    *rest = bar == NULL ? NULL : bar + 3;
    return part;
}

/* "TYPE value" */
static inline struct value scene_value(struct call_scene *scene, char *text)
{
    char *blank = strchr(text, ' ');
    if (blank == NULL) { /* a bare NULL */
        assert_string_equal(text, "NULL");
        return value_null(type_of(TYPE_NULL));
    }
    *blank = '\0';
    return value_from_text(&scene->arena, text, blank + 1);
}

/* A column with the value in every row. */
static inline struct expr *scene_column(struct call_scene *scene, const struct value *value)
{
    uint32_t i = scene->schema.n++;
    struct column_out out = column_out_new(&scene->arena, value->type, CALL_ROWS);
    for (uint32_t row = 0; row < CALL_ROWS; row++) {
        column_out_put(&out, row, CALL_ROWS, value);
    }
    scene->columns[i] = column_view(&out, CALL_ROWS);
    scene->fields[i] = (struct field){.type = value->type};
    scene->fields[i].name = slice_text(arena_printf(&scene->arena, "c%u", i));
    return expr_column(&scene->arena, i, value->type, false);
}

/* The arguments behind the name; returns how many. */
static inline uint32_t scene_args(struct call_scene *scene, const char *rest, bool as_columns,
                                  struct expr **args)
{
    uint32_t n = 0;
    char *part;
    while ((part = scene_part(scene, &rest)) != NULL) {
        bool is_fixed = part[0] == '!';
        struct value value = scene_value(scene, part + is_fixed);
        bool is_column = as_columns && !is_fixed && value.type.id != TYPE_NULL;
        args[n] = is_column ? scene_column(scene, &value) : expr_constant(&scene->arena, value);
        args[n]->at = 10 + (int64_t)n;
        n++;
    }
    return n;
}

static inline enum status scene_call(struct call_scene *scene, const char *call, bool as_columns,
                                     struct expr **out, struct error *err)
{
    struct expr *args[CALL_ARGS_MAX];
    const char *rest = call;
    char *name = scene_part(scene, &rest);
    uint32_t n = scene_args(scene, rest, as_columns, args);
    return expr_call(&scene->arena, slice_text(name), args, n, 7, out, err);
}

/* The expression for the rows of the scene's columns. */
static inline struct column scene_run(struct call_scene *scene, struct expr *e)
{
    struct column result;
    struct batch batch = {.schema = &scene->schema,
                          .n = CALL_ROWS,
                          .columns = scene->columns,
                          .arena = &scene->arena};
    struct program *program = program_new(&scene->arena, &e, 1, &scene->schema);
    program_run(program, &scene->context, &batch, &result);
    program_free(program);
    return result;
}

static inline const char *scene_print(struct call_scene *scene, const struct value *value,
                                      uint64_t errors)
{
    struct bytebuf text = {0};
    char name[TYPE_NAME_BYTES];
    bytebuf_printf(&text, "%s ", type_name(value->type, name));
    if (value->is_null) {
        bytebuf_add_text(&text, errors > 0 ? "NULL error" : "NULL");
    } else {
        value_print(&text, value);
    }
    const char *printed = arena_text(&scene->arena, bytebuf_text(&text));
    bytebuf_release(&text);
    return printed;
}

/* What the call gives, evaluated one way. */
static inline const char *scene_result(struct call_scene *scene, const char *call, bool as_columns)
{
    struct expr *e = NULL;
    struct error err = {.text = ""};
    if (scene_call(scene, call, as_columns, &e, &err) != OK) {
        return arena_printf(&scene->arena, "E0%d %s", err.code, err.text);
    }
    struct column column = scene_run(scene, e);
    assert_int_equal(column.n, CALL_ROWS);
    assert_true(type_equal(column.type, e->type));
    struct value first = column_value(&column, 0);
    struct value last = column_value(&column, CALL_ROWS - 1);
    assert_true(value_equal(&first, &last));
    if (e->not_null) {
        assert_false(first.is_null);
    }
    if (scene->context.errors.count > 0) {
        assert_int_equal(scene->context.errors.count, CALL_ROWS);
        assert_true(first.is_null);
    }
    return scene_print(scene, &first, scene->context.errors.count);
}

struct call_case {
    const char *call;
    const char *result;
};

/* Both ways give the result. */
static inline void check_calls(const struct call_case *cases, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        for (int as_columns = 0; as_columns < 2; as_columns++) {
            struct call_scene scene;
            scene_open(&scene);
            const char *result = scene_result(&scene, cases[i].call, as_columns);
            if (strcmp(result, cases[i].result) != 0) {
                fail_msg("%s (%s)\n  gives   %s\n  not     %s\n  sample  %s", cases[i].call,
                         as_columns ? "columns" : "constants", result, cases[i].result,
                         scene.context.errors.newest);
            }
            scene_close(&scene);
        }
    }
}

#define CHECK_CALLS(cases) check_calls(cases, sizeof(cases) / sizeof(cases)[0])

#endif
