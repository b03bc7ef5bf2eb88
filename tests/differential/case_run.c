/* case_run: see case_run.h. */
#include "tests/differential/case_run.h"

#include <stdlib.h>

#include "engine/base/mem.h"
#include "shell/lab/lab.h"
#include "tests/differential/case_expect.h"
#include "tests/differential/case_rulings.h"
#include "tests/support/rng.h"

enum { CUTS_MAX = 7, RECUTS = 6, REPORT_LINES = 40 };

enum case_mode { MODE_APPEND, MODE_UPDATE, MODE_COMPLETE };

/* A case on its way. */
struct running_case {
    const struct one_case *one;
    const struct case_ruling *ruling; /* NULL = none */
    struct arena arena;
    enum case_mode mode;
    bool flushes; /* expect_final holds what comes at the end */
    struct json per_batch;
    struct json final;
    char *sql;
    struct bytebuf *report;
    bool holds;
};

/* What a run has said: where each batch of input ends among the sink's batches. */
struct said {
    struct lab *lab;
    uint32_t n;
    uint32_t *ends;      /* after each chunk */
    uint32_t before_end; /* after all chunks */
};

/* ---- what is asked --------------------------------------------------------------------------- */

static struct json json_or_null(const struct json *json)
{
    return json != NULL ? *json : (struct json){.kind = JSON_NULL};
}

static struct json expected(struct running_case *r, const char *key, const char *instead)
{
    struct json json;
    if (instead == NULL) {
        return json_or_null(json_get(&r->one->json, key));
    }
    bool ok = json_parse(&r->arena, slice_text(instead), &json);
    return ok ? json : (struct json){.kind = JSON_NULL};
}

static struct slice case_query(const struct running_case *r)
{
    const struct case_ruling *ruling = r->ruling;
    return ruling != NULL && ruling->query != NULL ? slice_text(ruling->query)
                                                   : json_text(&r->one->json, "query");
}

static enum case_mode mode_of(const struct running_case *r)
{
    struct slice mode = r->ruling != NULL && r->ruling->mode != NULL
                            ? slice_text(r->ruling->mode)
                            : json_text(&r->one->json, "mode");
    if (slice_equal(mode, slice_text("update"))) {
        return MODE_UPDATE;
    }
    /* A complete result that is looked at once, at the end, is that of the whole input. */
    bool complete = slice_equal(mode, slice_text("complete")) && r->per_batch.kind == JSON_ARRAY;
    return complete ? MODE_COMPLETE : MODE_APPEND;
}

static bool says_emit(struct slice query)
{
    for (size_t i = 0; i + 5 <= query.len; i++) {
        if (slice_equal_nocase(slice_of(query.at + i, 5), slice_text("EMIT "))) {
            return true;
        }
    }
    return false;
}

static void prepare(struct running_case *r)
{
    static const char *const emits[] = {"", "\nEMIT CHANGES", "\nEMIT COMPLETE"};
    const struct case_ruling *ruling = r->ruling;
    struct bytebuf sql = {0};
    r->per_batch = expected(r, "expect_per_batch", ruling == NULL ? NULL : ruling->per_batch);
    r->final = expected(r, "expect_final", ruling == NULL ? NULL : ruling->final);
    r->mode = mode_of(r);
    bool complete = slice_equal(json_text(&r->one->json, "mode"), slice_text("complete"));
    r->flushes = json_get(&r->one->json, "end_of_input") != NULL ||
                 (complete && r->mode == MODE_APPEND) || (ruling != NULL && ruling->flush);
    case_streams_sql(&sql, r->one);
    struct slice query = case_query(r);
    bytebuf_add(&sql, query.at, query.len);
    bytebuf_add_text(&sql, says_emit(query) ? "" : emits[r->mode]);
    r->sql = (char *)arena_copy(&r->arena, bytebuf_slice(&sql)).at;
    bytebuf_release(&sql);
}

/* ---- complaints ------------------------------------------------------------------------------ */

static void complain_answer(struct bytebuf *out, const char *title, const struct answer *answer)
{
    bytebuf_printf(out, "%s (%u rows)\n", title, answer->n);
    for (uint32_t i = 0; i < answer->n && i < REPORT_LINES; i++) {
        bytebuf_printf(out, "    %s\n", answer->lines[i]);
    }
}

static void compare(struct running_case *r, const char *what, struct answer *wanted,
                    struct answer *got)
{
    answer_sort(wanted);
    answer_sort(got);
    if (!answer_equal(wanted, got) && r->holds) {
        r->holds = false;
        bytebuf_printf(r->report, "%s, %s\n%s\n", r->one->id, what, r->sql);
        complain_answer(r->report, "  wanted", wanted);
        complain_answer(r->report, "  got", got);
    }
    answer_release(wanted);
    answer_release(got);
}

/* ---- one run --------------------------------------------------------------------------------- */

static bool start(struct running_case *r, struct said *said)
{
    *said = (struct said){.lab = lab_new()};
    if (lab_sql(said->lab, r->sql)) {
        return true;
    }
    r->holds = false;
    bytebuf_printf(r->report, "%s is refused\n%s", r->one->id, lab_refusal(said->lab));
    lab_free(said->lab);
    return false;
}

static bool finish(struct running_case *r, struct said *said)
{
    said->before_end = lab_result(said->lab, 0)->rows.n_batches;
    lab_end(said->lab);
    bool failed = lab_error(said->lab) != NULL;
    if (failed) {
        r->holds = false;
        bytebuf_printf(r->report, "%s fails: %s\n", r->one->id, lab_error(said->lab));
    }
    return !failed;
}

static void said_release(struct said *said)
{
    lab_free(said->lab);
    mem_free(said->ends);
}

static bool restarts_after(const struct one_case *one, uint32_t batch)
{
    const struct json *list = json_get(&one->json, "restart_after_batch");
    for (uint32_t i = 0; i < json_length(list); i++) {
        int64_t n;
        if (slice_to_i64(list->items[i].text, &n) && n == batch) {
            return true;
        }
    }
    return false;
}

/* Batch by batch; with a restart where the case wants one, or after each. */
static bool run_batches(struct running_case *r, bool restart_always, struct said *said)
{
    const struct one_case *one = r->one;
    if (!start(r, said)) {
        return false;
    }
    said->n = one->n_chunks;
    said->ends = mem_alloc((one->n_chunks + 1) * sizeof *said->ends);
    for (uint32_t i = 0; i < one->n_chunks; i++) {
        lab_input(said->lab, one->streams[one->chunks[i].stream].name, one->chunks[i].csv);
        said->ends[i] = lab_result(said->lab, 0)->rows.n_batches;
        if (restart_always || restarts_after(one, i + 1)) {
            lab_restart(said->lab);
        }
    }
    return finish(r, said);
}

/* The same bytes in other pieces, with restarts here and there. */
static bool run_recut(struct running_case *r, struct rng *rng, struct said *said)
{
    const struct one_case *one = r->one;
    struct bytebuf all = {0};
    if (!start(r, said)) {
        return false;
    }
    for (uint32_t i = 0; i < one->n_chunks; i++) {
        bytebuf_add(&all, one->chunks[i].csv.at, one->chunks[i].csv.len);
    }
    size_t from = 0;
    for (uint64_t left = rng_below(rng, CUTS_MAX + 1) + 1; left > 0; left--) {
        size_t to = left == 1 ? all.len : from + (size_t)rng_below(rng, all.len - from + 1);
        if (to > from) {
            lab_input(said->lab, one->streams[0].name, slice_of(all.at + from, to - from));
        }
        if (rng_once_in(rng, 2)) {
            lab_restart(said->lab);
        }
        from = to;
    }
    bytebuf_release(&all);
    return finish(r, said);
}

/* ---- what came ------------------------------------------------------------------------------- */

/* Values in a row of what is expected: as wide as the case has it. */
static uint32_t width_of(const struct running_case *r)
{
    uint32_t width = case_expect_width(&r->final);
    for (uint32_t i = 0; width == 0 && i < json_length(&r->per_batch); i++) {
        width = case_expect_width(&r->per_batch.items[i]);
    }
    return width;
}

/* Rows of the sink's batches [from, to), upserts only if they change. */
static void take_rows(struct running_case *r, const struct said *said, uint32_t from, uint32_t to,
                      struct answer *out)
{
    const struct lab_result *result = lab_result(said->lab, 0);
    uint32_t skip = case_expect_skip(&result->plan->root->schema, width_of(r));
    struct bytebuf line = {0};
    for (uint32_t i = from; i < to; i++) {
        const struct batch *batch = memory_rows_batch(&result->rows, i);
        for (uint32_t row = 0; batch != NULL && row < batch->n; row++) {
            if (batch->ops == NULL || batch->ops[row] != ROW_DELETE) {
                case_expect_result(&line, batch, row, skip);
                answer_add(out, bytebuf_slice(&line));
            }
        }
    }
    bytebuf_release(&line);
}

/* What the result is as a whole: see answer_take. */
static void take_whole(const struct said *said, bool flush, struct answer *out)
{
    const struct lab_result *result = lab_result(said->lab, 0);
    struct memory_rows rows = result->rows;
    rows.n_batches = flush ? rows.n_batches : said->before_end;
    answer_take(out, &rows, result->plan);
}

static void compare_json(struct running_case *r, const char *what, const struct json *rows,
                         const struct said *said, uint32_t from, uint32_t to)
{
    struct answer wanted = {0};
    struct answer got = {0};
    case_expect_rows(&wanted, rows, &lab_result(said->lab, 0)->plan->root->schema);
    take_rows(r, said, from, to, &got);
    compare(r, what, &wanted, &got);
}

static void compare_batches(struct running_case *r, const struct said *said)
{
    for (uint32_t i = 0; i < json_length(&r->per_batch) && i < said->n; i++) {
        char *what = arena_printf(&r->arena, "batch %u", i + 1);
        compare_json(r, what, &r->per_batch.items[i], said, i == 0 ? 0 : said->ends[i - 1],
                     said->ends[i]);
    }
}

/* {"rows": n} stands for so many rows. */
static void compare_count(struct running_case *r, const struct said *said)
{
    const struct json *rows = json_get(&r->final, "rows");
    int64_t n = -1;
    if (rows == NULL || !slice_to_i64(rows->text, &n)) {
        return;
    }
    struct answer got = {0};
    take_rows(r, said, 0, lab_result(said->lab, 0)->rows.n_batches, &got);
    if (got.n != (uint64_t)n) {
        r->holds = false;
        bytebuf_printf(r->report, "%s: %u rows, wanted %lld\n", r->one->id, got.n, (long long)n);
    }
    answer_release(&got);
}

/* The table that a changing result leaves. */
static void compare_folded(struct running_case *r, const struct said *said)
{
    const struct lab_result *result = lab_result(said->lab, 0);
    struct answer wanted = {0};
    struct answer got = {0};
    case_expect_rows(&wanted, &r->final, &result->plan->root->schema);
    take_whole(said, r->flushes, &got);
    compare(r, "the table at the end", &wanted, &got);
}

/* The same, where the case lists the changes that lead to it. */
static void compare_log(struct running_case *r, const struct said *said)
{
    const struct json *log = json_get(&r->one->json, "expect_log");
    const struct lab_result *result = lab_result(said->lab, 0);
    if (log == NULL || r->mode == MODE_COMPLETE || r->ruling != NULL) {
        return;
    }
    struct answer wanted = {0};
    struct answer got = {0};
    case_expect_log(&wanted, log, json_get(&r->one->json, "columns"),
                    json_get(&r->one->json, "key"), &result->plan->root->schema);
    if (r->mode == MODE_UPDATE) {
        take_whole(said, r->flushes, &got);
    } else {
        take_rows(r, said, 0, r->flushes ? result->rows.n_batches : said->before_end, &got);
    }
    compare(r, "what the log leaves", &wanted, &got);
}

static void compare_final(struct running_case *r, const struct said *said)
{
    uint32_t all = lab_result(said->lab, 0)->rows.n_batches;
    const struct json *before = json_get(&r->one->json, "emitted_before_flush");
    const struct json *after = json_get(&r->one->json, "flushed_at_end");
    if (r->final.kind == JSON_OBJECT) {
        compare_count(r, said);
    }
    if (r->final.kind == JSON_ARRAY && r->mode == MODE_UPDATE) {
        compare_folded(r, said);
    } else if (r->final.kind == JSON_ARRAY && r->mode == MODE_APPEND) {
        compare_json(r, "all rows", &r->final, said, 0, r->flushes ? all : said->before_end);
    }
    compare_log(r, said);
    if (r->one->golden.len > 0) {
        struct answer wanted = {0};
        struct answer got = {0};
        case_expect_lines(&wanted, r->one->golden, &lab_result(said->lab, 0)->plan->root->schema);
        take_rows(r, said, 0, all, &got);
        compare(r, "the golden file", &wanted, &got);
    }
    if (r->mode == MODE_APPEND && r->ruling == NULL && before != NULL) {
        compare_json(r, "before the end", before, said, 0, said->before_end);
    }
    if (r->mode == MODE_APPEND && r->ruling == NULL && after != NULL) {
        compare_json(r, "at the end", after, said, said->before_end, all);
    }
}

/* ---- all runs of a case ---------------------------------------------------------------------- */

static void check_restarts(struct running_case *r)
{
    struct said said;
    if (r->holds && run_batches(r, true, &said)) {
        compare_batches(r, &said);
        compare_final(r, &said);
        said_release(&said);
    }
}

/* However the bytes are cut, the whole is the same; and so is what comes before the end. */
static void check_recuts(struct running_case *r, const struct said *as_given)
{
    struct rng rng;
    rng_init(&rng);
    for (uint32_t i = 0; r->holds && r->one->n_streams == 1 && i < RECUTS; i++) {
        struct said said;
        if (!run_recut(r, &rng, &said)) {
            return;
        }
        for (int flush = 0; flush < 2; flush++) {
            struct answer wanted = {0};
            struct answer got = {0};
            take_whole(as_given, flush != 0, &wanted);
            take_whole(&said, flush != 0, &got);
            compare(r, flush ? "cut anew" : "cut anew, before the end", &wanted, &got);
        }
        said_release(&said);
    }
}

static enum case_verdict run_all(struct running_case *r)
{
    struct said said;
    r->holds = true;
    if (run_batches(r, false, &said)) {
        compare_batches(r, &said);
        compare_final(r, &said);
        check_restarts(r);
        check_recuts(r, &said);
        said_release(&said);
    }
    return r->holds ? CASE_HOLDS : CASE_FAILS;
}

/* The query must be refused. */
static enum case_verdict run_negative(struct running_case *r)
{
    struct lab *lab = lab_new();
    bool refused = !lab_sql(lab, r->sql);
    if (!refused) {
        bytebuf_printf(r->report, "%s: not refused\n%s\n", r->one->id, r->sql);
    }
    lab_free(lab);
    return refused ? CASE_HOLDS : CASE_FAILS;
}

static const char *left_out(const struct running_case *r)
{
    const char *needs = case_query_needs(case_query(r));
    bool is_negative = r->final.kind == JSON_STRING;
    if (r->ruling != NULL && r->ruling->skip) {
        return r->ruling->reason;
    }
    if (needs != NULL) {
        return needs;
    }
    return is_negative ? NULL : r->one->missing;
}

enum case_verdict case_run(const struct one_case *one, struct bytebuf *report)
{
    struct running_case r = {.one = one, .ruling = case_ruling_find(one->id), .report = report};
    arena_init(&r.arena);
    prepare(&r);
    enum case_verdict verdict = CASE_LEFT_OUT;
    const char *why = left_out(&r);
    if (why != NULL) {
        bytebuf_printf(report, "%s", why);
    } else if (r.final.kind == JSON_STRING) {
        verdict = run_negative(&r);
    } else {
        verdict = run_all(&r);
    }
    bool disputed = json_get(&one->json, "conflict") != NULL && r.ruling == NULL;
    if (verdict == CASE_FAILS && disputed) {
        struct slice conflict = json_text(&one->json, "conflict");
        bytebuf_clear(report);
        bytebuf_printf(report, "engines disagree and no ruling says what holds here: %.*s",
                       (int)conflict.len, (const char *)conflict.at);
        verdict = CASE_LEFT_OUT;
    }
    arena_release(&r.arena);
    return verdict;
}
