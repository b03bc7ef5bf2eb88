/* task: what it wrote is there when it was joined. */
#include "tests/support/testing.h"

#include "engine/base/task.h"

static void add_up(void *owner)
{
    int *numbers = owner;
    for (int i = 1; i < 1000; i++) {
        numbers[0] += i;
    }
}

static void test_join_sees_the_result(void **state)
{
    (void)state;
    struct task task = {0};
    for (int round = 0; round < 20; round++) {
        int sum = 0;
        task_start(&task, add_up, &sum);
        task_join(&task);
        assert_true(task_has_ended(&task));
        assert_int_equal(sum, 499500);
    }
}

static void test_none(void **state)
{
    (void)state;
    struct task task = {0};
    assert_false(task_has_ended(&task));
    task_join(&task);
}

TEST_MAIN(cmocka_unit_test(test_join_sees_the_result), cmocka_unit_test(test_none))
