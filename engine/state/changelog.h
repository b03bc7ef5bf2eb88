/* changelog: what changed of a state, as bytes. A state is a set of *entries*, each of an operator,
 * in a section of it, under a key; a changelog says which are new or have another value, which are
 * gone, and which sections were dropped as a whole. Applied in order to an empty state
 * (entries.h), changelogs give the state again; one that was written `whole` needs no other.
 *
 *     struct changelog log = {.out = &buf, .whole = whole};
 *     changelog_operator(&log, 0, version, slice_text("aggregate"));   // begins with section ""
 *     changelog_section(&log, name);
 *     changelog_drop(&log);                                    // all entries of the section
 *     changelog_put(&log, key_group);
 *     …append the key to log.out…
 *     changelog_value(&log);
 *     …append the value to log.out…
 *     changelog_done(&log);
 *     changelog_erase(&log);
 *     …append the key to log.out…
 *     changelog_done(&log);
 *     changelog_end(&log);
 *
 * Every entry is in one of 256 *key groups*, by the top byte of the hash of the GROUP BY key that
 * it belongs to (hash_bytes of hash.h, which therefore must not change); 0 if it belongs to none.
 *
 *     u8 1 operator { u32 number, u8 version, name }    u8 2 section { name }    u8 3 drop
 *     u8 4 put { u8 group, key, value }    u8 5 erase { key }    u8 6 end
 *     u8 7 key group { u8 group, u32 bytes }
 *
 * where name, key, value are u32 length and bytes. In a snapshot the entries of an operator stand
 * by key group (changelog_groups.h): the next `bytes` bytes are those of one, and begin with
 * section
 * "". Who wants others only goes on behind them. */
#ifndef ENGINE_STATE_CHANGELOG_H
#define ENGINE_STATE_CHANGELOG_H

#include "engine/base/bytebuf.h"
#include "engine/base/codec.h"

enum { KEY_GROUPS = 256 };

struct changelog {
    struct bytebuf *out;
    bool whole;     /* everything is written, not only what changed */
    size_t open_at; /* where the length of the key or value that is being appended goes */
};

/* Of the same plan, operator `number`; the version is of how its entries are written. */
void changelog_operator(struct changelog *log, uint32_t number, uint8_t version, struct slice name);
void changelog_section(struct changelog *log, struct slice name);
void changelog_drop(struct changelog *log);
void changelog_put(struct changelog *log, uint8_t group);
void changelog_value(struct changelog *log);
void changelog_erase(struct changelog *log);
/* Behind the value of a put and the key of an erase. */
void changelog_done(struct changelog *log);
void changelog_end(struct changelog *log);

/* Keys and names of sections that are numbers: big-endian, so that they are in order. */
void changelog_put_number(struct bytebuf *out, uint64_t number);
/* Fails the reader unless exactly one number is left in it. */
uint64_t changelog_number(struct slice key, struct reader *of);
/* Order of signed numbers. */
static inline uint64_t changelog_signed(int64_t number)
{
    return (uint64_t)number ^ (UINT64_C(1) << 63);
}

void changelog_number_section(struct changelog *log, char kind, int64_t number);

enum change_kind {
    CHANGE_OPERATOR = 1,
    CHANGE_SECTION,
    CHANGE_DROP,
    CHANGE_PUT,
    CHANGE_ERASE,
    CHANGE_END,
    CHANGE_GROUP,
};

struct change {
    enum change_kind kind;
    uint8_t group;
    uint8_t version;
    uint32_t number;   /* of an operator */
    uint32_t bytes;    /* of a key group */
    struct slice name; /* of an operator or section; or a key */
    struct slice value;
};

/* The next one; false if the bytes are damaged. Nothing stands behind CHANGE_END. */
bool changelog_next(struct reader *in, struct change *out);

#endif
