/* zone: see zone.h. A TZif file (RFC 8536) is a table of transitions, and a rule in the TZ
 * variable's language for the time after the last of them. Times here are seconds; the interface
 * speaks microseconds. */
#include "engine/data/zone.h"

#include <stdbool.h>
#include <stdio.h>

#include "engine/base/checked.h"
#include "engine/base/clock.h"
#include "engine/base/codec.h"
#include "engine/base/panic.h"
#include "engine/data/stamp.h"
#include "engine/data/zone_rule.h"

#define ZONEINFO "/usr/share/zoneinfo"

enum {
    ZONE_NAME_BYTES_MAX = 64,
    ZONE_FILE_BYTES_MAX = 64 * 1024, /* the largest of 2024 has 3.5 KiB */
    ZONE_LIST_BYTES_MAX = 256 * 1024,
    SECONDS_PER_DAY = 86400,
};

struct zone {
    const char *name;
    int32_t first_offset; /* before the first transition */
    uint32_t n;
    const int64_t *at;      /* transitions, ascending, in seconds UTC */
    const int32_t *offsets; /* offsets[i] holds from at[i] on */
    bool has_rule;
    struct zone_rule rule; /* after the last transition */
};

/* ---- TZif ------------------------------------------------------------------------------------ */

struct tzif_header {
    uint8_t version;
    uint32_t n_utc_flags;
    uint32_t n_standard_flags;
    uint32_t n_leap_seconds;
    uint32_t n_transitions;
    uint32_t n_types;
    uint32_t n_name_bytes;
};

static uint64_t read_be(struct reader *r, unsigned bytes)
{
    struct slice raw = reader_raw(r, bytes);
    uint64_t value = 0;
    for (size_t i = 0; i < raw.len; i++) {
        value = value << 8 | raw.at[i];
    }
    return value;
}

static bool read_header(struct reader *r, struct tzif_header *out)
{
    struct slice magic = reader_raw(r, 4);
    out->version = reader_u8(r);
    reader_raw(r, 15);
    out->n_utc_flags = (uint32_t)read_be(r, 4);
    out->n_standard_flags = (uint32_t)read_be(r, 4);
    out->n_leap_seconds = (uint32_t)read_be(r, 4);
    out->n_transitions = (uint32_t)read_be(r, 4);
    out->n_types = (uint32_t)read_be(r, 4);
    out->n_name_bytes = (uint32_t)read_be(r, 4);
    return reader_ok(r) && slice_equal(magic, slice_of("TZif", 4)) && out->n_types > 0 &&
           out->n_transitions <= reader_left(r) && out->n_types <= 256;
}

/* What stands behind the types: names, leap seconds, flags. */
static size_t trailer_bytes(const struct tzif_header *header, unsigned time_bytes)
{
    return (size_t)header->n_name_bytes + (size_t)header->n_leap_seconds * (time_bytes + 4) +
           header->n_standard_flags + header->n_utc_flags;
}

static void skip_block(struct reader *r, const struct tzif_header *header, unsigned time_bytes)
{
    reader_raw(r, (size_t)header->n_transitions * (time_bytes + 1) + (size_t)header->n_types * 6 +
                      trailer_bytes(header, time_bytes));
}

static bool read_block(struct arena *query, struct reader *r, const struct tzif_header *header,
                       unsigned time_bytes, struct zone *zone)
{
    uint32_t n = header->n_transitions;
    int64_t *at = arena_alloc(query, n * sizeof *at);
    int32_t *offsets = arena_alloc(query, n * sizeof *offsets);
    for (uint32_t i = 0; i < n; i++) {
        uint64_t raw = read_be(r, time_bytes);
        at[i] = time_bytes == 4 ? (int32_t)raw : (int64_t)raw;
        if (i > 0 && at[i] <= at[i - 1]) {
            return false;
        }
    }
    struct slice types = reader_raw(r, n);
    int32_t type_offsets[256] = {0};
    for (uint32_t i = 0; i < header->n_types; i++) {
        type_offsets[i] = (int32_t)read_be(r, 4);
        read_be(r, 2); /* daylight saving or not, and its name: nobody asks */
        if (type_offsets[i] < -SECONDS_PER_DAY || type_offsets[i] > SECONDS_PER_DAY) {
            return false;
        }
    }
    for (uint32_t i = 0; i < types.len; i++) {
        if (types.at[i] >= header->n_types) {
            return false;
        }
        offsets[i] = type_offsets[types.at[i]];
    }
    reader_raw(r, trailer_bytes(header, time_bytes));
    zone->n = n;
    zone->at = at;
    zone->offsets = offsets;
    zone->first_offset = type_offsets[0];
    return reader_ok(r);
}

static bool read_footer(struct reader *r, struct zone *zone)
{
    struct slice rest = reader_raw(r, reader_left(r));
    if (rest.len < 2 || rest.at[0] != '\n' || rest.at[rest.len - 1] != '\n') {
        return false;
    }
    struct slice text = slice_of(rest.at + 1, rest.len - 2);
    zone->has_rule = text.len > 0;
    return !zone->has_rule || zone_rule_parse(text, &zone->rule);
}

static bool read_tzif(struct arena *query, struct slice file, struct zone *zone)
{
    struct reader r = reader_of(file);
    struct tzif_header header;
    if (!read_header(&r, &header)) {
        return false;
    }
    if (header.version == 0) {
        return read_block(query, &r, &header, 4, zone);
    }
    skip_block(&r, &header, 4);
    return read_header(&r, &header) && read_block(query, &r, &header, 8, zone) &&
           read_footer(&r, zone);
}

/* ---- files ----------------------------------------------------------------------------------- */

static enum status read_handle(const struct fs *fs, int fd, struct slice into, size_t *n,
                               struct error *err)
{
    size_t len = 0;
    while (len < into.len) {
        size_t got;
        TRY(fs->read(fs, fd, (uint8_t *)into.at + len, into.len - len, &got, err));
        if (got == 0) {
            break;
        }
        len += got;
    }
    *n = len;
    return OK;
}

/* At most `max` bytes of the file, in `arena`. */
static enum status read_file(struct arena *arena, const struct fs *fs, const char *path, size_t max,
                             struct slice *out)
{
    struct error unused; /* the caller has a better thing to say */
    int fd;
    TRY(fs->open(fs, path, FS_READ, &fd, &unused));
    uint8_t *bytes = arena_alloc(arena, max);
    size_t len = 0;
    enum status status = read_handle(fs, fd, slice_of(bytes, max), &len, &unused);
    fs->close(fs, fd);
    TRY(status);
    *out = slice_of(bytes, len);
    return OK;
}

/* ---- near names ------------------------------------------------------------------------------ */

enum { NEAR_MAX = 3, NEAR_DISTANCE_MAX = 3 };

struct near_names {
    struct slice wanted;
    struct slice names[NEAR_MAX];
    unsigned distances[NEAR_MAX];
    uint32_t n;
};

/* Distance of the whole name, or of the city alone: "Berlin" means Europe/Berlin. */
static unsigned name_distance(struct slice wanted, struct slice name)
{
    unsigned whole = slice_distance(wanted, name, NEAR_DISTANCE_MAX);
    const uint8_t *slash = memrchr(name.at, '/', name.len);
    if (slash == NULL) {
        return whole;
    }
    struct slice city = slice_of(slash + 1, (size_t)(name.at + name.len - slash) - 1);
    unsigned by_city = slice_distance(wanted, city, 1);
    return by_city <= 1 && by_city < whole ? by_city : whole;
}

static void near_add(struct near_names *near, struct slice name)
{
    unsigned distance = name_distance(near->wanted, name);
    if (distance > NEAR_DISTANCE_MAX) {
        return;
    }
    uint32_t place = near->n;
    while (place > 0 && near->distances[place - 1] > distance) {
        place--;
    }
    if (place == NEAR_MAX) {
        return;
    }
    uint32_t last = near->n < NEAR_MAX ? near->n++ : NEAR_MAX - 1;
    for (uint32_t i = last; i > place; i--) {
        near->names[i] = near->names[i - 1];
        near->distances[i] = near->distances[i - 1];
    }
    near->names[place] = name;
    near->distances[place] = distance;
}

static struct slice take_until(struct slice *rest, uint8_t stop)
{
    const uint8_t *at = memchr(rest->at, stop, rest->len);
    size_t len = at == NULL ? rest->len : (size_t)(at - rest->at);
    struct slice taken = slice_of(rest->at, len);
    size_t used = at == NULL ? len : len + 1;
    *rest = slice_of(rest->at + used, rest->len - used);
    return taken;
}

/* tzdata.zi names each zone in a line "Z name …" or "L target name". */
static void near_find(struct near_names *near, struct slice list)
{
    while (list.len > 0) {
        struct slice line = take_until(&list, '\n');
        struct slice kind = take_until(&line, ' ');
        struct slice first = take_until(&line, ' ');
        if (slice_equal(kind, slice_of("Z", 1))) {
            near_add(near, first);
        } else if (slice_equal(kind, slice_of("L", 1))) {
            near_add(near, take_until(&line, ' '));
        }
    }
}

static enum status unknown_zone(const struct fs *fs, struct slice name, struct error *err)
{
    error_set(err, ERR_OPTION, "unknown time zone \"%.*s\"", (int)name.len, (const char *)name.at);
    struct arena scratch;
    arena_init(&scratch);
    struct slice list;
    struct near_names near = {.wanted = name};
    if (read_file(&scratch, fs, ZONEINFO "/tzdata.zi", ZONE_LIST_BYTES_MAX, &list) == OK) {
        near_find(&near, list);
    }
    struct bytebuf text = {0};
    for (uint32_t i = 0; i < near.n; i++) {
        bytebuf_add_text(&text, i == 0 ? "did you mean " : ", ");
        bytebuf_add(&text, near.names[i].at, near.names[i].len);
    }
    if (near.n > 0) {
        error_hint(err, "%s?", bytebuf_text(&text));
    } else {
        error_hint(err, "a name such as Europe/Berlin or an offset such as +02:00");
    }
    bytebuf_release(&text);
    arena_release(&scratch);
    return ERR_OPTION;
}

/* ---- loading --------------------------------------------------------------------------------- */

static bool is_zone_name(struct slice name)
{
    if (name.len == 0 || name.len > ZONE_NAME_BYTES_MAX || name.at[0] == '/' ||
        slice_find(name, slice_of("..", 2)) != NULL) {
        return false;
    }
    for (size_t i = 0; i < name.len; i++) {
        uint8_t c = name.at[i];
        bool is_letter = (uint8_t)(ascii_lower(c) - 'a') < 26;
        if (!is_letter && !ascii_is_digit(c) && c != '/' && c != '_' && c != '-' && c != '+') {
            return false;
        }
    }
    return true;
}

/* "+02:00", "Z", and UTC by its names, for which no file is needed. */
static bool fixed_offset(struct slice name, int32_t *seconds)
{
    if (slice_equal_nocase(name, slice_text("UTC")) ||
        slice_equal_nocase(name, slice_text("GMT"))) {
        *seconds = 0;
        return true;
    }
    struct stamp_reader in = {name.at, name.at + name.len};
    struct stamp stamp = {0};
    if (!stamp_offset(&in, &stamp) || in.at != in.end) {
        return false;
    }
    *seconds = (int32_t)(stamp.offset_us / US_PER_SECOND);
    return true;
}

static enum status load_file(struct arena *query, const struct fs *fs, struct slice name,
                             struct zone *zone, struct error *err)
{
    char path[sizeof ZONEINFO + ZONE_NAME_BYTES_MAX + 1];
    snprintf(path, sizeof path, ZONEINFO "/%.*s", (int)name.len, (const char *)name.at);
    struct arena scratch;
    arena_init(&scratch);
    struct slice file;
    enum status status = OK;
    if (read_file(&scratch, fs, path, ZONE_FILE_BYTES_MAX, &file) != OK) {
        status = unknown_zone(fs, name, err);
    } else if (!read_tzif(query, file, zone)) {
        status = error_set(err, ERR_OPTION, "time zone file \"%s\" is damaged", path);
    }
    arena_release(&scratch);
    return status;
}

enum status zone_load(struct arena *query, const struct fs *fs, struct slice name,
                      const struct zone **out, struct error *err)
{
    struct zone made = {0};
    if (!fixed_offset(name, &made.first_offset)) {
        if (!is_zone_name(name)) {
            return unknown_zone(fs, name, err);
        }
        TRY(load_file(query, fs, name, &made, err));
    }
    made.name = (const char *)arena_copy(query, name).at;
    struct zone *zone = arena_alloc(query, sizeof *zone);
    *zone = made;
    *out = zone;
    return OK;
}

const char *zone_name(const struct zone *zone)
{
    return zone->name;
}

/* ---- asking ---------------------------------------------------------------------------------- */

static int32_t offset_at(const struct zone *zone, int64_t utc)
{
    if (zone->has_rule && (zone->n == 0 || utc >= zone->at[zone->n - 1])) {
        return zone_rule_offset(&zone->rule, utc);
    }
    /* The number of transitions at or before utc. */
    uint32_t low = 0;
    uint32_t high = zone->n;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (zone->at[middle] <= utc) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low == 0 ? zone->first_offset : zone->offsets[low - 1];
}

int64_t zone_offset_us(const struct zone *zone, int64_t utc_us)
{
    return offset_at(zone, floor_div(utc_us, US_PER_SECOND)) * US_PER_SECOND;
}

int64_t zone_to_utc_us(const struct zone *zone, int64_t local_us)
{
    int64_t local = floor_div(local_us, US_PER_SECOND);
    int64_t below = local_us - local * US_PER_SECOND;
    /* Offsets lie within a day, and no two transitions within two: one before, one after. */
    int32_t before = offset_at(zone, local - SECONDS_PER_DAY);
    int32_t after = offset_at(zone, local + SECONDS_PER_DAY);
    int64_t utc = local - before;
    if (before != after && offset_at(zone, utc) != before &&
        offset_at(zone, local - after) == after) {
        utc = local - after;
    }
    /* Where neither offset fits, the time was skipped: the old offset leads past the gap. */
    return utc * US_PER_SECOND + below;
}
