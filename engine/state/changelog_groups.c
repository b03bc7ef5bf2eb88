/* changelog_groups: see changelog_groups.h. */
#include "engine/state/changelog_groups.h"

#include "engine/base/byteorder.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"

/* Entries that are asked for from memory before they are copied. */
enum { AHEAD = 16 };

/* An entry as it stands in what is read. */
struct put {
    const uint8_t *at;
    uint32_t len;
    uint32_t section;
    uint8_t group;
};

/* The entries of one operator. */
struct grouping {
    struct slice *sections; /* names, in the order they came; the first is "" */
    uint32_t n_sections;
    struct put *puts;
    uint32_t n;
    uint32_t room;
    uint32_t counts[KEY_GROUPS];
    struct bytebuf *out;
};

static void add_section(struct grouping *grouping, struct slice name)
{
    grouping->sections =
        mem_realloc(grouping->sections, (grouping->n_sections + 1) * sizeof *grouping->sections);
    grouping->sections[grouping->n_sections++] = name;
}

static void add_put(struct grouping *grouping, const uint8_t *at, size_t len, uint8_t group)
{
    if (grouping->n == grouping->room) {
        CHECK(grouping->room <= UINT32_MAX / 2);
        grouping->room = grouping->room == 0 ? 1024 : grouping->room * 2;
        grouping->puts = mem_realloc(grouping->puts, grouping->room * sizeof *grouping->puts);
    }
    CHECK(len <= UINT32_MAX);
    grouping->puts[grouping->n++] = (struct put){.at = at,
                                                 .len = (uint32_t)len,
                                                 .section = grouping->n_sections - 1,
                                                 .group = group};
    grouping->counts[group]++;
}

/* Numbers of the puts, by group, in each as they came; mem_free them. */
static uint32_t *sorted_puts(const struct grouping *grouping)
{
    uint32_t next[KEY_GROUPS];
    uint32_t *order = mem_zalloc(((size_t)grouping->n + AHEAD) * sizeof *order);
    uint32_t sum = 0;
    for (uint32_t group = 0; group < KEY_GROUPS; group++) {
        next[group] = sum;
        sum += grouping->counts[group];
    }
    for (uint32_t i = 0; i < grouping->n; i++) {
        order[next[grouping->puts[i].group]++] = i;
    }
    return order;
}

static void put_section(struct grouping *grouping, uint32_t section)
{
    struct changelog log = {.out = grouping->out};
    changelog_section(&log, grouping->sections[section]);
}

/* One group: its entries are order[0..n). */
static void put_group(struct grouping *grouping, uint8_t group, const uint32_t *order, uint32_t n)
{
    struct bytebuf *out = grouping->out;
    uint32_t section = 0;
    codec_put_u8(out, CHANGE_GROUP);
    codec_put_u8(out, group);
    size_t at = out->len;
    codec_put_u32(out, 0);
    for (uint32_t i = 0; i < n; i++) {
        const struct put *put = &grouping->puts[order[i]];
        /* Entries of a group stand all over what is read. Some behind the last one are of the next
         * group, or the one that ends `order`. */
        __builtin_prefetch(grouping->puts[order[i + AHEAD]].at);
        if (put->section != section) {
            section = put->section;
            put_section(grouping, section);
        }
        bytebuf_add(out, put->at, put->len);
    }
    size_t bytes = out->len - at - sizeof(uint32_t);
    CHECK(bytes <= UINT32_MAX);
    store_le32(out->at + at, (uint32_t)bytes);
}

/* All sections are named first: their order is that of their entries (entries.h). */
static void flush(struct grouping *grouping)
{
    uint32_t *order = sorted_puts(grouping);
    uint32_t done = 0;
    for (uint32_t section = 1; section < grouping->n_sections; section++) {
        put_section(grouping, section);
    }
    for (uint32_t group = 0; group < KEY_GROUPS; group++) {
        uint32_t n = grouping->counts[group];
        if (n > 0) {
            put_group(grouping, (uint8_t)group, order + done, n);
        }
        done += n;
    }
    mem_free(order);
    grouping->n = 0;
    grouping->n_sections = 0;
    memset(grouping->counts, 0, sizeof grouping->counts);
}

static void begin_operator(struct grouping *grouping, const uint8_t *at, size_t len)
{
    flush(grouping);
    bytebuf_add(grouping->out, at, len);
    add_section(grouping, slice_of(NULL, 0));
}

void changelog_by_group(struct slice whole, struct bytebuf *out)
{
    struct grouping grouping = {.out = out};
    struct reader in = reader_of(whole);
    struct change change;
    const uint8_t *at = in.at;
    (void)bytebuf_reserve(out, whole.len + whole.len / 8);
    for (;;) {
        bool is_whole = changelog_next(&in, &change);
        CHECK(is_whole);
        if (change.kind == CHANGE_END) {
            break;
        }
        size_t len = (size_t)(in.at - at);
        if (change.kind == CHANGE_OPERATOR) {
            begin_operator(&grouping, at, len);
        } else if (change.kind == CHANGE_SECTION) {
            add_section(&grouping, change.name);
        } else {
            CHECK(change.kind == CHANGE_PUT);
            add_put(&grouping, at, len, change.group);
        }
        at = in.at;
    }
    flush(&grouping);
    codec_put_u8(out, CHANGE_END);
    mem_free(grouping.sections);
    mem_free(grouping.puts);
}
