/* entries: see entries.h. Keys are numbered by a table (table.h), as sections are; what is gone
 * keeps its number, since a log is not much longer than the state. */
#include "engine/state/entries.h"

#include "engine/base/byteorder.h"
#include "engine/base/mem.h"
#include "engine/state/table.h"

struct section {
    uint32_t op;      /* number of the operator */
    uint64_t dropped; /* time of the last drop: entries that were put before it are gone */
};

struct held {
    uint32_t section;
    uint8_t group;
    bool is_there;
    uint64_t put; /* time */
    struct slice value;
};

struct operator_name {
    uint32_t number;
    uint8_t version;
    struct slice name;
};

struct entries {
    struct table *sections; /* by u32 operator, name */
    struct section *section;
    uint32_t section_room;
    struct table *keys; /* by big-endian u32 section, key */
    struct held *held;
    uint32_t held_room;
    struct operator_name *names;
    uint32_t n_names;
    uint64_t time; /* counts changes */
    struct bytebuf scratch;
};

struct entries *entries_new(void)
{
    struct entries *entries = mem_zalloc(sizeof *entries);
    entries->sections = table_new();
    entries->keys = table_new();
    return entries;
}

void entries_free(struct entries *entries)
{
    if (entries == NULL) {
        return;
    }
    table_free(entries->sections);
    table_free(entries->keys);
    mem_free(entries->section);
    mem_free(entries->held);
    mem_free(entries->names);
    bytebuf_release(&entries->scratch);
    mem_free(entries);
}

void entries_clear(struct entries *entries)
{
    table_free(entries->sections);
    table_free(entries->keys);
    entries->sections = table_new();
    entries->keys = table_new();
    entries->n_names = 0;
}

/* ---- keys ---------------------------------------------------------------------------------------
 */

enum { PREFIX_BYTES = 4 };

/* `number`, big-endian, and `name`, in the scratch buffer. */
static struct text make_key(struct entries *entries, uint32_t number, struct slice name)
{
    bytebuf_clear(&entries->scratch);
    codec_put_u32(&entries->scratch, __builtin_bswap32(number));
    bytebuf_add(&entries->scratch, name.at, name.len);
    return (struct text){entries->scratch.at, (uint32_t)entries->scratch.len};
}

static struct slice name_of(const struct table *table, uint32_t id)
{
    struct text key = table_key(table, id);
    return slice_of(key.at + PREFIX_BYTES, key.len - PREFIX_BYTES);
}

static uint32_t section_of(struct entries *entries, uint32_t op, struct slice name)
{
    uint32_t n = table_count(entries->sections);
    uint32_t id = table_find_or_add(entries->sections, make_key(entries, op, name));
    if (id >= entries->section_room) {
        entries->section_room = entries->section_room == 0 ? 16 : entries->section_room * 2;
        entries->section =
            mem_realloc(entries->section, entries->section_room * sizeof *entries->section);
    }
    if (table_count(entries->sections) > n) {
        entries->section[id] = (struct section){.op = op};
    }
    return id;
}

static uint32_t begin_operator(struct entries *entries, const struct change *change)
{
    struct slice name;
    uint8_t version;
    if (!entries_operator(entries, change->number, &name, &version)) {
        entries->names =
            mem_realloc(entries->names, (entries->n_names + 1) * sizeof *entries->names);
        entries->names[entries->n_names++] =
            (struct operator_name){change->number, change->version, change->name};
    }
    return section_of(entries, change->number, slice_of(NULL, 0));
}

/* ---- changes ------------------------------------------------------------------------------------
 */

static void put(struct entries *entries, uint32_t section, const struct change *change)
{
    uint32_t id = table_find_or_add(entries->keys, make_key(entries, section, change->name));
    if (id >= entries->held_room) {
        entries->held_room = entries->held_room == 0 ? 64 : entries->held_room * 2;
        entries->held = mem_realloc(entries->held, entries->held_room * sizeof *entries->held);
    }
    entries->held[id] = (struct held){
        .section = section,
        .group = change->group,
        .is_there = true,
        .put = ++entries->time,
        .value = change->value,
    };
}

static void erase(struct entries *entries, uint32_t section, const struct change *change)
{
    uint32_t id = table_find(entries->keys, make_key(entries, section, change->name));
    if (id != TABLE_NO_ID) {
        entries->held[id].is_there = false;
    }
}

/* A place in a changelog: whose entries come. */
struct place {
    bool has_operator;
    uint32_t op;
    uint32_t section;
};

static bool apply_change(struct entries *entries, const struct change *change, struct place *place)
{
    if (change->kind == CHANGE_OPERATOR) {
        place->has_operator = true;
        place->op = change->number;
        place->section = begin_operator(entries, change);
    } else if (!place->has_operator) {
        return false;
    } else if (change->kind == CHANGE_SECTION) {
        place->section = section_of(entries, place->op, change->name);
    } else if (change->kind == CHANGE_GROUP) {
        place->section = section_of(entries, place->op, slice_of(NULL, 0));
    } else if (change->kind == CHANGE_DROP) {
        entries->section[place->section].dropped = ++entries->time;
    } else if (change->kind == CHANGE_PUT) {
        put(entries, place->section, change);
    } else {
        erase(entries, place->section, change);
    }
    return true;
}

bool entries_apply(struct entries *entries, struct slice changelog)
{
    struct reader in = reader_of(changelog);
    struct change change = {.number = 0};
    struct place place = {.has_operator = false};
    while (changelog_next(&in, &change) && change.kind != CHANGE_END) {
        if (!apply_change(entries, &change, &place)) {
            return false;
        }
    }
    return reader_ok(&in);
}

/* ---- reading ------------------------------------------------------------------------------------
 */

static bool is_there(const struct entries *entries, uint32_t id)
{
    const struct held *held = &entries->held[id];
    return held->is_there && held->put > entries->section[held->section].dropped;
}

uint32_t entries_count(const struct entries *entries)
{
    uint32_t n = 0;
    for (uint32_t id = 0; id < table_id_end(entries->keys); id++) {
        n += is_there(entries, id);
    }
    return n;
}

size_t entries_bytes(const struct entries *entries)
{
    size_t bytes = 0;
    for (uint32_t id = 0; id < table_id_end(entries->keys); id++) {
        bytes += is_there(entries, id)
                     ? name_of(entries->keys, id).len + entries->held[id].value.len
                     : 0;
    }
    return bytes;
}

bool entries_operator(const struct entries *entries, uint32_t number, struct slice *name,
                      uint8_t *version)
{
    for (uint32_t i = 0; i < entries->n_names; i++) {
        if (entries->names[i].number == number) {
            *name = entries->names[i].name;
            *version = entries->names[i].version;
            return true;
        }
    }
    return false;
}

struct entries_walk entries_walk(struct entries *entries, uint32_t number)
{
    struct entries_walk walk = {.entries = entries, .number = number};
    walk.order = table_order(entries->keys, &walk.n);
    return walk;
}

bool entries_next(struct entries_walk *walk, struct entry *out)
{
    const struct entries *entries = walk->entries;
    while (walk->at < walk->n) {
        uint32_t id = walk->order[walk->at++];
        const struct held *held = &entries->held[id];
        if (entries->section[held->section].op == walk->number && is_there(entries, id)) {
            *out = (struct entry){
                .section = name_of(entries->sections, held->section),
                .key = name_of(entries->keys, id),
                .value = held->value,
                .group = held->group,
            };
            return true;
        }
    }
    return false;
}

/* ---- writing ------------------------------------------------------------------------------------
 */

/* Every section is named, also if nothing is in it: their order counts. */
static void write_sections(const struct entries *entries, uint32_t number, struct changelog *log)
{
    for (uint32_t id = 0; id < table_id_end(entries->sections); id++) {
        if (entries->section[id].op == number) {
            changelog_section(log, name_of(entries->sections, id));
        }
    }
}

static void write_operator(struct entries *entries, const struct operator_name *name,
                           struct changelog *log)
{
    struct entries_walk walk = entries_walk(entries, name->number);
    struct entry entry;
    struct slice section = slice_of(NULL, 0);
    changelog_operator(log, name->number, name->version, name->name);
    write_sections(entries, name->number, log);
    changelog_section(log, section);
    while (entries_next(&walk, &entry)) {
        if (!slice_equal(entry.section, section)) {
            section = entry.section;
            changelog_section(log, section);
        }
        changelog_put(log, entry.group);
        bytebuf_add(log->out, entry.key.at, entry.key.len);
        changelog_value(log);
        bytebuf_add(log->out, entry.value.at, entry.value.len);
        changelog_done(log);
    }
}

void entries_write(struct entries *entries, struct bytebuf *out)
{
    struct changelog log = {.out = out, .whole = true};
    for (uint32_t i = 0; i < entries->n_names; i++) {
        write_operator(entries, &entries->names[i], &log);
    }
    changelog_end(&log);
}
