/* civil: the proleptic Gregorian calendar; see the end of timestamp.h. To days: H. Hinnant,
 * "chrono-Compatible Low-Level Date Algorithms"; from days: calendar.h. */
#include "engine/base/checked.h"
#include "engine/base/clock.h"
#include "engine/data/calendar.h"
#include "engine/data/timestamp.h"

int64_t days_from_civil(int32_t year, unsigned month, unsigned day)
{
    int64_t y = (int64_t)year - (month <= 2);
    int64_t era = floor_div(y, CALENDAR_ERA_YEARS);
    uint32_t year_of_era = (uint32_t)(y - era * CALENDAR_ERA_YEARS);
    uint32_t day_of_year = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;
    uint32_t day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    return era * CALENDAR_ERA_DAYS + day_of_era - CALENDAR_DAYS_TO_1970;
}

static unsigned year_day(const struct calendar_date *date)
{
    enum { JANUARY_FIRST = 306 };
    if (date->march_day >= JANUARY_FIRST) {
        return date->march_day - JANUARY_FIRST + 1;
    }
    bool is_leap = date->year % 4 == 0 && (date->year % 100 != 0 || date->year % 400 == 0);
    return date->march_day + (is_leap ? 61 : 60); /* 1 March is day 60 or 61 */
}

struct civil civil_from_us(int64_t us)
{
    int64_t days = floor_div(us, US_PER_DAY); /* within ±107 million for any int64 */
    /* Unsigned: the product lies below INT64_MIN on the first day of the range. */
    uint64_t of_day = (uint64_t)us - (uint64_t)days * (uint64_t)US_PER_DAY;
    uint32_t seconds = (uint32_t)(of_day / US_PER_SECOND);
    struct calendar_date date = calendar_date_from_days((int32_t)days);
    return (struct civil){
        .year = date.year,
        .month = (uint8_t)date.month,
        .day = (uint8_t)date.day,
        .hour = (uint8_t)(seconds / 3600),
        .minute = (uint8_t)(seconds / 60 % 60),
        .second = (uint8_t)(seconds % 60),
        .weekday = (uint8_t)floor_mod(days + 4, 7), /* 1970-01-01 was a Thursday */
        .yearday = (uint16_t)year_day(&date),
        .micros = (uint32_t)(of_day % US_PER_SECOND),
    };
}

int64_t us_from_civil(const struct civil *civil)
{
    int64_t days = days_from_civil(civil->year, civil->month, civil->day);
    int64_t seconds =
        ((days * 24 + civil->hour) * 60 + civil->minute) * 60 + (int64_t)civil->second;
    return seconds * US_PER_SECOND + civil->micros;
}
