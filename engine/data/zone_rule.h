/* zone_rule: the rule at the end of a TZif file, in the language of the TZ variable with the
 * extensions of RFC 8536 §3.3.1: "CET-1CEST,M3.5.0,M10.5.0/3". */
#ifndef ENGINE_DATA_ZONE_RULE_H
#define ENGINE_DATA_ZONE_RULE_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"

enum zone_rule_day {
    ZONE_DAY_MONTH,  /* Mm.w.d: weekday d of week w (5 = last) of month m */
    ZONE_DAY_JULIAN, /* Jn: 1 to 365, 29 February is never counted */
    ZONE_DAY_ZERO,   /* n: 0 to 365, 29 February is counted */
};

/* When a change happens in a year, by the clock that is valid before it. */
struct zone_rule_change {
    enum zone_rule_day kind;
    uint32_t month;
    uint32_t week;
    uint32_t day;
    int32_t seconds; /* of that day; may be negative or beyond 24 h */
};

/* Offsets are seconds local minus UTC. */
struct zone_rule {
    int32_t standard;
    bool has_summer;
    int32_t summer;
    struct zone_rule_change to_summer;
    struct zone_rule_change to_standard;
};

/* All of `text` must be a rule. */
bool zone_rule_parse(struct slice text, struct zone_rule *out);

/* The offset at an instant (seconds since 1970, UTC). */
int32_t zone_rule_offset(const struct zone_rule *rule, int64_t utc);

#endif
