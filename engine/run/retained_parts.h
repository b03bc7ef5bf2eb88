/* retained_parts: the inside of retained rows, shared by its parts and by nobody else.
 *
 * retained.c           chunks of pieces, limits
 * retained_source.c    reads them again */
#ifndef ENGINE_RUN_RETAINED_PARTS_H
#define ENGINE_RUN_RETAINED_PARTS_H

#include "engine/run/retained.h"

enum { RETAINED_CHUNK_BYTES = 256 << 10 };

struct retained_split {
    uint32_t n_holders;
    char *name;
    char *head; /* of its decoder, NULL = none */
    size_t head_len;
    bool is_cut; /* the last piece does not end with a line: the next goes on in a record */
};

/* In front of its bytes, 8-aligned. */
struct piece {
    struct retained_split *split; /* one of its holders */
    int64_t arrival_us;
    uint64_t position;
    uint32_t len;
    uint32_t rows;
    bool goes_on; /* it begins within a record */
};

struct retained_chunk {
    uint32_t n_holders;
    size_t cap;
    size_t len; /* grows, up to cap; what is there does not move */
    struct retained_chunk *next;
    _Alignas(struct piece) uint8_t bytes[];
};

struct retained {
    struct source_kind kind;
    const struct clock *clock;
    struct retain limits;
    const void *writer;
    struct retained_chunk *first; /* NULL: nothing is there */
    struct retained_chunk *last;
    size_t first_at; /* of the oldest piece in the first chunk */
    uint64_t bytes;  /* of pieces, with what stands in front of them */
    uint64_t rows;
    bool by_bytes;
};

/* What a piece takes in its chunk. */
static inline size_t piece_room(size_t len)
{
    return sizeof(struct piece) + ((len + 7) & ~(size_t)7);
}

static inline const struct piece *piece_at(const struct retained_chunk *chunk, size_t at)
{
    return (const struct piece *)(const void *)(chunk->bytes + at);
}

static inline struct slice piece_bytes(const struct piece *piece)
{
    return slice_of((const uint8_t *)(piece + 1), piece->len);
}

/* One holder less; the last one frees it with its pieces' splits. */
void retained_chunk_drop(struct retained_chunk *chunk);

/* Opens a source (source_kind's open_of). */
enum status retained_open(void *owner, const struct source_config *config, struct source **out,
                          struct error *err);
/* Fills in the kind. */
void retained_kind_init(struct retained *retained);

#endif
