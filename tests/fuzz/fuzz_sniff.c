/* fuzz_sniff: any bytes as the sample of a format: it is recognised as something, and what is
 * inferred from it can be opened and decodes it. */
#include "sources/csv_decoder.h"
#include "sources/sniff.h"
#include "sources/sources.h"
#include "tests/fuzz/decoder_fuzz.h"

static void infer_and_decode(const struct decoder_kind *kind, struct slice sample)
{
    struct decoding d;
    int time_column = -1;
    decoding_init(&d, kind, NULL, NULL);
    if (decoding_infer(&d, sample, &time_column) == OK) {
        CHECK(d.schema.n > 0 && time_column < (int)d.schema.n);
        d.no_columns = d.schema.n > DECODING_COLUMNS_MAX;
        enum status status = decoding_run(&d, sample, NULL, 0);
        CHECK(status == OK);
    }
    decoding_release(&d);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct slice sample = slice_of(data, size);
    if (size > FUZZ_BYTES_MAX) {
        return 0;
    }
    CHECK(sniff_format(sample) != NULL);
    for (uint32_t i = 0; decoder_kinds[i] != NULL; i++) {
        infer_and_decode(decoder_kinds[i], sample);
    }
    return 0;
}
