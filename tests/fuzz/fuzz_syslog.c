/* fuzz_syslog: any bytes as syslog messages, cut anywhere. */
#include "sources/sources.h"
#include "tests/fuzz/decoder_fuzz.h"

static const char columns[] = "ts TIMESTAMP, facility TEXT, severity TEXT, host TEXT, app TEXT, "
                              "pid TEXT, msgid TEXT, data TEXT, message TEXT";

static const struct fuzz_setup setups[] = {
    {&syslog_decoder_kind, .columns = columns},
    {&syslog_decoder_kind, columns, .options = "max_line=80;;tz=Europe/Berlin"},
    {&syslog_decoder_kind, "pid BIGINT, severity_code BIGINT, data TEXT", .needle = "err"},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_decoder(setups, sizeof setups / sizeof *setups, slice_of(data, size));
    return 0;
}
