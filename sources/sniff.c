/* sniff: see sniff.h. A format is asked by decoding the sample with it: it fits if nearly every
 * record is good in all of its columns. Those that take nearly anything have tests of their own. */
#include "sources/sniff.h"

#include "engine/io/decoder.h"
#include "sources/csv_decoder.h"
#include "sources/logfmt_decoder.h"
#include "sources/sources.h"

/* So many records in a hundred must be good: a log may have a torn line or a stack trace. */
enum { FIT_PERCENT = 80 };

static void count_reject(void *owner, uint64_t offset, struct slice record, int column,
                         const char *reason)
{
    uint32_t *n_bad = owner;
    (void)offset;
    (void)record;
    (void)column;
    (void)reason;
    ++*n_bad;
}

static uint32_t count_good(struct decoder *decoder, struct arena *scratch, uint32_t n_columns)
{
    uint32_t good = 0;
    uint32_t n;
    while ((n = decoder_next(decoder, BATCH_ROWS)) > 0) {
        uint64_t reject[BATCH_WORDS] = {0};
        for (uint32_t col = 0; col < n_columns; col++) {
            struct column column;
            decoder_column(decoder, scratch, col, NULL, n, &column, reject);
        }
        good += n - bits_count(reject, n);
    }
    return good;
}

/* Good records in a hundred; 0 if the format cannot even be set up. */
static unsigned fit(struct arena *scratch, const struct decoder_kind *kind, struct slice sample)
{
    struct options options;
    struct schema schema;
    struct decoder *decoder;
    int time_column = -1;
    uint32_t n_bad = 0; /* complaints: a record may have several */
    struct reject_sink sink = {.owner = &n_bad, .reject = count_reject};
    struct decoder_config config = {
        .schema = &schema,
        .options = &options,
        .fs = fs_system(),
        .query = scratch,
        .reject = &sink,
    };
    options_init(&options, scratch);
    if (kind->infer(scratch, &options, (struct slice){0}, sample, &schema, &time_column, NULL) !=
            OK ||
        decoder_open(kind, &config, &decoder, NULL) != OK) {
        return 0;
    }
    decoder_block(decoder, sample, true);
    uint32_t good = count_good(decoder, scratch, schema.n);
    decoder_close(decoder);
    return good == 0 ? 0 : 100 * good / (good + n_bad);
}

/* A stamp of digits in front is what many logs begin with; what follows it need not be a host. */
static bool may_be_syslog(struct slice sample)
{
    return sample.len > 0 && !ascii_is_digit(sample.at[0]);
}

const char *sniff_format(struct slice sample)
{
    /* The first that fits: what is more particular stands in front. */
    static const struct decoder_kind *const candidates[] = {
        &apache_decoder_kind,
        &apache_error_decoder_kind,
        &json_decoder_kind,
    };
    struct arena scratch;
    arena_init(&scratch);
    const char *name = NULL;
    for (size_t i = 0; name == NULL && i < sizeof candidates / sizeof *candidates; i++) {
        name = fit(&scratch, candidates[i], sample) >= FIT_PERCENT ? candidates[i]->name : NULL;
    }
    if (name == NULL && may_be_syslog(sample) &&
        fit(&scratch, &syslog_decoder_kind, sample) >= FIT_PERCENT) {
        name = syslog_decoder_kind.name;
    }
    arena_release(&scratch);
    if (name == NULL && logfmt_fit(sample) >= FIT_PERCENT) {
        name = logfmt_decoder_kind.name;
    }
    if (name == NULL) {
        name = csv_fit(sample) >= FIT_PERCENT ? csv_decoder_kind.name : line_decoder_kind.name;
    }
    return name;
}
