/* define_parts: see define_parts.h. */
#include "sql/define_parts.h"

#include "sql/bind.h"
#include "sql/errors.h"

enum status place_default(enum status status, struct span span, struct error *err)
{
    if (status != OK && err != NULL && err->at < 0) {
        error_place(err, err->code != 0 ? err->code : E_OPTION, span.at, span.length);
    }
    return status;
}

/* Where the bytes of a key stand; a quoted key begins behind its quote. */
static int64_t key_at(const struct ast_option *option)
{
    return option->key_span.at + (option->key_span.length > option->key.len);
}

/* ---- WITH ('connector' = …) ------------------------------------------------------------------ */

/* The parts of an address that are options in Flink's spelling. */
enum part { PART_CONNECTOR, PART_PATH, PART_HOST, PART_PORT, PART_TOPIC, PART_FORMAT, PART_COUNT };

struct part_key {
    const char *key;
    enum part part;
};

static const struct part_key part_keys[] = {
    {"connector", PART_CONNECTOR},
    {"path", PART_PATH},
    {"hostname", PART_HOST},
    {"host", PART_HOST},
    {"properties.bootstrap.servers", PART_HOST},
    {"brokers", PART_HOST},
    {"port", PART_PORT},
    {"topic", PART_TOPIC},
    {"kafka_topic", PART_TOPIC},
    {"format", PART_FORMAT},
    {"value.format", PART_FORMAT},
    {"value_format", PART_FORMAT},
};

struct connector {
    const char *name;
    const char *scheme;
};

static const struct connector connectors[] = {
    {"filesystem", "file"},    {"socket", "tcp"},    {"datagen", "gen"},
    {"upsert-kafka", "kafka"}, {"print", "console"},
};

static int part_of(struct slice key)
{
    for (size_t i = 0; i < sizeof part_keys / sizeof part_keys[0]; i++) {
        if (slice_equal(key, slice_text(part_keys[i].key))) {
            return (int)part_keys[i].part;
        }
    }
    return -1;
}

static struct slice scheme_of(struct slice connector)
{
    for (size_t i = 0; i < sizeof connectors / sizeof connectors[0]; i++) {
        if (slice_equal_nocase(connector, slice_text(connectors[i].name))) {
            return slice_text(connectors[i].scheme);
        }
    }
    return connector;
}

/* scheme://host:port/topic or scheme:path. */
static struct slice address_text(struct arena *arena, const struct ast_option *const *parts)
{
    struct bytebuf text = {0};
    struct slice scheme = scheme_of(parts[PART_CONNECTOR]->value);
    bytebuf_add(&text, scheme.at, scheme.len);
    bytebuf_add_byte(&text, ':');
    if (parts[PART_HOST] != NULL || parts[PART_PORT] != NULL) {
        bytebuf_add_text(&text, "//");
    }
    if (parts[PART_HOST] != NULL) {
        bytebuf_add(&text, parts[PART_HOST]->value.at, parts[PART_HOST]->value.len);
    }
    if (parts[PART_PORT] != NULL) {
        bytebuf_add_byte(&text, ':');
        bytebuf_add(&text, parts[PART_PORT]->value.at, parts[PART_PORT]->value.len);
    }
    if (parts[PART_PATH] != NULL) {
        bytebuf_add(&text, parts[PART_PATH]->value.at, parts[PART_PATH]->value.len);
    }
    if (parts[PART_TOPIC] != NULL) {
        bytebuf_add_byte(&text, '/');
        bytebuf_add(&text, parts[PART_TOPIC]->value.at, parts[PART_TOPIC]->value.len);
    }
    struct slice copy = arena_copy(arena, bytebuf_slice(&text));
    bytebuf_release(&text);
    return copy;
}

/* 'csv.field-delimiter' is delimiter: Flink puts the format in front. */
static struct slice bare_key(struct slice key, struct slice format)
{
    if (format.len > 0 && key.len > format.len + 1 && key.at[format.len] == '.' &&
        slice_equal_nocase(slice_of(key.at, format.len), format)) {
        key = slice_of(key.at + format.len + 1, key.len - format.len - 1);
    }
    return slice_equal(key, slice_text("field-delimiter")) ? slice_text("delimiter") : key;
}

static enum status put_options(const struct ast_options *with, bool is_connector,
                               struct location *out, struct error *err)
{
    for (const struct ast_option *option = with->first; option != NULL; option = option->next) {
        int part = part_of(option->key);
        if (part == PART_FORMAT || (is_connector && part >= 0)) {
            continue;
        }
        struct slice key = bare_key(option->key, out->format.text);
        TRY(options_put(&out->options, key, option->value, key_at(option), err));
    }
    return OK;
}

static struct slice place_text(struct arena *arena, const struct ast_name *uri,
                               const struct ast_option *const *parts)
{
    return parts[PART_CONNECTOR] != NULL ? address_text(arena, parts) : uri->text;
}

enum status location_read(struct arena *arena, const struct ast_name *uri,
                          const struct ast_options *with, struct location *out, struct error *err)
{
    const struct ast_option *parts[PART_COUNT] = {0};
    for (const struct ast_option *option = with->first; option != NULL; option = option->next) {
        int part = part_of(option->key);
        if (part >= 0) {
            parts[part] = option;
        }
    }
    const struct ast_option *connector = parts[PART_CONNECTOR];
    if (connector != NULL && name_given(uri)) {
        error_set(err, ERR_SQL, "both a URI and a connector say where the data is");
        return sql_fail(err, E_STREAM, connector->key_span);
    }
    if (connector == NULL && !name_given(uri)) {
        error_set(err, ERR_SQL, "neither a URI nor a connector says where the data is");
        error_hint(err, "WITH ('connector' = 'filesystem', 'path' = 'out.csv') is 'file:out.csv'");
        return sql_fail(err, E_STREAM, with->first->key_span);
    }
    struct span span = connector != NULL ? connector->value_span : uri->span;
    *out = (struct location){.span = span};
    options_init(&out->options, arena);
    if (parts[PART_FORMAT] != NULL) {
        out->format = (struct ast_name){parts[PART_FORMAT]->value, parts[PART_FORMAT]->value_span};
    }
    TRY(place_default(uri_parse(arena, place_text(arena, uri, parts), &out->uri, &out->options,
                                err),
                      span, err));
    TRY(place_default(put_options(with, connector != NULL, out, err), span, err));
    const struct option *format = options_find(&out->options, "format");
    if (format != NULL && !name_given(&out->format)) {
        out->format = (struct ast_name){format->value, span};
    }
    return OK;
}

enum status location_check(const struct options *options,
                           const struct option_spec *const lists[OPTION_LISTS], const char *what,
                           struct span span, struct error *err)
{
    const struct option_spec *given[OPTION_LISTS];
    uint32_t n = 0;
    for (int i = 0; i < OPTION_LISTS; i++) {
        if (lists[i] != NULL) {
            given[n++] = lists[i];
        }
    }
    return place_default(options_check(options, given, n, what, err), span, err);
}
