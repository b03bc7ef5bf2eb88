/* Functions of text, JSON and addresses, case by case. */
#include "tests/engine/expr/calls.h"

static void test_parts(void **state)
{
    static const struct call_case cases[] = {
        {"length | TEXT 'hello'", "BIGINT 5"},
        {"length | TEXT 'größer als ein Wort'", "BIGINT 19"},
        {"char_length | TEXT 'ä'", "BIGINT 1"},
        {"octet_length | TEXT 'ä'", "BIGINT 2"},
        {"length | TEXT NULL", "BIGINT NULL"},
        {"substr | TEXT 'hello' | BIGINT 2", "TEXT ello"},
        {"substr | TEXT 'hello' | BIGINT 2 | BIGINT 3", "TEXT ell"},
        {"substring | TEXT 'hällo' | BIGINT 2 | BIGINT 1", "TEXT ä"},
        {"substr | TEXT 'hello' | BIGINT -1 | BIGINT 3", "TEXT h"},
        {"substr | TEXT 'hello' | BIGINT -1", "TEXT hello"},
        {"substr | TEXT 'hello' | BIGINT 0 | BIGINT 1", "TEXT "},
        {"substr | TEXT 'hello' | BIGINT 9", "TEXT "},
        {"substr | TEXT 'hello' | BIGINT 2 | BIGINT 9223372036854775807", "TEXT ello"},
        {"substr | TEXT 'hello' | BIGINT -9223372036854775808 | BIGINT 9223372036854775807",
         "TEXT "},
        {"substr | TEXT 'hello' | BIGINT 1 | BIGINT -1", "TEXT NULL error"},
        {"left | TEXT 'hällo' | BIGINT 2", "TEXT hä"},
        {"left | TEXT 'hällo' | BIGINT -2", "TEXT häl"},
        {"left | TEXT 'hällo' | BIGINT -9", "TEXT "},
        {"left | TEXT 'hällo' | BIGINT -9223372036854775808", "TEXT "},
        {"right | TEXT 'hällo' | BIGINT 4", "TEXT ällo"},
        {"right | TEXT 'hällo' | BIGINT -1", "TEXT ällo"},
        {"right | TEXT 'hällo' | BIGINT 0", "TEXT "},
        {"right | TEXT 'hällo' | BIGINT 9", "TEXT hällo"},
        {"right | TEXT 'hällo' | BIGINT -9223372036854775808", "TEXT "},
        {"position | TEXT 'l' | TEXT 'häl'", "BIGINT 3"},
        {"position | TEXT 'x' | TEXT 'häl'", "BIGINT 0"},
        {"strpos | TEXT 'häl' | TEXT ''", "BIGINT 1"},
        {"split_part | TEXT 'a,b,c' | TEXT ',' | BIGINT 2", "TEXT b"},
        {"split_part | TEXT 'a,b,c' | TEXT ',' | BIGINT 4", "TEXT "},
        {"split_part | TEXT 'a,b,c' | TEXT ',' | BIGINT -1", "TEXT c"},
        {"split_part | TEXT 'a,b,c' | TEXT ',' | BIGINT -3", "TEXT a"},
        {"split_part | TEXT 'a,b,c' | TEXT ',' | BIGINT -4", "TEXT "},
        {"split_part | TEXT 'a,b,c' | TEXT '' | BIGINT 1", "TEXT a,b,c"},
        {"split_part | TEXT 'a,b,c' | TEXT ',' | BIGINT 0", "TEXT NULL error"},
        {"trim | TEXT '  a b '", "TEXT a b"},
        {"trim | TEXT 'xyaxy' | TEXT 'yx'", "TEXT a"},
        {"btrim | TEXT 'äüxä' | TEXT 'ä'", "TEXT üx"},
        {"ltrim | TEXT '  a '", "TEXT a "},
        {"rtrim | TEXT ' a  '", "TEXT  a"},
        {"rtrim | TEXT 'aaä' | TEXT 'ä'", "TEXT aa"},
        {"trim | TEXT 'aaa' | TEXT 'a'", "TEXT "},
        {"starts_with | TEXT 'hello' | TEXT 'he'", "BOOLEAN true"},
        {"starts_with | TEXT 'h' | TEXT 'he'", "BOOLEAN false"},
        {"ends_with | TEXT 'hello' | TEXT 'lo'", "BOOLEAN true"},
        {"contains | TEXT 'hello' | TEXT 'ell'", "BOOLEAN true"},
        {"contains | TEXT 'hello' | TEXT 'elo'", "BOOLEAN false"},
        {"ascii | TEXT 'ä'", "BIGINT 228"},
        {"ascii | TEXT ''", "BIGINT 0"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

static void test_new_texts(void **state)
{
    static const struct call_case cases[] = {
        {"lower | TEXT 'HeLLo [Z@ ÄÖ'", "TEXT hello [z@ ÄÖ"},
        {"upper | TEXT 'Hello `z{ äö'", "TEXT HELLO `Z{ äö"},
        {"reverse | TEXT 'aäb'", "TEXT bäa"},
        {"chr | BIGINT 228", "TEXT ä"},
        {"chr | BIGINT 8364", "TEXT €"},
        {"chr | BIGINT 128512", "TEXT 😀"},
        {"chr | BIGINT 55296", "TEXT NULL error"},
        {"chr | BIGINT 1114112", "TEXT NULL error"},
        {"chr | BIGINT -1", "TEXT NULL error"},
        {"|| | TEXT 'a' | TEXT 'b'", "TEXT ab"},
        {"|| | TEXT 'a' | BIGINT 5", "TEXT a5"},
        {"|| | TEXT 'a' | TEXT NULL", "TEXT NULL"},
        {"|| | DECIMAL(4,2) 1.50 | TEXT '!'", "TEXT 1.50!"},
        {"concat | TEXT 'a' | BIGINT NULL | BOOLEAN true | DOUBLE 1.5", "TEXT atrue1.5"},
        {"concat | BIGINT NULL", "TEXT "},
        {"concat_ws | TEXT ', ' | TEXT 'a' | TEXT NULL | BIGINT 5", "TEXT a, 5"},
        {"concat_ws | TEXT NULL | TEXT 'a'", "TEXT NULL"},
        {"concat_ws | TEXT ',' | TEXT NULL", "TEXT "},
        {"repeat | TEXT 'ab' | BIGINT 3", "TEXT ababab"},
        {"repeat | TEXT 'ab' | BIGINT 0", "TEXT "},
        {"repeat | TEXT 'ab' | BIGINT 9223372036854775807", "TEXT NULL error"},
        {"repeat | TEXT '' | BIGINT 9223372036854775807", "TEXT "},
        {"lpad | TEXT '7' | BIGINT 3 | TEXT '0'", "TEXT 007"},
        {"lpad | TEXT 'hello' | BIGINT 2", "TEXT he"},
        {"lpad | TEXT 'x' | BIGINT 6 | TEXT 'äb'", "TEXT äbäbäx"},
        {"lpad | TEXT 'x' | BIGINT 5 | TEXT ''", "TEXT x"},
        {"lpad | TEXT 'x' | BIGINT -5", "TEXT "},
        {"lpad | TEXT 'x' | BIGINT 9223372036854775807", "TEXT NULL error"},
        {"rpad | TEXT 'x' | BIGINT 4 | TEXT 'äb'", "TEXT xäbä"},
        {"rpad | TEXT 'x' | BIGINT 3", "TEXT x  "},
        {"replace | TEXT 'a.b.c' | TEXT '.' | TEXT '--'", "TEXT a--b--c"},
        {"replace | TEXT 'aaa' | TEXT 'aa' | TEXT ''", "TEXT a"},
        {"replace | TEXT 'abc' | TEXT '' | TEXT 'x'", "TEXT abc"},
        {"md5 | TEXT ''", "TEXT d41d8cd98f00b204e9800998ecf8427e"},
        {"md5 | TEXT 'abc'", "TEXT 900150983cd24fb0d6963f7d28e17f72"},
        {"md5 | TEXT "
         "'12345678901234567890123456789012345678901234567890123456789012345678901234567890'",
         "TEXT 57edf4a22be3c955ac49da2e2107b67a"},
        {"md5 | TEXT 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ012'",
         "TEXT 3d373b8cd6fd069d313cdc3f38a18963"},
        {"mask_card | TEXT '4111111111111111'", "TEXT 411111******1111"},
        {"mask_card | TEXT '4111 1111 1111 1111'", "TEXT 4111 11** **** 1111"},
        {"mask_card | TEXT '12345678'", "TEXT ****5678"},
        {"mask_card | TEXT '1234'", "TEXT ****"},
        {"typeof | DECIMAL(4,2) 1.50", "TEXT DECIMAL(4,2)"},
        {"to_string | TIMESTAMP 2026-01-05T09:00:00Z", "TEXT 2026-01-05T09:00:00Z"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

static void test_like(void **state)
{
    static const struct call_case cases[] = {
        {"like | TEXT 'hello' | TEXT 'hello'", "BOOLEAN true"},
        {"like | TEXT 'hello' | TEXT 'hell'", "BOOLEAN false"},
        {"like | TEXT 'hello' | TEXT 'h%'", "BOOLEAN true"},
        {"like | TEXT 'hello' | TEXT '%lo'", "BOOLEAN true"},
        {"like | TEXT 'hello' | TEXT '%ell%'", "BOOLEAN true"},
        {"like | TEXT 'hello' | TEXT '%elo%'", "BOOLEAN false"},
        {"like | TEXT 'hello' | TEXT 'h%l%o'", "BOOLEAN true"},
        {"like | TEXT 'hlo' | TEXT 'h%l%lo'", "BOOLEAN false"},
        {"like | TEXT 'aba' | TEXT 'ab%ba'", "BOOLEAN false"},
        {"like | TEXT 'hällo' | TEXT 'h_llo'", "BOOLEAN true"},
        {"like | TEXT 'hällo' | TEXT '%_o'", "BOOLEAN true"},
        {"like | TEXT '' | TEXT '%'", "BOOLEAN true"},
        {"like | TEXT '' | TEXT '_'", "BOOLEAN false"},
        {"like | TEXT '' | TEXT ''", "BOOLEAN true"},
        {"like | TEXT '5%' | TEXT '5\\%'", "BOOLEAN true"},
        {"like | TEXT '55' | TEXT '5\\%'", "BOOLEAN false"},
        {"like | TEXT '5_' | TEXT '5!_' | !TEXT '!'", "BOOLEAN true"},
        {"like | TEXT '5\\x' | TEXT '5\\%' | !TEXT ''", "BOOLEAN true"},
        {"like | TEXT 'Hello' | TEXT 'hello'", "BOOLEAN false"},
        {"ilike | TEXT 'HeLLo' | TEXT '%ElL%'", "BOOLEAN true"},
        {"ilike | TEXT 'HeLLo' | TEXT 'h_llo'", "BOOLEAN true"},
        {"not like | TEXT 'hello' | TEXT 'h%'", "BOOLEAN false"},
        {"not ilike | TEXT 'hello' | TEXT 'X%'", "BOOLEAN true"},
        {"like | TEXT NULL | TEXT 'h%'", "BOOLEAN NULL"},
        {"like | TEXT 'x' | TEXT NULL", "BOOLEAN NULL"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

static void test_regex(void **state)
{
    static const struct call_case cases[] = {
        {"~ | TEXT 'hello 42' | TEXT '[0-9]+'", "BOOLEAN true"},
        {"~ | TEXT 'hello' | TEXT 'ell'", "BOOLEAN true"},
        {"~ | TEXT 'hello' | TEXT '^ell'", "BOOLEAN false"},
        {"~ | TEXT 'ä' | TEXT '^.$'", "BOOLEAN true"},
        {"~ | TEXT 'Ä' | TEXT 'ä'", "BOOLEAN false"},
        {"~* | TEXT 'Ä' | TEXT 'ä'", "BOOLEAN true"},
        {"~* | TEXT 'HELLO' | TEXT 'ell'", "BOOLEAN true"},
        {"!~ | TEXT 'hello' | TEXT 'ell'", "BOOLEAN false"},
        {"!~* | TEXT 'HELLO' | TEXT 'xyz'", "BOOLEAN true"},
        {"~ | TEXT NULL | TEXT 'x'", "BOOLEAN NULL"},
        {"regexp_like | TEXT 'HELLO' | TEXT 'ell'", "BOOLEAN false"},
        {"regexp_like | TEXT 'HELLO' | TEXT 'ell' | !TEXT 'i'", "BOOLEAN true"},
        {"regexp_like | TEXT 'ab' | TEXT ' a b ' | !TEXT 'x'", "BOOLEAN true"},
        {"regexp_extract | TEXT 'id=42;' | TEXT 'id=(\\d+)'", "TEXT id=42"},
        {"regexp_extract | TEXT 'id=42;' | TEXT 'id=(\\d+)' | BIGINT 1", "TEXT 42"},
        {"regexp_extract | TEXT 'x' | TEXT 'id=(\\d+)' | BIGINT 1", "TEXT NULL"},
        {"regexp_extract | TEXT 'b' | TEXT '(a)|b' | BIGINT 1", "TEXT NULL"},
        {"regexp_extract | TEXT 'lit' | TEXT 'lit'", "TEXT lit"},
        {"regexp_replace | TEXT 'a1b2' | TEXT '\\d' | TEXT '#'", "TEXT a#b2"},
        {"regexp_replace | TEXT 'a1b2' | TEXT '\\d' | TEXT '#' | !TEXT 'g'", "TEXT a#b#"},
        {"regexp_replace | TEXT 'ab' | TEXT '(a)(b)' | TEXT '\\2\\1\\\\\\&'", "TEXT ba\\ab"},
        {"regexp_replace | TEXT 'äb' | TEXT 'x*' | TEXT '-' | !TEXT 'g'", "TEXT -ä-b-"},
        {"regexp_replace | TEXT 'abc' | TEXT 'x' | TEXT '-'", "TEXT abc"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

/* Patterns that come with the rows can be wrong; constants are refused. */
static void test_bad_patterns(void **state)
{
    static const struct call_case columns[] = {
        {"~ | TEXT 'x' | TEXT '('", "BOOLEAN NULL error"},
        {"like | TEXT 'x' | TEXT 'x\\'", "BOOLEAN NULL error"},
        {"regexp_extract | TEXT 'x' | TEXT 'x' | BIGINT 1", "TEXT NULL error"},
        {"~ | TEXT 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa!' | !TEXT '^(a|a|a|a)+$'",
         "BOOLEAN NULL error"},
    };
    static const struct call_case constants[] = {
        {"~ | TEXT 'x' | TEXT '('",
         "E0125 no regular expression: missing closing parenthesis at character 2"},
        {"like | TEXT 'x' | TEXT 'x\\'", "E0125 pattern of LIKE ends with its escape character"},
        {"like | TEXT 'x' | TEXT 'x' | TEXT 'ab'", "E0124 ESCAPE takes one ASCII character or ''"},
        {"regexp_extract | TEXT 'x' | TEXT 'x' | BIGINT 1",
         "E0125 the regular expression has 0 groups, there is no group 1"},
        {"regexp_like | TEXT 'x' | TEXT 'x' | TEXT 'q'",
         "E0124 flags of regexp_like are letters of \"imsx\", not 'q'"},
        {"json_value | TEXT '{}' | TEXT 'a'", "E0125 a path starts with $, as in $.user.tags[0]"},
        {"json_value | TEXT '{}' | TEXT '$a'", "E0125 steps of a path are .name, ['name'] and [0]"},
        {"ip_in_cidr | TEXT '1.2.3.4' | TEXT '1.2.3.4/33'", "E0125 '1.2.3.4/33' is no network"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        struct call_scene scene;
        scene_open(&scene);
        assert_string_equal(scene_result(&scene, columns[i].call, true), columns[i].result);
        scene_close(&scene);
    }
    for (size_t i = 0; i < sizeof constants / sizeof constants[0]; i++) {
        struct call_scene scene;
        scene_open(&scene);
        assert_string_equal(scene_result(&scene, constants[i].call, false), constants[i].result);
        scene_close(&scene);
    }
}

static void test_json(void **state)
{
    static const struct call_case cases[] = {
        {"json_value | TEXT '{\"a\": {\"b\": [1, 2.50]}}' | !TEXT '$.a.b[1]'", "TEXT 2.50"},
        {"json_value | TEXT '{\"a\": \"x\\u00e4\\ny\"}' | !TEXT '$.a'", "TEXT xä\ny"},
        {"json_value | TEXT '{\"a\": \"\\ud83d\\ude00\\ud83d\"}' | !TEXT '$.a'",
         "TEXT 😀\xef\xbf\xbd"},
        {"json_value | TEXT '{\"a b\": true}' | !TEXT '$.\"a b\"'", "TEXT true"},
        {"json_value | TEXT '{\"a.b\": true}' | !TEXT '$[\"a.b\"]'", "TEXT true"},
        {"json_value | TEXT '{\"\\u0061\": 5}' | !TEXT '$.a'", "TEXT 5"},
        {"json_value | TEXT '{\"a\": null}' | !TEXT '$.a'", "TEXT NULL"},
        {"json_value | TEXT '{\"a\": [1]}' | !TEXT '$.a'", "TEXT NULL"},
        {"json_value | TEXT '{\"a\": 1}' | !TEXT '$.b'", "TEXT NULL"},
        {"json_value | TEXT '{\"a\": 1, \"a\": 2}' | !TEXT '$.a'", "TEXT 2"},
        {"json_value | TEXT '{\"a\": {\"b\": 1}, \"a\": 2}' | !TEXT '$.a.b'", "TEXT NULL"},
        {"json_value | TEXT '5' | !TEXT '$'", "TEXT 5"},
        {"json_value | TEXT '{\"a\": 1' | !TEXT '$.a'", "TEXT NULL error"},
        {"json_value | TEXT '{\"a\": 1} x' | !TEXT '$.a'", "TEXT NULL error"},
        {"json_value | TEXT NULL | !TEXT '$.a'", "TEXT NULL"},
        {"json_exists | TEXT '{\"a\": null}' | !TEXT '$.a'", "BOOLEAN true"},
        {"json_exists | TEXT '{\"a\": null}' | !TEXT '$.b'", "BOOLEAN false"},
        {"json_exists | TEXT '[1, 2]' | !TEXT '$[1]'", "BOOLEAN true"},
        {"json_exists | TEXT '[1, 2]' | !TEXT '$[2]'", "BOOLEAN false"},
        {"json_exists | TEXT 'x' | !TEXT '$[2]'", "BOOLEAN NULL error"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

static void test_addresses(void **state)
{
    static const struct call_case cases[] = {
        {"parse_url_host | TEXT 'https://u:p@example.org:8080/a/b?x=1#f'", "TEXT example.org"},
        {"parse_url_host | TEXT 'http://[::1]:80/'", "TEXT ::1"},
        {"parse_url_host | TEXT '//cdn.example.org/x'", "TEXT cdn.example.org"},
        {"parse_url_host | TEXT '/index.html?x=http://y/'", "TEXT NULL"},
        {"parse_url_path | TEXT 'https://example.org:8080/a/b?x=1#f'", "TEXT /a/b"},
        {"parse_url_path | TEXT '/index.html?x=1'", "TEXT /index.html"},
        {"parse_url_path | TEXT 'https://example.org'", "TEXT "},
        {"parse_url_query | TEXT 'https://example.org/?x=1&y=2#f'", "TEXT x=1&y=2"},
        {"parse_url_query | TEXT '/a?'", "TEXT "},
        {"parse_url_query | TEXT '/a#b?c'", "TEXT NULL"},
        {"ip_in_cidr | TEXT '10.1.2.3' | TEXT '10.0.0.0/8'", "BOOLEAN true"},
        {"ip_in_cidr | TEXT '11.1.2.3' | TEXT '10.0.0.0/8'", "BOOLEAN false"},
        {"ip_in_cidr | TEXT '11.1.2.3' | TEXT '0.0.0.0/0'", "BOOLEAN true"},
        {"ip_in_cidr | TEXT '10.1.2.3' | TEXT '10.1.2.3'", "BOOLEAN true"},
        {"ip_in_cidr | TEXT '10.1.2.2' | TEXT '10.1.2.3/31'", "BOOLEAN true"},
        {"ip_in_cidr | TEXT '10.1.2.256' | TEXT '10.0.0.0/8'", "BOOLEAN NULL"},
        {"ip_in_cidr | TEXT '10.1.2' | TEXT '10.0.0.0/8'", "BOOLEAN NULL"},
        {"ip_in_cidr | TEXT 'localhost' | TEXT '10.0.0.0/8'", "BOOLEAN NULL"},
        {"ip_in_cidr | TEXT '2001:db8::1' | TEXT '2001:db8::/32'", "BOOLEAN true"},
        {"ip_in_cidr | TEXT '2001:db9::1' | TEXT '2001:db8::/32'", "BOOLEAN false"},
        {"ip_in_cidr | TEXT '2001:db8::1:2' | TEXT '2001:db8::1:0/112'", "BOOLEAN true"},
        {"ip_in_cidr | TEXT '2001:db8::2:2' | TEXT '2001:db8::1:0/112'", "BOOLEAN false"},
        {"ip_in_cidr | TEXT '::ffff:10.1.2.3' | TEXT '10.0.0.0/8'", "BOOLEAN true"},
        {"ip_in_cidr | TEXT '10.1.2.3' | TEXT '::/0'", "BOOLEAN false"},
    };
    (void)state;
    CHECK_CALLS(cases);
}

TEST_MAIN(cmocka_unit_test(test_parts), cmocka_unit_test(test_new_texts),
          cmocka_unit_test(test_like), cmocka_unit_test(test_regex),
          cmocka_unit_test(test_bad_patterns), cmocka_unit_test(test_json),
          cmocka_unit_test(test_addresses))
