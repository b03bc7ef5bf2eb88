/* memory_sink: see memory_sink.h. */
#include "sinks/memory_sink.h"

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "sinks/encode.h"

struct memory {
    struct sink sink;
    struct memory_rows *rows;
    bool changes;
    struct encoder *encoder; /* from the first row on, which brings the schema */
    uint32_t rows_at_flush;
};

static const struct sink_kind memory_sink;

static struct memory *memory_of(struct sink *sink)
{
    CHECK(sink->kind == &memory_sink);
    return (struct memory *)(void *)sink;
}

void memory_rows_init(struct memory_rows *rows)
{
    *rows = (struct memory_rows){.n_rows = 0};
    arena_init(&rows->arena);
}

void memory_rows_release(struct memory_rows *rows)
{
    bytebuf_release(&rows->text);
    bytebuf_release(&rows->batches);
    arena_release(&rows->arena);
}

const char *memory_rows_text(struct memory_rows *rows)
{
    return bytebuf_text(&rows->text);
}

const struct batch *memory_rows_batch(const struct memory_rows *rows, uint32_t i)
{
    CHECK(i < rows->n_batches);
    struct batch *batch;
    memcpy(&batch, rows->batches.at + i * sizeof batch, sizeof batch);
    return batch;
}

struct sink *memory_sink_new(struct memory_rows *rows, bool changes)
{
    struct memory *memory = mem_zalloc(sizeof *memory);
    memory->sink.kind = &memory_sink;
    memory->rows = rows;
    memory->changes = changes;
    return &memory->sink;
}

static void keep_batch(struct memory_rows *rows, const struct batch *batch)
{
    struct batch *kept = NULL;
    if (batch != NULL) {
        kept = arena_zalloc(&rows->arena, sizeof *kept);
        struct schema *schema = arena_alloc(&rows->arena, sizeof *schema);
        *schema = schema_copy(&rows->arena, batch->schema);
        batch_copy(&rows->arena, batch, kept);
        kept->schema = schema;
    }
    bytebuf_add(&rows->batches, &kept, sizeof kept);
    rows->n_batches++;
}

static enum status memory_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    (void)err;
    struct memory *memory = memory_of(sink);
    if (memory->encoder == NULL) {
        struct encoder_config config = {.format = &encode_csv,
                                        .schema = batch->schema,
                                        .changes = memory->changes};
        memory->encoder = encoder_new(&config);
    }
    if (batch->n > 0) {
        encoder_batch(memory->encoder, batch, &memory->rows->text);
        keep_batch(memory->rows, batch);
        memory->rows->n_rows += batch->n;
    }
    return OK;
}

static enum status memory_flush(struct sink *sink, struct error *err)
{
    (void)err;
    struct memory *memory = memory_of(sink);
    struct memory_rows *rows = memory->rows;
    rows->n_flushes++;
    keep_batch(rows, NULL);
    if (rows->mark_flushes && rows->n_rows > memory->rows_at_flush) {
        bytebuf_add_text(&rows->text, "--\n");
    }
    memory->rows_at_flush = rows->n_rows;
    return OK;
}

static enum status memory_commit(struct sink *sink, uint64_t epoch, struct error *err)
{
    (void)err;
    struct memory_rows *rows = memory_of(sink)->rows;
    rows->n_commits++;
    rows->epoch = epoch;
    return OK;
}

static void memory_close(struct sink *sink)
{
    struct memory *memory = memory_of(sink);
    memory->rows->is_closed = true;
    encoder_free(memory->encoder);
    mem_free(memory);
}

static const struct sink_kind memory_sink = {
    .scheme = "memory",
    .summary = "keeps the rows for a test",
    .promise = SINK_AT_LEAST_ONCE,
    .takes_changes = true,
    .write = memory_write,
    .flush = memory_flush,
    .commit = memory_commit,
    .close = memory_close,
};

/* ---- stand-ins ------------------------------------------------------------------------------- */

struct memory_stand_in {
    struct sink_kind kind;
    struct memory_stand_in *next;
};

struct memory_place {
    char *uri;
    struct memory_rows rows;
};

struct memory_places {
    struct memory_stand_in *kinds;
    struct memory_place **items;
    uint32_t n;
};

struct memory_places *memory_places_new(void)
{
    return mem_zalloc(sizeof(struct memory_places));
}

void memory_places_free(struct memory_places *places)
{
    if (places == NULL) {
        return;
    }
    for (uint32_t i = 0; i < places->n; i++) {
        memory_rows_release(&places->items[i]->rows);
        mem_free(places->items[i]->uri);
        mem_free(places->items[i]);
    }
    for (struct memory_stand_in *kind = places->kinds; kind != NULL;) {
        struct memory_stand_in *next = kind->next;
        mem_free(kind);
        kind = next;
    }
    mem_free(places->items);
    mem_free(places);
}

struct memory_rows *memory_places_rows(const struct memory_places *places, struct slice uri)
{
    for (uint32_t i = 0; i < places->n; i++) {
        if (slice_equal(slice_text(places->items[i]->uri), uri)) {
            return &places->items[i]->rows;
        }
    }
    return NULL;
}

const char *memory_places_at(const struct memory_places *places, uint32_t i)
{
    return i < places->n ? places->items[i]->uri : NULL;
}

static struct memory_rows *add_place(struct memory_places *places, struct slice uri)
{
    struct memory_place *place = mem_zalloc(sizeof *place);
    place->uri = mem_text(uri.at, uri.len);
    memory_rows_init(&place->rows);
    places->items = mem_realloc(places->items, (places->n + 1) * sizeof *places->items);
    places->items[places->n++] = place;
    return &place->rows;
}

static enum status stand_in_open(void *owner, const struct sink_config *config, struct sink **out,
                                 uint64_t *committed, struct error *err)
{
    struct memory_places *places = owner;
    struct memory_rows *rows = memory_places_rows(places, config->uri->text);
    (void)err;
    *out = memory_sink_new(rows != NULL ? rows : add_place(places, config->uri->text),
                           config->changes);
    *committed = 0;
    return OK;
}

const struct sink_kind *memory_places_stand_in(struct memory_places *places,
                                               const struct sink_kind *original)
{
    struct memory_stand_in *made = mem_zalloc(sizeof *made);
    made->kind = (struct sink_kind){
        .scheme = original->scheme,
        .summary = original->summary,
        .promise = original->promise,
        .takes_changes = original->takes_changes,
        .options = original->options,
        .open_of = stand_in_open,
        .owner = places,
    };
    made->next = places->kinds;
    places->kinds = made;
    return &made->kind;
}
