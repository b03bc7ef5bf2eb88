/* fuzz_apache: any bytes as access log, cut anywhere. */
#include "sources/sources.h"
#include "tests/fuzz/decoder_fuzz.h"

static const char columns[] =
    "host TEXT, ident TEXT, user TEXT, ts TIMESTAMP, method TEXT, path TEXT, protocol TEXT, "
    "status BIGINT, bytes BIGINT, referer TEXT, agent TEXT, request TEXT";

static const struct fuzz_setup setups[] = {
    {&apache_decoder_kind, columns, NULL, NULL, NULL},
    {&apache_decoder_kind, columns, "variant=vhost;;max_line=120", NULL, NULL},
    {&nginx_decoder_kind, "vhost TEXT, user TEXT, ts TEXT, status TEXT, agent TEXT", NULL, NULL,
     NULL},
    {&nginx_decoder_kind, "status BIGINT, agent TEXT", "max_line=120", " 200 ", NULL},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_decoder(setups, sizeof setups / sizeof *setups, slice_of(data, size));
    return 0;
}
