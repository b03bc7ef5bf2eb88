/* Tests of engine/run/recovered.h: images one after the other, right and wrong. */
#include "engine/run/recovered.h"

#include "tests/support/testing.h"

/* An image of one query; `changes` puts `key`, or is damaged if that is NULL. */
static void put_image(struct bytebuf *out, const char *query, const char *plan, bool is_whole,
                      const char *key)
{
    struct bytebuf changes = {0};
    struct changelog log = {.out = &changes};
    const struct image_head head = {.n_queries = 1};
    changelog_operator(&log, 0, 1, slice_text("op"));
    changelog_put(&log, 0);
    bytebuf_add_text(&changes, key == NULL ? "" : key);
    changelog_value(&log);
    changelog_done(&log);
    changelog_end(&log);
    const struct image_query saved = {
        .name = slice_text(query),
        .plan = slice_text(plan),
        .is_whole = is_whole,
        .changes = slice_of(changes.at, key == NULL ? changes.len - 1 : changes.len),
    };
    bytebuf_clear(out);
    image_begin(out, &head);
    image_put_query(out, &saved);
    bytebuf_release(&changes);
}

static enum status add(struct recovered *recovered, const struct bytebuf *image)
{
    struct error err;
    enum status status = recovered_add(recovered, bytebuf_slice(image), &err);
    if (status != OK) {
        assert_int_equal(status, ERR_STATE);
        assert_string_equal(err.text, "the saved state is damaged");
    }
    return status;
}

static uint32_t n_entries(const struct recovered *recovered, const char *query)
{
    return entries_count(recovered_entries(recovered, slice_text(query)));
}

static void test_images_come_together(void **state)
{
    (void)state;
    struct bytebuf images[4] = {{0}};
    struct recovered *recovered = recovered_new();
    put_image(&images[0], "q", "plan", true, "a");
    put_image(&images[1], "q", "", false, "b");
    put_image(&images[2], "r", "other", true, "c");
    put_image(&images[3], "q", "", true, "d");
    assert_int_equal(recovered_image(recovered)->head.n_queries, 0);
    assert_int_equal(add(recovered, &images[0]), OK);
    assert_int_equal(n_entries(recovered, "q"), 1);
    assert_int_equal(add(recovered, &images[1]), OK);
    assert_int_equal(n_entries(recovered, "q"), 2);
    const struct image_query *q = image_query_find(recovered_image(recovered), slice_text("q"));
    assert_true(slice_equal(q->plan, slice_text("plan"))); /* as in the image before */
    assert_int_equal(q->changes.len, 0);

    assert_int_equal(add(recovered, &images[2]), OK); /* q has ended, r has begun */
    assert_null(image_query_find(recovered_image(recovered), slice_text("q")));
    assert_int_equal(n_entries(recovered, "r"), 1);
    assert_int_equal(add(recovered, &images[3]), OK); /* nothing before a whole one counts */
    assert_int_equal(n_entries(recovered, "q"), 1);
    recovered_free(recovered);
    recovered_free(NULL);
    for (size_t i = 0; i < 4; i++) {
        bytebuf_release(&images[i]);
    }
}

static void test_damaged_images(void **state)
{
    (void)state;
    struct bytebuf image = {0};
    struct bytebuf none = {0};
    for (int i = 0; i < 2; i++) {
        struct recovered *recovered = recovered_new();
        put_image(&image, "q", "plan", true, "a");
        assert_int_equal(add(recovered, &image), OK);
        if (i == 0) {
            put_image(&image, "q", "plan", false, NULL);
            assert_int_equal(add(recovered, &image), ERR_STATE);
        } else {
            assert_int_equal(add(recovered, &none), ERR_STATE);
        }
        assert_int_equal(recovered_image(recovered)->head.n_queries, 0);
        recovered_free(recovered);
    }
    bytebuf_release(&image);
}

TEST_MAIN(cmocka_unit_test(test_images_come_together), cmocka_unit_test(test_damaged_images))
