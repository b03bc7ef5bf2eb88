/* guess: see guess.h. */
#include "sources/guess.h"

#include "engine/data/timestamp.h"

void guess_init(struct guess *guess)
{
    *guess = (struct guess){.bigint = true, .number = true, .boolean = true, .timestamp = true};
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

void guess_add(struct guess *guess, struct slice value)
{
    bool plain = is_plain_number(value);
    guess->n++;
    guess->bigint = guess->bigint && plain && is_bigint(value);
    guess->number = guess->number && plain && is_number(value);
    guess->boolean = guess->boolean && is_boolean(value);
    guess->timestamp = guess->timestamp && is_timestamp(value);
}

struct type guess_type(const struct guess *guess)
{
    if (guess->n == 0) {
        return type_of(TYPE_TEXT);
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
