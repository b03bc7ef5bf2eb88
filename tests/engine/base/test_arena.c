/* Tests of engine/base/arena.h and mem.h. */
#include "engine/base/arena.h"

#include "engine/base/mem.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

static void test_allocations_do_not_overlap(void **state)
{
    (void)state;
    enum { N = 3000 };
    struct rng rng;
    rng_init(&rng);
    struct arena arena;
    arena_init(&arena);
    uint8_t *parts[N];
    size_t sizes[N];
    for (int i = 0; i < N; i++) {
        sizes[i] = rng_below(&rng, rng_once_in(&rng, 100) ? 300000 : 200);
        parts[i] = arena_alloc(&arena, sizes[i]);
        assert_int_equal((uintptr_t)parts[i] % 16, 0);
        memset(parts[i], i & 0xff, sizes[i]);
    }
    for (int i = 0; i < N; i++) {
        for (size_t k = 0; k < sizes[i]; k++) {
            RNG_CHECK(&rng, parts[i][k] == (uint8_t)i);
        }
    }
    arena_release(&arena);
    assert_int_equal(arena.bytes, 0);
}

static void test_nothing_is_not_null(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    assert_non_null(arena_alloc(&arena, 0));
    assert_non_null(arena_zalloc(&arena, 0));
    assert_int_equal(arena.bytes, 0);
    arena_release(&arena);
    arena_release(NULL);
}

static void test_clear_bounds_what_is_kept(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    for (int round = 0; round < 5; round++) {
        for (int i = 0; i < 100; i++) {
            memset(arena_alloc(&arena, 100000), 1, 100000);
        }
        arena_alloc(&arena, 5000000);
        arena_clear(&arena);
        assert_true(arena.bytes <= 1024 * 1024);
        uint64_t *zeros = arena_zalloc(&arena, 800);
        for (int i = 0; i < 100; i++) {
            assert_int_equal(zeros[i], 0);
        }
    }
    arena_release(&arena);
}

static void test_copies_end_in_nul(void **state)
{
    (void)state;
    struct arena arena;
    arena_init(&arena);
    struct slice copy = arena_copy(&arena, slice_of("ab\0c", 4));
    assert_int_equal(copy.len, 4);
    assert_memory_equal(copy.at, "ab\0c", 5);
    assert_int_equal(arena_copy(&arena, slice_of(NULL, 0)).len, 0);
    assert_string_equal(arena_text(&arena, "x"), "x");
    assert_string_equal(arena_printf(&arena, "%s-%d", "n", 12), "n-12");
    arena_release(&arena);
}

static void test_pages_are_zero_and_large_ones_aligned(void **state)
{
    (void)state;
    static const size_t sizes[] = {1, 4096, 100000, 2u << 20, (5u << 20) + 12345};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        uint8_t *pages = mem_pages(sizes[i]);
        assert_int_equal(pages[0], 0);
        assert_int_equal(pages[sizes[i] - 1], 0);
        pages[sizes[i] - 1] = 1;
        if (sizes[i] >= 2u << 20) {
            assert_int_equal((uintptr_t)pages % (2u << 20), 0);
        }
        mem_pages_free(pages, sizes[i]);
    }
    mem_pages_free(NULL, 5);
}

static void test_heap(void **state)
{
    (void)state;
    uint8_t *at = mem_zalloc(10);
    assert_int_equal(at[9], 0);
    at[9] = 7;
    at = mem_realloc(at, 100000);
    assert_int_equal(at[9], 7);
    mem_free(at);
    mem_free(mem_realloc(NULL, 5));
    mem_free(mem_alloc(0));
    char *text = mem_text("abcdef", 3);
    assert_string_equal(text, "abc");
    mem_free(text);
}

TEST_MAIN(cmocka_unit_test(test_allocations_do_not_overlap),
          cmocka_unit_test(test_nothing_is_not_null),
          cmocka_unit_test(test_clear_bounds_what_is_kept),
          cmocka_unit_test(test_copies_end_in_nul),
          cmocka_unit_test(test_pages_are_zero_and_large_ones_aligned), cmocka_unit_test(test_heap))
