/* kafka_rows: see kafka_rows.h. A piece is its length (64 bits, all ones = absent) and its bytes;
 * a record is a key piece and a value piece. */
#include "sinks/kafka_rows.h"

#include "engine/base/panic.h"

#define ABSENT UINT64_MAX

static void add_piece(struct kafka_rows *rows, struct slice piece)
{
    uint64_t len = piece.len;
    bytebuf_add(&rows->bytes, &len, sizeof len);
    bytebuf_add(&rows->bytes, piece.at, piece.len);
}

static void add_absent(struct kafka_rows *rows)
{
    uint64_t len = ABSENT;
    bytebuf_add(&rows->bytes, &len, sizeof len);
}

void kafka_rows_key(struct kafka_rows *rows, struct slice key)
{
    CHECK(!rows->has_key);
    add_piece(rows, key);
    rows->has_key = true;
}

static void end_key(struct kafka_rows *rows)
{
    if (!rows->has_key) {
        add_absent(rows);
    }
    rows->has_key = false;
    rows->n++;
}

void kafka_rows_value(struct kafka_rows *rows, struct slice value)
{
    end_key(rows);
    add_piece(rows, value);
}

void kafka_rows_tombstone(struct kafka_rows *rows)
{
    CHECK(rows->has_key);
    end_key(rows);
    add_absent(rows);
}

static struct slice read_piece(const struct kafka_rows *rows, size_t *at)
{
    uint64_t len;
    CHECK(rows->bytes.len - *at >= sizeof len);
    memcpy(&len, rows->bytes.at + *at, sizeof len);
    *at += sizeof len;
    if (len == ABSENT) {
        return slice_of(NULL, 0);
    }
    CHECK(rows->bytes.len - *at >= len);
    struct slice piece = slice_of(rows->bytes.at + *at, (size_t)len);
    *at += piece.len;
    return piece;
}

bool kafka_rows_next(const struct kafka_rows *rows, size_t *at, struct kafka_record *out)
{
    if (*at == rows->bytes.len) {
        return false;
    }
    out->key = read_piece(rows, at);
    out->value = read_piece(rows, at);
    return true;
}

void kafka_rows_clear(struct kafka_rows *rows)
{
    bytebuf_clear(&rows->bytes);
    rows->n = 0;
    rows->has_key = false;
}

void kafka_rows_release(struct kafka_rows *rows)
{
    bytebuf_release(&rows->bytes);
}
