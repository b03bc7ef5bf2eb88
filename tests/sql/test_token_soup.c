/* Random statements: never a crash, always an error with a code and a text that can be shown. Two
 * cooks: one throws tokens together, the other damages statements that are right, which gets
 * further. */
#include "sql/lexer.h"
#include "tests/sql/sql_fixture.h"
#include "tests/support/rng.h"

enum { SOUPS = 4000, TOKENS_MAX = 24 };

static const char *const spices[] = {"ip",    "ts",     "status", "bytes",       "access", "tx",
                                     "log",   "alerts", "past",   "n",           "1",      "0",
                                     "2.5",   "'x'",    "'%a%'",  "30s",         "10s",    "15m",
                                     "1GB",   "(",      ")",      "(",           ")",      ",",
                                     ",",     "*",      "+",      "-",           "/",      "=",
                                     "<",     ">",      "||",     "::",          ".",      "~",
                                     "count", "sum",    "max",    "avg",         "first",  "tumble",
                                     "hop",   "upper",  "_line",  "=>",          ":",      ";",
                                     "\"q\"", "SELECT", "FROM",   "WINDOW",      "GROUP",  "BY",
                                     "WHERE", "EMIT",   "AND",    "window_start"};

static const char *const recipes[] = {
    "SELECT ip, count(*) AS c, sum(bytes) FILTER (WHERE status = 500) FROM access WHERE bytes > 10 "
    "AND ip LIKE '%10%' GROUP BY ip WINDOW 30s SLIDE 10s GRACE 5s HAVING c > 2 ORDER BY c DESC "
    "LIMIT 5",
    "SELECT ts, card, count(*) OVER (PARTITION BY card ORDER BY ts RANGE BETWEEN INTERVAL '15' "
    "MINUTE PRECEDING AND CURRENT ROW) AS n FROM tx HAVING n > 2 EMIT ON RISE",
    "SELECT window_start, CASE WHEN n > 3 THEN upper(ip) ELSE 'x' || ip END, avg(n) FROM past "
    "GROUP "
    "BY 2 WINDOW SESSION 5m MAX 1h ON ts EMIT CHANGES INTO alerts",
    "SELECT ip, max(bytes) FROM TABLE(HOP(TABLE access, DESCRIPTOR(ts), INTERVAL '10' SECOND, "
    "INTERVAL '30' SECOND)) GROUP BY ip, window_start, window_end",
    "SELECT DISTINCT ip, n + 1, CAST(n AS TEXT), n BETWEEN 1 AND 3, ip IN ('a', 'b') FROM past "
    "ORDER BY 1, 2 DESC NULLS LAST LIMIT 10",
    "CREATE STREAM s (ts TIMESTAMP(3) NOT NULL, amount DECIMAL(12,2), WATERMARK FOR ts AS ts - "
    "INTERVAL '5' SECOND) FROM 'tcp://h:1' FORMAT csv WITH (delimiter = ';') ON ERROR NULL IDLE "
    "NEVER",
    "SELECT first(ip), last(n), percentile(n, 0.5), string_agg(ip, ',') FROM past WINDOW 100 ROWS "
    "SLIDE 10 ROWS",
    "SELECT * FROM access WINDOW 10s SLIDE 5s ON _arrival FILL 0 FOR 3 WINDOWS",
};

/* One statement: no crash, and an error that is complete. */
static void serve(struct fixture *f, const struct rng *rng, struct slice text)
{
    struct statement statement;
    struct error err;
    struct bytebuf out = {0};
    arena_clear(&f->arena);
    error_clear(&err);
    enum status status = statement_prepare(f->catalog, &f->arena, text, &statement, &err);
    if (status != OK) {
        sqlerr_print(&out, &err, text, NULL, 1);
        if (err.status != status || err.text[0] == 0 || err.code <= 0 || err.at < 0 ||
            err.at > (int64_t)text.len || err.at + err.length > (int64_t)text.len) {
            print_error("%.*s\n%s", (int)text.len, (const char *)text.at, bytebuf_text(&out));
            rng_fail(rng, __FILE__, __LINE__, "an error without code, text or place");
        }
    } else if (statement.plan != NULL) {
        plan_print(&out, statement.plan);
        plan_print_json(&out, statement.plan);
        plan_print_dot(&out, statement.plan);
    }
    bytebuf_release(&out);
}

static void add_token(struct bytebuf *text, struct rng *rng)
{
    if (rng_once_in(rng, 3)) {
        uint32_t n = 0;
        while (keyword_at(n) != NULL) {
            n++;
        }
        bytebuf_add_text(text, keyword_at((uint32_t)rng_below(rng, n))->text);
    } else {
        bytebuf_add_text(text, spices[rng_below(rng, sizeof spices / sizeof spices[0])]);
    }
    bytebuf_add_byte(text, ' ');
}

static void test_tokens(void **state)
{
    (void)state;
    struct fixture f;
    struct bytebuf text = {0};
    struct rng rng;
    fixture_init(&f);
    rng_init(&rng);
    for (int i = 0; i < SOUPS; i++) {
        bytebuf_clear(&text);
        bytebuf_add_text(&text, i % 2 == 0 ? "SELECT ip FROM access " : "");
        uint64_t n = rng_below(&rng, TOKENS_MAX);
        for (uint64_t j = 0; j < n; j++) {
            add_token(&text, &rng);
        }
        serve(&f, &rng, bytebuf_slice(&text));
    }
    bytebuf_release(&text);
    fixture_release(&f);
}

/* Copies the tokens of a recipe; each may be lost, doubled or changed. */
static void damage(struct bytebuf *text, const char *recipe, struct rng *rng)
{
    struct lexer lexer = {.text = slice_text(recipe)};
    struct token token;
    uint64_t rate = 2 + rng_below(rng, 30);
    while (lexer_next(&lexer, &token, NULL) == OK && token.kind != TOKEN_END) {
        uint64_t fate = rng_below(rng, rate);
        if (fate != 0) {
            bytebuf_add(text, token.text.at, token.text.len);
            bytebuf_add_byte(text, ' ');
        }
        if (fate == 1) {
            add_token(text, rng);
        }
    }
}

static void test_damaged_statements(void **state)
{
    (void)state;
    struct fixture f;
    struct bytebuf text = {0};
    struct rng rng;
    fixture_init(&f);
    rng_init(&rng);
    for (int i = 0; i < SOUPS; i++) {
        bytebuf_clear(&text);
        damage(&text, recipes[rng_below(&rng, sizeof recipes / sizeof recipes[0])], &rng);
        serve(&f, &rng, bytebuf_slice(&text));
    }
    bytebuf_release(&text);
    fixture_release(&f);
}

/* Bytes of a recipe, some of them changed to any value. */
static void test_damaged_bytes(void **state)
{
    (void)state;
    struct fixture f;
    struct bytebuf text = {0};
    struct rng rng;
    fixture_init(&f);
    rng_init(&rng);
    for (int i = 0; i < SOUPS; i++) {
        bytebuf_clear(&text);
        bytebuf_add_text(&text, recipes[rng_below(&rng, sizeof recipes / sizeof recipes[0])]);
        uint64_t n = 1 + rng_below(&rng, 4);
        for (uint64_t j = 0; j < n; j++) {
            text.at[rng_below(&rng, text.len)] = (uint8_t)rng_below(&rng, 256);
        }
        serve(&f, &rng, bytebuf_slice(&text));
    }
    bytebuf_release(&text);
    fixture_release(&f);
}

TEST_MAIN(cmocka_unit_test(test_tokens), cmocka_unit_test(test_damaged_statements),
          cmocka_unit_test(test_damaged_bytes))
