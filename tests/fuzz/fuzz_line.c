/* fuzz_line: any bytes as lines, with and without a needle, cut anywhere. */
#include "sources/sources.h"
#include "tests/fuzz/decoder_fuzz.h"

static const struct fuzz_setup setups[] = {
    {&line_decoder_kind, "line TEXT", NULL, NULL, NULL},
    {&line_decoder_kind, "line TEXT", "max_line=10", NULL, NULL},
    {&line_decoder_kind, "line TEXT", "max_line=10", "ab", NULL},
    {&line_decoder_kind, "line TEXT", NULL, "ERROR", NULL},
    {&line_decoder_kind, "line TEXT, ts TIMESTAMP", "max_line=60", NULL, NULL},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_decoder(setups, sizeof setups / sizeof *setups, slice_of(data, size));
    return 0;
}
