/* sql_fixture: a catalog over kinds that open nothing, and text in, text out: what the tests of
 * this room share.
 *
 *     struct fixture f;
 *     fixture_init(&f);                                 // streams access, tx, log, file; sink
 * alerts assert_plan(&f, "SELECT …", "query → console …"); assert_error(&f, "SELECT …",
 * "error[E0104]: …"); fixture_release(&f);
 */
#ifndef TESTS_SQL_SQL_FIXTURE_H
#define TESTS_SQL_SQL_FIXTURE_H

#include "tests/support/testing.h"

#include "sql/sqlerr.h"
#include "sql/statement.h"
#include "tests/sql/sql_kinds.h"

/* ---- the catalog ----------------------------------------------------------------------------- */

struct fixture {
    struct catalog *catalog;
    struct arena arena; /* of statements; cleared by each helper */
    const char *sample; /* what streams without columns show */
    uint32_t n_samples;
};

static inline enum status fixture_sample(void *owner, const struct stream_def *partial,
                                         struct arena *arena, struct slice *out, struct error *err)
{
    (void)err, (void)arena;
    struct fixture *f = owner;
    assert_non_null(partial->source);
    *out = slice_text(f->sample);
    f->n_samples++;
    return OK;
}

/* Prepares and applies; the test fails with the rendered error if that fails. */
static inline void run(struct fixture *f, const char *text)
{
    struct statement statement;
    struct error err;
    arena_clear(&f->arena);
    if (statement_prepare(f->catalog, &f->arena, slice_text(text), &statement, &err) != OK ||
        statement_apply(f->catalog, &statement, &err) != OK) {
        struct bytebuf out = {0};
        sqlerr_print(&out, &err, slice_text(text), NULL, 1);
        fail_msg("%s\n%s", text, bytebuf_text(&out));
    }
}

static inline void fixture_init(struct fixture *f)
{
    *f = (struct fixture){.sample = "ts,n,name"};
    arena_init(&f->arena);
    f->catalog = catalog_new(&fixture_kinds, fs_system(), clock_system());
    struct sampler sampler = {.owner = f, .sample = fixture_sample};
    catalog_set_sampler(f->catalog, &sampler);
    run(f, "CREATE STREAM access (ts TIMESTAMP, ip TEXT, status BIGINT, bytes BIGINT, "
           "WATERMARK ts DELAY 5s) FROM 'tcp://127.0.0.1:9998' FORMAT csv");
    run(f, "CREATE STREAM tx (ts TIMESTAMP, card TEXT, atm TEXT, kind TEXT, amount DECIMAL(12,2), "
           "WATERMARK ts DELAY 5s) FROM 'tcp://127.0.0.1:9999' FORMAT csv");
    run(f, "CREATE STREAM log FROM 'tcp://127.0.0.1:9997' FORMAT line");
    run(f, "CREATE STREAM past (ts TIMESTAMP, ip TEXT, n BIGINT) FROM 'past.csv' FORMAT csv");
    run(f, "CREATE SINK alerts TO 'sqlite:alerts.db?table=alerts'");
}

static inline void fixture_release(struct fixture *f)
{
    catalog_free(f->catalog);
    arena_release(&f->arena);
}

/* ---- text in, text out ----------------------------------------------------------------------- */

/* The plan of a query as EXPLAIN prints it, or its error as a person sees it. In f->arena. */
static inline const char *explained(struct fixture *f, const char *text)
{
    struct statement statement;
    struct error err;
    struct bytebuf out = {0};
    arena_clear(&f->arena);
    if (statement_prepare(f->catalog, &f->arena, slice_text(text), &statement, &err) != OK) {
        sqlerr_print(&out, &err, slice_text(text), NULL, 1);
    } else if (statement.plan != NULL) {
        plan_print(&out, statement.plan);
    } else {
        bytebuf_printf(&out, "statement %d\n", (int)statement.kind);
    }
    char *copy = arena_text(&f->arena, bytebuf_text(&out));
    bytebuf_release(&out);
    return copy;
}

#define assert_explained(f_, text_, expected_)                                                     \
    assert_string_equal(explained((f_), (text_)), expected_)

static inline const struct plan *plan_of(struct fixture *f, struct arena *arena, const char *text)
{
    struct statement statement;
    struct error err;
    if (statement_prepare(f->catalog, arena, slice_text(text), &statement, &err) != OK) {
        struct bytebuf out = {0};
        sqlerr_print(&out, &err, slice_text(text), NULL, 1);
        fail_msg("%s\n%s", text, bytebuf_text(&out));
    }
    assert_non_null(statement.plan);
    return statement.plan;
}

/* Both texts mean the same plan. */
static inline void assert_same(struct fixture *f, const char *a, const char *b)
{
    struct arena arena;
    arena_init(&arena);
    const struct plan *x = plan_of(f, &arena, a);
    const struct plan *y = plan_of(f, &arena, b);
    if (!plan_equal(x, y)) {
        struct bytebuf out = {0};
        plan_print(&out, x);
        plan_print(&out, y);
        fail_msg("%s\n%s\n%s", a, b, bytebuf_text(&out));
    }
    arena_release(&arena);
}

#endif
