/* calendar: a day number taken apart, for those that do it for every row. Everybody else uses
 * struct civil (timestamp.h). Years begin in March here, so that the leap day is the last of its
 * year, and 400 years (an era) have always 146097 days. */
#ifndef ENGINE_DATA_CALENDAR_H
#define ENGINE_DATA_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CALENDAR_ERA_DAYS = 146097,
    CALENDAR_ERA_YEARS = 400,
    CALENDAR_DAYS_TO_1970 = 719468, /* from 0000-03-01 */
};

struct calendar_date {
    int32_t year;
    uint32_t month;     /* 1 to 12 */
    uint32_t day;       /* 1 to 31 */
    uint32_t march_day; /* 0 = 1 March, 305 = 31 December, 306 = 1 January */
};

/* `days` since 1970-01-01, within ±107 million: every int64 of microseconds. C. Neri and L.
 * Schneider, "Euclidean affine functions and their application to calendar algorithms", figure 12:
 * multiplications stand for all but one division. */
static inline struct calendar_date calendar_date_from_days(int32_t days)
{
    /* Eras before year 0, so that the day number is positive. */
    enum { ERAS = 800 };
    uint32_t n = (uint32_t)(days + CALENDAR_DAYS_TO_1970 + ERAS * CALENDAR_ERA_DAYS);
    uint32_t n1 = 4 * n + 3;
    uint32_t century = n1 / CALENDAR_ERA_DAYS;
    uint32_t n2 = n1 % CALENDAR_ERA_DAYS | 3;
    uint64_t product = (uint64_t)2939745 * n2; /* 2^32 / 1461 */
    uint32_t year_of_century = (uint32_t)(product >> 32);
    uint32_t march_day = (uint32_t)product / 2939745 / 4;
    uint32_t n3 = 2141 * march_day + 197913; /* 2^16 / 30.6, and March is month 3 */
    bool is_next_year = march_day >= 306;
    return (struct calendar_date){
        .year =
            (int32_t)(100 * century + year_of_century) - ERAS * CALENDAR_ERA_YEARS + is_next_year,
        .month = (n3 >> 16) - (is_next_year ? 12 : 0),
        .day = (n3 & 0xffff) / 2141 + 1,
        .march_day = march_day,
    };
}

#endif
