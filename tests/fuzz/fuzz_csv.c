/* fuzz_csv: any bytes as CSV of any dialect, cut anywhere. */
#include "sources/sources.h"
#include "tests/fuzz/decoder_fuzz.h"

static const char columns[] = "a TEXT, b BIGINT, c TIMESTAMP";

static const struct fuzz_setup setups[] = {
    {&csv_decoder_kind, columns, NULL, NULL, NULL},
    {&csv_decoder_kind, columns, "max_line=20", NULL, NULL},
    {&csv_decoder_kind, columns, "comment=#;;max_line=30", NULL, NULL},
    {&csv_decoder_kind, columns, "escape=\\;;max_line=30", NULL, NULL},
    {&csv_decoder_kind, columns, "header=true;;skip=1;;max_line=30", NULL, NULL},
    {&csv_decoder_kind, columns, "header=match;;skip=2", NULL, NULL},
    {&csv_decoder_kind, columns, "quote=;;null=\\N", NULL, NULL},
    {&csv_decoder_kind, "a TEXT", "header=false;;max_line=10", NULL, NULL},
    {&tsv_decoder_kind, "a DECIMAL(9,2), b DOUBLE", NULL, NULL, NULL},
    {&csv_decoder_kind, "a BOOLEAN, b INTERVAL NOT NULL", "delimiter=;", NULL, NULL},
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    fuzz_decoder(setups, sizeof setups / sizeof *setups, slice_of(data, size));
    return 0;
}
