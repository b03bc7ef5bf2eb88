/* Kernels against plain loops that compute the same by the definition: comparison and arithmetic on
 * all physical types, columns and constants, with NULLs, at the lengths where words end. */
#include <math.h>

#include "engine/base/checked.h"
#include "engine/expr/expr.h"
#include "engine/expr/program.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

struct scene {
    struct rng rng;
    struct arena arena;
    struct column columns[2];
    struct program_context context;
    uint32_t n;
};

static void scene_open(struct scene *scene, const struct rng *rng, uint32_t n)
{
    *scene = (struct scene){.rng = *rng, .n = n};
    arena_init(&scene->arena);
}

static void scene_close(struct scene *scene, struct rng *rng)
{
    *rng = scene->rng; /* goes on where this one stopped */
    arena_release(&scene->arena);
}

/* ---- values ---------------------------------------------------------------------------------- */

static double random_f64(struct rng *rng)
{
    static const double special[] =
        {0, -0.0, 1, -1, 0.5, (double)NAN, (double)INFINITY, -(double)INFINITY, 1e308, 5e-324};
    return rng_once_in(rng, 2) ? special[rng_below(rng, 10)] : rng_f64(rng);
}

/* Of few lengths and letters, so that many are equal, and longer ones that differ late. */
static struct text random_text(struct rng *rng, struct arena *arena)
{
    static const uint32_t lengths[] = {0, 1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 40};
    uint32_t len = lengths[rng_below(rng, sizeof lengths / sizeof lengths[0])];
    uint8_t *at = arena_alloc(arena, len + 1);
    memset(at, 'a', len);
    for (uint32_t i = 0; i < len; i++) {
        at[i] = rng_once_in(rng, 8) ? (uint8_t)rng_below(rng, 256) : 'a';
    }
    return (struct text){at, len};
}

static struct value random_value(struct scene *scene, struct type type)
{
    struct rng *rng = &scene->rng;
    struct value value = {.type = type};
    switch (type_physical(type)) {
    case PHYSICAL_BIT:
        value.boolean = rng_once_in(rng, 2);
        break;
    case PHYSICAL_I64:
        value.i64 = rng_once_in(rng, 2) ? (int64_t)rng_below(rng, 5) - 2 : rng_i64(rng);
        value.i64 = type.id == TYPE_DECIMAL ? value.i64 % pow10_i64[type.precision] : value.i64;
        break;
    case PHYSICAL_F64:
        value.f64 = random_f64(rng);
        break;
    case PHYSICAL_TEXT:
        value.text = random_text(rng, &scene->arena);
        break;
    }
    return value;
}

/* Argument `i`, with or without NULLs, or a constant; its rows are in scene->columns[i]. */
static struct expr *random_argument(struct scene *scene, uint32_t i, struct type type)
{
    struct column_out out = column_out_new(&scene->arena, type, scene->n);
    bool is_constant = rng_once_in(&scene->rng, 3);
    bool has_nulls = !is_constant && rng_once_in(&scene->rng, 2);
    struct value constant = random_value(scene, type);
    for (uint32_t row = 0; row < scene->n; row++) {
        struct value value = is_constant ? constant : random_value(scene, type);
        value = has_nulls && rng_once_in(&scene->rng, 4) ? value_null(type) : value;
        column_out_put(&out, row, scene->n, &value);
    }
    scene->columns[i] = column_view(&out, scene->n);
    return is_constant ? expr_constant(&scene->arena, constant)
                       : expr_column(&scene->arena, i, type, false);
}

static struct expr *call2(struct scene *scene, const char *name, struct expr *a, struct expr *b)
{
    struct expr *args[2] = {a, b};
    struct expr *e = NULL;
    struct error err = {.text = ""};
    if (expr_call(&scene->arena, slice_text(name), args, 2, -1, &e, &err) != OK) {
        fail_msg("%s: %s", name, err.text);
    }
    return e;
}

static struct column run(struct scene *scene, struct expr *e)
{
    static const struct schema no_names;
    struct column out;
    struct batch batch = {.schema = &no_names,
                          .n = scene->n,
                          .columns = scene->columns,
                          .arena = &scene->arena};
    struct program *program = program_new(&scene->arena, &e, 1, &no_names);
    scene->context.errors.count = 0;
    program_run(program, &scene->context, &batch, &out);
    program_free(program);
    return out;
}

/* ---- comparison ------------------------------------------------------------------------------ */

static int order_f64(double a, double b)
{
    bool a_nan = isnan(a) != 0;
    bool b_nan = isnan(b) != 0;
    if (a_nan || b_nan) {
        return (int)a_nan - (int)b_nan;
    }
    return a < b ? -1 : a > b ? 1 : 0;
}

static int order_text(struct text a, struct text b)
{
    for (uint32_t i = 0; i < a.len && i < b.len; i++) {
        if (a.at[i] != b.at[i]) {
            return a.at[i] < b.at[i] ? -1 : 1;
        }
    }
    return a.len < b.len ? -1 : a.len > b.len ? 1 : 0;
}

static int order_scaled(const struct value *a, const struct value *b)
{
    int128 x = (int128)a->i64 * pow10_i64[b->type.scale];
    int128 y = (int128)b->i64 * pow10_i64[a->type.scale];
    return x < y ? -1 : x > y ? 1 : 0;
}

static int order(const struct value *a, const struct value *b)
{
    switch (type_physical(a->type)) {
    case PHYSICAL_BIT:
        return (int)a->boolean - (int)b->boolean;
    case PHYSICAL_I64:
        return order_scaled(a, b);
    case PHYSICAL_F64:
        return order_f64(a->f64, b->f64);
    case PHYSICAL_TEXT:
        return order_text(a->text, b->text);
    }
    return 0;
}

static bool holds(const char *name, int order_)
{
    switch (name[0]) {
    case '=':
        return order_ == 0;
    case '<':
        return name[1] == '>' ? order_ != 0 : name[1] == '=' ? order_ <= 0 : order_ < 0;
    default:
        return name[1] == '=' ? order_ >= 0 : order_ > 0;
    }
}

static void check_comparison(struct rng *rng, const char *name, struct type a, struct type b,
                             uint32_t n)
{
    struct scene scene;
    scene_open(&scene, rng, n);
    struct expr *x = random_argument(&scene, 0, a);
    struct expr *y = random_argument(&scene, 1, b);
    struct column got = run(&scene, call2(&scene, name, x, y));
    struct column distinct = run(&scene, call2(&scene, "is distinct from", x, y));
    for (uint32_t i = 0; i < n; i++) {
        struct value p = column_value(&scene.columns[0], i);
        struct value q = column_value(&scene.columns[1], i);
        bool is_null = p.is_null || q.is_null;
        RNG_CHECK(rng, column_is_null(&got, i) == is_null);
        RNG_CHECK(rng, !column_is_null(&distinct, i));
        RNG_CHECK(rng, is_null || bits_get(got.bits, i) == holds(name, order(&p, &q)));
        bool differs = is_null ? p.is_null != q.is_null : order(&p, &q) != 0;
        RNG_CHECK(rng, bits_get(distinct.bits, i) == differs);
    }
    scene_close(&scene, rng);
}

static void test_comparison(void **state)
{
    static const char *const names[] = {"=", "<>", "<", "<=", ">", ">="};
    static const uint32_t lengths[] = EDGE_LENGTHS;
    struct type pairs[][2] = {
        {type_of(TYPE_BIGINT), type_of(TYPE_BIGINT)},
        {type_of(TYPE_TIMESTAMP), type_of(TYPE_TIMESTAMP)},
        {type_of(TYPE_INTERVAL), type_of(TYPE_INTERVAL)},
        {type_of(TYPE_DOUBLE), type_of(TYPE_DOUBLE)},
        {type_of(TYPE_TEXT), type_of(TYPE_TEXT)},
        {type_of(TYPE_TEXT), type_of(TYPE_TEXT)},
        {type_of(TYPE_BOOLEAN), type_of(TYPE_BOOLEAN)},
        {type_decimal(12, 2), type_decimal(12, 2)},
        {type_decimal(18, 2), type_decimal(18, 15)},
        {type_decimal(3, 1), type_of(TYPE_BIGINT)},
        {type_of(TYPE_BIGINT), type_decimal(18, 18)},
    };
    struct rng rng;
    (void)state;
    rng_init(&rng);
    for (size_t p = 0; p < sizeof pairs / sizeof pairs[0]; p++) {
        for (size_t k = 0; k < 6 * sizeof lengths / sizeof lengths[0]; k++) {
            check_comparison(&rng, names[k % 6], pairs[p][0], pairs[p][1], lengths[k / 6]);
            check_comparison(&rng, names[k % 6], pairs[p][0], pairs[p][1], lengths[k / 6]);
        }
    }
}

/* ---- integers -------------------------------------------------------------------------------- */

/* False if there is no such number. */
static bool exact(char op, int128 a, int128 b, int128 *out)
{
    switch (op) {
    case '+':
        *out = a + b;
        return true;
    case '-':
        *out = a - b;
        return true;
    case '*':
        *out = a * b;
        return true;
    default:
        if (b == 0) {
            return false;
        }
        *out = op == '/' ? a / b : a % b;
        return true;
    }
}

static void check_integers(struct rng *rng, const char *name, uint32_t n)
{
    struct scene scene;
    uint64_t errors = 0;
    scene_open(&scene, rng, n);
    struct expr *x = random_argument(&scene, 0, type_of(TYPE_BIGINT));
    struct expr *y = random_argument(&scene, 1, type_of(TYPE_BIGINT));
    struct column got = run(&scene, call2(&scene, name, x, y));
    for (uint32_t i = 0; i < n; i++) {
        struct value p = column_value(&scene.columns[0], i);
        struct value q = column_value(&scene.columns[1], i);
        int128 wanted = 0;
        int64_t narrow = 0;
        bool is_null = p.is_null || q.is_null;
        bool is_number =
            !is_null && exact(name[0], p.i64, q.i64, &wanted) && !checked_narrow(wanted, &narrow);
        errors += !is_null && !is_number;
        RNG_CHECK(rng, column_is_null(&got, i) == !is_number);
        RNG_CHECK(rng, got.i64[i] == (is_number ? narrow : 0));
    }
    RNG_CHECK(rng, scene.context.errors.count == errors);
    scene_close(&scene, rng);
}

static void test_integers(void **state)
{
    static const char *const names[] = {"+", "-", "*", "/", "%"};
    static const uint32_t lengths[] = EDGE_LENGTHS;
    struct rng rng;
    (void)state;
    rng_init(&rng);
    for (size_t k = 0; k < 30 * sizeof lengths / sizeof lengths[0]; k++) {
        check_integers(&rng, names[k % 5], lengths[k / 30]);
    }
}

/* ---- decimals -------------------------------------------------------------------------------- */

static int128 pow10_128(unsigned n)
{
    int128 power = 1;
    for (; n > 0; n--) {
        power *= 10;
    }
    return power;
}

/* value / 10^n, half away from zero. */
static int128 rounded(int128 value, unsigned n)
{
    int128 by = pow10_128(n);
    int128 magnitude = value < 0 ? -value : value;
    int128 quotient = (magnitude + by / 2) / by;
    return value < 0 ? -quotient : quotient;
}

static void check_decimals(struct rng *rng, const char *name, struct type a, struct type b,
                           uint32_t n)
{
    struct scene scene;
    uint64_t errors = 0;
    scene_open(&scene, rng, n);
    struct expr *x = random_argument(&scene, 0, a);
    struct expr *y = random_argument(&scene, 1, b);
    struct column got = run(&scene, call2(&scene, name, x, y));
    unsigned scale = a.scale > b.scale ? a.scale : b.scale;
    for (uint32_t i = 0; i < n; i++) {
        struct value p = column_value(&scene.columns[0], i);
        struct value q = column_value(&scene.columns[1], i);
        bool is_null = p.is_null || q.is_null;
        int128 wanted = 0;
        if (name[0] == '*') {
            wanted = (int128)p.i64 * q.i64;
            wanted = rounded(wanted, (unsigned)a.scale + b.scale - got.type.scale);
        } else { /* the types leave room for both at one scale */
            RNG_CHECK(rng, exact(name[0], p.i64 * pow10_128(scale - a.scale),
                                 q.i64 * pow10_128(scale - b.scale), &wanted));
        }
        bool fits = wanted < pow10_i64[18] && wanted > -pow10_i64[18];
        errors += !is_null && !fits;
        RNG_CHECK(rng, column_is_null(&got, i) == (is_null || !fits));
        RNG_CHECK(rng, got.i64[i] == (is_null || !fits ? 0 : (int64_t)wanted));
    }
    RNG_CHECK(rng, scene.context.errors.count == errors);
    scene_close(&scene, rng);
}

static void test_decimals(void **state)
{
    static const char *const names[] = {"+", "-", "*"};
    static const uint32_t lengths[] = EDGE_LENGTHS;
    struct type pairs[][2] = {
        {type_decimal(12, 2), type_decimal(12, 2)},   {type_decimal(5, 0), type_decimal(9, 4)},
        {type_decimal(18, 6), type_decimal(18, 6)},   {type_decimal(18, 18), type_decimal(1, 1)},
        {type_decimal(18, 12), type_decimal(18, 12)},
    };
    struct rng rng;
    (void)state;
    rng_init(&rng);
    for (size_t k = 0; k < 15 * sizeof lengths / sizeof lengths[0]; k++) {
        size_t p = k % 15 / 3;
        check_decimals(&rng, names[k % 3], pairs[p][0], pairs[p][1], lengths[k / 15]);
    }
}

/* ---- doubles --------------------------------------------------------------------------------- */

static void check_doubles(struct rng *rng, const char *name, uint32_t n)
{
    struct scene scene;
    uint64_t errors = 0;
    scene_open(&scene, rng, n);
    struct expr *x = random_argument(&scene, 0, type_of(TYPE_DOUBLE));
    struct expr *y = random_argument(&scene, 1, type_of(TYPE_DOUBLE));
    struct column got = run(&scene, call2(&scene, name, x, y));
    for (uint32_t i = 0; i < n; i++) {
        struct value p = column_value(&scene.columns[0], i);
        struct value q = column_value(&scene.columns[1], i);
        bool is_null = p.is_null || q.is_null;
        bool by_zero = (name[0] == '/' || name[0] == '%') && q.f64 == 0;
        struct value wanted = value_double(name[0] == '+'   ? p.f64 + q.f64
                                           : name[0] == '-' ? p.f64 - q.f64
                                           : name[0] == '*' ? p.f64 * q.f64
                                           : name[0] == '/' ? p.f64 / (by_zero ? 1 : q.f64)
                                                            : fmod(p.f64, q.f64));
        bool is_new = isinf(wanted.f64) && isfinite(p.f64) && isfinite(q.f64);
        errors += !is_null && (by_zero || is_new);
        wanted = is_null || by_zero || is_new ? value_null(wanted.type) : wanted;
        struct value value = column_value(&got, i);
        RNG_CHECK(rng, value_equal(&value, &wanted));
    }
    RNG_CHECK(rng, scene.context.errors.count == errors);
    scene_close(&scene, rng);
}

static void test_doubles(void **state)
{
    static const char *const names[] = {"+", "-", "*", "/", "%"};
    static const uint32_t lengths[] = EDGE_LENGTHS;
    struct rng rng;
    (void)state;
    rng_init(&rng);
    for (size_t k = 0; k < 20 * sizeof lengths / sizeof lengths[0]; k++) {
        check_doubles(&rng, names[k % 5], lengths[k / 20]);
    }
}

/* ---- search ---------------------------------------------------------------------------------- */

/* Texts that lie one behind the other, as the lines of a block do, or apart: a literal is found in
 * each of them alone, never across two. */
static void check_search(struct rng *rng, uint32_t n)
{
    struct scene scene;
    scene_open(&scene, rng, n);
    struct column_out out = column_out_new(&scene.arena, type_of(TYPE_TEXT), n);
    uint8_t *block = arena_alloc(&scene.arena, (size_t)n * 128 + 1);
    uint8_t *at = block;
    uint64_t longest = rng_once_in(&scene.rng, 2) ? 6 : 100;
    for (uint32_t i = 0; i < n; i++) {
        uint32_t len = (uint32_t)rng_below(&scene.rng, longest);
        for (uint32_t k = 0; k < len + 3; k++) {
            at[k] = (uint8_t)("abc"[rng_below(&scene.rng, 3)]); /* between them too */
        }
        out.text[i] = (struct text){at, len};
        at += len + rng_below(&scene.rng, rng_once_in(&scene.rng, 4) ? 20 : 3);
        if (rng_once_in(&scene.rng, 10)) {
            column_out_null(&out, i, n);
        }
    }
    scene.columns[0] = column_view(&out, n);
    const char *patterns[] = {"%ab%", "%abc%", "%a%", "%bbbb%", "%abcab%"};
    const char *pattern = patterns[rng_below(&scene.rng, 5)];
    struct slice literal = slice_of(pattern + 1, strlen(pattern) - 2);
    struct column got =
        run(&scene, call2(&scene, "like", expr_column(&scene.arena, 0, out.type, false),
                          expr_constant(&scene.arena, value_text(slice_text(pattern)))));
    for (uint32_t i = 0; i < n; i++) {
        bool wanted = slice_find(text_slice(out.text[i]), literal) != NULL;
        RNG_CHECK(rng, column_is_null(&got, i) || bits_get(got.bits, i) == wanted);
    }
    scene_close(&scene, rng);
}

static void test_search(void **state)
{
    static const uint32_t lengths[] = EDGE_LENGTHS;
    struct rng rng;
    (void)state;
    rng_init(&rng);
    for (size_t k = 0; k < 20 * sizeof lengths / sizeof lengths[0]; k++) {
        check_search(&rng, lengths[k / 20]);
    }
}

/* ---- sets ------------------------------------------------------------------------------------ */

enum { SET = 40 };

/* A set of constants finds what comparing with each of them finds. */
static void check_set(struct rng *rng, struct type type, uint32_t n, bool has_null)
{
    struct scene scene;
    struct expr *args[SET + 1];
    struct expr *e = NULL;
    struct error err;
    scene_open(&scene, rng, n);
    (void)random_argument(&scene, 0, type);
    args[0] = expr_column(&scene.arena, 0, type, false);
    uint32_t n_args = 3 + (uint32_t)rng_below(&scene.rng, SET - 2);
    for (uint32_t i = 1; i < n_args; i++) {
        struct value value = has_null && i == 2 ? value_null(type) : random_value(&scene, type);
        args[i] = expr_constant(&scene.arena, value);
    }
    assert_int_equal(expr_call(&scene.arena, slice_text("in"), args, n_args, -1, &e, &err), OK);
    assert_int_equal(e->n_args, n_args); /* a set, no OR */
    struct column got = run(&scene, e);
    for (uint32_t row = 0; row < n; row++) {
        struct value x = column_value(&scene.columns[0], row);
        bool found = false;
        for (uint32_t i = 1; i < n_args; i++) {
            const struct value *item = &args[i]->constant;
            found |= !x.is_null && !item->is_null && order(&x, item) == 0;
        }
        RNG_CHECK(rng, column_is_null(&got, row) == (x.is_null || (has_null && !found)));
        RNG_CHECK(rng, bits_get(got.bits, row) == found);
    }
    scene_close(&scene, rng);
}

static void test_sets(void **state)
{
    static const uint32_t lengths[] = EDGE_LENGTHS;
    struct type types[] = {type_of(TYPE_BIGINT), type_of(TYPE_DOUBLE), type_of(TYPE_TEXT),
                           type_decimal(12, 2), type_of(TYPE_INTERVAL)};
    struct rng rng;
    (void)state;
    rng_init(&rng);
    for (size_t k = 0; k < 10 * sizeof lengths / sizeof lengths[0]; k++) {
        check_set(&rng, types[k % 5], lengths[k / 10], k % 2 == 0);
    }
}

TEST_MAIN(cmocka_unit_test(test_comparison), cmocka_unit_test(test_integers),
          cmocka_unit_test(test_decimals), cmocka_unit_test(test_doubles),
          cmocka_unit_test(test_search), cmocka_unit_test(test_sets))
