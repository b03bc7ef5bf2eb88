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

/* Cuts what stands in front of the first `byte` off *rest, and the byte. */
static struct slice cut(struct slice *rest, char byte)
{
    const uint8_t *at = rest->len == 0 ? NULL : memchr(rest->at, byte, rest->len);
    size_t len = at == NULL ? rest->len : (size_t)(at - rest->at);
    struct slice got = slice_of(rest->at, len);
    len += at != NULL;
    *rest = slice_of(rest->at + len, rest->len - len);
    return got;
}

static bool ends_with(struct slice text, const char *end)
{
    size_t len = strlen(end);
    return text.len >= len && memcmp(text.at + text.len - len, end, len) == 0;
}

/* A priority or a month is in front. Where it is a stamp of digits, as many logs have it, what
 * comes next need not be a host: it must be an ISO stamp of one word, and behind the host a process
 * with its number, or the kernel (journalctl -o short-iso). */
static bool may_be_syslog_line(struct slice line)
{
    if (!ascii_is_digit(line.at[0])) {
        return line.at[0] == '<' || (uint8_t)(ascii_lower(line.at[0]) - 'a') < 26;
    }
    enum { DATE_BYTES = 10 };
    struct slice stamp = cut(&line, ' ');
    cut(&line, ' ');
    struct slice process = cut(&line, ' ');
    bool is_named = ends_with(process, "]:") || slice_equal(process, slice_text("kernel:"));
    return is_named && stamp.len > DATE_BYTES && stamp.at[DATE_BYTES] == 'T';
}

/* Most lines: the header of a table may begin with anything. */
static bool may_be_syslog(struct slice sample)
{
    uint32_t n = 0;
    uint32_t n_like = 0;
    while (sample.len > 0) {
        struct slice line = cut(&sample, '\n');
        n += line.len > 0;
        n_like += line.len > 0 && may_be_syslog_line(line);
    }
    return n_like * 2 > n;
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
