/* export_table: see export_table.h. */
#include "shell/export_table.h"

#include "engine/base/panic.h"
#include "engine/io/kinds.h"

/* A table of SQLite cannot have a name twice. */
static void name_apart(struct export_table *table, uint32_t i)
{
    struct field *field = &table->schema.fields[i];
    struct slice name = field->name;
    for (unsigned n = 2; schema_find(&table->schema, field->name) < (int)i; n++) {
        field->name = slice_text(
            arena_printf(&table->arena, "%.*s_%u", (int)name.len, (const char *)name.at, n));
    }
}

enum status export_table_open(struct export_table *table, const struct export_place *place,
                              struct slice name, const struct schema *schema, struct error *err)
{
    uint64_t committed;
    *table = (struct export_table){.sink = NULL};
    arena_init(&table->arena);
    arena_init(&table->row);
    table->schema = (struct schema){
        .n = schema->n,
        .fields = arena_zalloc(&table->arena, schema->n * sizeof(struct field)),
    };
    for (uint32_t i = 0; i < schema->n; i++) {
        table->schema.fields[i] = (struct field){
            .name = arena_copy(&table->arena, schema->fields[i].name),
            .type = schema->fields[i].type,
        };
        name_apart(table, i);
    }
    options_init(&table->options, &table->arena);
    TRY(options_put(&table->options, slice_text("table"), name, -1, err));
    table->uri = (struct uri){
        .scheme = slice_text("sqlite"),
        .path = slice_text(place->path),
        .text = slice_text(place->path),
    };
    table->config = (struct sink_config){
        .uri = &table->uri,
        .options = &table->options,
        .schema = &table->schema,
        .fs = place->fs,
        .clock = place->clock,
        .query_name = "export",
    };
    const struct sink_kind *kind = kinds_sink(place->kinds, table->uri.scheme);
    CHECK(kind != NULL);
    TRY(sink_open(kind, &table->config, &table->sink, &committed, err));
    return sink_begin(table->sink, 1, err);
}

enum status export_table_batch(struct export_table *table, struct column *columns, uint32_t n,
                               struct error *err)
{
    struct batch batch;
    batch_init(&batch, &table->schema, &table->row);
    batch.n = n;
    memcpy(batch.columns, columns, table->schema.n * sizeof *columns);
    enum status status = sink_write(table->sink, &batch, err);
    arena_clear(&table->row);
    return status;
}

static struct column cell_column(struct arena *arena, struct type type,
                                 const struct export_cell *cell)
{
    struct column_out out = column_out_new(arena, type, 1);
    if (cell->is_null) {
        column_out_null(&out, 0, 1);
    } else if (type.id == TYPE_TEXT) {
        out.text[0] = (struct text){cell->text.at, (uint32_t)cell->text.len};
    } else if (type.id == TYPE_BOOLEAN) {
        bits_put(out.bits, 0, cell->number != 0);
    } else {
        out.i64[0] = cell->number;
    }
    return column_view(&out, 1);
}

enum status export_table_row(struct export_table *table, const struct export_cell *cells,
                             struct error *err)
{
    struct column columns[EXPORT_COLUMNS_MAX];
    CHECK(table->schema.n <= EXPORT_COLUMNS_MAX);
    for (uint32_t i = 0; i < table->schema.n; i++) {
        columns[i] = cell_column(&table->row, table->schema.fields[i].type, &cells[i]);
    }
    return export_table_batch(table, columns, 1, err);
}

enum status export_table_finish(struct export_table *table, struct error *err)
{
    return sink_commit(table->sink, 1, err);
}

void export_table_release(struct export_table *table)
{
    sink_close(table->sink);
    arena_release(&table->row);
    arena_release(&table->arena);
    *table = (struct export_table){.sink = NULL};
}
