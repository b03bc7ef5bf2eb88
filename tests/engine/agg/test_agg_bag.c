/* The bag against a list that is searched from end to end. */
#include "engine/agg/agg_bag.h"

#include <math.h>
#include <stdio.h>

#include "engine/agg/agg_number.h"
#include "tests/support/rng.h"
#include "tests/support/testing.h"

enum { DOMAIN = 300 };

struct fixture {
    struct rng rng;
    enum bag_keys keys;
    struct bag bag;
    size_t owned;
    uint64_t counts[DOMAIN];
};

/* Texts on both sides of the seven bytes that fit into a key. */
static struct slice domain_text(uint32_t i, char text[32])
{
    int len = snprintf(text, 32, i % 2 == 0 ? "%u" : "the longer %u", i);
    return slice_of(text, (size_t)len);
}

static void change(struct fixture *f, uint32_t i, uint64_t n, bool add)
{
    char text[32];
    struct slice slice = domain_text(i, text);
    if (f->keys == BAG_TEXTS) {
        (add ? bag_add_text : bag_take_text)(&f->bag, slice, n, &f->owned);
    } else {
        (add ? bag_add : bag_take)(&f->bag, rank_of_i64((int64_t)i - 100), n, &f->owned);
    }
    f->counts[i] += add ? n : -n;
}

static bool key_is(const struct fixture *f, uint64_t key, uint32_t i)
{
    char text[32];
    struct slice slice = domain_text(i, text);
    return f->keys == BAG_TEXTS ? slice_equal(bag_text(&key), slice)
                                : key == rank_of_i64((int64_t)i - 100);
}

static void check(const struct fixture *f)
{
    uint32_t n = 0;
    for (uint32_t i = 0; i < DOMAIN; i++) {
        n += f->counts[i] > 0;
    }
    RNG_CHECK(&f->rng, n == f->bag.n);
    for (const struct bag_entry *e = bag_first(&f->bag); e != NULL; e = bag_next(&f->bag, e)) {
        uint32_t i = 0;
        while (i < DOMAIN && !(f->counts[i] > 0 && key_is(f, e->key, i))) {
            i++;
        }
        RNG_CHECK(&f->rng, i < DOMAIN && f->counts[i] == e->count);
        n--;
    }
    RNG_CHECK(&f->rng, n == 0);
}

static void random_changes(enum bag_keys keys)
{
    struct fixture f = {.keys = keys};
    rng_init(&f.rng);
    for (uint32_t step = 0; step < 20000; step++) {
        /* The domain breathes, so that tables grow, empty and shrink to one value. */
        uint32_t domain = 1 + (uint32_t)rng_below(&f.rng, step / 2000 % 2 == 0 ? 3 : DOMAIN);
        uint32_t i = (uint32_t)rng_below(&f.rng, domain);
        bool add = f.counts[i] == 0 || rng_once_in(&f.rng, 2);
        uint64_t n = 1 + rng_below(&f.rng, add ? 3 : f.counts[i]);
        change(&f, i, n, add);
        if (step % 250 == 0) {
            check(&f);
        }
    }
    for (uint32_t i = 0; i < DOMAIN; i++) {
        if (f.counts[i] > 0) {
            change(&f, i, f.counts[i], false);
        }
    }
    struct bag empty = {0};
    assert_memory_equal(&f.bag, &empty, sizeof empty);
    assert_int_equal(f.owned, 0);
}

static void test_random_numbers(void **state)
{
    (void)state;
    random_changes(BAG_NUMBERS);
}

static void test_random_texts(void **state)
{
    (void)state;
    random_changes(BAG_TEXTS);
}

static void test_sorted_by_value(void **state)
{
    (void)state;
    static const char *const in[] = {"pear", "", "apple pie with cream", "apple", "b", "apple pie"};
    static const char *const sorted[] = {"",  "apple", "apple pie", "apple pie with cream",
                                         "b", "pear"};
    struct arena arena;
    struct bag bag = {0};
    size_t owned = 0;
    arena_init(&arena);
    for (int i = 0; i < 6; i++) {
        bag_add_text(&bag, slice_text(in[i]), 1, &owned);
    }
    struct bag_entry *entries = bag_sorted(&arena, &bag, BAG_TEXTS);
    for (int i = 0; i < 6; i++) {
        assert_true(slice_equal(bag_text(&entries[i].key), slice_text(sorted[i])));
    }
    bag_release(&bag, BAG_TEXTS, &owned);
    assert_int_equal(owned, 0);
    arena_release(&arena);
}

static void test_ranks(void **state)
{
    (void)state;
    static const double ascending[] = {-INFINITY, -1e300, -1,    -1e-310,  0,
                                       1e-310,    1,      1e300, INFINITY, NAN};
    for (size_t i = 0; i + 1 < sizeof ascending / sizeof ascending[0]; i++) {
        assert_true(rank_of_f64(ascending[i]) < rank_of_f64(ascending[i + 1]));
        assert_true(rank_to_f64(rank_of_f64(ascending[i])) == ascending[i]);
    }
    assert_true(isnan(rank_to_f64(rank_of_f64(NAN))));
    assert_true(rank_of_f64(-0.0) == rank_of_f64(0.0));
    assert_true(rank_of_f64(-NAN) == rank_of_f64(NAN));
    assert_true(rank_of_i64(INT64_MIN) == 0 && rank_of_i64(INT64_MAX) == UINT64_MAX);
    assert_int_equal(rank_to_i64(rank_of_i64(-5)), -5);
}

/* A value that is saved twice cannot come from a bag. */
static void test_load_refuses_repetition(void **state)
{
    (void)state;
    for (uint64_t second = 7; second <= 8; second++) {
        struct bytebuf bytes = {0};
        struct bag bag = {0};
        size_t owned = 0;
        codec_put_u32(&bytes, 2);
        codec_put_u64(&bytes, 1);
        codec_put_u64(&bytes, 7);
        codec_put_u64(&bytes, 1);
        codec_put_u64(&bytes, second);
        struct reader in = reader_of(bytebuf_slice(&bytes));
        assert_int_equal(bag_load(&bag, BAG_NUMBERS, &in, &owned), second == 8);
        bag_release(&bag, BAG_NUMBERS, &owned);
        assert_int_equal(owned, 0);
        bytebuf_release(&bytes);
    }
}

TEST_MAIN(cmocka_unit_test(test_random_numbers), cmocka_unit_test(test_random_texts),
          cmocka_unit_test(test_sorted_by_value), cmocka_unit_test(test_ranks),
          cmocka_unit_test(test_load_refuses_repetition))
