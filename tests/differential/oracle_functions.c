/* oracle_functions: see oracle_functions.h. */
#include "tests/differential/oracle_functions.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/bytebuf.h"
#include "engine/base/mem.h"
#include "engine/base/textbuf.h"

/* ---- integers -------------------------------------------------------------------------------- */

/* Integer arithmetic that overflows becomes a float in SQLite, and NULL here. */
static void whole(sqlite3_context *context, int n, sqlite3_value **args)
{
    (void)n;
    if (sqlite3_value_type(args[0]) == SQLITE_INTEGER) {
        sqlite3_result_int64(context, sqlite3_value_int64(args[0]));
    } else {
        sqlite3_result_null(context);
    }
}

/* SQLite aligns an aggregate's memory to 8 bytes. */
__extension__ typedef __int128 wide __attribute__((aligned(8)));

struct total {
    wide sum;
    int64_t n;
};

static void total_step(sqlite3_context *context, int n, sqlite3_value **args)
{
    (void)n;
    struct total *total = sqlite3_aggregate_context(context, sizeof *total);
    if (sqlite3_value_type(args[0]) != SQLITE_NULL) {
        total->sum += sqlite3_value_int64(args[0]);
        total->n++;
    }
}

static void sum_final(sqlite3_context *context)
{
    const struct total *total = sqlite3_aggregate_context(context, sizeof *total);
    if (total->n == 0 || total->sum > INT64_MAX || total->sum < INT64_MIN) {
        sqlite3_result_null(context);
    } else {
        sqlite3_result_int64(context, (int64_t)total->sum);
    }
}

static void avg_final(sqlite3_context *context)
{
    const struct total *total = sqlite3_aggregate_context(context, sizeof *total);
    if (total->n == 0) {
        sqlite3_result_null(context);
    } else {
        sqlite3_result_double(context, (double)total->sum / (double)total->n);
    }
}

/* ---- kept values ----------------------------------------------------------------------------- */

/* The value is the last argument; those in front of it are what it is ordered by. */
struct kept {
    int64_t time; /* INT64_MIN: NULL */
    int64_t number;
    sqlite3_value *value;
};

struct bag {
    uint32_t n;
    uint32_t room;
    struct kept *kept;
};

static int64_t int_or(sqlite3_value *value, int64_t otherwise)
{
    return sqlite3_value_type(value) == SQLITE_NULL ? otherwise : sqlite3_value_int64(value);
}

static void keep(sqlite3_context *context, int n, sqlite3_value **args)
{
    struct bag *bag = sqlite3_aggregate_context(context, sizeof *bag);
    if (sqlite3_value_type(args[n - 1]) == SQLITE_NULL) {
        return;
    }
    if (bag->n == bag->room) {
        bag->room = bag->room == 0 ? 8 : bag->room * 2;
        bag->kept = mem_realloc(bag->kept, bag->room * sizeof *bag->kept);
    }
    bag->kept[bag->n++] = (struct kept){
        .time = n > 2 ? int_or(args[0], INT64_MIN) : 0,
        .number = n > 1 ? int_or(args[n - 2], 0) : 0,
        .value = sqlite3_value_dup(args[n - 1]),
    };
}

static void bag_release(struct bag *bag)
{
    for (uint32_t i = 0; i < bag->n; i++) {
        sqlite3_value_free(bag->kept[i].value);
    }
    mem_free(bag->kept);
    *bag = (struct bag){0};
}

static int three_way(double a, double b)
{
    return (a > b) - (a < b);
}

/* Numbers, then texts bytewise. */
static int compare_values(sqlite3_value *a, sqlite3_value *b)
{
    if (sqlite3_value_type(a) == SQLITE_INTEGER && sqlite3_value_type(b) == SQLITE_INTEGER) {
        int64_t x = sqlite3_value_int64(a);
        int64_t y = sqlite3_value_int64(b);
        return (x > y) - (x < y);
    }
    if (sqlite3_value_type(a) != SQLITE_TEXT) {
        return three_way(sqlite3_value_double(a), sqlite3_value_double(b));
    }
    int a_bytes = sqlite3_value_bytes(a);
    int b_bytes = sqlite3_value_bytes(b);
    int least = a_bytes < b_bytes ? a_bytes : b_bytes;
    int order = memcmp(sqlite3_value_text(a), sqlite3_value_text(b), (size_t)least);
    return order != 0 ? order : (a_bytes > b_bytes) - (a_bytes < b_bytes);
}

static int by_value(const void *a, const void *b)
{
    return compare_values(((const struct kept *)a)->value, ((const struct kept *)b)->value);
}

static int by_number(const void *a, const void *b)
{
    const struct kept *x = a;
    const struct kept *y = b;
    if (x->time != y->time) {
        return x->time < y->time ? -1 : 1;
    }
    return (x->number > y->number) - (x->number < y->number);
}

/* Sorted; NULL, and the result is NULL, if there are no values. */
static struct bag *bag_of(sqlite3_context *context, int (*compare)(const void *, const void *))
{
    struct bag *bag = sqlite3_aggregate_context(context, sizeof *bag);
    if (bag->n == 0) {
        sqlite3_result_null(context);
        return NULL;
    }
    qsort(bag->kept, bag->n, sizeof *bag->kept, compare);
    return bag;
}

static double number_at(const struct bag *bag, uint32_t i)
{
    return sqlite3_value_double(bag->kept[i].value);
}

/* ---- spread ---------------------------------------------------------------------------------- */

struct spread {
    uint32_t missing; /* degrees of freedom: 0 of the population, 1 of a sample */
    bool root;
};

static void spread_final(sqlite3_context *context)
{
    const struct spread *spread = sqlite3_user_data(context);
    struct bag *bag = bag_of(context, by_value);
    if (bag == NULL) {
        return;
    }
    double sum = 0;
    double squares = 0;
    for (uint32_t i = 0; i < bag->n; i++) {
        sum += number_at(bag, i);
    }
    for (uint32_t i = 0; i < bag->n; i++) {
        double distance = number_at(bag, i) - sum / bag->n;
        squares += distance * distance;
    }
    double variance = squares / (bag->n - spread->missing);
    if (bag->n <= spread->missing) {
        sqlite3_result_null(context);
    } else {
        sqlite3_result_double(context, spread->root ? sqrt(variance) : variance);
    }
    bag_release(bag);
}

/* ---- ranks ----------------------------------------------------------------------------------- */

static void percentile_final(sqlite3_context *context)
{
    const double *p = sqlite3_user_data(context);
    struct bag *bag = bag_of(context, by_value);
    if (bag == NULL) {
        return;
    }
    double position = *p * (bag->n - 1);
    uint32_t low = (uint32_t)position;
    double result = number_at(bag, low);
    if (position > low) {
        result += (position - low) * (number_at(bag, low + 1) - result);
    }
    sqlite3_result_double(context, result);
    bag_release(bag);
}

static void rank_final(sqlite3_context *context)
{
    const double *p = sqlite3_user_data(context);
    struct bag *bag = bag_of(context, by_value);
    if (bag == NULL) {
        return;
    }
    sqlite3_result_double(context, number_at(bag, (uint32_t)(*p * (bag->n - 1))));
    bag_release(bag);
}

/* ---- order ----------------------------------------------------------------------------------- */

static void pick_final(sqlite3_context *context)
{
    const bool *last = sqlite3_user_data(context);
    struct bag *bag = bag_of(context, by_number);
    if (bag == NULL) {
        return;
    }
    sqlite3_result_value(context, bag->kept[*last ? bag->n - 1 : 0].value);
    bag_release(bag);
}

static void result_text(sqlite3_context *context, struct bytebuf *text)
{
    sqlite3_result_text(context, bytebuf_text(text), (int)text->len, SQLITE_TRANSIENT);
    bytebuf_release(text);
}

static struct slice value_bytes(sqlite3_value *value)
{
    const uint8_t *at = sqlite3_value_text(value);
    return slice_of(at, (size_t)sqlite3_value_bytes(value));
}

static void join_final(sqlite3_context *context)
{
    const bool *values = sqlite3_user_data(context);
    struct bag *bag = bag_of(context, *values ? by_value : by_number);
    if (bag == NULL) {
        return;
    }
    struct bytebuf text = {0};
    for (uint32_t i = 0; i < bag->n; i++) {
        bytebuf_add_text(&text, i == 0 ? "" : "|");
        struct slice bytes = value_bytes(bag->kept[i].value);
        bytebuf_add(&text, bytes.at, bytes.len);
    }
    result_text(context, &text);
    bag_release(bag);
}

/* ---- the most frequent ----------------------------------------------------------------------- */

/* Length of the run of equal values that begins at `from`. */
static uint32_t run_length(const struct bag *bag, uint32_t from)
{
    uint32_t n = 1;
    while (from + n < bag->n && by_value(&bag->kept[from], &bag->kept[from + n]) == 0) {
        n++;
    }
    return n;
}

/* The longest run that is shorter than `below`, or as long and behind `after`. */
static uint32_t longest_run(const struct bag *bag, uint32_t below, uint32_t after, uint32_t *length)
{
    uint32_t best = 0;
    *length = 0;
    for (uint32_t i = 0; i < bag->n; i += run_length(bag, i)) {
        uint32_t n = run_length(bag, i);
        bool is_left = n < below || (n == below && i > after);
        if (is_left && n > *length) {
            best = i;
            *length = n;
        }
    }
    return best;
}

static void top_final(sqlite3_context *context)
{
    struct bag *bag = bag_of(context, by_value);
    struct bytebuf text = {0};
    uint32_t length = UINT32_MAX;
    uint32_t at = 0;
    if (bag == NULL) {
        return;
    }
    for (uint32_t i = 0; i < 2; i++) {
        at = longest_run(bag, length, at, &length);
        if (length == 0) {
            break;
        }
        sqlite3_value *value = bag->kept[at].value;
        bytebuf_add_text(&text, i == 0 ? "[[" : ",[");
        if (sqlite3_value_type(value) == SQLITE_TEXT) {
            textbuf_json(&text, value_bytes(value));
        } else {
            textbuf_i64(&text, sqlite3_value_int64(value));
        }
        bytebuf_printf(&text, ",%u]", length);
    }
    bytebuf_add_text(&text, "]");
    result_text(context, &text);
    bag_release(bag);
}

/* ---- registration ---------------------------------------------------------------------------- */

static const struct spread var_pop = {0, false};
static const struct spread var_samp = {1, false};
static const struct spread stddev_pop = {0, true};
static const struct spread stddev_samp = {1, true};
static const double p50 = 0.5;
static const double p90 = 0.9;
static const bool yes = true;
static const bool no = false;

static const struct {
    const char *name;
    int n_args;
    const void *data;
    void (*final)(sqlite3_context *context);
} kept_functions[] = {
    {"var_pop", 1, &var_pop, spread_final},
    {"var_samp", 1, &var_samp, spread_final},
    {"stddev_pop", 1, &stddev_pop, spread_final},
    {"stddev_samp", 1, &stddev_samp, spread_final},
    {"percentile_50", 1, &p50, percentile_final},
    {"percentile_90", 1, &p90, percentile_final},
    {"rank_90", 1, &p90, rank_final},
    {"first_by", 3, &no, pick_final},
    {"last_by", 3, &yes, pick_final},
    {"join_by", 3, &no, join_final},
    {"join_values", 1, &yes, join_final},
    {"top_2", 1, NULL, top_final},
};

void oracle_functions_register(sqlite3 *db)
{
    int flags = SQLITE_UTF8 | SQLITE_DETERMINISTIC;
    sqlite3_create_function(db, "whole", 1, flags, NULL, whole, NULL, NULL);
    sqlite3_create_function(db, "sum_whole", 1, flags, NULL, NULL, total_step, sum_final);
    sqlite3_create_function(db, "avg_whole", 1, flags, NULL, NULL, total_step, avg_final);
    for (size_t i = 0; i < sizeof kept_functions / sizeof kept_functions[0]; i++) {
        sqlite3_create_function(db, kept_functions[i].name, kept_functions[i].n_args, flags,
                                (void *)(uintptr_t)kept_functions[i].data, NULL, keep,
                                kept_functions[i].final);
    }
}
