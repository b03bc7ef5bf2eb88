/* fuzz_apache_error: any bytes as Apache error log, cut anywhere. */
#include "sources/sources.h"
#include "tests/fuzz/decoder_fuzz.h"

static const char columns[] = "ts TIMESTAMP, level TEXT, module TEXT, pid BIGINT, tid BIGINT, "
                              "client TEXT, message TEXT";

static const struct fuzz_setup setups[] = {
    {&apache_error_decoder_kind, columns, NULL, NULL, NULL},
    {&apache_error_decoder_kind, columns, "max_line=80", NULL, NULL},
    {&apache_error_decoder_kind, "pid TEXT, message TEXT NOT NULL", NULL, "pid", NULL},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_decoder(setups, sizeof setups / sizeof *setups, slice_of(data, size));
    return 0;
}
