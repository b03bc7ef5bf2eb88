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

#include "engine/base/panic.h"
#include "sql/sqlerr.h"
#include "sql/statement.h"

/* ---- kinds ----------------------------------------------------------------------------------- */

static const struct option_spec gen_options[] = {{"rows", OPTION_INTEGER, NULL, "how many"},
                                                 {"rate", OPTION_INTEGER, NULL, "how fast"},
                                                 {0}};
static const struct option_spec tcp_options[] = {{"eof", OPTION_TEXT, NULL, "what an end means"},
                                                 {0}};
static const struct option_spec csv_options[] = {{"delimiter", OPTION_TEXT, ",", "between fields"},
                                                 {"header", OPTION_TEXT, "auto", "names"},
                                                 {0}};
static const struct option_spec sqlite_options[] = {{"table", OPTION_TEXT, NULL, "which"},
                                                    {"key", OPTION_TEXT, NULL, "columns"},
                                                    {0}};

static const struct source_kind tcp_kind = {.scheme = "tcp",
                                            .flags = SOURCE_FINITE,
                                            .options = tcp_options};
static const struct source_kind file_kind = {.scheme = "file",
                                             .flags = SOURCE_FINITE | SOURCE_REPLAYABLE};
static const struct source_kind stdin_kind = {.scheme = "stdin", .flags = SOURCE_FINITE};
static const struct source_kind kafka_kind = {.scheme = "kafka", .flags = SOURCE_REPLAYABLE};
static const struct source_kind gen_kind = {.scheme = "gen",
                                            .flags = SOURCE_FINITE,
                                            .options = gen_options};
static const struct source_kind *const sources[] = {&tcp_kind,   &file_kind, &stdin_kind,
                                                    &kafka_kind, &gen_kind,  NULL};

static inline struct schema fields_of(struct arena *arena, const char *const *names,
                                      const uint8_t *types, uint32_t n)
{
    struct schema schema = {n, arena_zalloc(arena, n * sizeof *schema.fields)};
    for (uint32_t i = 0; i < n; i++) {
        schema.fields[i].name = slice_text(names[i]);
        schema.fields[i].type = type_of((enum type_id)types[i]);
    }
    return schema;
}

static inline enum status line_infer(struct arena *arena, struct options *options,
                                     struct slice argument, struct slice sample, struct schema *out,
                                     int *time_column, struct error *err)
{
    (void)options, (void)argument, (void)sample, (void)err;
    *out = fields_of(arena, (const char *const[]){"line"}, (const uint8_t[]){TYPE_TEXT}, 1);
    *time_column = -1;
    return OK;
}

/* The sample names the columns; "ts" is a TIMESTAMP, "n" a BIGINT, others are TEXT. */
static inline enum status csv_infer(struct arena *arena, struct options *options,
                                    struct slice argument, struct slice sample, struct schema *out,
                                    int *time_column, struct error *err)
{
    (void)options, (void)argument;
    if (sample.len == 0) {
        return error_set(err, ERR_OPTION, "csv needs columns or a sample");
    }
    struct schema schema = {0, arena_zalloc(arena, 64 * sizeof *schema.fields)};
    size_t begin = 0;
    for (size_t i = 0; i <= sample.len && schema.n < 64; i++) {
        if (i == sample.len || sample.at[i] == ',') {
            struct slice name = slice_of(sample.at + begin, i - begin);
            enum type_id type = slice_equal(name, slice_text("ts"))  ? TYPE_TIMESTAMP
                                : slice_equal(name, slice_text("n")) ? TYPE_BIGINT
                                                                     : TYPE_TEXT;
            schema.fields[schema.n++] = (struct field){.name = name, .type = type_of(type)};
            begin = i + 1;
        }
    }
    *out = schema;
    *time_column = -1;
    return OK;
}

static inline enum status apache_infer(struct arena *arena, struct options *options,
                                       struct slice argument, struct slice sample,
                                       struct schema *out, int *time_column, struct error *err)
{
    (void)options, (void)argument, (void)sample, (void)err;
    *out = fields_of(arena, (const char *const[]){"ip", "ts", "status", "bytes"},
                     (const uint8_t[]){TYPE_TEXT, TYPE_TIMESTAMP, TYPE_BIGINT, TYPE_BIGINT}, 4);
    *time_column = 1;
    return OK;
}

static const struct decoder_kind csv_kind = {.name = "csv",
                                             .options = csv_options,
                                             .infer = csv_infer};
static const struct decoder_kind json_kind = {.name = "json", .infer = csv_infer};
static const struct decoder_kind line_kind = {.name = "line", .infer = line_infer};
static const struct decoder_kind apache_kind = {.name = "apache", .infer = apache_infer};
static const struct decoder_kind *const decoders[] = {&csv_kind, &json_kind, &line_kind,
                                                      &apache_kind, NULL};

static const struct sink_kind console_kind = {.scheme = "console", .takes_changes = true};
static const struct sink_kind out_kind = {.scheme = "file"};
static const struct sink_kind sqlite_kind = {.scheme = "sqlite",
                                             .takes_changes = true,
                                             .options = sqlite_options};
static const struct sink_kind *const sinks[] = {&console_kind, &out_kind, &sqlite_kind, NULL};

static inline const char *commas_are_csv(struct slice sample)
{
    return memchr(sample.at, ',', sample.len) != NULL ? "csv" : NULL;
}

static const struct kinds fixture_kinds = {sources, decoders, sinks, commas_are_csv};

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
    struct sampler sampler = {f, fixture_sample};
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
