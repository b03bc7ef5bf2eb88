/* Tests of engine/base/crc32c.h: known answers, and the two ways against each other. */
#include "engine/base/crc32c.h"

#include <string.h>

#include "tests/support/rng.h"
#include "tests/support/testing.h"

/* RFC 3720, appendix B.4. */
static void test_known_answers(void **state)
{
    (void)state;
    uint8_t bytes[32] = {0};
    assert_int_equal(crc32c(0, bytes, 32), 0x8a9136aa);
    memset(bytes, 0xff, sizeof bytes);
    assert_int_equal(crc32c(0, bytes, 32), 0x62a8ab43);
    for (uint8_t i = 0; i < 32; i++) {
        bytes[i] = i;
    }
    assert_int_equal(crc32c(0, bytes, 32), 0x46dd794e);
    assert_int_equal(crc32c(0, "123456789", 9), 0xe3069283);
    assert_int_equal(crc32c(0, "", 0), 0);
}

static void test_both_ways_agree(void **state)
{
    (void)state;
    struct rng rng;
    uint8_t bytes[300];
    rng_init(&rng);
    for (int i = 0; i < 300; i++) {
        bytes[i] = (uint8_t)rng_u64(&rng);
    }
    for (size_t len = 0; len < 300; len++) {
        size_t cut = rng_below(&rng, len + 1);
        uint32_t whole = crc32c(0, bytes, len);
        RNG_CHECK(&rng, whole == crc32c_plain(0, bytes, len));
        RNG_CHECK(&rng, whole == crc32c(crc32c(0, bytes, cut), bytes + cut, len - cut));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_answers),
        cmocka_unit_test(test_both_ways_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
