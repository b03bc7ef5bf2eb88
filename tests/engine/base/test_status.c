/* Tests of engine/base/status.h. */
#include "engine/base/status.h"

#include <errno.h>
#include <string.h>

#include "tests/support/testing.h"

static enum status fail_if(bool condition, struct error *err)
{
    return condition ? error_set(err, ERR_LIMIT, "%d is too much", 7) : OK;
}

static enum status twice(bool first, bool second, struct error *err)
{
    TRY(fail_if(first, err));
    TRY(fail_if(second, err));
    return OK;
}

static void test_try_forwards(void **state)
{
    (void)state;
    struct error err;
    error_clear(&err);
    assert_int_equal(twice(false, false, &err), OK);
    assert_int_equal(err.status, OK);
    assert_int_equal(twice(false, true, &err), ERR_LIMIT);
    assert_int_equal(err.status, ERR_LIMIT);
    assert_string_equal(err.text, "7 is too much");
}

static void test_set_empties_the_rest(void **state)
{
    (void)state;
    struct error err;
    memset(&err, 0x55, sizeof err);
    error_set(&err, ERR_SQL, "no such column \"%s\"", "staus");
    assert_int_equal(err.code, 0);
    assert_int_equal(err.exit_code, 0);
    assert_int_equal(err.at, -1);
    assert_int_equal(err.length, -1);
    assert_string_equal(err.hint, "");
    error_place(&err, 104, 7, 5);
    error_hint(&err, "did you mean %s?", "status");
    error_exit_code(&err, 3);
    assert_int_equal(err.code, 104);
    assert_int_equal(err.at, 7);
    assert_int_equal(err.exit_code, 3);
    assert_string_equal(err.hint, "did you mean status?");
    assert_string_equal(err.text, "no such column \"staus\"");
}

static void test_an_error_may_quote_itself(void **state)
{
    (void)state;
    struct error err;
    error_set(&err, ERR_IO, "disk full");
    error_set(&err, ERR_STATE, "snapshot: %s", err.text);
    assert_string_equal(err.text, "snapshot: disk full");
}

static void test_long_text_is_cut(void **state)
{
    (void)state;
    char path[2000];
    memset(path, 'p', sizeof path);
    path[sizeof path - 1] = '\0';
    struct error err;
    assert_int_equal(error_set_errno(&err, ENOSPC, "cannot write \"%s\"", path), ERR_IO);
    assert_int_equal(strlen(err.text), ERROR_TEXT_BYTES - 1);
    /* The reason is kept whole. */
    const char *reason = ": No space left on device";
    assert_string_equal(err.text + strlen(err.text) - strlen(reason), reason);
}

static void test_null_error_is_allowed(void **state)
{
    (void)state;
    assert_int_equal(error_set(NULL, ERR_INPUT, "x"), ERR_INPUT);
    assert_int_equal(error_set_errno(NULL, EIO, "x"), ERR_IO);
    error_hint(NULL, "x");
    error_exit_code(NULL, 4);
    error_place(NULL, 1, 2, 3);
}

static void test_names(void **state)
{
    (void)state;
    assert_string_equal(status_name(OK), "ok");
    assert_string_equal(status_name(ERR_IO), "io");
    assert_string_equal(status_name(ERR_UNSUPPORTED), "unsupported");
}

TEST_MAIN(cmocka_unit_test(test_try_forwards), cmocka_unit_test(test_set_empties_the_rest),
          cmocka_unit_test(test_an_error_may_quote_itself), cmocka_unit_test(test_long_text_is_cut),
          cmocka_unit_test(test_null_error_is_allowed), cmocka_unit_test(test_names))
