/* kern_time: functions of TIMESTAMP and INTERVAL. Units and zones are constants. */
#include <math.h>

#include "engine/base/checked.h"
#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/data/stamp.h"
#include "engine/data/timestamp.h"
#include "engine/data/zone.h"
#include "engine/expr/kernels.h"
#include "engine/expr/time_unit.h"

static const char *const out_of_range = "a time outside years 1 to 9999";

/* ---- constants ------------------------------------------------------------------------------- */

/* An ERR_OPTION of the data room about argument `i` as an error of the statement. */
static enum status as_sql_error(struct error *err, const struct expr *call, uint32_t i)
{
    int64_t at = call->args[i]->at >= 0 ? call->args[i]->at : call->at;
    if (err != NULL) {
        err->status = ERR_SQL;
    }
    error_place(err, E_CONSTANT, at, 0);
    return ERR_SQL;
}

static enum status check_zone(const struct expr *call, uint32_t i, struct error *err)
{
    TRY(call_need_constant(call, i, "time zone", err));
    const struct value *name = call_constant(call, i);
    if (name == NULL) {
        return OK;
    }
    struct arena arena;
    const struct zone *zone;
    arena_init(&arena);
    enum status status = zone_load(&arena, fs_system(), text_slice(name->text), &zone, err);
    arena_release(&arena);
    return status == OK ? OK : as_sql_error(err, call, i);
}

/* The zone in argument `i`; NULL if there is none, which is UTC. A zone that has gone since the
 * statement was checked is UTC too. */
static const struct zone *zone_of(struct arena *query, const struct expr *call, uint32_t i)
{
    const struct value *name = call_constant(call, i);
    const struct zone *zone = NULL;
    if (name == NULL || name->is_null ||
        zone_load(query, fs_system(), text_slice(name->text), &zone, NULL) != OK) {
        return NULL;
    }
    return zone;
}

static enum status check_unit(const struct expr *call, enum time_unit last, struct error *err)
{
    TRY(call_need_constant(call, 0, "unit", err));
    struct slice name = text_slice(call->args[0]->constant.text);
    enum time_unit unit;
    if (time_unit_parse(name, &unit) && unit <= last) {
        return OK;
    }
    call_refuse(err, E_CONSTANT, call, 0, "%s has no unit '%.*s'", call->function->name,
                name.len < 40 ? (int)name.len : 40, (const char *)name.at);
    unsigned nearest = 3;
    for (unsigned i = 0; i <= last; i++) {
        unsigned distance = slice_distance(name, slice_text(time_unit_name(i)), nearest);
        if (distance < nearest) {
            nearest = distance;
            error_hint(err, "did you mean '%s'?", time_unit_name(i));
        }
    }
    if (nearest == 3) {
        error_hint(err, "units are microsecond, second, minute, hour, day, week, month, quarter, "
                        "year and the like");
    }
    return ERR_SQL;
}

struct time_state {
    enum time_unit unit;
    const struct zone *zone;
    struct time_format format;
};

static void *prepare_unit(struct arena *query, const struct expr *call)
{
    struct time_state *state = arena_zalloc(query, sizeof *state);
    CHECK(time_unit_parse(text_slice(call->args[0]->constant.text), &state->unit));
    state->zone = zone_of(query, call, 2);
    return state;
}

/* ---- now ------------------------------------------------------------------------------------- */

void now_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        out->i64[i] = call->context->now_us;
    }
}

/* ---- units ----------------------------------------------------------------------------------- */

static enum status check_trunc(const struct expr *call, struct error *err)
{
    TRY(check_unit(call, UNIT_CENTURY, err));
    return check_zone(call, 2, err);
}

const struct function_setup date_trunc_setup = {.check = check_trunc, .prepare = prepare_unit};

/* Hours and less are cut at the offset that holds at that instant, so that the two hours that a
 * clock shows twice in autumn stay apart; days and more start when the local clock says so. */
static int64_t floor_in_zone(const struct time_state *state, int64_t us)
{
    if (state->zone == NULL) {
        return time_unit_floor(state->unit, us);
    }
    int64_t offset = zone_offset_us(state->zone, us);
    int64_t local = time_unit_floor(state->unit, us + offset);
    return state->unit <= UNIT_HOUR ? local - offset : zone_to_utc_us(state->zone, local);
}

void date_trunc_run(struct kernel_call *call, struct column_out *out)
{
    const struct time_state *state = call->state;
    const int64_t *us = call->args[1]->i64;
    for (uint32_t i = 0; i < call->n; i++) {
        int64_t start = stamp_in_range(us[i]) ? floor_in_zone(state, us[i]) : us[i];
        if (stamp_in_range(start)) {
            out->i64[i] = start;
        } else {
            kernel_fail(call, out, i, out_of_range);
        }
    }
}

static enum status check_part(const struct expr *call, struct error *err)
{
    TRY(check_unit(call, UNIT_EPOCH, err));
    return check_zone(call, 2, err);
}

const struct function_setup date_part_setup = {.check = check_part, .prepare = prepare_unit};

void date_part_run(struct kernel_call *call, struct column_out *out)
{
    const struct time_state *state = call->state;
    const int64_t *us = call->args[1]->i64;
    for (uint32_t i = 0; i < call->n; i++) {
        int64_t offset = 0;
        if (state->zone != NULL && state->unit != UNIT_EPOCH) {
            offset = zone_offset_us(state->zone, us[i]);
        }
        int64_t local = (int64_t)((uint64_t)us[i] + (uint64_t)offset); /* any int64 has a date */
        out->i64[i] = time_unit_part(state->unit, local);
    }
}

/* Parts of a duration: what is left over of the next larger unit, but days, of which there may be
 * any number. */
static enum status check_interval_part(const struct expr *call, struct error *err)
{
    TRY(check_unit(call, UNIT_EPOCH, err));
    enum time_unit unit;
    struct slice name = text_slice(call->args[0]->constant.text);
    if (time_unit_parse(name, &unit) && (unit <= UNIT_DAY || unit == UNIT_EPOCH)) {
        return OK;
    }
    return call_refuse(err, E_CONSTANT, call, 0, "an INTERVAL has no %.*s", (int)name.len,
                       (const char *)name.at);
}

const struct function_setup interval_part_setup = {.check = check_interval_part,
                                                   .prepare = prepare_unit};

static int64_t interval_part(enum time_unit unit, int64_t us)
{
    switch (unit) {
    case UNIT_MICROSECOND:
        return us % US_PER_MINUTE;
    case UNIT_MILLISECOND:
        return us % US_PER_MINUTE / US_PER_MS;
    case UNIT_SECOND:
        return us % US_PER_MINUTE / US_PER_SECOND;
    case UNIT_MINUTE:
        return us % US_PER_HOUR / US_PER_MINUTE;
    case UNIT_HOUR:
        return us % US_PER_DAY / US_PER_HOUR;
    case UNIT_DAY:
        return us / US_PER_DAY;
    default:
        return us / US_PER_SECOND;
    }
}

void interval_part_run(struct kernel_call *call, struct column_out *out)
{
    const struct time_state *state = call->state;
    for (uint32_t i = 0; i < call->n; i++) {
        out->i64[i] = interval_part(state->unit, call->args[1]->i64[i]);
    }
}

void epoch_ms_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        out->i64[i] = floor_div(call->args[0]->i64[i], US_PER_MS);
    }
}

/* ---- to_timestamp ---------------------------------------------------------------------------- */

void to_timestamp_i64_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        int64_t us;
        if (checked_mul(call->args[0]->i64[i], US_PER_SECOND, &us) || !stamp_in_range(us)) {
            kernel_fail(call, out, i, out_of_range);
        } else {
            out->i64[i] = us;
        }
    }
}

void to_timestamp_f64_run(struct kernel_call *call, struct column_out *out)
{
    for (uint32_t i = 0; i < call->n; i++) {
        double us = rint(call->args[0]->f64[i] * (double)US_PER_SECOND);
        if (us >= (double)STAMP_US_MIN && us <= (double)STAMP_US_MAX && /* false for NaN */
            stamp_in_range((int64_t)us)) {
            out->i64[i] = (int64_t)us;
        } else {
            kernel_fail(call, out, i, out_of_range);
        }
    }
}

static enum status check_to_timestamp(const struct expr *call, struct error *err)
{
    TRY(call_need_constant(call, 1, "format", err));
    TRY(check_zone(call, 2, err));
    const struct value *spec = call_constant(call, 1);
    if (spec == NULL) {
        return OK;
    }
    struct arena arena;
    struct time_format format;
    arena_init(&arena);
    enum status status = time_format_init(&format, &arena, text_slice(spec->text), NULL, err);
    arena_release(&arena);
    return status == OK ? OK : as_sql_error(err, call, 1);
}

static void *prepare_to_timestamp(struct arena *query, const struct expr *call)
{
    struct time_state *state = arena_zalloc(query, sizeof *state);
    const struct value *spec = call_constant(call, 1);
    const struct zone *zone = zone_of(query, call, 2);
    struct slice text = spec == NULL ? slice_text("iso") : text_slice(spec->text);
    CHECK(time_format_init(&state->format, query, text, zone, NULL) == OK);
    return state;
}

const struct function_setup to_timestamp_setup = {.check = check_to_timestamp,
                                                  .prepare = prepare_to_timestamp};

void to_timestamp_text_run(struct kernel_call *call, struct column_out *out)
{
    const struct time_state *state = call->state;
    struct time_cache cache = {.now_us = call->context->now_us};
    for (uint32_t i = 0; i < call->n; i++) {
        struct slice text = text_slice(call->args[0]->text[i]);
        if (!time_parse(&state->format, &cache, slice_trim(text), &out->i64[i])) {
            kernel_fail_text(call, out, i, "is no TIMESTAMP of that format", text);
        }
    }
}

/* ---- strftime -------------------------------------------------------------------------------- */

static enum status check_strftime(const struct expr *call, struct error *err)
{
    return check_zone(call, 2, err);
}

static void *prepare_strftime(struct arena *query, const struct expr *call)
{
    struct time_state *state = arena_zalloc(query, sizeof *state);
    state->zone = zone_of(query, call, 2);
    return state;
}

const struct function_setup strftime_setup = {.check = check_strftime, .prepare = prepare_strftime};

void strftime_run(struct kernel_call *call, struct column_out *out)
{
    const struct time_state *state = call->state;
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        bytebuf_clear(call->scratch);
        timestamp_format(call->scratch, call->args[0]->i64[i], text_slice(call->args[1]->text[i]),
                         state->zone);
        out->text[i] = text_none();
        if (text_room_allows(call, out, i, &room, call->scratch->len)) {
            out->text[i] = text_room_copy(&room, bytebuf_slice(call->scratch));
        }
    }
}
