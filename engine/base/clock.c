/* clock: see clock.h. */
#include "engine/base/clock.h"

#include <time.h>

#include "engine/base/panic.h"

static int64_t read_clock(clockid_t id)
{
    struct timespec t;
    CHECK(clock_gettime(id, &t) == 0);
    return (int64_t)t.tv_sec * US_PER_SECOND + t.tv_nsec / 1000;
}

static int64_t system_now_us(const struct clock *clock)
{
    (void)clock;
    return read_clock(CLOCK_REALTIME);
}

static int64_t system_steady_us(const struct clock *clock)
{
    (void)clock;
    return read_clock(CLOCK_MONOTONIC);
}

const struct clock *clock_system(void)
{
    static const struct clock system_clock = {
        .now_us = system_now_us,
        .steady_us = system_steady_us,
    };
    return &system_clock;
}

static int64_t hand_us(const struct clock *clock)
{
    return ((const struct hand_clock *)clock)->at_us;
}

void hand_clock_init(struct hand_clock *hand, int64_t at_us)
{
    hand->clock = (struct clock){.now_us = hand_us, .steady_us = hand_us};
    hand->at_us = at_us;
}
