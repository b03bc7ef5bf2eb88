/* sqlite_table: see sqlite_table.h. */
#include "sinks/sqlite_table.h"

#include <stdio.h>

#include "engine/base/bits.h"
#include "engine/base/panic.h"
#include "engine/io/near.h"

#define EPOCH_TABLE "_tailrace_epoch"

/* ---- options -------------------------------------------------------------------------------- */

static enum status option_error(const struct sqlite_table *table, struct error *err,
                                const char *format, struct slice what)
{
    struct bytebuf text = {0};
    bytebuf_printf(&text, format, (int)what.len, (const char *)what.at);
    error_set(err, ERR_OPTION, "sqlite \"%s\": %s", table->path, bytebuf_text(&text));
    bytebuf_release(&text);
    return ERR_OPTION;
}

static enum status read_name(struct sqlite_table *table, const struct sink_config *config,
                             struct error *err)
{
    const char *fallback = config->query_name != NULL ? config->query_name : "result";
    table->name = slice_trim(options_text(config->options, "table", fallback));
    if (table->name.len == 0 || memchr(table->name.at, 0, table->name.len) != NULL) {
        return option_error(table, err, "\"%.*s\" cannot be the name of a table", table->name);
    }
    struct slice reserved = slice_text("sqlite_");
    struct slice begin =
        slice_of(table->name.at, table->name.len < reserved.len ? 0 : reserved.len);
    if (slice_equal_nocase(begin, reserved) ||
        slice_equal_nocase(table->name, slice_text(EPOCH_TABLE))) {
        return option_error(table, err, "table \"%.*s\" is not for rows", table->name);
    }
    return OK;
}

static enum status add_key(struct sqlite_table *table, struct slice name, uint32_t *keys,
                           struct error *err)
{
    int column = schema_find(table->schema, name);
    for (uint32_t i = 0; column >= 0 && i < table->n_keys; i++) {
        if (keys[i] == (uint32_t)column) {
            return option_error(table, err, "key \"%.*s\" is named twice", name);
        }
    }
    if (column < 0) {
        option_error(table, err, "key \"%.*s\" is no column of the result", name);
        struct near near;
        near_init(&near, name);
        struct bytebuf names = {0};
        bytebuf_add_text(&names, "its columns: ");
        for (uint32_t i = 0; i < table->schema->n; i++) {
            struct slice one = table->schema->fields[i].name;
            bytebuf_printf(&names, "%s%.*s", i > 0 ? ", " : "", (int)one.len, (const char *)one.at);
        }
        error_hint(err, "%s", bytebuf_text(&names));
        bytebuf_release(&names);
        return ERR_OPTION;
    }
    keys[table->n_keys++] = (uint32_t)column;
    return OK;
}

static enum status read_keys(struct sqlite_table *table, struct arena *arena, struct slice text,
                             struct error *err)
{
    uint32_t *keys = arena_alloc(arena, (table->schema->n + 1) * sizeof *keys);
    table->keys = keys;
    while (text.len > 0) {
        const uint8_t *comma = memchr(text.at, ',', text.len);
        size_t len = comma != NULL ? (size_t)(comma - text.at) : text.len;
        TRY(add_key(table, slice_trim(slice_of(text.at, len)), keys, err));
        len += comma != NULL;
        text = slice_of(text.at + len, text.len - len);
    }
    return OK;
}

static enum status read_mode(struct sqlite_table *table, struct arena *arena,
                             const struct sink_config *config, struct error *err)
{
    struct slice mode = options_text(config->options, "mode", "");
    struct slice key = options_text(config->options, "key", "");
    bool append = slice_equal_nocase(mode, slice_text("append"));
    bool upsert = slice_equal_nocase(mode, slice_text("upsert"));
    if (mode.len > 0 && !append && !upsert) {
        return option_error(table, err, "mode is append or upsert, not \"%.*s\"", mode);
    }
    if (append && key.len > 0) {
        return option_error(table, err, "mode append has no use for key \"%.*s\"", key);
    }
    if (key.len > 0) {
        TRY(read_keys(table, arena, key, err));
        table->keyed = true;
    } else if (config->changes && !append) {
        table->keys = config->keys;
        table->n_keys = config->n_keys;
        table->keyed = true;
    } else if (upsert && !config->complete) {
        return option_error(table, err, "mode %.*s needs key=column,…", slice_text("upsert"));
    }
    table->with_op = config->changes && !table->keyed;
    return OK;
}

static bool is_key(const struct sqlite_table *table, uint32_t column)
{
    for (uint32_t i = 0; i < table->n_keys; i++) {
        if (table->keys[i] == column) {
            return true;
        }
    }
    return false;
}

/* What nobody selected is written only where it tells rows apart. */
static enum status choose_columns(struct sqlite_table *table, struct arena *arena,
                                  struct error *err)
{
    const struct schema *schema = table->schema;
    uint32_t *columns = arena_alloc(arena, (schema->n + 1) * sizeof *columns);
    for (uint32_t i = 0; i < schema->n; i++) {
        if (!schema->fields[i].hidden || is_key(table, i)) {
            columns[table->n++] = i;
        }
    }
    table->columns = columns;
    for (uint32_t i = 0; i < table->n; i++) {
        struct slice name = schema->fields[columns[i]].name;
        if (memchr(name.at, 0, name.len) != NULL) {
            return option_error(table, err, "\"%.*s\" cannot be the name of a column", name);
        }
        if (schema_find(schema, name) != (int)columns[i] ||
            (table->with_op && slice_equal_nocase(name, slice_text("_op")))) {
            option_error(table, err, "two columns are named \"%.*s\"", name);
            error_hint(err, "AS gives one of them another name");
            return ERR_OPTION;
        }
    }
    return OK;
}

enum status sqlite_table_read(struct sqlite_table *table, struct arena *arena,
                              const struct sink_config *config, struct error *err)
{
    *table = (struct sqlite_table){
        .schema = config->schema,
        .path = (const char *)arena_copy(arena, config->uri->path).at,
    };
    TRY(read_name(table, config, err));
    struct slice decimals = options_text(config->options, "decimals", "number");
    table->decimal_text = slice_equal_nocase(decimals, slice_text("text"));
    if (!table->decimal_text && !slice_equal_nocase(decimals, slice_text("number"))) {
        return option_error(table, err, "decimals is number or text, not \"%.*s\"", decimals);
    }
    TRY(read_mode(table, arena, config, err));
    return choose_columns(table, arena, err);
}

/* ---- statements ----------------------------------------------------------------------------- */

static struct slice column_name(const struct sqlite_table *table, uint32_t i)
{
    return table->schema->fields[table->columns[i]].name;
}

static void add_names(const struct sqlite_table *table, const uint32_t *columns, uint32_t n,
                      struct bytebuf *sql)
{
    for (uint32_t i = 0; i < n; i++) {
        bytebuf_add_text(sql, i > 0 ? ", " : "");
        sqlite_add_name(sql, table->schema->fields[columns[i]].name);
    }
}

static void add_update(const struct sqlite_table *table, struct bytebuf *sql)
{
    bytebuf_add_text(sql, " ON CONFLICT (");
    add_names(table, table->keys, table->n_keys, sql);
    bytebuf_add_text(sql, ") DO ");
    uint32_t n = 0;
    for (uint32_t i = 0; i < table->n; i++) {
        if (!is_key(table, table->columns[i])) {
            bytebuf_add_text(sql, n++ > 0 ? ", " : "UPDATE SET ");
            sqlite_add_name(sql, column_name(table, i));
            bytebuf_add_text(sql, " = excluded.");
            sqlite_add_name(sql, column_name(table, i));
        }
    }
    bytebuf_add_text(sql, n == 0 ? "NOTHING" : "");
}

void sqlite_table_insert(const struct sqlite_table *table, struct bytebuf *sql)
{
    bytebuf_add_text(sql, "INSERT INTO main.");
    sqlite_add_name(sql, table->name);
    bytebuf_add_text(sql, table->with_op ? " (\"_op\", " : " (");
    add_names(table, table->columns, table->n, sql);
    bytebuf_add_text(sql, ") VALUES (");
    for (uint32_t i = 0; i < table->n + table->with_op; i++) {
        bytebuf_add_text(sql, i > 0 ? ", ?" : "?");
    }
    bytebuf_add_byte(sql, ')');
    if (table->n_keys > 0) {
        add_update(table, sql);
    }
}

/* IS, not =: a key may be NULL. */
void sqlite_table_delete(const struct sqlite_table *table, struct bytebuf *sql)
{
    sqlite_table_clear(table, sql);
    for (uint32_t i = 0; i < table->n_keys; i++) {
        bytebuf_add_text(sql, i > 0 ? " AND " : " WHERE ");
        sqlite_add_name(sql, table->schema->fields[table->keys[i]].name);
        bytebuf_add_text(sql, " IS ?");
    }
}

void sqlite_table_clear(const struct sqlite_table *table, struct bytebuf *sql)
{
    bytebuf_add_text(sql, "DELETE FROM main.");
    sqlite_add_name(sql, table->name);
}

/* ---- making it ------------------------------------------------------------------------------ */

static const char *declared_type(const struct sqlite_table *table, struct type type,
                                 char out[TYPE_NAME_BYTES])
{
    switch ((enum type_id)type.id) {
    case TYPE_BOOLEAN:
        return "BOOLEAN";
    case TYPE_BIGINT:
    case TYPE_INTERVAL:
        return "INTEGER";
    case TYPE_DOUBLE:
        return "REAL";
    case TYPE_DECIMAL:
        return table->decimal_text ? "TEXT" : type_name(type, out);
    default:
        return "TEXT";
    }
}

static void add_definition(const struct sqlite_table *table, uint32_t column, struct bytebuf *sql)
{
    char name[TYPE_NAME_BYTES];
    sqlite_add_name(sql, table->schema->fields[column].name);
    bytebuf_printf(sql, " %s", declared_type(table, table->schema->fields[column].type, name));
}

static void add_create(const struct sqlite_table *table, struct bytebuf *sql)
{
    bytebuf_add_text(sql, "CREATE TABLE main.");
    sqlite_add_name(sql, table->name);
    bytebuf_add_text(sql, table->with_op ? " (\"_op\" TEXT, " : " (");
    for (uint32_t i = 0; i < table->n; i++) {
        bytebuf_add_text(sql, i > 0 ? ", " : "");
        add_definition(table, table->columns[i], sql);
    }
    if (table->n_keys > 0) {
        bytebuf_add_text(sql, ", PRIMARY KEY (");
        add_names(table, table->keys, table->n_keys, sql);
        bytebuf_add_byte(sql, ')');
    }
    bytebuf_add_byte(sql, ')');
}

/* ---- comparing it --------------------------------------------------------------------------- */

/* What SQLite makes of values in a column, by the words of its declared type (sqlite.org/datatype3,
 * 3.1). */
enum affinity { AFFINITY_TEXT, AFFINITY_NUMBER, AFFINITY_NONE };

static bool has_word(struct slice type, const char *word)
{
    size_t len = strlen(word);
    for (size_t i = 0; i + len <= type.len; i++) {
        if (slice_equal_nocase(slice_of(type.at + i, len), slice_text(word))) {
            return true;
        }
    }
    return false;
}

static enum affinity affinity_of(struct slice type)
{
    if (has_word(type, "INT")) {
        return AFFINITY_NUMBER;
    }
    if (has_word(type, "CHAR") || has_word(type, "CLOB") || has_word(type, "TEXT")) {
        return AFFINITY_TEXT;
    }
    return type.len == 0 || has_word(type, "BLOB") ? AFFINITY_NONE : AFFINITY_NUMBER;
}

/* Stored as it is sent: a number in a column of text would come back as text, and text that looks
 * like a number would come back as one. ISO times do not look like numbers. */
static bool keeps(struct type type, bool decimal_text, enum affinity affinity)
{
    bool is_text =
        type_physical(type) == PHYSICAL_TEXT || (type.id == TYPE_DECIMAL && decimal_text);
    return affinity == AFFINITY_NONE || type.id == TYPE_TIMESTAMP ||
           (affinity == AFFINITY_TEXT) == is_text;
}

static enum status refuse(const struct sqlite_table *table, struct slice column, const char *why,
                          struct error *err)
{
    return error_set(err, ERR_OPTION, "sqlite \"%s\": table \"%.*s\": column \"%.*s\" %s",
                     table->path, (int)table->name.len, (const char *)table->name.at,
                     (int)column.len, (const char *)column.at, why);
}

static bool is_written(const struct sqlite_table *table, struct slice name)
{
    bool found = table->with_op && slice_equal_nocase(name, slice_text("_op"));
    for (uint32_t i = 0; i < table->n && !found; i++) {
        found = slice_equal_nocase(name, column_name(table, i));
    }
    return found;
}

static struct slice text_of(sqlite3_stmt *row, int column)
{
    const void *at = sqlite3_column_text(row, column);
    return at == NULL ? slice_text("") : slice_of(at, (size_t)sqlite3_column_bytes(row, column));
}

enum { INFO_NAME, INFO_TYPE, INFO_NOT_NULL, INFO_DEFAULT, INFO_KEY, INFO_HIDDEN };

static enum status check_column(const struct sqlite_table *table, uint32_t i, sqlite3_stmt *info,
                                struct error *err)
{
    struct slice name = column_name(table, i);
    struct type type = table->schema->fields[table->columns[i]].type;
    struct slice declared = text_of(info, INFO_TYPE);
    if (sqlite3_column_int(info, INFO_HIDDEN) != 0) {
        return refuse(table, name, "is generated", err);
    }
    if (!keeps(type, table->decimal_text, affinity_of(declared))) {
        char ours[TYPE_NAME_BYTES];
        char why[96];
        char wanted[TYPE_NAME_BYTES];
        (void)snprintf(why, sizeof why, "is %.*s and would not keep %s",
                       declared.len < 32 ? (int)declared.len : 32, (const char *)declared.at,
                       type_name(type, ours));
        refuse(table, name, why, err);
        error_hint(err, "%s would; another table=name makes a new one",
                   declared_type(table, type, wanted));
        return ERR_OPTION;
    }
    return OK;
}

/* One row of table_xinfo against the columns that are written; bit i of `seen` = column i. */
static enum status check_info(const struct sqlite_table *table, sqlite3_stmt *info, uint64_t *seen,
                              struct error *err)
{
    struct slice name = text_of(info, INFO_NAME);
    for (uint32_t i = 0; i < table->n; i++) {
        if (slice_equal_nocase(name, column_name(table, i))) {
            bits_set(seen, i);
            return check_column(table, i, info, err);
        }
    }
    bool must = sqlite3_column_int(info, INFO_NOT_NULL) != 0 &&
                sqlite3_column_type(info, INFO_DEFAULT) == SQLITE_NULL &&
                sqlite3_column_int(info, INFO_KEY) == 0;
    if (must && !is_written(table, name)) {
        return refuse(table, name, "is NOT NULL, has no default, and the query does not give it",
                      err);
    }
    if (table->with_op && slice_equal_nocase(name, slice_text("_op"))) {
        bits_set(seen, table->n);
    }
    return OK;
}

static enum status check_seen(const struct sqlite_table *table, const uint64_t *seen,
                              struct error *err)
{
    if (table->with_op && !bits_get(seen, table->n)) {
        refuse(table, slice_text("_op"), "is missing", err);
        error_hint(err, "ALTER TABLE … ADD COLUMN \"_op\" TEXT, or another table=name");
        return ERR_OPTION;
    }
    for (uint32_t i = 0; i < table->n; i++) {
        if (!bits_get(seen, i)) {
            struct bytebuf sql = {0};
            bytebuf_add_text(&sql, "ALTER TABLE ");
            sqlite_add_name(&sql, table->name);
            bytebuf_add_text(&sql, " ADD COLUMN ");
            add_definition(table, table->columns[i], &sql);
            refuse(table, column_name(table, i), "is missing", err);
            error_hint(err, "%s", bytebuf_text(&sql));
            bytebuf_release(&sql);
            return ERR_OPTION;
        }
    }
    return OK;
}

/* Prepares `sql` with the table's name as its first parameter. */
static enum status ask(const struct sqlite_table *table, struct sqlite_link *link, const char *sql,
                       sqlite3_stmt **out, struct error *err)
{
    TRY(sqlite_link_prepare(link, sql, out, err));
    int code = sqlite3_bind_text(*out, 1, (const char *)table->name.at, (int)table->name.len,
                                 SQLITE_STATIC);
    CHECK(code == SQLITE_OK);
    return OK;
}

static enum status compare_columns(const struct sqlite_table *table, struct sqlite_link *link,
                                   struct error *err)
{
    sqlite3_stmt *info;
    uint64_t seen[SCHEMA_COLUMNS_MAX / 64 + 1] = {0};
    bool has_row = true;
    TRY(ask(table, link,
            "SELECT name, type, \"notnull\", dflt_value, pk, hidden FROM pragma_table_xinfo(?1)",
            &info, err));
    enum status status = OK;
    while (status == OK && (status = sqlite_link_step(link, info, &has_row, err)) == OK &&
           has_row) {
        status = check_info(table, info, seen, err);
    }
    sqlite3_finalize(info);
    TRY(status);
    return check_seen(table, seen, err);
}

/* An upsert needs an index that says so; SQLite itself knows best which one fits. */
static enum status compare_keys(const struct sqlite_table *table, struct sqlite_link *link,
                                struct error *err)
{
    struct bytebuf sql = {0};
    sqlite3_stmt *insert = NULL;
    sqlite_table_insert(table, &sql);
    int code = sqlite3_prepare_v2(link->db, bytebuf_text(&sql), -1, &insert, NULL);
    sqlite3_finalize(insert);
    bytebuf_clear(&sql);
    if (code == SQLITE_ERROR) {
        error_set(err, ERR_OPTION, "sqlite \"%s\": table \"%.*s\": %s", table->path,
                  (int)table->name.len, (const char *)table->name.at, sqlite3_errmsg(link->db));
        if (table->n_keys > 0) {
            bytebuf_add_text(&sql, "CREATE UNIQUE INDEX … ON ");
            sqlite_add_name(&sql, table->name);
            bytebuf_add_text(&sql, " (");
            add_names(table, table->keys, table->n_keys, &sql);
            bytebuf_add_byte(&sql, ')');
            error_hint(err, "%s", bytebuf_text(&sql));
        }
    }
    bytebuf_release(&sql);
    return code == SQLITE_ERROR ? ERR_OPTION : OK;
}

/* ---- both ----------------------------------------------------------------------------------- */

static enum status find_table(const struct sqlite_table *table, struct sqlite_link *link,
                              bool *found, struct error *err)
{
    sqlite3_stmt *find;
    TRY(ask(table, link, "SELECT type FROM main.sqlite_schema WHERE lower(name) = lower(?1)", &find,
            err));
    enum status status = sqlite_link_step(link, find, found, err);
    if (status == OK && *found && !slice_equal(text_of(find, 0), slice_text("table"))) {
        struct slice kind = text_of(find, 0);
        status = error_set(err, ERR_OPTION, "sqlite \"%s\": \"%.*s\" is no table but %s %.*s",
                           table->path, (int)table->name.len, (const char *)table->name.at,
                           slice_equal(kind, slice_text("index")) ? "an" : "a", (int)kind.len,
                           (const char *)kind.at);
    }
    sqlite3_finalize(find);
    return status;
}

enum status sqlite_table_prepare(const struct sqlite_table *table, struct sqlite_link *link,
                                 struct error *err)
{
    bool found;
    TRY(find_table(table, link, &found, err));
    if (found) {
        TRY(compare_columns(table, link, err));
        return compare_keys(table, link, err);
    }
    struct bytebuf sql = {0};
    add_create(table, &sql);
    enum status status = sqlite_link_run(link, bytebuf_text(&sql), err);
    bytebuf_release(&sql);
    return status;
}
