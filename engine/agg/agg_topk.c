/* agg_topk: top_k(x, k), the k most frequent values and how often each occurs, exact. The result is
 * a JSON array [["value",count],…], most frequent first, equal counts by value. The state is a bag
 * (agg_bag.h) of all values: as with count(DISTINCT x), its size is bounded by the query's limit of
 * state bytes. */
#include <math.h>

#include "engine/agg/agg_distinct.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"

/* True if `a` stands before `b` in the result. */
static bool stands_before(const struct bag_entry *a, const struct bag_entry *b, enum bag_keys keys)
{
    if (a->count != b->count) {
        return a->count > b->count;
    }
    return bag_compare(a->key, b->key, keys) < 0;
}

/* Restores the heap below `i`: no entry stands before its parent's, so the root is the first to
 * leave. */
static void sift_down(struct bag_entry *heap, uint32_t n, uint32_t i, enum bag_keys keys)
{
    struct bag_entry moving = heap[i];
    for (;;) {
        uint32_t child = 2 * i + 1;
        if (child >= n) {
            break;
        }
        if (child + 1 < n && stands_before(&heap[child], &heap[child + 1], keys)) {
            child++;
        }
        if (!stands_before(&moving, &heap[child], keys)) {
            break;
        }
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = moving;
}

/* Brings the k entries of the result to the front, in order. */
static void select_top(struct bag_entry *entries, uint32_t n, uint32_t k, enum bag_keys keys)
{
    for (uint32_t i = k / 2; i-- > 0;) {
        sift_down(entries, k, i, keys);
    }
    for (uint32_t i = k; i < n; i++) {
        if (stands_before(&entries[i], &entries[0], keys)) {
            entries[0] = entries[i];
            sift_down(entries, k, 0, keys);
        }
    }
    for (uint32_t left = k; left > 1; left--) {
        struct bag_entry last = entries[0];
        entries[0] = entries[left - 1];
        entries[left - 1] = last;
        sift_down(entries, left - 1, 0, keys);
    }
}

/* Numbers that JSON has, and everything else as a string of what the console would show. */
static void print_json(struct bytebuf *out, struct bytebuf *scratch, const struct value *value)
{
    bool is_plain = value->type.id == TYPE_BIGINT || value->type.id == TYPE_DECIMAL ||
                    value->type.id == TYPE_BOOLEAN ||
                    (value->type.id == TYPE_DOUBLE && isfinite(value->f64));
    if (is_plain) {
        value_print(out, value);
    } else if (value->type.id == TYPE_TEXT) {
        textbuf_json(out, text_slice(value->text));
    } else {
        bytebuf_clear(scratch);
        value_print(scratch, value);
        textbuf_json(out, bytebuf_slice(scratch));
    }
}

static void print_top(struct bytebuf *out, struct bytebuf *scratch, const struct bag_entry *entries,
                      uint32_t k, struct type type)
{
    bytebuf_add_byte(out, '[');
    for (uint32_t i = 0; i < k && out->len <= AGG_TEXT_BYTES_MAX; i++) {
        struct value value = agg_bag_value(&entries[i].key, type);
        bytebuf_add_text(out, i == 0 ? "[" : ",[");
        print_json(out, scratch, &value);
        bytebuf_add_byte(out, ',');
        textbuf_i64(out, (int64_t)entries[i].count);
        bytebuf_add_byte(out, ']');
    }
    bytebuf_add_byte(out, ']');
}

void agg_top_k_emit(const struct agg_result *result, uint8_t *const *cells, uint32_t n,
                    struct column_out *out)
{
    struct type type = result->call.arg_types[0];
    struct bytebuf text = {0};
    struct bytebuf scratch = {0};
    for (uint32_t i = 0; i < n; i++) {
        const struct bag *bag = (const struct bag *)(cells[i] + result->offset);
        if (bag->n == 0) {
            column_out_null(out, i, n);
            continue;
        }
        uint32_t k = (uint32_t)result->call.param.i64;
        k = k < bag->n ? k : bag->n;
        struct bag_entry *entries = bag_entries(out->arena, bag);
        select_top(entries, bag->n, k, agg_bag_keys(type));
        bytebuf_clear(&text);
        print_top(&text, &scratch, entries, k, type);
        if (text.len > AGG_TEXT_BYTES_MAX) {
            ++*result->errors;
            column_out_null(out, i, n);
        } else {
            struct slice copy = arena_copy(out->arena, bytebuf_slice(&text));
            out->text[i] = (struct text){copy.at, (uint32_t)copy.len};
        }
    }
    bytebuf_release(&text);
    bytebuf_release(&scratch);
}
