/* The grammar: every statement, names that are words of the language, errors, limits. */
#include "tests/support/testing.h"

#include "engine/base/bytebuf.h"
#include "sql/parser.h"
#include "sql/sqlerr.h"

static enum status parse(struct arena *arena, const char *text, struct ast_statement **out,
                         struct error *err)
{
    error_clear(err);
    return parse_statement(arena, slice_text(text), out, err);
}

/* "" if the statement parses, else the error as a person sees it. */
static void assert_parses(const char *text, const char *expected)
{
    struct arena arena;
    struct ast_statement *statement = NULL;
    struct error err;
    struct bytebuf out = {0};
    arena_init(&arena);
    if (parse(&arena, text, &statement, &err) != OK) {
        sqlerr_print(&out, &err, slice_text(text), NULL, 1);
    } else {
        assert_non_null(statement);
    }
    assert_string_equal(bytebuf_text(&out), expected);
    bytebuf_release(&out);
    arena_release(&arena);
}

/* ---- every statement form ----------------------------------------------------------------------
 */

static const char *const statements[] = {
    "CREATE STREAM s FROM 'tcp://127.0.0.1:9999' FORMAT line;",
    "CREATE STREAM IF NOT EXISTS s (a INT, b TEXT NOT NULL, c DOUBLE NULL) FROM 'f.csv'",
    "CREATE STREAM s (ts TIMESTAMP(3), WATERMARK ts DELAY 5s) FROM stdin FORMAT csv",
    "CREATE STREAM s (ts TIMESTAMP, WATERMARK FOR ts AS ts - INTERVAL '5' SECOND) FROM 'x'",
    "CREATE STREAM s FROM 'x' WATERMARK ts DELAY 0s",
    "CREATE STREAM s (a TIMESTAMP WITH TIME ZONE, b TIMESTAMP(3) WITHOUT TIME ZONE, "
    "c TIMESTAMP WITH LOCAL TIME ZONE, d CHARACTER VARYING(20), e DOUBLE PRECISION, "
    "payload.user.id TEXT) FROM 'x' FORMAT json",
    "CREATE STREAM s FROM 'x' FORMAT regex '(?<ip>\\S+) .*' WITH (header = true, 'a.b' = 'c', "
    "skip = 3, idle = 30s, size = 1MB, x = -1, kafka.acks = all)",
    "CREATE STREAM s FROM 'x' RETAIN 1h ON ERROR SKIP",
    "CREATE STREAM s FROM 'x' RETAIN 1GB ON ERROR FAIL IDLE 30 SECONDS",
    "CREATE STREAM s FROM 'x' RETAIN 7 DAYS ON ERROR NULL IDLE NEVER",
    "CREATE STREAM s FROM 'x' ON ERROR INTO 'file:rejects.jsonl' LATE INTO 'file:late.csv'",
    "CREATE TABLE t (a INT) WITH ('connector' = 'kafka', 'topic' = 'x', 'format' = 'json')",
    "CREATE TABLE cards (card TEXT, name TEXT) FROM 'csv:cards.csv' REFRESH 60s",
    "CREATE STREAM s AS SELECT a FROM b",
    "CREATE VIEW v AS SELECT a FROM s",
    "CREATE SINK out TO 'file:out.csv' FORMAT csv WITH (a = 1)",
    "CREATE SINK out WITH ('connector' = 'filesystem', 'path' = 'out.csv')",
    "CREATE SINK IF NOT EXISTS out TO 'sqlite:alerts.db?table=alerts'",
    "INSERT INTO out SELECT a FROM s",
    "INSERT INTO 'file:out.txt' FORMAT csv SELECT a FROM s",
    "CREATE QUERY q AS SELECT a FROM s INTO 'file:out.csv' FORMAT csv",
    "CREATE QUERY q AS SELECT a FROM s INTO out",
    "SELECT * FROM s",
    "SELECT s.*, a.b.c FROM s",
    "SELECT DISTINCT a, b AS c, d e FROM s AS t",
    "SELECT a FROM 'access.log' FORMAT apache WITH (tz = 'UTC') AS a",
    "SELECT a FROM s WHERE b GROUP BY c, 1 HAVING d ORDER BY e DESC NULLS LAST, f LIMIT 10",
    "SELECT a FROM s WINDOW 30s WHERE b GROUP BY c EMIT CHANGES HAVING d INTO out",
    "SELECT count(*), count(DISTINCT a), sum(ALL b), f(), g(1, 'x') FROM s",
    "SELECT sum(a) FILTER (WHERE b > 1) FROM s",
    "SELECT sum(a) OVER (PARTITION BY b, c ORDER BY d RANGE BETWEEN INTERVAL '15' MINUTE "
    "PRECEDING AND CURRENT ROW) FROM s",
    "SELECT sum(a) OVER (ORDER BY d RANGE 15m PRECEDING), sum(a) OVER () FROM s",
    "SELECT sum(a) OVER (ORDER BY d ROWS BETWEEN 3 PRECEDING AND CURRENT ROW) FROM s",
    "SELECT CASE WHEN a THEN b ELSE c END, CASE a WHEN 1 THEN 2 WHEN 3 THEN 4 END FROM s",
    "SELECT CAST(a AS DECIMAL(12, 2)), TRY_CAST(b AS INT), c::double precision, d::text FROM s",
    "SELECT EXTRACT(year FROM ts), substring(a FROM 2 FOR 3), TIMESTAMP '2026-01-05' FROM s",
    "SELECT -a, +a, - -3, NOT a, a || b, a ~ b, a !~* b, a % b, (a + b) * c FROM s",
    "SELECT a FROM s WHERE b BETWEEN 1 AND 2 AND c NOT BETWEEN 1 AND 2 OR d IN (1, 2)",
    "SELECT a FROM s WHERE b NOT IN ('x') AND c LIKE 'a' AND d NOT ILIKE 'b!' ESCAPE '!'",
    "SELECT a FROM s WHERE b IS NULL AND c IS NOT NULL AND d IS TRUE AND e IS NOT UNKNOWN",
    "SELECT a FROM s WHERE b IS DISTINCT FROM c AND d IS NOT DISTINCT FROM e",
    "SELECT INTERVAL '15' MINUTE, INTERVAL '10 seconds', INTERVAL 3 HOURS, 15m, 1h30m FROM s",
    "SELECT a FROM s WINDOW 30s SLIDE 10s ON ts OFFSET 3s TIMEZONE 'Europe/Berlin' GRACE 1m",
    "SELECT a FROM s WINDOW 30 SECONDS FILL 0 FOR 3 WINDOWS",
    "SELECT a FROM s WINDOW '30 seconds' FILL NULL FOR 1 WINDOW",
    "SELECT a FROM s WINDOW INTERVAL '1' HOUR FILL PREVIOUS",
    "SELECT a FROM s WINDOW 15m SLIDE ROW",
    "SELECT a FROM s WINDOW SESSION 5m MAX 1h FILL NONE",
    "SELECT a FROM s WINDOW 100 ROWS SLIDE 10 ROWS",
    "SELECT a FROM s WINDOW CUMULATE 1h TO 1d",
    "SELECT a FROM s WINDOW TUMBLING (SIZE 30 SECONDS, RETENTION 1 DAY, GRACE PERIOD 1 MINUTE)",
    "SELECT a FROM s WINDOW HOPPING (SIZE 30 SECONDS, ADVANCE BY 10 SECONDS)",
    "SELECT a FROM s WINDOW SESSION (60 SECONDS, GRACE PERIOD 10 SECONDS)",
    "SELECT a FROM STREAM:x WINDOW TUMBLING (5 SECOND)",
    "SELECT a FROM TABLE(TUMBLE(TABLE t, DESCRIPTOR(ts), INTERVAL '10' SECOND))",
    "SELECT a FROM HOP(DATA => TABLE t, TIMECOL => DESCRIPTOR(ts), SIZE => 10s, SLIDE => 5s) x",
    "SELECT a FROM TABLE(SESSION(TABLE t PARTITION BY k, DESCRIPTOR(ts), 5m))",
    "SELECT a FROM TABLE(SESSION(TABLE t PARTITION BY (k, l), DESCRIPTOR(ts), 5m))",
    "SELECT a FROM tumble((SELECT * FROM t), ts, 5s)",
    "SELECT a FROM s EMIT ON WINDOW CLOSE",
    "SELECT a FROM s EMIT AFTER WINDOW CLOSE",
    "SELECT a FROM s EMIT FINAL",
    "SELECT a FROM s EMIT EVERY 2s",
    "SELECT a FROM s EMIT PERIODIC 2 SECONDS",
    "SELECT a FROM s EMIT COMPLETE",
    "SELECT a FROM s EMIT ON RISE",
    "SELECT a FROM s EMIT ON RISE AND FALL",
    "SELECT a FROM s JOIN t ON s.a = t.a",
    "SELECT a FROM s LEFT OUTER JOIN t WITHIN 1 HOURS ON s.a = t.a",
    "SELECT a FROM s RIGHT JOIN t ON s.a = t.a WITHIN 1h FULL JOIN u ON x CROSS JOIN v, w",
    "SELECT a FROM (SELECT b FROM s) AS t UNION ALL SELECT c FROM u",
    "WITH x AS (SELECT a FROM s), y AS (SELECT b FROM x) SELECT c FROM y",
    "SELECT a FROM s WHERE b IN (SELECT c FROM t) AND d = (SELECT e FROM u)",
    "EXPLAIN SELECT a FROM s",
    "EXPLAIN ANALYZE q",
    "EXPLAIN (FORMAT JSON) SELECT a FROM s",
    "EXPLAIN (FORMAT DOT) q",
    "EXPLAIN WHY q",
    "EXPLAIN INSERT INTO o SELECT a FROM s",
    "EXPLAIN INSERT INTO 'file:o.csv' SELECT a FROM s",
    "EXPLAIN CREATE QUERY q AS SELECT a FROM s",
    "SHOW STREAMS",
    "SHOW TABLES",
    "SHOW VIEWS",
    "SHOW SINKS",
    "SHOW QUERIES",
    "SHOW FUNCTIONS",
    "SHOW FORMATS",
    "SHOW LATENESS",
    "SHOW SETTINGS",
    "DESCRIBE s",
    "DESCRIBE 'access.log'",
    "DESCRIBE SELECT a FROM s",
    "START QUERY q",
    "STOP QUERY q",
    "DROP QUERY q",
    "DROP STREAM IF EXISTS s",
    "DROP TABLE t",
    "DROP VIEW v",
    "DROP SINK o",
    "CHECKPOINT",
    "CHECKPOINT q",
    "SET trigger = '1s'",
    "SET 'trigger' = 100ms",
    "SET threads TO 2",
    "SET flush = on",
};

static void test_every_form(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        assert_parses(statements[i], "");
    }
}

/* A text that ends in the middle of any statement is refused, and nothing else happens. */
static void test_every_prefix(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof statements / sizeof statements[0]; i++) {
        size_t length = strlen(statements[i]);
        for (size_t n = 0; n < length; n++) {
            struct arena arena;
            struct ast_statement *statement;
            struct error err;
            struct expected expected;
            arena_init(&arena);
            struct slice text = slice_of(statements[i], n);
            enum status status = parse_statement(&arena, text, &statement, &err);
            assert_true(status == OK || (status == ERR_SQL && err.code > 0 && err.at >= 0));
            (void)parse_expected(&arena, text, &expected);
            arena_release(&arena);
        }
    }
}

/* ---- names -------------------------------------------------------------------------------------
 */

/* Every word that is not reserved can be a column, an alias with AS, a stream and a function. */
static void test_open_words_are_names(void **state)
{
    (void)state;
    const struct keyword *keyword;
    for (uint32_t i = 0; (keyword = keyword_at(i)) != NULL; i++) {
        if (keyword->reserved) {
            continue;
        }
        struct arena arena;
        struct ast_statement *statement;
        struct error err;
        arena_init(&arena);
        char *text = arena_printf(&arena,
                                  "SELECT %1$s, %1$s + 1 AS %1$s, t.%1$s FROM s t WHERE %1$s > 3 "
                                  "AND x < %1$s GROUP BY %1$s, y WINDOW 5s HAVING %1$s = 1 ORDER "
                                  "BY %1$s DESC",
                                  keyword->text);
        if (parse(&arena, text, &statement, &err) != OK) {
            fail_msg("%s: %s %s", text, err.text, err.hint);
        }
        text = arena_printf(&arena, "CREATE STREAM %1$s (a INT, %1$s INT) FROM 'x'", keyword->text);
        bool begins_watermark = strcmp(keyword->text, "watermark") == 0;
        if (!begins_watermark && parse(&arena, text, &statement, &err) != OK) {
            fail_msg("%s: %s %s", text, err.text, err.hint);
        }
        arena_release(&arena);
    }
}

static void test_quoted_names(void **state)
{
    (void)state;
    struct arena arena;
    struct ast_statement *statement;
    struct error err;
    arena_init(&arena);
    assert_int_equal(parse(&arena, "SELECT \"a \"\"b\"\"\", `c`, \"select\" FROM \"from\"",
                           &statement, &err),
                     OK);
    const struct ast_item *item = statement->select->items.first;
    assert_true(slice_equal(item->expr->text, slice_text("a \"b\"")));
    assert_true(slice_equal(item->next->expr->text, slice_text("c")));
    assert_true(slice_equal(statement->select->from->name.text, slice_text("from")));
    arena_release(&arena);
}

/* ---- what an expression says
 * --------------------------------------------------------------------*/

static void assert_expression(const char *text, const char *expected)
{
    struct arena arena;
    struct ast_statement *statement;
    struct error err;
    struct bytebuf out = {0};
    arena_init(&arena);
    char *query = arena_printf(&arena, "SELECT %s FROM s", text);
    if (parse(&arena, query, &statement, &err) != OK) {
        fail_msg("%s: %s", text, err.text);
    }
    ast_print(&out, statement->select->items.first->expr);
    assert_string_equal(bytebuf_text(&out), expected);
    bytebuf_release(&out);
    arena_release(&arena);
}

static void test_precedence(void **state)
{
    (void)state;
    assert_expression("a OR b AND NOT c = d", "a or (b and (not (c = d)))");
    assert_expression("a + b * c - d", "(a + (b * c)) - d");
    assert_expression("(a + b) * c", "(a + b) * c");
    assert_expression("-a * b", "(-a) * b");
    assert_expression("-2::text", "-cast(2 as text)");
    assert_expression("a || b = c", "(a || b) = c");
    assert_expression("a BETWEEN 1 + 1 AND 3 AND b", "(a between (1 + 1) and 3) and b");
    assert_expression("NOT a IS NULL", "not (a is null)");
    assert_expression("a NOT LIKE b AND c", "(not (a like b)) and c");
    assert_expression("a < b = c", "(a < b) = c");
    assert_expression("a AND b AND (c AND d)", "a and b and c and d");
}

static void test_printed_names(void **state)
{
    (void)state;
    assert_expression("COUNT(*)", "count(*)");
    assert_expression("Sum( DISTINCT  Amount )", "sum(distinct amount)");
    assert_expression("count(*) FILTER (WHERE Kind = 'A b')",
                      "count(*) filter (where kind = 'A b')");
    assert_expression("CASE a WHEN 1 THEN 'it''s' ELSE NULL END",
                      "case a when 1 then 'it''s' else null end");
    assert_expression("a IN (1, 2)", "a in (1, 2)");
    assert_expression("INTERVAL '90' SECOND", "1m30s");
    assert_expression("Extract(YEAR FROM ts)", "extract('YEAR', ts)");
    assert_expression("Trim(both 'x' FROM a)", "trim(a, 'x')");
    assert_expression("trim(LEADING FROM a || b)", "ltrim(a || b)");
    assert_expression("trim(trailing 'x' FROM a)", "rtrim(a, 'x')");
    assert_expression("trim(c FROM a)", "trim(a, c)");
    assert_expression("Position('x' IN a)", "position('x', a)");
    assert_expression("position(a || 'x' IN lower(b))", "position(a || 'x', lower(b))");
    assert_expression("t.Ts", "t.ts");
    assert_expression("a LIKE 'x!%' ESCAPE '!'", "a like 'x!%' escape '!'");
}

/* ---- errors ------------------------------------------------------------------------------------
 */

static void test_near_keywords(void **state)
{
    (void)state;
    assert_parses("SELECT a FORM t", "error[E0100]: syntax error at \"FORM\"\n"
                                     " --> 1:9\n"
                                     "  | SELECT a FORM t\n"
                                     "  |          ^^^^\n"
                                     "  = help: did you mean \"FROM\"?\n");
    assert_parses("SELECT a FROM t WHER x > 1", "error[E0100]: syntax error at \"WHER\"\n"
                                                " --> 1:16\n"
                                                "  | SELECT a FROM t WHER x > 1\n"
                                                "  |                 ^^^^\n"
                                                "  = help: did you mean \"WHERE\"?\n");
    assert_parses("SELCT a FROM t", "error[E0100]: syntax error at \"SELCT\"\n"
                                    " --> 1:0\n"
                                    "  | SELCT a FROM t\n"
                                    "  | ^^^^^\n"
                                    "  = help: did you mean \"SELECT\"?\n");
    assert_parses("SELECT a FROM t WINDOW 30s SLID 10s", "error[E0100]: syntax error at \"SLID\"\n"
                                                         " --> 1:27\n"
                                                         "  | SELECT a FROM t WINDOW 30s SLID 10s\n"
                                                         "  |                            ^^^^\n"
                                                         "  = help: did you mean \"SLIDE\"?\n");
}

static void test_expectations(void **state)
{
    (void)state;
    assert_parses("SELECT a FROM t WHERE;", "error[E0100]: syntax error at \";\"\n"
                                            " --> 1:21\n"
                                            "  | SELECT a FROM t WHERE;\n"
                                            "  |                      ^\n"
                                            "  = help: expected an expression\n");
    assert_parses("CREATE", "error[E0100]: the statement ends too early\n"
                            " --> 1:6\n"
                            "  | CREATE\n"
                            "  |       ^\n"
                            "  = help: expected QUERY, SINK, STREAM, TABLE, VIEW\n");
    assert_parses("SELECT (a FROM t", "error[E0100]: syntax error at \"FROM\"\n"
                                      " --> 1:10\n"
                                      "  | SELECT (a FROM t\n"
                                      "  |           ^^^^\n"
                                      "  = help: expected an operator, \")\"\n");
    assert_parses("SELECT a rows FROM t",
                  "error[E0100]: syntax error at \"rows\"\n"
                  " --> 1:9\n"
                  "  | SELECT a rows FROM t\n"
                  "  |          ^^^^\n"
                  "  = help: \"rows\" is a word of the language: as a name, write it in double "
                  "quotes; as an alias, write AS before it\n");
    assert_parses("SELECT a FROM t WINDOW 5 lightyears",
                  "error[E0100]: syntax error at \"lightyears\"\n"
                  " --> 1:25\n"
                  "  | SELECT a FROM t WINDOW 5 lightyears\n"
                  "  |                          ^^^^^^^^^^\n"
                  "  = help: expected a unit of time, ROW, ROWS\n");
    assert_parses("CREATE STREAM s (a INT b)", "error[E0100]: syntax error at \"b\"\n"
                                               " --> 1:23\n"
                                               "  | CREATE STREAM s (a INT b)\n"
                                               "  |                        ^\n"
                                               "  = help: expected \",\", \"(\", \")\", NOT, NULL, "
                                               "PRECISION, VARYING, WITHOUT\n");
    assert_parses("", "error[E0100]: the statement ends too early\n"
                      "  = help: expected CHECKPOINT, CREATE, DESCRIBE, DROP, EXPLAIN, INSERT, "
                      "SELECT, SET, SHOW, START, STOP, WITH\n");
}

static void test_clauses(void **state)
{
    (void)state;
    assert_parses("SELECT a FROM t GROUP BY a WHERE b",
                  "error[E0105]: WHERE must stand before GROUP BY\n"
                  " --> 1:27\n"
                  "  | SELECT a FROM t GROUP BY a WHERE b\n"
                  "  |                            ^^^^^\n");
    assert_parses("INSERT INTO 'file:a' SELECT a FROM t INTO 'file:b'",
                  "error[E0105]: INTO is given twice\n"
                  " --> 1:7\n"
                  "  | INSERT INTO 'file:a' SELECT a FROM t INTO 'file:b'\n"
                  "  |        ^^^^\n");
    assert_parses("SELECT a FROM t WINDOW 5s WINDOW 6s", "error[E0105]: WINDOW is given twice\n"
                                                         " --> 1:26\n"
                                                         "  | SELECT a FROM t WINDOW 5s WINDOW 6s\n"
                                                         "  |                           ^^^^^^\n");
    assert_parses("SELECT a FROM t WINDOW INTERVAL '1' MONTH",
                  "error[E0101]: months and years have no fixed length\n"
                  " --> 1:23\n"
                  "  | SELECT a FROM t WINDOW INTERVAL '1' MONTH\n"
                  "  |                        ^^^^^^^^^^^^^^^^^^\n"
                  "  = help: write days, as in 30d\n");
    assert_parses("SELECT a FROM t WINDOW 5s FILL 7",
                  "error[E0117]: empty windows can be filled with 0, NULL or PREVIOUS\n"
                  " --> 1:31\n"
                  "  | SELECT a FROM t WINDOW 5s FILL 7\n"
                  "  |                                ^\n");
}

/* ---- limits ------------------------------------------------------------------------------------
 */

static enum status parse_repeated(const char *head, const char *part, size_t n, const char *tail,
                                  struct error *err)
{
    struct arena arena;
    struct ast_statement *statement;
    struct bytebuf text = {0};
    arena_init(&arena);
    bytebuf_add_text(&text, head);
    for (size_t i = 0; i < n; i++) {
        bytebuf_add_text(&text, part);
    }
    bytebuf_add_text(&text, tail);
    error_clear(err);
    enum status status = parse_statement(&arena, bytebuf_slice(&text), &statement, err);
    bytebuf_release(&text);
    arena_release(&arena);
    return status;
}

static void test_depth_bombs(void **state)
{
    (void)state;
    static const char *const parts[] = {"(",          "f(",    "NOT ",         "- -",
                                        "CASE WHEN ", "a + (", "a AND (b OR ", "a IN (1,",
                                        "a = ",       "cast(", "f(a => ",      "(SELECT a FROM "};
    struct error err;
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        enum status status = parse_repeated("SELECT ", parts[i], 50000, "1", &err);
        assert_true(status == ERR_LIMIT || status == ERR_SQL);
        assert_true(err.code == 102 || err.code == 100);
    }
    assert_int_equal(parse_repeated("SELECT ", "(", 50000, "1", &err), ERR_LIMIT);
    assert_int_equal(err.code, 102);
    assert_int_equal(parse_repeated("SELECT ", "NOT ", 50000, "1 FROM s", &err), ERR_LIMIT);
    assert_int_equal(parse_repeated("SELECT ", "a || ", 50000, "b FROM s", &err), ERR_LIMIT);
    assert_int_equal(parse_repeated("SELECT a FROM ", "(SELECT a FROM ", 50000, "s", &err),
                     ERR_LIMIT);
}

static void test_long_chains_are_not_deep(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(parse_repeated("SELECT a FROM s WHERE a = 1", " AND b = 2", 50000, "", &err),
                     OK);
    assert_int_equal(parse_repeated("SELECT a FROM s WHERE a", " OR (b AND c)", 50000, "", &err),
                     OK);
    assert_int_equal(parse_repeated("SELECT a FROM s WHERE a IN (1", ", 2", 100000, ")", &err), OK);
    assert_int_equal(parse_repeated("SELECT a FROM s", " UNION ALL SELECT a FROM s", 30000, "",
                                    &err),
                     OK);
}

static void test_size_limits(void **state)
{
    (void)state;
    struct error err;
    assert_int_equal(parse_repeated("SELECT a", "          ", 110000, " FROM s", &err), ERR_LIMIT);
    assert_int_equal(err.code, 102);
    assert_int_equal(parse_repeated("SELECT a", ", a", 5000, " FROM s", &err), ERR_LIMIT);
    assert_int_equal(parse_repeated("CREATE STREAM s (a INT", ", a INT", 5000, ") FROM 'x'", &err),
                     ERR_LIMIT);
    assert_int_equal(parse_repeated("SELECT a", ", a", 4000, " FROM s", &err), OK);
}

/* ---- completion --------------------------------------------------------------------------------
 */

static bool expects(const struct expected *expected, const char *word)
{
    for (uint32_t i = 0; i < expected->n_words; i++) {
        if (strcmp(expected->words[i], word) == 0) {
            return true;
        }
    }
    return false;
}

static void test_expected(void **state)
{
    (void)state;
    struct arena arena;
    struct expected expected;
    arena_init(&arena);
    assert_true(parse_expected(&arena, slice_text(""), &expected));
    assert_true(expects(&expected, "select") && expects(&expected, "create"));
    assert_false(expected.name || expected.expression);
    assert_true(parse_expected(&arena, slice_text("SELECT a FROM"), &expected));
    assert_true(expected.name && expected.text);
    assert_false(expected.expression);
    assert_true(parse_expected(&arena, slice_text("SELECT a FROM s WINDOW"), &expected));
    assert_true(expected.duration && expects(&expected, "session"));
    assert_true(parse_expected(&arena, slice_text("SELECT a FROM s WHERE"), &expected));
    assert_true(expected.expression);
    assert_true(parse_expected(&arena, slice_text("SELECT a FROM s EMIT ON"), &expected));
    assert_true(expects(&expected, "rise") && expects(&expected, "window"));
    assert_int_equal(expected.n_words, 2);
    assert_false(parse_expected(&arena, slice_text("SELECT FROM FROM"), &expected));
    arena_release(&arena);
}

TEST_MAIN(cmocka_unit_test(test_every_form), cmocka_unit_test(test_every_prefix),
          cmocka_unit_test(test_open_words_are_names), cmocka_unit_test(test_quoted_names),
          cmocka_unit_test(test_precedence), cmocka_unit_test(test_printed_names),
          cmocka_unit_test(test_near_keywords), cmocka_unit_test(test_expectations),
          cmocka_unit_test(test_clauses), cmocka_unit_test(test_depth_bombs),
          cmocka_unit_test(test_long_chains_are_not_deep), cmocka_unit_test(test_size_limits),
          cmocka_unit_test(test_expected))
