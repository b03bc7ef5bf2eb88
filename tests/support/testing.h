/* testing: cmocka and what it wants before it, in the order it wants, which clang-format would
 * sort.
 *
 *     #include "tests/support/testing.h"
 *
 *     static void test_empty(void **state) { (void)state; … }
 *
 *     TEST_MAIN(cmocka_unit_test(test_empty), cmocka_unit_test(test_full))
 *
 * The program runs all of its tests, or those that match its first argument ("test_e*"). */
#ifndef TESTS_SUPPORT_TESTING_H
#define TESTS_SUPPORT_TESTING_H

/* clang-format off */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
/* clang-format on */

#define TEST_MAIN(...)                                                                             \
    int main(int argc, char **argv)                                                                \
    {                                                                                              \
        const struct CMUnitTest all_tests[] = {__VA_ARGS__};                                       \
        if (argc > 1) {                                                                            \
            cmocka_set_test_filter(argv[1]);                                                       \
        }                                                                                          \
        return cmocka_run_group_tests(all_tests, NULL, NULL);                                      \
    }

#endif
