/* recovered: see recovered.h. */
#include "engine/run/recovered.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"

struct recovered_query {
    struct slice name;
    struct slice plan;
    struct entries *entries;
};

struct recovered {
    struct arena arena; /* lifetime: one image */
    struct image image;
    struct recovered_query *queries; /* of all images */
    uint32_t n;
};

struct recovered *recovered_new(void)
{
    struct recovered *recovered = mem_zalloc(sizeof *recovered);
    arena_init(&recovered->arena);
    return recovered;
}

void recovered_free(struct recovered *recovered)
{
    if (recovered == NULL) {
        return;
    }
    for (uint32_t i = 0; i < recovered->n; i++) {
        entries_free(recovered->queries[i].entries);
    }
    mem_free(recovered->queries);
    arena_release(&recovered->arena);
    mem_free(recovered);
}

static struct recovered_query *find(const struct recovered *recovered, struct slice name)
{
    for (uint32_t i = 0; i < recovered->n; i++) {
        if (slice_equal(recovered->queries[i].name, name)) {
            return &recovered->queries[i];
        }
    }
    return NULL;
}

static struct recovered_query *find_or_add(struct recovered *recovered, struct slice name)
{
    struct recovered_query *found = find(recovered, name);
    if (found != NULL) {
        return found;
    }
    recovered->queries =
        mem_realloc(recovered->queries, (recovered->n + 1) * sizeof *recovered->queries);
    found = &recovered->queries[recovered->n++];
    *found = (struct recovered_query){.name = name, .entries = entries_new()};
    return found;
}

static enum status damaged(struct error *err)
{
    return error_set(err, ERR_STATE, "the saved state is damaged");
}

static enum status add_query(struct recovered *recovered, struct image_query *query,
                             struct error *err)
{
    struct recovered_query *kept = find_or_add(recovered, query->name);
    if (query->is_whole) {
        entries_clear(kept->entries);
    }
    if (!entries_apply(kept->entries, query->changes)) {
        return damaged(err);
    }
    kept->plan = query->plan.len > 0 ? query->plan : kept->plan;
    query->plan = kept->plan;
    query->changes = slice_of(NULL, 0);
    return OK;
}

enum status recovered_add(struct recovered *recovered, struct slice bytes, struct error *err)
{
    struct image image;
    arena_clear(&recovered->arena);
    recovered->image = (struct image){.feeds = NULL};
    TRY(image_read(&recovered->arena, bytes, &image, err));
    for (uint32_t i = 0; i < image.head.n_queries; i++) {
        TRY(add_query(recovered, &image.queries[i], err));
    }
    recovered->image = image;
    return OK;
}

const struct image *recovered_image(const struct recovered *recovered)
{
    return &recovered->image;
}

struct entries *recovered_entries(const struct recovered *recovered, struct slice query)
{
    struct recovered_query *kept = find(recovered, query);
    CHECK(kept != NULL);
    return kept->entries;
}
