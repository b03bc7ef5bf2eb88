/* Runs the samples of every format: what help shows is true. */
#include <stdio.h>

#include "sources/sources.h"
#include "tests/sources/decoding.h"
#include "tests/support/testing.h"

/* The last record of `text` as "name=value, name=value". */
static void print_last(const struct decoder_kind *kind, const char *text, struct bytebuf *out)
{
    struct decoding d;
    int time_column = -1;
    decoding_init(&d, kind, NULL, NULL);
    if (kind->sample_argument != NULL) {
        d.config.format_argument = slice_text(kind->sample_argument);
    }
    assert_int_equal(decoding_infer(&d, slice_text(text), &time_column), OK);
    struct decoder *decoder;
    assert_int_equal(decoder_open(kind, &d.config, &decoder, &d.err), OK);
    decoder_block(decoder, slice_text(text), true);
    uint32_t n = decoder_next(decoder, BATCH_ROWS);
    assert_true(n > 0);
    uint64_t reject[BATCH_WORDS] = {0};
    for (uint32_t col = 0; col < d.schema.n; col++) {
        struct column column;
        uint32_t row = n - 1;
        decoder_column(decoder, &d.arena, col, &row, 1, &column, reject);
        const struct slice name = d.schema.fields[col].name;
        bytebuf_printf(out, "%s%.*s=", col == 0 ? "" : ", ", (int)name.len, (const char *)name.at);
        if (column_is_null(&column, 0)) {
            bytebuf_add_text(out, "NULL");
        } else {
            column_print(out, &column, 0);
        }
    }
    assert_int_equal(d.n_rejects, 0);
    decoder_close(decoder);
    decoding_release(&d);
}

static void test_samples_mean_what_they_say(void **state)
{
    (void)state;
    for (uint32_t i = 0; decoder_kinds[i] != NULL; i++) {
        const struct decoder_kind *kind = decoder_kinds[i];
        assert_non_null(kind->samples[0]);
        for (const char *const *sample = kind->samples; *sample != NULL; sample += 2) {
            struct bytebuf got = {0};
            assert_non_null(sample[1]);
            print_last(kind, sample[0], &got);
            assert_string_equal(bytebuf_text(&got), sample[1]);
            bytebuf_release(&got);
        }
    }
}

static void test_kinds_are_complete(void **state)
{
    (void)state;
    for (uint32_t i = 0; decoder_kinds[i] != NULL; i++) {
        const struct decoder_kind *kind = decoder_kinds[i];
        assert_non_null(kind->name);
        assert_non_null(kind->summary);
        assert_non_null(kind->options);
        assert_true(kind->infer && kind->open && kind->block && kind->next && kind->column &&
                    kind->record && kind->close);
        for (uint32_t j = 0; j < i; j++) {
            assert_string_not_equal(decoder_kinds[j]->name, kind->name);
        }
    }
    for (uint32_t i = 0; source_kinds[i] != NULL; i++) {
        const struct source_kind *kind = source_kinds[i];
        assert_true(kind->scheme && kind->summary && kind->options && kind->open);
        assert_true(kind->flags_of && kind->poll && kind->read && kind->wait_fd && kind->wake_us &&
                    kind->n_splits && kind->split_name && kind->total_bytes && kind->close);
        /* Who says REPLAYABLE must tell offsets. */
        assert_true((kind->flags & SOURCE_REPLAYABLE) == 0 || kind->offsets != NULL);
    }
}

TEST_MAIN(cmocka_unit_test(test_samples_mean_what_they_say),
          cmocka_unit_test(test_kinds_are_complete))
