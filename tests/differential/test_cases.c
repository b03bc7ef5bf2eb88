/* The cases of other engines in ../shared/data/cases, each a test of its own:
 *
 *     build/dev/tests/test_cases                     all of them
 *     build/dev/tests/test_cases 'flink*'            some
 *
 * What is left out says why; case_rulings.c has what was decided. */
#include "tests/support/testing.h"

#include <stdio.h>

#include "tests/differential/case_run.h"

static void test_case(void **state)
{
    const struct one_case *one = *state;
    struct bytebuf report = {0};
    enum case_verdict verdict = case_run(one, &report);
    if (verdict != CASE_HOLDS) {
        fprintf(stderr, "%s%s\n", verdict == CASE_LEFT_OUT ? "skipped: " : "",
                bytebuf_text(&report));
    }
    bytebuf_release(&report);
    if (verdict == CASE_LEFT_OUT) {
        skip();
    }
    assert_int_equal(verdict, CASE_HOLDS);
}

static void test_no_cases(void **state)
{
    (void)state;
    skip();
}

int main(int argc, char **argv)
{
    struct case_file file;
    if (!case_file_read(&file, "../shared/data")) {
        const struct CMUnitTest none[] = {cmocka_unit_test(test_no_cases)};
        printf("skipped: no ../shared\n");
        case_file_release(&file);
        return cmocka_run_group_tests(none, NULL, NULL);
    }
    struct CMUnitTest *tests = arena_zalloc(&file.arena, file.n * sizeof *tests);
    for (uint32_t i = 0; i < file.n; i++) {
        tests[i] = (struct CMUnitTest){.name = file.cases[i].id,
                                       .test_func = test_case,
                                       .initial_state = &file.cases[i]};
    }
    if (argc > 1) {
        cmocka_set_test_filter(argv[1]);
    }
    int failed = _cmocka_run_group_tests("cases", tests, file.n, NULL, NULL);
    case_file_release(&file);
    return failed;
}
