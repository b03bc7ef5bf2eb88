/* civil: the proleptic Gregorian calendar; see the end of timestamp.h. Both conversions are those
 * of H. Hinnant, "chrono-Compatible Low-Level Date Algorithms": years begin in March, so that the
 * leap day is the last of its year, and 400 years (an era) have always 146097 days. */
#include "engine/base/checked.h"
#include "engine/base/clock.h"
#include "engine/data/timestamp.h"

enum {
    DAYS_PER_ERA = 146097,
    DAYS_TO_1970 = 719468, /* from 0000-03-01 */
    YEARS_PER_ERA = 400,
};

int64_t days_from_civil(int32_t year, unsigned month, unsigned day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = floor_div(y, YEARS_PER_ERA);
    uint32_t year_of_era = (uint32_t)(y - era * YEARS_PER_ERA);
    uint32_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    uint32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * DAYS_PER_ERA + day_of_era - DAYS_TO_1970;
}

static void civil_set_date(struct civil *civil, int32_t days)
{
    int32_t shifted = days + DAYS_TO_1970;
    int32_t era = (int32_t)floor_div(shifted, DAYS_PER_ERA);
    uint32_t day_of_era = (uint32_t)(shifted - era * DAYS_PER_ERA);
    uint32_t year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    uint32_t day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    uint32_t month = (5 * day_of_year + 2) / 153; /* 0 = March */
    bool is_next_year = month >= 10;
    civil->day = (uint8_t)(day_of_year - (153 * month + 2) / 5 + 1);
    civil->month = (uint8_t)(is_next_year ? month - 9 : month + 3);
    civil->year = era * YEARS_PER_ERA + (int32_t)year_of_era + is_next_year;
    civil->weekday = (uint8_t)floor_mod(days + 4, 7); /* 1970-01-01 was a Thursday */
    bool is_leap = civil->year % 4 == 0 && (civil->year % 100 != 0 || civil->year % 400 == 0);
    /* 306 days from March to the end of December. */
    civil->yearday =
        (uint16_t)(is_next_year ? day_of_year - 306 + 1 : day_of_year + 59 + 1 + (uint32_t)is_leap);
}

struct civil civil_from_us(int64_t us)
{
    int64_t days = floor_div(us, US_PER_DAY); /* within ±107 million for any int64 */
    uint64_t of_day = (uint64_t)floor_mod(us, US_PER_DAY);
    uint32_t seconds = (uint32_t)(of_day / US_PER_SECOND);
    struct civil civil = {
        .hour = (uint8_t)(seconds / 3600),
        .minute = (uint8_t)(seconds / 60 % 60),
        .second = (uint8_t)(seconds % 60),
        .micros = (uint32_t)(of_day % US_PER_SECOND),
    };
    civil_set_date(&civil, (int32_t)days);
    return civil;
}

int64_t us_from_civil(const struct civil *civil)
{
    int64_t days = days_from_civil(civil->year, civil->month, civil->day);
    int64_t seconds =
        ((days * 24 + civil->hour) * 60 + civil->minute) * 60 + (int64_t)civil->second;
    return seconds * US_PER_SECOND + civil->micros;
}
