/* Values of secrets are in nothing that is shown. */
#include "engine/io/secrets.h"
#include "tests/support/testing.h"

static void shows(const char *text, const char *wanted)
{
    struct bytebuf out = {0};
    secrets_hide(&out, slice_text(text));
    assert_string_equal(bytebuf_text(&out), wanted);
    bytebuf_release(&out);
}

static void test_keys(void **state)
{
    (void)state;
    assert_true(secret_key(slice_text("kafka.sasl.password")));
    assert_true(secret_key(slice_text("properties.sasl.oauthbearer.client.secret")));
    assert_true(secret_key(slice_text("kafka.ssl.key.pem")));
    assert_false(secret_key(slice_text("password_file")));
    assert_false(secret_key(slice_text("allow_plaintext_password")));
    assert_false(secret_key(slice_text("kafka.sasl.username")));
    assert_false(secret_key(slice_text("")));
}

static void test_uris(void **state)
{
    (void)state;
    shows("kafka://h:9092/t?kafka.sasl.password=x%20y&start=latest",
          "kafka://h:9092/t?kafka.sasl.password=***&start=latest");
    shows("kafka://h/t?a=b&kafka.ssl.key.password=zz",
          "kafka://h/t?a=b&kafka.ssl.key.password=***");
    shows("file:password.csv", "file:password.csv");
    shows("", "");
}

static void test_statements(void **state)
{
    (void)state;
    shows("CREATE STREAM s FROM 'kafka://h/t' WITH (kafka.sasl.password = 'it''s', a = 'b');",
          "CREATE STREAM s FROM 'kafka://h/t' WITH (kafka.sasl.password = '***', a = 'b');");
    shows("WITH ('properties.sasl.password'='x','topic'='t')",
          "WITH ('properties.sasl.password'='***','topic'='t')");
    shows("WITH (kafka.sasl.password = '${KAFKA_PASSWORD}', password_file = '/run/secret')",
          "WITH (kafka.sasl.password = '${KAFKA_PASSWORD}', password_file = '/run/secret')");
    shows("SELECT password FROM users WHERE password = 'x' AND n = 1",
          "SELECT password FROM users WHERE password = '***' AND n = 1");
    shows("kafka.sasl.password = 'never ends", "kafka.sasl.password = '***'");
    shows("kafka.sasl.password =", "kafka.sasl.password =");
}

static void test_cover_keeps_places(void **state)
{
    (void)state;
    struct bytebuf out = {0};
    struct slice text = slice_text("WITH (kafka.sasl.password = 'ab''c', x = 1) t?a.secret=zz&b=1");
    secrets_cover(&out, text);
    assert_string_equal(bytebuf_text(&out),
                        "WITH (kafka.sasl.password = '**''*', x = 1) t?a.secret=**&b=1");
    assert_int_equal(out.len, text.len);
    bytebuf_release(&out);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_keys),
        cmocka_unit_test(test_uris),
        cmocka_unit_test(test_statements),
        cmocka_unit_test(test_cover_keeps_places),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
