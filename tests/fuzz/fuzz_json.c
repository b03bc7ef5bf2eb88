/* fuzz_json: any bytes as JSON lines, cut anywhere. */
#include "sources/sources.h"
#include "tests/fuzz/decoder_fuzz.h"

static const struct fuzz_setup setups[] = {
    {&json_decoder_kind, "a TEXT, b BIGINT, c.d TEXT, c.e TIMESTAMP", NULL, NULL, NULL},
    {&json_decoder_kind, "a TEXT, c TEXT, c.d.e BOOLEAN", "max_line=40", NULL, NULL},
    {&json_decoder_kind, "a DOUBLE", NULL, "\"a\"", NULL},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_decoder(setups, sizeof setups / sizeof *setups, slice_of(data, size));
    return 0;
}
