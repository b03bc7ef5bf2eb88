/* fuzz_pattern: any bytes as lines for formats regex and grok, cut anywhere; and any bytes as
 * patterns: up to the first NUL a pattern, then up to the next one definitions, then lines. */
#include "sources/grok.h"
#include "sources/line_pattern.h"
#include "sources/sources.h"
#include "tests/fuzz/decoder_fuzz.h"

static const struct fuzz_setup setups[] = {
    {&regex_decoder_kind, "a TEXT, b BIGINT, t TIMESTAMP",
     .argument = "(?<a>\\w+)[ =](?<b__bigint>\\S*)(?: (?<t__timestamp>.+))?"},
    {&regex_decoder_kind, "a TEXT", "max_line=40", "x", "(?J)^(?:(?<a>x+)|y(?<a>.))"},
    {&grok_decoder_kind, "clientip TEXT, timestamp TIMESTAMP, verb TEXT, bytes BIGINT, agent TEXT",
     .argument = "%{COMBINEDAPACHELOG}"},
    {&grok_decoder_kind, "v DOUBLE, w TEXT", "patterns=V %{NUMBER:v:float}",
     .argument = "%{V}%{SPACE}%{IPORHOST:w}"},
};

static struct slice cut_at_nul(struct slice *rest)
{
    const uint8_t *nul = rest->len == 0 ? NULL : memchr(rest->at, 0, rest->len);
    size_t len = nul == NULL ? rest->len : (size_t)(nul - rest->at);
    struct slice part = slice_of(rest->at, len);
    len += nul != NULL;
    *rest = slice_of(rest->at + len, rest->len - len);
    return part;
}

/* Every field of a match lies within the line. */
static void match_line(struct line_pattern *pattern, struct slice line)
{
    struct text fields[LINE_PATTERN_FIELDS_MAX] = {0};
    if (line_pattern_match(pattern, line, fields) != NULL) {
        return;
    }
    for (uint32_t i = 0; i < pattern->n_fields; i++) {
        CHECK(fields[i].len == 0 ||
              (fields[i].at >= line.at && fields[i].at + fields[i].len <= line.at + line.len));
    }
}

static void fuzz_patterns(struct slice input)
{
    struct error err;
    struct slice text = cut_at_nul(&input);
    struct slice definitions = cut_at_nul(&input);
    struct slice line = input;
    for (int is_grok = 0; is_grok < 2; is_grok++) {
        struct line_pattern pattern = {0};
        error_clear(&err);
        enum status status = is_grok ? line_pattern_from_grok(&pattern, text, definitions, &err)
                                     : line_pattern_from_regex(&pattern, text, &err);
        CHECK((status == OK) == (pattern.n_fields > 0 && err.status == OK));
        if (status == OK && line.len < 200) { /* a step limit is still a million steps */
            match_line(&pattern, line);
        }
        line_pattern_release(&pattern);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size > 0 && size < 2000 && data[0] % 2 == 1) {
        fuzz_patterns(slice_of(data + 1, size - 1));
    } else if (size > 0) {
        fuzz_decoder(setups, sizeof setups / sizeof *setups, slice_of(data + 1, size - 1));
    }
    return 0;
}
