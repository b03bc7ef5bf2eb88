/* groups: see groups.h. */
#include "engine/ops/groups.h"

#include "engine/data/rowkey.h"

void groups_find(struct table *table, const struct plan_node *node, const struct batch *batch,
                 uint32_t *ids)
{
    if (node->n_keys == 0) {
        uint32_t only = table_find_or_add(table, (struct text){(const uint8_t *)"", 0});
        for (uint32_t i = 0; i < batch->n; i++) {
            ids[i] = only;
        }
        return;
    }
    struct column *keys = arena_alloc(batch->arena, node->n_keys * sizeof *keys);
    for (uint32_t i = 0; i < node->n_keys; i++) {
        keys[i] = batch->columns[node->keys[i]];
    }
    const struct text *encoded = rowkey_encode(batch->arena, keys, node->n_keys, batch->n);
    uint64_t hashes[BATCH_ROWS];
    rowkey_hash(encoded, batch->n, hashes);
    table_find_or_add_many(table, encoded, hashes, batch->n, ids);
}

void groups_hold(struct table *table, const uint32_t *ids, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        table_retain(table, ids[i]);
    }
}

void groups_let_go(struct table *table, const uint32_t *ids, uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        table_drop(table, ids[i]);
    }
}

void groups_columns(const struct table *table, const struct plan_node *node, const uint32_t *ids,
                    uint32_t n, struct arena *arena, struct column *columns)
{
    if (node->n_keys == 0) {
        return;
    }
    struct text *keys = arena_alloc(arena, n * sizeof *keys);
    struct column_out *outs = arena_alloc(arena, node->n_keys * sizeof *outs);
    for (uint32_t i = 0; i < n; i++) {
        keys[i] = table_key(table, ids[i]);
    }
    for (uint32_t c = 0; c < node->n_keys; c++) {
        outs[c] = column_out_new(arena, node->input->schema.fields[node->keys[c]].type, n);
    }
    rowkey_decode(keys, n, outs, node->n_keys);
    for (uint32_t c = 0; c < node->n_keys; c++) {
        columns[c] = column_view(&outs[c], n);
    }
}

int groups_compare(const void *owner, uint32_t a, uint32_t b)
{
    const struct table *table = owner;
    return rowkey_compare(table_key(table, a), table_key(table, b));
}

/* ---- saved keys ------------------------------------------------------------------------------ */

void groups_save(const struct table *table, uint32_t id, struct bytebuf *out)
{
    struct text key = table_key(table, id);
    codec_put_u8(out, key.len == ROWKEY_NULL);
    codec_put_bytes(out, key.len == ROWKEY_NULL ? slice_of(NULL, 0) : text_slice(key));
}

/* Takes one text that is not the last column: 00 is followed by FF inside and by 00 at the end. */
static bool skip_text(struct reader *in)
{
    for (;;) {
        if (reader_u8(in) != 0) {
            if (!reader_ok(in)) {
                return false;
            }
            continue;
        }
        uint8_t next = reader_u8(in);
        if (!reader_ok(in) || (next != 0x00 && next != 0xff)) {
            return false;
        }
        if (next == 0x00) {
            return true;
        }
    }
}

static bool skip_value(struct reader *in, enum physical physical, bool is_last)
{
    switch (physical) {
    case PHYSICAL_BIT:
        return reader_u8(in) <= 1 && reader_ok(in);
    case PHYSICAL_I64:
    case PHYSICAL_F64:
        reader_u64(in);
        return reader_ok(in);
    case PHYSICAL_TEXT:
        break;
    }
    if (is_last) {
        in->at = in->end;
        return true;
    }
    return skip_text(in);
}

/* What rowkey_decode takes for granted (rowkey.h). */
static bool key_is_sound(const struct plan_node *node, struct text key)
{
    const struct field *fields = node->input->schema.fields;
    bool is_plain = node->n_keys == 1 && type_physical(fields[node->keys[0]].type) == PHYSICAL_TEXT;
    if (key.len == ROWKEY_NULL || is_plain) {
        return is_plain;
    }
    struct reader in = reader_of(text_slice(key));
    for (uint32_t i = 0; i < node->n_keys; i++) {
        uint8_t mark = reader_u8(&in);
        enum physical physical = type_physical(fields[node->keys[i]].type);
        if (!reader_ok(&in) || mark > 1 ||
            (mark == 0 && !skip_value(&in, physical, i == node->n_keys - 1))) {
            return false;
        }
    }
    return reader_left(&in) == 0;
}

uint32_t groups_load(struct table *table, const struct plan_node *node, struct reader *in)
{
    uint8_t is_null = reader_u8(in);
    struct slice bytes = reader_bytes(in);
    struct text key = {bytes.at, is_null != 0 ? ROWKEY_NULL : (uint32_t)bytes.len};
    if (!reader_ok(in) || is_null > 1 || !key_is_sound(node, key)) {
        in->failed = true;
        return TABLE_NO_ID;
    }
    return table_find_or_add(table, key);
}

void groups_put_key(const struct table *table, uint32_t id, struct bytebuf *out)
{
    struct text key = table_key(table, id);
    codec_put_u8(out, key.len == ROWKEY_NULL);
    bytebuf_add(out, key.at, key.len == ROWKEY_NULL ? 0 : key.len);
}

uint32_t groups_take_key(struct table *table, const struct plan_node *node, struct slice key)
{
    struct reader in = reader_of(key);
    uint8_t is_null = reader_u8(&in);
    struct slice bytes = reader_raw(&in, reader_left(&in));
    struct text text = {bytes.at, is_null != 0 ? ROWKEY_NULL : (uint32_t)bytes.len};
    bool ok = reader_ok(&in) && (is_null == 0 || (is_null == 1 && bytes.len == 0));
    return ok && key_is_sound(node, text) ? table_find_or_add(table, text) : TABLE_NO_ID;
}

uint8_t groups_key_group(const struct table *table, uint32_t id)
{
    struct text key = table_key(table, id);
    uint64_t hash;
    rowkey_hash(&key, 1, &hash);
    return (uint8_t)(hash >> 56);
}
