/* Every function of the registry, on random columns: a batch gives what its rows give alone, the
 * parts of a batch have the errors of the whole, constants give what columns give, and NULL rows
 * hold 0 or nothing. */
#include "engine/expr/function.h"
#include "engine/expr/kernel.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

enum { ARGS_MAX = 4, TRIES = 400, WANTED = 24, CHECKED_ROWS = 24 };

/* ---- random values --------------------------------------------------------------------------- */

static const char *const words[] = {
    "",
    "a",
    "Hello",
    "hällo wörld",
    "€",
    "\xff\x80z",
    "42",
    " -7 ",
    "3.14",
    "1e400",
    "true",
    "%",
    "a%b_",
    "x\\",
    "(",
    "[a-z]+",
    "2026-01-05T09:00:00Z",
    "05/01/2026 09:00",
    "15m",
    "{\"a\": [1, \"x\"]}",
    "{\"a\":",
    "10.1.2.3",
    "10.0.0.0/8",
    "2001:db8::1",
    "https://u@example.org:80/p/q?x=1#f",
    "4111 1111 1111 1111",
    "a text of more than sixteen bytes, and then some",
    "%Y-%m-%d",
};

enum { WORDS = sizeof words / sizeof words[0] };

static struct type random_type(struct rng *rng)
{
    enum type_id id = (enum type_id)(TYPE_BOOLEAN + rng_below(rng, TYPE_COUNT - TYPE_BOOLEAN));
    if (id != TYPE_DECIMAL) {
        return type_of(id);
    }
    unsigned precision = 1 + (unsigned)rng_below(rng, DECIMAL_PRECISION_MAX);
    return type_decimal(precision, (unsigned)rng_below(rng, precision + 1));
}

static int64_t random_i64(struct rng *rng, struct type type)
{
    int64_t small = (int64_t)rng_below(rng, 41) - 20;
    int64_t any = rng_i64(rng);
    switch (type.id) {
    case TYPE_DECIMAL:
        return (rng_once_in(rng, 2) ? small : any) % pow10_i64[type.precision];
    case TYPE_TIMESTAMP: /* 1700 to 2300, and the ends */
        return rng_once_in(rng, 8) ? (rng_once_in(rng, 2) ? -62135596800000000 : 253402300799999999)
                                   : any % 9000000000000000;
    default:
        return rng_once_in(rng, 3) ? any : small;
    }
}

static struct value random_value(struct rng *rng, struct type type)
{
    struct value value = {.type = type};
    switch (type_physical(type)) {
    case PHYSICAL_BIT:
        value.boolean = rng_once_in(rng, 2);
        break;
    case PHYSICAL_I64:
        value.i64 = random_i64(rng, type);
        break;
    case PHYSICAL_F64:
        value.f64 = rng_once_in(rng, 2) ? rng_f64(rng) : (double)random_i64(rng, type) / 4;
        break;
    case PHYSICAL_TEXT: {
        const char *word = words[rng_below(rng, WORDS)];
        value.text = (struct text){(const uint8_t *)word, (uint32_t)strlen(word)};
        break;
    }
    }
    return value;
}

static struct column random_column(struct rng *rng, struct arena *arena, struct type type,
                                   uint32_t n)
{
    struct column_out out = column_out_new(arena, type, n);
    uint64_t nulls_in = rng_below(rng, 4); /* 0: none, 1: all, then a half, a third */
    for (uint32_t i = 0; i < n; i++) {
        bool is_null = nulls_in > 0 && rng_once_in(rng, nulls_in);
        struct value value = is_null ? value_null(type) : random_value(rng, type);
        column_out_put(&out, i, n, &value);
    }
    return column_view(&out, n);
}

/* ---- arguments that must be constants -------------------------------------------------------- */

static const struct {
    const char *name;
    uint32_t arg;
    const char *text;
} fixed[] = {
    {"date_trunc", 0, "hour"},
    {"date_trunc", 0, "month"},
    {"date_trunc", 2, "Europe/Berlin"},
    {"date_part", 0, "minute"},
    {"date_part", 0, "epoch"},
    {"date_part", 2, "Europe/Berlin"},
    {"to_timestamp", 1, "%d/%m/%Y %H:%M"},
    {"to_timestamp", 2, "Europe/Berlin"},
    {"strftime", 2, "Europe/Berlin"},
    {"json_value", 1, "$.a[1]"},
    {"json_exists", 1, "$.a"},
    {"like", 2, "!"},
    {"ilike", 2, ""},
    {"not like", 2, "!"},
    {"not ilike", 2, "!"},
    {"regexp_like", 2, "i"},
    {"regexp_replace", 3, "gi"},
};

/* One of the texts for this argument, or NULL if it may be a column. */
static const char *fixed_text(struct rng *rng, const char *name, uint32_t arg)
{
    const char *text = NULL;
    for (size_t i = 0; i < sizeof fixed / sizeof fixed[0]; i++) {
        if (fixed[i].arg == arg && strcmp(fixed[i].name, name) == 0 &&
            (text == NULL || rng_once_in(rng, 2))) {
            text = fixed[i].text;
        }
    }
    return text;
}

/* The type of parameter `i` as functions.def has it; a random one for T, any, and now and then. */
static struct type param_type(struct rng *rng, const char *params, uint32_t i)
{
    const char *at = params == NULL ? "" : params;
    struct type type = random_type(rng);
    for (; i > 0 && *at != '\0'; i--) {
        size_t n = strcspn(at, ",");
        at += n + (at[n] == ',');
    }
    size_t end = strcspn(at, "[],.");
    size_t start = end;
    while (start > 0 && at[start - 1] != ' ') {
        start--;
    }
    struct type named;
    if (!rng_once_in(rng, 6) && type_parse(slice_of(at + start, end - start), &named) &&
        named.id != type.id) {
        return named;
    }
    return type;
}

/* ---- one call -------------------------------------------------------------------------------- */

struct trial {
    struct rng *rng;
    struct arena arena; /* of the expression and its columns */
    struct arena batch;
    const char *name;
    const char *params; /* of functions.def; NULL: anything */
    uint32_t n_args;
    uint32_t n; /* rows */
    struct expr *args[ARGS_MAX];
    struct expr *e;
    struct field fields[ARGS_MAX];
    struct schema schema;
    struct column columns[ARGS_MAX];
    struct program *program;
};

static void make_args(struct trial *trial)
{
    struct rng *rng = trial->rng;
    for (uint32_t i = 0; i < trial->n_args; i++) {
        const char *text = fixed_text(rng, trial->name, i);
        struct type type = param_type(rng, trial->params, i);
        if (i > 0 && rng_once_in(rng, 4)) { /* many functions want equal ones */
            type = trial->args[i - 1]->type;
        }
        if (text != NULL) {
            trial->args[i] = expr_constant(&trial->arena, value_text(slice_text(text)));
        } else if (rng_once_in(rng, 4)) {
            trial->args[i] = expr_constant(&trial->arena, random_value(rng, type));
        } else {
            trial->args[i] = expr_column(&trial->arena, i, type, false);
        }
        type = trial->args[i]->type;
        trial->fields[i] = (struct field){.name = slice_text("c"), .type = type};
        trial->columns[i] = random_column(rng, &trial->arena, type, trial->n);
    }
    trial->schema = (struct schema){trial->n_args, trial->fields};
}

static bool trial_open(struct trial *trial, struct rng *rng, const struct function *function,
                       uint32_t n)
{
    struct error err;
    const char *name = function->name;
    *trial = (struct trial){.rng = rng, .name = name, .params = function->args, .n = n};
    arena_init(&trial->arena);
    arena_init(&trial->batch);
    trial->n_args = strcmp(name, "now") == 0 ? 0 : 1 + (uint32_t)rng_below(rng, ARGS_MAX);
    make_args(trial);
    if (expr_call(&trial->arena, slice_text(name), trial->args, trial->n_args, 5, &trial->e,
                  &err) != OK) {
        RNG_CHECK(rng, (err.status == ERR_SQL && err.code >= 111 && err.code <= 126) ||
                           err.status == ERR_LIMIT);
        return false;
    }
    trial->program = program_new(&trial->arena, &trial->e, 1, &trial->schema);
    return true;
}

static void trial_close(struct trial *trial)
{
    program_free(trial->program);
    arena_release(&trial->arena);
    arena_release(&trial->batch);
}

/* Rows rows[0..n) as a batch of their own; returns the number of errors. */
static uint64_t run_rows(struct trial *trial, const uint32_t *rows, uint32_t n, struct column *out)
{
    struct program_context context = {.now_us = 1700000000000000};
    struct column columns[ARGS_MAX];
    for (uint32_t i = 0; i < trial->n_args; i++) {
        columns[i] = rows == NULL ? trial->columns[i]
                                  : column_gather(&trial->batch, &trial->columns[i], rows, n);
    }
    struct batch batch = {.schema = &trial->schema,
                          .n = n,
                          .columns = columns,
                          .arena = &trial->batch};
    program_run(trial->program, &context, &batch, out);
    RNG_CHECK(trial->rng, out->n == n);
    return context.errors.count;
}

static void fail_at(struct trial *trial, uint32_t row, const char *what)
{
    struct bytebuf text = {0};
    expr_print(&text, trial->e, NULL);
    print_message("%s: %s, row %u of %u\n", what, bytebuf_text(&text), row, trial->n);
    for (uint32_t i = 0; i < trial->n_args; i++) {
        char name[TYPE_NAME_BYTES];
        bytebuf_clear(&text);
        column_print(&text, &trial->columns[i], row);
        print_message("  argument %u: %s %s\n", i, type_name(trial->fields[i].type, name),
                      bytebuf_text(&text));
    }
    bytebuf_release(&text);
    RNG_CHECK(trial->rng, false);
}

static bool is_cleared(const struct value *value)
{
    switch (type_physical(value->type)) {
    case PHYSICAL_BIT:
        return !value->boolean;
    case PHYSICAL_I64:
        return value->i64 == 0;
    case PHYSICAL_F64:
        return value->f64 == 0;
    case PHYSICAL_TEXT:
        return value->text.len == 0 && value->text.at != NULL;
    }
    return false;
}

/* The arguments of the row as constants: folded, or evaluated without columns. */
static void check_folded(struct trial *trial, uint32_t row, const struct value *wanted)
{
    struct expr *args[ARGS_MAX];
    struct expr *e;
    struct error err;
    for (uint32_t i = 0; i < trial->n_args; i++) {
        struct value value = column_value(&trial->columns[i], row);
        args[i] = trial->args[i]->kind == EXPR_CONSTANT ? trial->args[i]
                                                        : expr_constant(&trial->arena, value);
    }
    /* A text constant is read as what it stands beside, which a column is not; a pattern that is
     * none is refused, not an error of the row. */
    if (expr_call(&trial->arena, slice_text(trial->name), args, trial->n_args, 5, &e, &err) != OK ||
        !type_equal(e->type, trial->e->type)) {
        return;
    }
    struct program_context context = {.now_us = 1700000000000000};
    struct value value = expr_evaluate(&trial->arena, e, &context);
    if (!value_equal(&value, wanted)) {
        fail_at(trial, row, "constants differ");
    }
}

static void check_row(struct trial *trial, const struct column *whole, uint32_t row)
{
    struct column alone;
    (void)run_rows(trial, &row, 1, &alone);
    struct value value = column_value(whole, row);
    struct value value_alone = column_value(&alone, 0);
    if (!value_equal(&value, &value_alone)) {
        fail_at(trial, row, "alone it differs");
    }
    if (value.is_null && !is_cleared(&value)) {
        fail_at(trial, row, "NULL holds a value");
    }
    if (value.is_null && trial->e->not_null) {
        fail_at(trial, row, "never NULL, but it is");
    }
    check_folded(trial, row, &value);
}

static void check_trial(struct trial *trial)
{
    struct column whole;
    struct column part;
    uint32_t rows[BATCH_ROWS];
    uint64_t errors = run_rows(trial, NULL, trial->n, &whole);
    RNG_CHECK(trial->rng, type_equal(whole.type, trial->e->type));
    uint64_t errors_of_parts = 0;
    for (uint32_t half = 0; half < 2; half++) {
        uint32_t n = 0;
        for (uint32_t i = half; i < trial->n; i += 2) {
            rows[n++] = i;
        }
        errors_of_parts += run_rows(trial, rows, n, &part);
    }
    if (errors != errors_of_parts) {
        fail_at(trial, 0, "errors of the parts differ");
    }
    for (uint32_t i = 0; i < trial->n && i < CHECKED_ROWS; i++) {
        bool all = trial->n <= CHECKED_ROWS;
        check_row(trial, &whole, all ? i : (uint32_t)rng_below(trial->rng, trial->n));
    }
    if (trial->n > 0) {
        check_row(trial, &whole, trial->n - 1);
    }
}

/* ---- all functions --------------------------------------------------------------------------- */

static void check_function(struct rng *rng, const struct function *function)
{
    static const uint32_t lengths[] = EDGE_LENGTHS;
    uint32_t n_taken = 0;
    for (uint32_t i = 0; i < TRIES * 4 && n_taken < WANTED; i++) {
        struct trial trial;
        uint32_t n = lengths[n_taken % (sizeof lengths / sizeof lengths[0])];
        if (trial_open(&trial, rng, function, n)) {
            check_trial(&trial);
            n_taken++;
        }
        trial_close(&trial);
    }
    if (n_taken == 0) {
        fail_msg("%s was never called", function->signature);
    }
}

static void test_functions(void **state)
{
    struct rng rng;
    (void)state;
    rng_init(&rng);
    for (uint32_t i = 0; function_at(i) != NULL; i++) {
        if (function_at(i)->alias == NULL) {
            check_function(&rng, function_at(i));
        }
    }
}

/* ---- casts ----------------------------------------------------------------------------------- */

static bool cast_open(struct trial *trial, struct rng *rng, uint32_t n)
{
    struct error err;
    *trial = (struct trial){.rng = rng, .name = "cast", .n = n, .n_args = 1};
    arena_init(&trial->arena);
    arena_init(&trial->batch);
    make_args(trial);
    if (expr_cast(&trial->arena, trial->args[0], random_type(rng), rng_once_in(rng, 3), 5,
                  &trial->e, &err) != OK) {
        RNG_CHECK(rng, err.code == 112);
        return false;
    }
    trial->program = program_new(&trial->arena, &trial->e, 1, &trial->schema);
    return true;
}

static void test_casts(void **state)
{
    static const uint32_t lengths[] = EDGE_LENGTHS;
    struct rng rng;
    (void)state;
    rng_init(&rng);
    for (uint32_t i = 0; i < 1000; i++) {
        struct trial trial;
        if (cast_open(&trial, &rng, lengths[i % (sizeof lengths / sizeof lengths[0])])) {
            check_trial(&trial);
        }
        trial_close(&trial);
    }
}

TEST_MAIN(cmocka_unit_test(test_functions), cmocka_unit_test(test_casts))
