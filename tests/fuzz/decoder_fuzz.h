/* decoder_fuzz: what all decoder targets do with an input. Its first bytes choose options, batch
 * size and cuts, the rest is decoded twice: in one block, and cut. Both must say the same, whatever
 * the bytes are. */
#ifndef TESTS_FUZZ_DECODER_FUZZ_H
#define TESTS_FUZZ_DECODER_FUZZ_H

#include "tests/sources/decoding.h"

enum { FUZZ_CUTS_MAX = 15, FUZZ_BYTES_MAX = 1 << 16 };

/* One set-up of a decoder under test. */
struct fuzz_setup {
    const struct decoder_kind *kind;
    const char *columns;
    const char *options;
    const char *needle;   /* NULL = none */
    const char *argument; /* of FORMAT; NULL = none */
};

static inline void fuzz_decode(const struct fuzz_setup *setup, struct slice bytes,
                               const size_t *cuts, size_t n_cuts, uint32_t batch_rows,
                               struct decoding *d)
{
    decoding_init(d, setup->kind, setup->columns, setup->options);
    d->config.needle = setup->needle == NULL ? (struct slice){0} : slice_text(setup->needle);
    d->config.format_argument =
        setup->argument == NULL ? (struct slice){0} : slice_text(setup->argument);
    d->batch_rows = batch_rows;
    enum status status = decoding_run(d, bytes, cuts, n_cuts);
    CHECK(status == OK);
}

/* Reads places to cut, one byte each, in 1/256 of the length; ascending. */
static inline size_t fuzz_cuts(struct slice *input, size_t len, size_t cuts[FUZZ_CUTS_MAX])
{
    size_t n = input->len == 0 ? 0 : input->at[0] % (FUZZ_CUTS_MAX + 1);
    n = n < input->len ? n : 0;
    for (size_t i = 0; i < n; i++) {
        size_t cut = len * input->at[1 + i] / 256;
        cuts[i] = i > 0 && cut < cuts[i - 1] ? cuts[i - 1] : cut;
    }
    size_t used = input->len == 0 ? 0 : n + 1;
    *input = slice_of(input->at + used, input->len - used);
    for (size_t i = 0; i < n; i++) {
        cuts[i] = cuts[i] < input->len ? cuts[i] : input->len;
    }
    return n;
}

static inline void fuzz_decoder(const struct fuzz_setup *setups, size_t n_setups,
                                struct slice input)
{
    size_t cuts[FUZZ_CUTS_MAX];
    if (input.len < 2 || input.len > FUZZ_BYTES_MAX) {
        return;
    }
    const struct fuzz_setup *setup = &setups[input.at[0] % n_setups];
    uint32_t batch_rows = 1 + input.at[1] % 8;
    input = slice_of(input.at + 2, input.len - 2);
    size_t n_cuts = fuzz_cuts(&input, input.len, cuts);
    struct decoding whole;
    struct decoding cut;
    fuzz_decode(setup, input, NULL, 0, BATCH_ROWS, &whole);
    fuzz_decode(setup, input, cuts, n_cuts, batch_rows, &cut);
    CHECK(slice_equal(bytebuf_slice(&whole.rows), bytebuf_slice(&cut.rows)));
    CHECK(strcmp(decoding_rejects(&whole), decoding_rejects(&cut)) == 0);
    decoding_release(&whole);
    decoding_release(&cut);
}

/* The entry that libFuzzer and replay_main.c call. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#endif
