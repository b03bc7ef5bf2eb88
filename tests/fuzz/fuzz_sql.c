/* fuzz_sql: any bytes as a script: statements are split, prepared, applied, explained and
 * completed. Errors are complete and can be shown; plans pass plan_check. */
#include "engine/base/panic.h"
#include "sql/parser.h"
#include "sql/sqlerr.h"
#include "sql/statement.h"
#include "tests/sql/sql_kinds.h"

enum { SCRIPT_BYTES_MAX = 1 << 14 };

static enum status give_sample(void *owner, const struct stream_def *partial, struct arena *arena,
                               struct slice *out, struct error *err)
{
    (void)partial, (void)arena, (void)err;
    *out = slice_text(owner);
    return OK;
}

static void check_error(const struct error *err, struct slice text, struct bytebuf *out)
{
    CHECK(err->status != OK && err->text[0] != 0);
    CHECK(err->at <= (int64_t)text.len);
    CHECK(err->at < 0 || err->length < 0 || err->at + err->length <= (int64_t)text.len);
    sqlerr_print(out, err, text, "script.sql", 1);
}

static void explain(const struct plan *plan, struct bytebuf *out)
{
    plan_check(plan);
    plan_print(out, plan);
    plan_print_json(out, plan);
    plan_print_dot(out, plan);
}

static void run_one(struct catalog *catalog, struct slice text, struct bytebuf *out)
{
    struct statement statement;
    struct expected expected;
    struct error err;
    struct arena arena;
    arena_init(&arena);
    error_clear(&err);
    (void)parse_expected(&arena, slice_of(text.at, text.len / 2), &expected);
    if (statement_prepare(catalog, &arena, text, &statement, &err) != OK) {
        check_error(&err, text, out);
    } else if (statement.plan != NULL) {
        explain(statement.plan, out);
    }
    error_clear(&err);
    if (statement_prepare(catalog, &arena, text, &statement, NULL) == OK &&
        statement_apply(catalog, &statement, &err) != OK) {
        check_error(&err, text, out);
    }
    arena_release(&arena);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > SCRIPT_BYTES_MAX) {
        return 0;
    }
    struct catalog *catalog = catalog_new(&fixture_kinds, fs_system(), clock_system());
    static char sample[] = "ts,n,name";
    struct sampler sampler = {.owner = sample, .sample = give_sample};
    struct slice rest = slice_of(data, size);
    struct split split;
    struct bytebuf out = {0};
    catalog_set_sampler(catalog, &sampler);
    bool more;
    do {
        more = statement_split(rest, &split);
        CHECK(split.text.len + split.rest.len <= rest.len);
        if (split.state != SPLIT_DONE) {
            run_one(catalog, split.text, &out);
        }
        rest = split.rest;
        bytebuf_clear(&out);
    } while (more);
    bytebuf_release(&out);
    catalog_free(catalog);
    return 0;
}
