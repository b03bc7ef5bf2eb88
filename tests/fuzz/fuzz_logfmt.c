/* fuzz_logfmt: any bytes as logfmt, cut anywhere. */
#include "sources/sources.h"
#include "tests/fuzz/decoder_fuzz.h"

static const struct fuzz_setup setups[] = {
    {&logfmt_decoder_kind, .columns = "a TEXT, b BIGINT, c.d TEXT"},
    {&logfmt_decoder_kind, "a TIMESTAMP, ok BOOLEAN", "max_line=40", .needle = "a="},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_decoder(setups, sizeof setups / sizeof *setups, slice_of(data, size));
    return 0;
}
