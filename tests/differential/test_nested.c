/* Windows over the windows of a sub-query say what windows over the rows say, if the small ones
 * tile the large ones and no row is late: as one chunk for the plain query, in random chunks with
 * restarts between for the nested one. By hand, with what both say:
 *
 *     build/dev/tests/test_nested 4711
 */
#include "tests/support/testing.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "engine/base/clock.h"
#include "engine/base/mem.h"
#include "engine/data/batch.h"
#include "shell/lab/lab.h"
#include "tests/differential/dataset.h"

enum { CASES = 300, CHUNK_ROWS_MAX = 9 };

struct nest {
    struct arena arena;
    struct rng rng;
    const struct dataset *data;
    bool finite;
    int64_t delay_s; /* after which no row is late */
    int64_t small_s; /* window of the sub-query */
    int64_t offset_s;
    int64_t grace_s;
    bool by_key;
    struct bytebuf window; /* of both queries */
};

/* ---- at random ------------------------------------------------------------------------------- */

/* How far rows come behind newer ones. */
static int64_t disorder_s(struct nest *nest)
{
    const struct dataset *data = nest->data;
    int64_t *watermarks = arena_alloc(&nest->arena, (data->n + 1) * sizeof *watermarks);
    const struct data_clock clock = {.now_us = LAB_START_US, .max_future_us = US_PER_HOUR};
    int64_t most_us = 0;
    dataset_watermarks(data, &clock, watermarks);
    for (uint32_t i = 0; i < data->n; i++) {
        const struct value *ts = &data->rows[i].values[DATA_TS];
        if (!ts->is_null && watermarks[i] != TIME_NONE && watermarks[i] - ts->i64 > most_us) {
            most_us = watermarks[i] - ts->i64;
        }
    }
    return most_us / US_PER_SECOND + 1;
}

static void window_random(struct nest *nest)
{
    static const int64_t small[] = {1, 2, 5, 10};
    struct rng *rng = &nest->rng;
    nest->small_s = small[rng_below(rng, 4)];
    int64_t slide = nest->small_s * (1 + (int64_t)rng_below(rng, 4));
    int64_t size = slide * (1 + (int64_t)rng_below(rng, 3));
    nest->offset_s = rng_once_in(rng, 3) ? (int64_t)rng_below(rng, 4) : 0;
    nest->grace_s = rng_once_in(rng, 3) ? (int64_t)rng_below(rng, 20) : 0;
    if (rng_once_in(rng, 4)) {
        bytebuf_printf(&nest->window, "WINDOW CUMULATE %" PRId64 "s TO %" PRId64 "s", slide, size);
    } else {
        bytebuf_printf(&nest->window, "WINDOW %" PRId64 "s SLIDE %" PRId64 "s", size, slide);
    }
    bytebuf_printf(&nest->window, " ON ts OFFSET %" PRId64 "s", nest->offset_s);
}

static void nest_init(struct nest *nest, uint64_t seed)
{
    *nest = (struct nest){.rng = {.seed = seed, .state = seed}};
    arena_init(&nest->arena);
    nest->data = dataset_random(&nest->arena, &nest->rng);
    nest->finite = rng_once_in(&nest->rng, 3);
    nest->by_key = rng_once_in(&nest->rng, 2);
    nest->delay_s = disorder_s(nest);
    window_random(nest);
}

static void nest_release(struct nest *nest)
{
    bytebuf_release(&nest->window);
    arena_release(&nest->arena);
}

/* ---- both queries ---------------------------------------------------------------------------- */

static void stream_print(struct bytebuf *out, const struct nest *nest)
{
    bytebuf_add_text(out, nest->finite ? "SET once = 'true';\n" : "");
    bytebuf_add_text(out, "CREATE STREAM s (" DATASET_COLUMNS);
    if (!nest->finite) {
        bytebuf_printf(out, ", WATERMARK ts DELAY %" PRId64 "s", nest->delay_s);
    }
    bytebuf_add_text(out, ") FROM 'memory:s' FORMAT csv WITH (" DATASET_WITH ");\n");
}

static void plain_print(struct bytebuf *out, struct nest *nest)
{
    const char *key = nest->by_key ? "k, " : "";
    stream_print(out, nest);
    bytebuf_printf(out,
                   "SELECT window_start AS ws, window_end AS we, %scount(*) AS n, "
                   "sum(i %% 1000) AS s, min(d) AS lo, max(t) AS hi FROM s %s%s",
                   key, nest->by_key ? "GROUP BY k " : "", bytebuf_text(&nest->window));
}

static void nested_print(struct bytebuf *out, struct nest *nest)
{
    const char *key = nest->by_key ? "k, " : "";
    struct bytebuf window = {0};
    bytebuf_add_text(&window, bytebuf_text(&nest->window));
    char *on = strstr(bytebuf_text(&window), " ON ts");
    stream_print(out, nest);
    bytebuf_printf(out,
                   "SELECT window_start AS ws, window_end AS we, %ssum(n) AS n, "
                   "sum(s) AS s, min(lo) AS lo, max(hi) AS hi FROM ("
                   "SELECT k, g, count(*) AS n, sum(i %% 1000) AS s, min(d) AS lo, max(t) AS hi "
                   "FROM s GROUP BY k, g WINDOW %" PRId64 "s ON ts OFFSET %" PRId64
                   "s GRACE %" PRId64 "s) %s%.*s%s",
                   key, nest->small_s, nest->offset_s, nest->grace_s,
                   nest->by_key ? "GROUP BY k " : "", (int)(on - bytebuf_text(&window)),
                   bytebuf_text(&window), on + strlen(" ON ts"));
    bytebuf_release(&window);
}

/* ---- runs ------------------------------------------------------------------------------------ */

static void feed_rows(struct lab *lab, const struct dataset *data, uint32_t from, uint32_t end)
{
    struct bytebuf csv = {0};
    for (uint32_t i = from; i < end; i++) {
        dataset_row_csv(&csv, &data->rows[i]);
    }
    lab_input_split(lab, "s", data->rows[from].split, bytebuf_slice(&csv));
    bytebuf_release(&csv);
}

/* The result, as text; NULL if the engine refuses. */
static char *result_of(struct nest *nest, struct bytebuf *sql, bool is_cut)
{
    const struct dataset *data = nest->data;
    struct lab *lab = lab_new();
    char *result = NULL;
    bool runs = lab_sql(lab, bytebuf_text(sql));
    for (uint32_t from = 0, end; runs && from < data->n; from = end) {
        uint32_t most = is_cut ? 1 + (uint32_t)rng_below(&nest->rng, CHUNK_ROWS_MAX) : data->n;
        end = from + most < data->n ? from + most : data->n;
        end = dataset_run(data, from, end);
        feed_rows(lab, data, from, end);
        if (is_cut && rng_once_in(&nest->rng, 6)) {
            lab_restart(lab);
        }
    }
    if (runs) {
        lab_end(lab);
        runs = lab_error(lab) == NULL;
    }
    if (runs) {
        result = mem_text(lab_result(lab, 0)->rows.text.at, lab_result(lab, 0)->rows.text.len);
    } else {
        fprintf(stderr, "%s%s\n", lab_refusal(lab), lab_error(lab) == NULL ? "" : lab_error(lab));
    }
    lab_free(lab);
    return result;
}

static bool seed_holds(uint64_t seed, bool always_show, size_t *bytes)
{
    struct nest nest;
    struct bytebuf plain = {0};
    struct bytebuf nested = {0};
    nest_init(&nest, seed);
    plain_print(&plain, &nest);
    nested_print(&nested, &nest);
    char *expected = result_of(&nest, &plain, false);
    char *found = result_of(&nest, &nested, true);
    bool same = expected != NULL && found != NULL && strcmp(expected, found) == 0;
    *bytes += expected == NULL ? 0 : strlen(expected);
    if (!same || always_show) {
        fprintf(stderr, "\n==== seed %" PRIu64 "\n%s\n%s\n-- plain\n%s-- nested\n%s", seed,
                bytebuf_text(&plain), bytebuf_text(&nested), expected == NULL ? "" : expected,
                found == NULL ? "" : found);
    }
    mem_free(expected);
    mem_free(found);
    bytebuf_release(&plain);
    bytebuf_release(&nested);
    nest_release(&nest);
    return same;
}

static void test_windows_of_windows(void **state)
{
    (void)state;
    uint32_t differ = 0;
    size_t bytes = 0;
    for (uint64_t seed = 1; seed <= CASES && differ < 3; seed++) {
        differ += !seed_holds(seed, false, &bytes);
    }
    printf("%d queries, %zu bytes of results, %u differ\n", CASES, bytes, differ);
    assert_int_equal(differ, 0);
    assert_true(bytes > (size_t)CASES * 100); /* they do say something */
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_windows_of_windows),
    };
    if (argc > 1) {
        size_t bytes = 0;
        return seed_holds(strtoull(argv[1], NULL, 10), true, &bytes) ? 0 : 1;
    }
    return cmocka_run_group_tests(tests, NULL, NULL);
}
