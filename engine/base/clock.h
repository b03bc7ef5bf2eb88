/* clock: the only door to time. Microseconds since 1970-01-01T00:00:00Z for now, microseconds since
 * some start for the steady clock, which never steps back and is used for intervals only. */
#ifndef ENGINE_BASE_CLOCK_H
#define ENGINE_BASE_CLOCK_H

#include <stdint.h>

#define US_PER_SECOND INT64_C(1000000)
#define US_PER_MS     INT64_C(1000)
#define US_PER_MINUTE (60 * US_PER_SECOND)
#define US_PER_HOUR   (3600 * US_PER_SECOND)
#define US_PER_DAY    (86400 * US_PER_SECOND)

struct clock {
    int64_t (*now_us)(const struct clock *clock);
    int64_t (*steady_us)(const struct clock *clock);
};

/* The system's clocks. */
const struct clock *clock_system(void);

/* A clock that moves only when told: both readings are `at_us`. */
struct hand_clock {
    struct clock clock;
    int64_t at_us;
};

void hand_clock_init(struct hand_clock *hand, int64_t at_us);

static inline int64_t clock_now_us(const struct clock *clock)
{
    return clock->now_us(clock);
}

static inline int64_t clock_steady_us(const struct clock *clock)
{
    return clock->steady_us(clock);
}

#endif
