/* kafka_client: see kafka_client.h. */
#include "engine/kafka/kafka_client.h"

#include <string.h>

#include "engine/base/env.h"
#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/io/near.h"
#include "engine/io/secrets.h"

enum { ERROR_BYTES = 512, PASSWORD_BYTES_MAX = 4096 };

/* ---- what the library tells ------------------------------------------------------------------ */

static void copy_text(char *out, size_t room, const char *text)
{
    size_t n = strlen(text);
    n = n < room - 1 ? n : room - 1;
    memcpy(out, text, n);
    out[n] = '\0';
}

/* Transient by contract: the library goes on trying. Kept for who has to explain a silence. */
static void client_error(rd_kafka_t *rk, int code, const char *reason, void *opaque)
{
    (void)rk;
    (void)code;
    struct kafka_client *client = opaque;
    copy_text(client->problem, sizeof client->problem, reason);
}

static void client_delivered(rd_kafka_t *rk, const rd_kafka_message_t *message, void *opaque)
{
    (void)rk;
    struct kafka_client *client = opaque;
    client->delivered(client->owner, message->err);
}

/* Called from threads of the library. */
static void client_log(const rd_kafka_t *rk, int level, const char *facility, const char *text)
{
    (void)rk;
    (void)level; /* what matters comes through client_error, and is said by who waits for it */
    log_line(LOG_DEBUG, "kafka: %s: %s", facility, text);
}

void kafka_client_clear(struct kafka_client *client)
{
    client->problem[0] = '\0';
}

enum status kafka_client_fail(const struct kafka_client *client, rd_kafka_resp_err_t code,
                              const char *what, struct error *err)
{
    bool has_more = client->problem[0] != '\0';
    return error_set(err, ERR_IO, "kafka: cannot %s: %s%s%s%s", what, rd_kafka_err2str(code),
                     has_more ? " (" : "", client->problem, has_more ? ")" : "");
}

/* ---- properties ------------------------------------------------------------------------------ */

static const struct kafka_property *property_find(const struct kafka_property *list,
                                                  const char *name)
{
    for (; list != NULL && list->name != NULL; list++) {
        if (strcmp(list->name, name) == 0) {
            return list;
        }
    }
    return NULL;
}

/* Names the properties that librdkafka has and somebody may have meant. Its own list leaves out the
 * second names that Java clients know. */
static void hint_near(const rd_kafka_conf_t *conf, const char *name, struct error *err)
{
    static const char *const second_names[] = {
        "acks", "compression.type", "delivery.timeout.ms", "linger.ms", "retries", "sasl.mechanism",
    };
    struct near near;
    size_t n;
    const char **all = rd_kafka_conf_dump((rd_kafka_conf_t *)conf, &n);
    near_init(&near, slice_text(name));
    for (size_t i = 0; i < n; i += 2) {
        near_try(&near, all[i]);
    }
    for (size_t i = 0; i < sizeof second_names / sizeof *second_names; i++) {
        near_try(&near, second_names[i]);
    }
    near_hint(&near, err);
    rd_kafka_conf_dump_free(all, n);
}

static enum status set_property(rd_kafka_conf_t *conf, const char *name, const char *value,
                                struct error *err)
{
    char words[ERROR_BYTES] = "";
    switch (rd_kafka_conf_set(conf, name, value, words, sizeof words)) {
    case RD_KAFKA_CONF_OK:
        return OK;
    case RD_KAFKA_CONF_UNKNOWN:
        error_set(err, ERR_OPTION, "librdkafka has no property \"%s\"", name);
        hint_near(conf, name, err);
        return ERR_OPTION;
    case RD_KAFKA_CONF_INVALID:
        break;
    }
    /* Its words may quote the value. */
    return error_set(err, ERR_OPTION, "option kafka.%s: %s", name,
                     secret_key(slice_text(name)) ? "librdkafka refuses the value" : words);
}

static enum status set_list(rd_kafka_conf_t *conf, const struct kafka_property *list,
                            struct error *err)
{
    for (; list != NULL && list->name != NULL; list++) {
        if (list->if_known) {
            rd_kafka_conf_set(conf, list->name, list->value, NULL, 0);
        } else {
            TRY(set_property(conf, list->name, list->value, err));
        }
    }
    return OK;
}

/* The name behind "kafka." or "properties."; NULL if the option is none of ours. */
static const char *property_name(const struct option *option, char *out, size_t room)
{
    static const char *const prefixes[] = {"kafka.", "properties."};
    for (size_t i = 0; i < sizeof prefixes / sizeof *prefixes; i++) {
        size_t len = strlen(prefixes[i]);
        if (option->key.len > len && option->key.len - len < room &&
            memcmp(option->key.at, prefixes[i], len) == 0) {
            memcpy(out, option->key.at + len, option->key.len - len);
            out[option->key.len - len] = '\0';
            return out;
        }
    }
    return NULL;
}

static enum status check_allowed(const struct kafka_client_config *config, const char *name,
                                 struct error *err)
{
    if (strcmp(name, "bootstrap.servers") == 0 || strcmp(name, "metadata.broker.list") == 0) {
        error_set(err, ERR_OPTION, "kafka.%s: the URI names the brokers", name);
        error_hint(err, "write kafka://host:9092,host2:9092/topic");
        return ERR_OPTION;
    }
    const struct kafka_property *fixed = property_find(config->fixed, name);
    if (fixed != NULL) {
        return error_set(err, ERR_OPTION, "kafka.%s is always \"%s\" here: offsets and epochs %s",
                         name, fixed->value, "are in the checkpoint");
    }
    return OK;
}

static enum status set_options(rd_kafka_conf_t *conf, const struct kafka_client_config *config,
                               struct error *err)
{
    for (uint32_t i = 0; i < config->options->n; i++) {
        const struct option *option = &config->options->items[i];
        char room[128];
        const char *name = property_name(option, room, sizeof room);
        if (name == NULL) {
            continue;
        }
        struct bytebuf value = {0};
        enum status status = check_allowed(config, name, err);
        if (status == OK) {
            status = env_expand(option->value, &value, err);
        }
        if (status == OK) {
            status = set_property(conf, name, bytebuf_text(&value), err);
        }
        bytebuf_release(&value);
        TRY(status);
    }
    return OK;
}

/* ---- secrets --------------------------------------------------------------------------------- */

static enum status read_first_line(const struct fs *fs, const char *path, struct bytebuf *out,
                                   struct error *err)
{
    int fd;
    size_t n = 0;
    TRY(fs->open(fs, path, FS_READ, &fd, err));
    uint8_t *at = bytebuf_reserve(out, PASSWORD_BYTES_MAX);
    enum status status = fs->read(fs, fd, at, PASSWORD_BYTES_MAX, &n, err);
    fs->close(fs, fd);
    TRY(status);
    const uint8_t *end = n == 0 ? NULL : memchr(at, '\n', n);
    out->len += end == NULL ? n : (size_t)(end - at);
    return OK;
}

static enum status set_password(rd_kafka_conf_t *conf, const struct kafka_client_config *config,
                                struct error *err)
{
    const struct option *option = options_find(config->options, "password_file");
    if (option == NULL) {
        return OK;
    }
    struct bytebuf password = {0};
    char *path = mem_text(option->value.at, option->value.len);
    enum status status = read_first_line(config->fs, path, &password, err);
    if (status == OK) {
        status = set_property(conf, "sasl.password", bytebuf_text(&password), err);
    }
    mem_free(path);
    bytebuf_release(&password);
    return status;
}

static bool conf_is(const rd_kafka_conf_t *conf, const char *name, const char *value)
{
    char got[ERROR_BYTES];
    size_t size = sizeof got;
    return rd_kafka_conf_get(conf, name, got, &size) == RD_KAFKA_CONF_OK &&
           slice_equal_nocase(slice_text(got), slice_text(value));
}

/* PLAIN sends the password itself: without TLS everybody on the way reads it. */
static enum status check_password(const rd_kafka_conf_t *conf,
                                  const struct kafka_client_config *config, struct error *err)
{
    bool allowed;
    TRY(options_boolean(config->options, "allow_plaintext_password", false, &allowed, err));
    if (!allowed && conf_is(conf, "security.protocol", "sasl_plaintext") &&
        conf_is(conf, "sasl.mechanisms", "PLAIN")) {
        error_set(err, ERR_OPTION, "the password would travel without TLS");
        error_hint(err, "say kafka.security.protocol = 'sasl_ssl', or "
                        "allow_plaintext_password = true");
        return ERR_OPTION;
    }
    return OK;
}

/* ---- open, close ----------------------------------------------------------------------------- */

static enum status fill_conf(rd_kafka_conf_t *conf, const struct kafka_client_config *config,
                             struct error *err)
{
    char *brokers = mem_text(config->uri->authority.at, config->uri->authority.len);
    enum status status = set_property(conf, "bootstrap.servers", brokers, err);
    mem_free(brokers);
    TRY(status);
    TRY(set_list(conf, config->defaults, err));
    TRY(set_options(conf, config, err));
    TRY(set_password(conf, config, err));
    TRY(set_list(conf, config->fixed, err));
    return check_password(conf, config, err);
}

enum status kafka_client_open(struct kafka_client *client, const struct kafka_client_config *config,
                              struct error *err)
{
    char words[ERROR_BYTES];
    kafka_client_clear(client);
    if (config->uri->authority.len == 0) {
        error_set(err, ERR_OPTION, "\"kafka:%.*s\" names no broker", (int)config->uri->path.len,
                  (const char *)config->uri->path.at);
        error_hint(err, "write kafka://host:9092/topic");
        return ERR_OPTION;
    }
    rd_kafka_conf_t *conf = rd_kafka_conf_new();
    enum status status = fill_conf(conf, config, err);
    if (status != OK) {
        rd_kafka_conf_destroy(conf);
        return status;
    }
    client->owner = config->owner;
    client->delivered = config->delivered;
    rd_kafka_conf_set_opaque(conf, client);
    if (config->delivered != NULL) {
        rd_kafka_conf_set_dr_msg_cb(conf, client_delivered);
    }
    rd_kafka_conf_set_error_cb(conf, client_error);
    rd_kafka_conf_set_log_cb(conf, client_log);
    client->rk =
        rd_kafka_new(config->role == KAFKA_CONSUMER ? RD_KAFKA_CONSUMER : RD_KAFKA_PRODUCER, conf,
                     words, sizeof words);
    if (client->rk == NULL) {
        rd_kafka_conf_destroy(conf);
        return error_set(err, ERR_OPTION, "kafka: %s", words);
    }
    return OK;
}

void kafka_client_close(struct kafka_client *client)
{
    if (client->rk != NULL) {
        rd_kafka_destroy_flags(client->rk, RD_KAFKA_DESTROY_F_NO_CONSUMER_CLOSE);
        client->rk = NULL;
    }
}
