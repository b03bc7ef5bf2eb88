/* agg_text: string_agg, the texts of a group in the order of arrival. The state is a list of
 * (arrival number, text) in one growing buffer, appended to by adding and merging alike; it is
 * brought into order at output, where panes that were merged out of order need it. */
#include <stdlib.h>

#include "engine/agg/agg_kind.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"

enum { LIST_BYTES_MIN = 48 };

static struct bytebuf *list_at(const struct agg_part *part, uint8_t *cell)
{
    return (struct bytebuf *)(cell + part->offset);
}

_Static_assert(sizeof(struct bytebuf) % 8 == 0, "states are multiples of 8 bytes");

/* Room for `more` bytes. Starts smaller than a bytebuf would by itself: there may be a list for
 * each of a hundred thousand groups. */
static void list_reserve(const struct agg_part *part, struct bytebuf *list, size_t more)
{
    if (list->cap - list->len >= more) {
        return;
    }
    size_t cap = list->cap < LIST_BYTES_MIN ? LIST_BYTES_MIN : list->cap * 2;
    cap = cap < list->len + more ? list->len + more : cap;
    list->at = mem_realloc(list->at, cap);
    *part->owned_bytes += cap - list->cap;
    list->cap = cap;
}

static void list_append(const struct agg_part *part, struct bytebuf *list, uint64_t arrival,
                        struct slice text)
{
    list_reserve(part, list, sizeof arrival + sizeof(uint32_t) + text.len);
    codec_put_u64(list, arrival);
    codec_put_bytes(list, text);
}

static void list_add_many(const struct agg_part *part, uint8_t *const *cells,
                          const struct agg_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        if (!column_is_null(rows->arg, i)) {
            list_append(part, list_at(part, cells[i]), rows->first_row + i,
                        text_slice(rows->arg->text[i]));
        }
    }
}

static void list_add_run(const struct agg_part *part, uint8_t *cell, const struct agg_rows *rows)
{
    for (uint32_t i = 0; i < rows->n; i++) {
        if (!column_is_null(rows->arg, i)) {
            list_append(part, list_at(part, cell), rows->first_row + i,
                        text_slice(rows->arg->text[i]));
        }
    }
}

static void list_merge_many(const struct agg_part *part, uint8_t *const *into, uint8_t *const *from,
                            uint32_t n)
{
    for (uint32_t i = 0; i < n; i++) {
        const struct bytebuf *more = list_at(part, from[i]);
        list_reserve(part, list_at(part, into[i]), more->len);
        bytebuf_add(list_at(part, into[i]), more->at, more->len);
    }
}

static void list_release(const struct agg_part *part, uint8_t *cell)
{
    struct bytebuf *list = list_at(part, cell);
    *part->owned_bytes -= list->cap;
    mem_free(list->at);
    *list = (struct bytebuf){0};
}

static void list_save(const struct agg_part *part, const uint8_t *cell, struct bytebuf *out)
{
    const struct bytebuf *list = (const struct bytebuf *)(cell + part->offset);
    codec_put_u64(out, list->len);
    bytebuf_add(out, list->at, list->len);
}

static bool list_load(const struct agg_part *part, uint8_t *cell, struct reader *in)
{
    struct slice bytes = reader_raw(in, reader_u64(in));
    struct reader entries = reader_of(bytes);
    while (reader_left(&entries) > 0) {
        uint64_t arrival = reader_u64(&entries);
        struct slice text = reader_bytes(&entries);
        if (!reader_ok(&entries)) {
            return false;
        }
        list_append(part, list_at(part, cell), arrival, text);
    }
    return true;
}

const struct agg_state agg_list_state = {
    .name = "list",
    .bytes = sizeof(struct bytebuf),
    .add_many = list_add_many,
    .add_run = list_add_run,
    .merge_many = list_merge_many,
    .release = list_release,
    .save = list_save,
    .load = list_load,
};

/* ---- results --------------------------------------------------------------------------------- */

struct item {
    uint64_t arrival;
    struct slice text;
};

static int item_compare(const void *left, const void *right)
{
    const struct item *a = left;
    const struct item *b = right;
    if (a->arrival != b->arrival) {
        return a->arrival < b->arrival ? -1 : 1;
    }
    return slice_compare(a->text, b->text);
}

static struct item next_item(struct reader *in)
{
    uint64_t arrival = reader_u64(in);
    return (struct item){arrival, reader_bytes(in)};
}

/* The items in the order of arrival. */
static struct item *list_items(struct arena *arena, const struct bytebuf *list, size_t *n)
{
    DCHECK(list->len > 0);
    *n = 0;
    bool in_order = true;
    struct item before = {0};
    for (struct reader in = reader_of(bytebuf_slice(list)); reader_left(&in) > 0; ++*n) {
        struct item item = next_item(&in);
        in_order = in_order && (*n == 0 || item_compare(&before, &item) <= 0);
        before = item;
    }
    struct item *items = arena_alloc(arena, *n * sizeof *items);
    struct reader in = reader_of(bytebuf_slice(list));
    for (size_t i = 0; i < *n; i++) {
        items[i] = next_item(&in);
    }
    if (!in_order) {
        qsort(items, *n, sizeof *items, item_compare);
    }
    return items;
}

static bool join(struct arena *arena, const struct bytebuf *list, struct slice separator,
                 struct text *out)
{
    size_t n;
    const struct item *items = list_items(arena, list, &n);
    size_t bytes = (n - 1) * separator.len;
    for (size_t i = 0; i < n && bytes <= AGG_TEXT_BYTES_MAX; i++) {
        bytes += items[i].text.len;
    }
    if (bytes > AGG_TEXT_BYTES_MAX) {
        return false;
    }
    uint8_t *at = arena_alloc(arena, bytes);
    *out = (struct text){at, (uint32_t)bytes};
    for (size_t i = 0; i < n; i++) {
        struct slice parts[] = {i == 0 ? slice_of(NULL, 0) : separator, items[i].text};
        for (int p = 0; p < 2; p++) {
            if (parts[p].len > 0) {
                memcpy(at, parts[p].at, parts[p].len);
                at += parts[p].len;
            }
        }
    }
    CHECK(at == out->at + bytes);
    return true;
}

void agg_string_agg_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                         struct column_out *out)
{
    struct slice separator = text_slice(result->call.param.text);
    for (uint32_t i = 0; i < n; i++) {
        const struct bytebuf *list = (const struct bytebuf *)(cells[i] + result->offset);
        if (list->len == 0) {
            column_out_null(out, i, n);
        } else if (!join(out->arena, list, separator, &out->text[i])) {
            ++*result->errors;
            column_out_null(out, i, n);
        }
    }
}
