/* What is wrong with names, types and places, as a person sees it: text, place, caret and help. */
#include "tests/sql/sql_fixture.h"

static struct fixture f;

static int setup(void **state)
{
    (void)state;
    fixture_init(&f);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    fixture_release(&f);
    return 0;
}

static void test_columns(void **state)
{
    (void)state;
    assert_explained(&f, "SELECT status, count(*) FROM access GROUP BY staus WINDOW 30s SLIDE 10s;",
                     "error[E0104]: no such column \"staus\"\n"
                     " --> 1:45\n"
                     "  | SELECT status, count(*) FROM access GROUP BY staus WINDOW 30s SLIDE "
                     "10s;\n"
                     "  |                                              ^^^^^\n"
                     "  = help: did you mean \"status\"?\n");
    assert_explained(&f, "SELECT address FROM access",
                     "error[E0104]: no such column \"address\"\n"
                     " --> 1:7\n"
                     "  | SELECT address FROM access\n"
                     "  |        ^^^^^^^\n"
                     "  = help: there are ts, ip, status, bytes\n");
    assert_explained(&f, "SELECT a.ip, access.ts FROM access a",
                     "error[E0104]: no such column \"access.ts\"\n"
                     " --> 1:13\n"
                     "  | SELECT a.ip, access.ts FROM access a\n"
                     "  |              ^^^^^^^^^\n"
                     "  = help: the stream is called \"a\" here\n");
    assert_explained(&f, "SELECT ip, count(*) AS c FROM access WHERE c > 2 GROUP BY ip",
                     "error[E0104]: no such column \"c\"\n"
                     " --> 1:43\n"
                     "  | SELECT ip, count(*) AS c FROM access WHERE c > 2 GROUP BY ip\n"
                     "  |                                            ^\n"
                     "  = help: \"c\" is computed after WHERE: repeat its expression here\n");
    assert_explained(&f, "SELECT window_start FROM access",
                     "error[E0104]: no such column \"window_start\"\n"
                     " --> 1:7\n"
                     "  | SELECT window_start FROM access\n"
                     "  |        ^^^^^^^^^^^^\n"
                     "  = help: this query has no WINDOW\n");
    assert_explained(&f, "SELECT b.* FROM access a",
                     "error[E0103]: no stream \"b\" in FROM\n"
                     " --> 1:7\n"
                     "  | SELECT b.* FROM access a\n"
                     "  |        ^^^\n");
}

static void test_grouping(void **state)
{
    (void)state;
    assert_explained(
        &f, "SELECT ip, max(bytes)\nFROM access\n\tWINDOW 1m",
        "error[E0107]: column \"ip\" is neither grouped nor aggregated\n"
        " --> 1:7\n"
        "  | SELECT ip, max(bytes)\n"
        "  |        ^^\n"
        "  = help: add it to GROUP BY, or say which value of a group: min(ip), max(ip), first(ip), "
        "last(ip)\n");
    assert_explained(
        &f, "SELECT a.status, count(*) FROM access a GROUP BY ip",
        "error[E0107]: column \"status\" is neither grouped nor aggregated\n"
        " --> 1:7\n"
        "  | SELECT a.status, count(*) FROM access a GROUP BY ip\n"
        "  |        ^^^^^^^^\n"
        "  = help: add it to GROUP BY, or say which value of a group: min(status), max(status), "
        "first(status), last(status)\n");
    assert_explained(
        &f, "SELECT *, count(*) FROM access",
        "error[E0107]: column \"ts\" is neither grouped nor aggregated\n"
        " --> 1:7\n"
        "  | SELECT *, count(*) FROM access\n"
        "  |        ^\n"
        "  = help: add it to GROUP BY, or say which value of a group: min(ts), max(ts), first(ts), "
        "last(ts)\n");
    assert_explained(&f, "SELECT DISTINCT ip FROM past ORDER BY n",
                     "error[E0107]: ORDER BY of SELECT DISTINCT must be in the SELECT list\n"
                     " --> 1:38\n"
                     "  | SELECT DISTINCT ip FROM past ORDER BY n\n"
                     "  |                                       ^\n");
    assert_explained(&f, "SELECT ip, count(*) FROM access GROUP BY 3",
                     "error[E0124]: there is no column number 3 in the SELECT list\n"
                     " --> 1:41\n"
                     "  | SELECT ip, count(*) FROM access GROUP BY 3\n"
                     "  |                                          ^\n");
    assert_explained(&f, "SELECT ip, count(*) FROM access GROUP BY 2",
                     "error[E0108]: an aggregate cannot stand in GROUP BY\n"
                     " --> 1:41\n"
                     "  | SELECT ip, count(*) FROM access GROUP BY 2\n"
                     "  |                                          ^\n");
}

static void test_aggregates(void **state)
{
    (void)state;
    assert_explained(&f, "SELECT ip FROM access WHERE count(*) > 2",
                     "error[E0108]: aggregate count(…) cannot stand in WHERE\n"
                     " --> 1:28\n"
                     "  | SELECT ip FROM access WHERE count(*) > 2\n"
                     "  |                             ^^^^^^^^\n"
                     "  = help: WHERE sees single rows; use HAVING to filter groups\n");
    assert_explained(&f, "SELECT max(count(*)) FROM access",
                     "error[E0108]: aggregate count(…) cannot stand in the argument of an "
                     "aggregate\n"
                     " --> 1:11\n"
                     "  | SELECT max(count(*)) FROM access\n"
                     "  |            ^^^^^^^^\n");
    assert_explained(&f, "SELECT ip FROM access HAVING ip = 'a'",
                     "error[E0108]: HAVING needs GROUP BY or an aggregate\n"
                     " --> 1:29\n"
                     "  | SELECT ip FROM access HAVING ip = 'a'\n"
                     "  |                              ^^^^^^^^\n"
                     "  = help: WHERE filters rows\n");
    assert_explained(&f, "SELECT upper(DISTINCT ip) FROM access",
                     "error[E0111]: upper(…) is no aggregate, so it takes no DISTINCT\n"
                     " --> 1:7\n"
                     "  | SELECT upper(DISTINCT ip) FROM access\n"
                     "  |        ^^^^^^^^^^^^^^^^^^\n");
}

static void test_functions_and_types(void **state)
{
    (void)state;
    assert_explained(&f, "SELECT uper(ip) FROM access",
                     "error[E0110]: no such function \"uper\"\n"
                     " --> 1:7\n"
                     "  | SELECT uper(ip) FROM access\n"
                     "  |        ^^^^\n"
                     "  = help: did you mean \"upper\"?\n");
    assert_explained(&f, "SELECT cuont(*) FROM access",
                     "error[E0110]: no such function \"cuont\"\n"
                     " --> 1:7\n"
                     "  | SELECT cuont(*) FROM access\n"
                     "  |        ^^^^^\n"
                     "  = help: did you mean \"count\"?\n");
    assert_explained(&f, "SELECT ip FROM access WHERE bytes + 1",
                     "error[E0109]: WHERE needs a condition, and this is BIGINT\n"
                     " --> 1:28\n"
                     "  | SELECT ip FROM access WHERE bytes + 1\n"
                     "  |                             ^^^^^^^^^\n");
    assert_explained(&f, "SELECT CAST(ip AS TXT) FROM access",
                     "error[E0114]: no such type \"TXT\"\n"
                     " --> 1:18\n"
                     "  | SELECT CAST(ip AS TXT) FROM access\n"
                     "  |                   ^^^\n"
                     "  = help: did you mean \"text\"?\n");
    assert_explained(
        &f, "SELECT CAST(ip AS DECIMAL(40, 2)) FROM access",
        "error[E0114]: no such type \"DECIMAL(40, 2)\"\n"
        " --> 1:18\n"
        "  | SELECT CAST(ip AS DECIMAL(40, 2)) FROM access\n"
        "  |                   ^^^^^^^^^^^^^^\n"
        "  = help: DECIMAL(p,s) takes a precision from 1 to 18 and a scale up to it\n");
    assert_explained(&f, "SELECT 9223372036854775808 FROM access",
                     "error[E0101]: this number does not fit into BIGINT\n"
                     " --> 1:7\n"
                     "  | SELECT 9223372036854775808 FROM access\n"
                     "  |        ^^^^^^^^^^^^^^^^^^^\n");
}

static void test_objects(void **state)
{
    (void)state;
    assert_explained(&f, "SELECT * FROM acces",
                     "error[E0103]: no such stream \"acces\"\n"
                     " --> 1:14\n"
                     "  | SELECT * FROM acces\n"
                     "  |               ^^^^^\n"
                     "  = help: did you mean \"access\"?\n");
    assert_explained(&f, "SELECT * FROM access.log",
                     "error[E0103]: no such stream \"access.log\"\n"
                     " --> 1:14\n"
                     "  | SELECT * FROM access.log\n"
                     "  |               ^^^^^^^^^^\n"
                     "  = help: the name of a file stands in quotes: FROM 'access.log'\n");
    assert_explained(&f, "INSERT INTO alerst SELECT ip FROM access",
                     "error[E0103]: no such sink \"alerst\"\n"
                     " --> 1:12\n"
                     "  | INSERT INTO alerst SELECT ip FROM access\n"
                     "  |             ^^^^^^\n"
                     "  = help: did you mean \"alerts\"?\n");
    assert_explained(&f, "SELECT ip FROM access INTO \"o\"",
                     "error[E0103]: no such sink \"o\"\n"
                     " --> 1:27\n"
                     "  | SELECT ip FROM access INTO \"o\"\n"
                     "  |                            ^^^\n"
                     "  = help: CREATE SINK o TO 'file:out.csv' makes one; INTO 'file:out.csv' "
                     "needs none\n");
}

static void test_windows_and_time(void **state)
{
    (void)state;
    assert_explained(
        &f, "SELECT count(*) FROM access WINDOW 10s SLIDE 30s",
        "error[E0117]: the slide of 30s is larger than the window of 10s\n"
        " --> 1:28\n"
        "  | SELECT count(*) FROM access WINDOW 10s SLIDE 30s\n"
        "  |                             ^^^^^^^^^^^^^^^^^^^^\n"
        "  = help: as written this is WINDOW 10s SLIDE 30s, which would lose rows; the "
        "other way round it is WINDOW 30s SLIDE 10s\n");
    assert_explained(&f, "SELECT count(*) FROM access WINDOW 0s",
                     "error[E0117]: the size of a window must be positive\n"
                     " --> 1:35\n"
                     "  | SELECT count(*) FROM access WINDOW 0s\n"
                     "  |                                    ^^\n"
                     "  = help: time is kept in microseconds\n");
    assert_explained(&f, "SELECT count(*) FROM access WINDOW 10s SLIDE -5s",
                     "error[E0117]: the slide of a window must be positive\n"
                     " --> 1:45\n"
                     "  | SELECT count(*) FROM access WINDOW 10s SLIDE -5s\n"
                     "  |                                              ^^^\n"
                     "  = help: as written this is WINDOW 10s SLIDE -5s; the other way round it is "
                     "WINDOW -5s SLIDE 10s\n");
    assert_explained(&f, "SELECT count(*) FROM access WINDOW 10s ON ip",
                     "error[E0116]: event time must be a TIMESTAMP, and \"ip\" is TEXT\n"
                     " --> 1:42\n"
                     "  | SELECT count(*) FROM access WINDOW 10s ON ip\n"
                     "  |                                           ^^\n"
                     "  = help: declare it as TIMESTAMP; numbers are read with WITH (timestamp = "
                     "'epoch_ms')\n");
    assert_explained(&f, "SELECT count(*) FROM access WINDOW SESSION 5m FILL 0",
                     "error[E0117]: FILL does not go with this kind of window\n"
                     " --> 1:46\n"
                     "  | SELECT count(*) FROM access WINDOW SESSION 5m FILL 0\n"
                     "  |                                               ^^^^^^\n"
                     "  = help: OFFSET, TIMEZONE and FILL are for windows of fixed size, GRACE for "
                     "these and sessions\n");
    assert_explained(
        &f, "SELECT count(*) FROM access WINDOW 1d SLIDE 1us",
        "error[E0117]: this window has 86400000000 parts, the limit is 100000\n"
        " --> 1:28\n"
        "  | SELECT count(*) FROM access WINDOW 1d SLIDE 1us\n"
        "  |                             ^^^^^^^^^^^^^^^^^^^\n"
        "  = help: a window is kept in parts as long as the greatest common divisor of "
        "size and slide\n");
}

static void test_not_supported_yet(void **state)
{
    (void)state;
    assert_explained(&f, "SELECT * FROM access a JOIN tx b ON a.ip = b.card WITHIN 1h",
                     "error[E0190]: joins are not supported yet\n"
                     " --> 1:28\n"
                     "  | SELECT * FROM access a JOIN tx b ON a.ip = b.card WITHIN 1h\n"
                     "  |                             ^^\n");
    assert_explained(&f, "SELECT ip FROM access WHERE ip IN (SELECT card FROM tx)",
                     "error[E0190]: sub-queries in expressions are not supported yet\n"
                     " --> 1:34\n"
                     "  | SELECT ip FROM access WHERE ip IN (SELECT card FROM tx)\n"
                     "  |                                   ^^^^^^^^^^^^^^^^^^^^^\n");
    assert_explained(&f, "SELECT ip FROM access UNION ALL SELECT card FROM tx",
                     "error[E0190]: UNION ALL is not supported yet\n"
                     " --> 1:32\n"
                     "  | SELECT ip FROM access UNION ALL SELECT card FROM tx\n"
                     "  |                                 ^^^^^^\n");
}

#define TEST(name_) cmocka_unit_test_setup_teardown(name_, setup, teardown)

TEST_MAIN(TEST(test_columns), TEST(test_grouping), TEST(test_aggregates),
          TEST(test_functions_and_types), TEST(test_objects), TEST(test_windows_and_time),
          TEST(test_not_supported_yet))
