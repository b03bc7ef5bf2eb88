/* kafka_sink: see kafka_sink.h. */
#include "sinks/kafka_sink.h"

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/value.h"
#include "sinks/encode.h"
#include "sinks/kafka_producer.h"

#define PATIENCE_US (120 * US_PER_SECOND)

struct kafka {
    struct sink sink;
    struct arena life;
    struct kafka_producer producer;
    const char *topic;
    const char *transactional_id; /* NULL: at least once */
    const uint32_t *keys;         /* columns of the key */
    uint32_t n_keys;
    bool has_keys;   /* also the rows of a total, which have no key column */
    bool has_quotes; /* values are CSV */
    struct encoder *encoder;
    struct bytebuf values; /* of one batch */
    struct bytebuf key;    /* of one row */
    struct kafka_rows rows;
};

static struct kafka *kafka_of(struct sink *sink)
{
    CHECK(sink->kind == &kafka_sink);
    return (struct kafka *)(void *)sink;
}

/* ---- options --------------------------------------------------------------------------------- */

static enum status read_format(const struct sink_config *config,
                               const struct encode_format **format, struct error *err)
{
    *format = config->format.len == 0 ? &encode_jsonl : encode_format_find(config->format);
    *format = *format == &encode_json ? &encode_jsonl : *format;
    if (*format != &encode_jsonl && *format != &encode_csv && *format != &encode_tsv) {
        error_set(err, ERR_OPTION, "a message cannot be in format \"%.*s\"",
                  (int)config->format.len, (const char *)config->format.at);
        error_hint(err, "json, csv and tsv can");
        return ERR_OPTION;
    }
    return OK;
}

static enum status read_topic(struct kafka *kafka, const struct sink_config *config,
                              struct error *err)
{
    struct slice path = config->uri->path;
    if (path.len < 2 || memchr(path.at, ',', path.len) != NULL) {
        error_set(err, ERR_OPTION, "\"kafka:%.*s\" names no topic", (int)path.len,
                  (const char *)path.at);
        error_hint(err, "write kafka://host:9092/topic");
        return ERR_OPTION;
    }
    kafka->topic = (const char *)arena_copy(&kafka->life, slice_of(path.at + 1, path.len - 1)).at;
    return OK;
}

static enum status no_key_column(const struct sink_config *config, struct slice name,
                                 struct error *err)
{
    error_set(err, ERR_OPTION, "key: the result has no column \"%.*s\"", (int)name.len,
              (const char *)name.at);
    error_hint(err, "it has %.*s and %u more", (int)config->schema->fields[0].name.len,
               (const char *)config->schema->fields[0].name.at, config->schema->n - 1);
    return ERR_OPTION;
}

/* key=card,atm, or what identifies a row of a changing result. */
static enum status read_keys(struct kafka *kafka, const struct sink_config *config,
                             struct error *err)
{
    struct slice rest = options_text(config->options, "key", "");
    if (rest.len == 0) {
        kafka->keys = config->keys;
        kafka->n_keys = config->changes ? config->n_keys : 0;
        return OK;
    }
    uint32_t *keys = arena_alloc(&kafka->life, (rest.len + 1) * sizeof *keys);
    while (rest.len > 0) {
        const uint8_t *comma = memchr(rest.at, ',', rest.len);
        size_t len = comma == NULL ? rest.len : (size_t)(comma - rest.at);
        struct slice name = slice_trim(slice_of(rest.at, len));
        int column = schema_find(config->schema, name);
        if (column < 0) {
            return no_key_column(config, name, err);
        }
        keys[kafka->n_keys++] = (uint32_t)column;
        len += comma != NULL;
        rest = slice_of(rest.at + len, rest.len - len);
    }
    kafka->keys = keys;
    return OK;
}

static enum status read_transactions(struct kafka *kafka, const struct sink_config *config,
                                     struct error *err)
{
    bool transactions;
    TRY(options_boolean(config->options, "transactions", config->durable, &transactions, err));
    if (!transactions) {
        kafka->sink.promise = SINK_AT_LEAST_ONCE;
        log_line(LOG_INFO, "kafka: rows reach topic \"%s\" at least once (%s)", kafka->topic,
                 config->durable ? "transactions = false" : "no --state");
        return OK;
    }
    struct bytebuf id = {0};
    bytebuf_printf(&id, "tailrace.%s.%s", kafka->topic,
                   config->query_name == NULL ? "result" : config->query_name);
    struct slice text = options_text(config->options, "transactional_id", bytebuf_text(&id));
    kafka->transactional_id = (const char *)arena_copy(&kafka->life, text).at;
    bytebuf_release(&id);
    return OK;
}

/* ---- open, close ----------------------------------------------------------------------------- */

static void kafka_close(struct sink *sink)
{
    struct kafka *kafka = kafka_of(sink);
    kafka_producer_close(&kafka->producer);
    encoder_free(kafka->encoder);
    bytebuf_release(&kafka->values);
    bytebuf_release(&kafka->key);
    kafka_rows_release(&kafka->rows);
    arena_release(&kafka->life);
    mem_free(kafka);
}

static enum status kafka_setup(struct kafka *kafka, const struct sink_config *config,
                               uint64_t *committed, struct error *err)
{
    const struct encode_format *format;
    TRY(read_format(config, &format, err));
    TRY(read_topic(kafka, config, err));
    TRY(read_keys(kafka, config, err));
    kafka->has_keys = config->changes || kafka->n_keys > 0;
    TRY(read_transactions(kafka, config, err));
    struct kafka_producer_config producer = {
        .uri = config->uri,
        .options = config->options,
        .fs = config->fs,
        .clock = config->clock,
        .topic = kafka->topic,
        .transactional_id = kafka->transactional_id,
    };
    TRY(options_duration(config->options, "patience", PATIENCE_US, &producer.patience_us, err));
    const struct encoder_config encoder = {.format = format, .schema = config->schema};
    kafka->encoder = encoder_new(&encoder);
    kafka->has_quotes = format == &encode_csv;
    TRY(kafka_producer_open(&kafka->producer, &producer, err));
    return kafka->transactional_id == NULL
               ? OK
               : kafka_txn_recover(&kafka->producer.port, committed, err);
}

static enum status kafka_open(const struct sink_config *config, struct sink **out,
                              uint64_t *committed, struct error *err)
{
    uint64_t epoch = 0;
    struct kafka *kafka = mem_zalloc(sizeof *kafka);
    kafka->sink.kind = &kafka_sink;
    arena_init(&kafka->life);
    enum status status = kafka_setup(kafka, config, &epoch, err);
    if (status != OK) {
        kafka_close(&kafka->sink);
        return status;
    }
    *out = &kafka->sink;
    *committed = epoch;
    return OK;
}

/* ---- rows ------------------------------------------------------------------------------------ */

/* The key columns of a row as a JSON object. */
static void key_object(struct kafka *kafka, const struct batch *batch, uint32_t row)
{
    struct bytebuf *key = &kafka->key;
    struct bytebuf text = {0};
    bytebuf_add_byte(key, '{');
    for (uint32_t i = 0; i < kafka->n_keys; i++) {
        const struct column *column = &batch->columns[kafka->keys[i]];
        bytebuf_clear(&text);
        column_print(&text, column, row);
        bytebuf_add_text(key, i == 0 ? "" : ",");
        textbuf_json(key, batch->schema->fields[kafka->keys[i]].name);
        bytebuf_add_byte(key, ':');
        if (column_is_null(column, row)) {
            bytebuf_add_text(key, "null");
        } else {
            textbuf_json(key, bytebuf_slice(&text));
        }
    }
    bytebuf_release(&text);
    bytebuf_add_byte(key, '}');
}

/* One column: its text. Several, none (the one row of a total), or NULL, which is a key too: an
 * object. */
static void make_key(struct kafka *kafka, const struct batch *batch, uint32_t row)
{
    bytebuf_clear(&kafka->key);
    if (kafka->n_keys == 1 && !column_is_null(&batch->columns[kafka->keys[0]], row)) {
        column_print(&kafka->key, &batch->columns[kafka->keys[0]], row);
    } else {
        key_object(kafka, batch, row);
    }
}

/* Cuts off the first row: its line end is the first one outside quotes. JSON and
 * TSV escape theirs, so that there the first one is it. */
static struct slice take_row(struct slice *rest, bool has_quotes)
{
    bool quoted = false;
    size_t len = 0;
    while (len < rest->len && (quoted || rest->at[len] != '\n')) {
        quoted ^= has_quotes && rest->at[len] == '"';
        len++;
    }
    struct slice row = slice_of(rest->at, len);
    len += len < rest->len;
    *rest = slice_of(rest->at + len, rest->len - len);
    return row;
}

static enum status kafka_write(struct sink *sink, const struct batch *batch, struct error *err)
{
    (void)err;
    struct kafka *kafka = kafka_of(sink);
    bytebuf_clear(&kafka->values);
    encoder_batch(kafka->encoder, batch, &kafka->values);
    struct slice rest = bytebuf_slice(&kafka->values);
    for (uint32_t i = 0; i < batch->n; i++) {
        struct slice value = take_row(&rest, kafka->has_quotes);
        if (kafka->has_keys) {
            make_key(kafka, batch, i);
            kafka_rows_key(&kafka->rows, bytebuf_slice(&kafka->key));
        }
        if (batch->ops != NULL && batch->ops[i] == ROW_DELETE) {
            kafka_rows_tombstone(&kafka->rows);
        } else {
            kafka_rows_value(&kafka->rows, value);
        }
    }
    CHECK(rest.len == 0);
    return OK;
}

/* ---- epochs ---------------------------------------------------------------------------------- */

static enum status kafka_flush(struct sink *sink, struct error *err)
{
    struct kafka *kafka = kafka_of(sink);
    if (kafka->transactional_id != NULL || kafka->rows.n == 0) {
        return OK;
    }
    TRY(kafka_producer_send(&kafka->producer, &kafka->rows, err));
    kafka_rows_clear(&kafka->rows);
    return OK;
}

static enum status kafka_commit(struct sink *sink, uint64_t epoch, struct error *err)
{
    struct kafka *kafka = kafka_of(sink);
    if (kafka->transactional_id == NULL) {
        TRY(kafka_flush(sink, err));
        return kafka_producer_settle(&kafka->producer, err);
    }
    TRY(kafka_txn_commit(&kafka->producer.port, &kafka->rows, epoch, err));
    kafka_rows_clear(&kafka->rows);
    return OK;
}

static void kafka_abort(struct sink *sink)
{
    kafka_rows_clear(&kafka_of(sink)->rows);
}

static const struct option_spec kafka_options[] = {
    {"key", OPTION_TEXT, NULL, "columns of the message key: key=card,atm"},
    {"transactions", OPTION_BOOLEAN, "true with --state", "an epoch is a transaction"},
    {"transactional_id", OPTION_TEXT, "tailrace.TOPIC.QUERY", "no two jobs may have the same"},
    {"patience", OPTION_DURATION, "2m", "how long to go on when no broker answers"},
    KAFKA_CLIENT_OPTIONS,
    {.name = NULL},
};

const struct sink_kind kafka_sink = {
    .scheme = "kafka",
    .summary = "rows as messages of a topic, JSON or CSV",
    .promise = SINK_TRANSACTIONAL,
    .takes_changes = true,
    .options = kafka_options,
    .open = kafka_open,
    .write = kafka_write,
    .flush = kafka_flush,
    .commit = kafka_commit,
    .abort = kafka_abort,
    .close = kafka_close,
};
