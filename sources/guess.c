/* guess: see guess.h. */
#include "sources/guess.h"

#include "engine/data/timestamp.h"

/* What people and programs write that no layout of timestamp.h is. */
static const char *const patterns[] = {
    "%d.%m.%Y %H:%M:%S",
    "%d.%m.%Y %H:%M",
    "%d.%m.%Y",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d",
    "%d/%m/%Y %H:%M:%S",
    "%d/%m/%Y %H:%M",
    "%d/%m/%Y",
    "%m/%d/%Y %H:%M:%S",
    "%m/%d/%Y %H:%M",
    "%m/%d/%Y",
    "%m/%d/%Y %I:%M:%S %p",
    "%m/%d/%Y %I:%M %p",
    "%d-%b-%Y %H:%M:%S",
    "%d-%b-%Y",
    "%d %b %Y %H:%M:%S",
    "%a, %d %b %Y %H:%M:%S %z", /* RFC 5322 */
    "%a, %d %b %Y %H:%M:%S %Z", /* RFC 9110 */
    "%Y%m%dT%H%M%S%z",
    "%Y%m%dT%H%M%S",
};

enum { N_PATTERNS = sizeof patterns / sizeof *patterns };

#define ALL_PATTERNS (((uint32_t)1 << N_PATTERNS) - 1)

void guess_init(struct guess *guess)
{
    *guess = (struct guess){
        .bigint = true,
        .number = true,
        .boolean = true,
        .timestamp = true,
        .epoch = true,
        .patterns = ALL_PATTERNS,
    };
}

/* "007" and "+49301234" are codes. */
static bool is_plain_number(struct slice value)
{
    size_t at = value.len > 0 && value.at[0] == '-';
    if (at >= value.len || !(ascii_is_digit(value.at[at]) || value.at[at] == '.')) {
        return false; /* also inf and nan, which are words here */
    }
    bool zero_first = value.at[at] == '0' && at + 1 < value.len;
    return !(zero_first && ascii_is_digit(value.at[at + 1]));
}

static bool is_bigint(struct slice value)
{
    int64_t number;
    return slice_to_i64(value, &number);
}

/* An integer that BIGINT cannot hold would lose digits as DOUBLE: it is a code. */
static bool is_number(struct slice value)
{
    double number;
    bool has_fraction = false;
    for (size_t i = 0; i < value.len; i++) {
        has_fraction = has_fraction || value.at[i] == '.' || ascii_lower(value.at[i]) == 'e';
    }
    return has_fraction ? slice_to_f64(value, &number) : is_bigint(value);
}

static bool is_boolean(struct slice value)
{
    return slice_equal_nocase(value, slice_text("true")) ||
           slice_equal_nocase(value, slice_text("false"));
}

static bool is_timestamp(struct slice value)
{
    enum time_layout layout;
    return time_guess(value, false, &layout);
}

static bool is_epoch(struct slice value)
{
    enum time_layout layout;
    return value.len > 0 && value.at[0] != '0' && is_number(value) &&
           time_guess(value, true, &layout);
}

/* Of the patterns in `among` those that the value has. A year before 1900 is part of a version or
 * an address: 1.2.3. */
static uint32_t patterns_of(struct slice value, uint32_t among)
{
    static const int64_t us_1900 = INT64_C(-2208988800000000);
    uint32_t found = 0;
    for (uint32_t i = 0; i < N_PATTERNS && value.len > 0; i++) {
        struct time_format format = {.layout = TIME_PATTERN, .pattern = slice_text(patterns[i])};
        struct time_cache cache = {0};
        int64_t us;
        bool fits = (among >> i & 1) != 0 && time_parse(&format, &cache, value, &us);
        found |= (uint32_t)(fits && us >= us_1900) << i;
    }
    return found;
}

void guess_add(struct guess *guess, struct slice value)
{
    bool plain = is_plain_number(value);
    guess->n++;
    guess->bigint = guess->bigint && plain && is_bigint(value);
    guess->number = guess->number && plain && is_number(value);
    guess->boolean = guess->boolean && is_boolean(value);
    guess->timestamp = guess->timestamp && is_timestamp(value);
    guess->epoch = guess->epoch && is_epoch(value);
    guess->patterns = patterns_of(value, guess->patterns);
}

static bool ends_with(struct slice name, const char *word)
{
    size_t len = strlen(word);
    return name.len >= len &&
           slice_equal_nocase(slice_of(name.at + name.len - len, len), slice_text(word));
}

static bool names_a_time(struct slice name)
{
    static const char *const whole[] = {"ts", "t", "at", "date", "epoch"};
    static const char *const ends[] = {"time",  "timestamp", "_ts", "_at",
                                       "_date", "_ms",       "_us", "_ns"};
    for (size_t i = 0; i < sizeof whole / sizeof *whole; i++) {
        if (slice_equal_nocase(name, slice_text(whole[i]))) {
            return true;
        }
    }
    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        if (ends_with(name, ends[i])) {
            return true;
        }
    }
    return false;
}

struct type guess_type(const struct guess *guess, struct slice name)
{
    if (guess->n == 0) {
        return type_of(TYPE_TEXT);
    }
    if (guess->epoch && names_a_time(name)) {
        return type_of(TYPE_TIMESTAMP);
    }
    if (guess->bigint) {
        return type_of(TYPE_BIGINT);
    }
    if (guess->number) {
        return type_of(TYPE_DOUBLE);
    }
    if (guess->boolean) {
        return type_of(TYPE_BOOLEAN);
    }
    return type_of(guess->timestamp ? TYPE_TIMESTAMP : TYPE_TEXT);
}

const char *guess_pattern(const struct guess *guess)
{
    bool is_one = guess->n > 0 && __builtin_popcount(guess->patterns) == 1;
    return is_one ? patterns[__builtin_ctz(guess->patterns)] : NULL;
}

enum status guess_apply_patterns(struct schema *schema, const char *const *found,
                                 struct options *options, struct error *err)
{
    const char *pattern = NULL;
    bool is_clear = options_find(options, "timestamp") == NULL;
    for (uint32_t i = 0; i < schema->n; i++) {
        is_clear = is_clear && schema->fields[i].type.id != TYPE_TIMESTAMP;
        is_clear = is_clear && (pattern == NULL || found[i] == NULL || pattern == found[i]);
        pattern = found[i] == NULL ? pattern : found[i];
    }
    if (!is_clear || pattern == NULL) {
        return OK;
    }
    for (uint32_t i = 0; i < schema->n; i++) {
        if (found[i] != NULL) {
            schema->fields[i].type = type_of(TYPE_TIMESTAMP);
        }
    }
    return options_put(options, slice_text("timestamp"), slice_text(pattern), -1, err);
}
