/* kafka_source: kafka://b1:9092,b2/topic,topic2: the partitions of topics as splits, read with
 * assign(): no consumer group, no rebalance, offsets in our own checkpoint (the "direct approach").
 *
 *     FINDING ──all partitions and their offsets known──▶ READING ──once, all at their end──▶ done
 *        ▲                                                  │ new partitions, every refresh
 *        └── nobody answers: again after a pause            ▼
 *
 * Messages are fetched by the library into queues of bounded bytes; when they are full it stops
 * asking the brokers, so not reading is backpressure here too. Offsets that the log has no message
 * for (compaction, markers and aborted messages of transactions) are gaps, not losses. */
#include <errno.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "engine/base/log.h"
#include "engine/base/mem.h"
#include "engine/kafka/kafka_client.h"
#include "sources/kafka_offsets.h"
#include "sources/kafka_split.h"
#include "sources/kafka_start.h"
#include "sources/sources.h"

enum {
    TOPICS_MAX = 64,
    FETCH_MAX = 4096,    /* messages taken from the library at once */
    EXIT_INPUT_GAP = 24, /* exactly-once.md §7 */
    KAFKA_FLAGS = SOURCE_REPLAYABLE | SOURCE_PARTITIONED | SOURCE_MESSAGES | SOURCE_LISTS_SPLITS,
};

#define RETRY_US     (500 * US_PER_MS)
#define REFRESH_US   (30 * US_PER_SECOND)
#define COMPLAINT_US (30 * US_PER_SECOND)

struct kafka_source {
    struct source base;
    struct kafka_client client;
    const struct clock *clock;
    rd_kafka_queue_t *queue;
    int event_fd;
    char *topics[TOPICS_MAX];
    uint32_t n_topics;
    struct kafka_start start;
    enum kafka_framing framing;
    bool once;
    bool found; /* READING */
    /* A partition keeps its number whenever its topic grows, for cuts of an epoch that is done
     * again name it: partition * n_topics + topic. A number without a partition is a split that is
     * over. */
    struct kafka_split **splits;
    uint32_t n_splits;
    uint32_t n_partitions; /* of them, that are there */
    uint32_t turn;         /* the split that is asked first */
    int64_t refresh_us;    /* how often new partitions are looked for */
    int64_t look_at_us;    /* steady: when partitions are looked for next */
    int64_t complain_at_us;
    rd_kafka_message_t *batch[FETCH_MAX];
};

static struct kafka_source *kafka_of(struct source *source)
{
    return (struct kafka_source *)source;
}

static const struct kafka_source *kafka_const(const struct source *source)
{
    return (const struct kafka_source *)source;
}

/* ---- open, close ----------------------------------------------------------------------------- */

static void kafka_close(struct source *source)
{
    struct kafka_source *kafka = kafka_of(source);
    for (uint32_t i = 0; i < kafka->n_splits; i++) {
        struct kafka_split *split = kafka->splits[i];
        if (split->tombstones > 0) {
            log_line(LOG_INFO, "kafka: %s: %llu messages without a value were skipped", split->name,
                     (unsigned long long)split->tombstones);
        }
        kafka_split_release(split);
        mem_free(split);
    }
    mem_free(kafka->splits);
    if (kafka->queue != NULL) {
        rd_kafka_queue_io_event_enable(kafka->queue, -1, NULL, 0);
        rd_kafka_queue_destroy(kafka->queue);
    }
    kafka_client_close(&kafka->client);
    if (kafka->event_fd >= 0) {
        close(kafka->event_fd);
    }
    for (uint32_t i = 0; i < kafka->n_topics; i++) {
        mem_free(kafka->topics[i]);
    }
    mem_free(kafka);
}

/* "/a,b": the topics. */
static enum status read_topics(struct kafka_source *kafka, const struct uri *uri, struct error *err)
{
    struct slice rest = uri->path;
    rest = rest.len > 0 ? slice_of(rest.at + 1, rest.len - 1) : rest;
    while (rest.len > 0 && kafka->n_topics < TOPICS_MAX) {
        const uint8_t *comma = memchr(rest.at, ',', rest.len);
        size_t len = comma == NULL ? rest.len : (size_t)(comma - rest.at);
        if (len > 0) {
            kafka->topics[kafka->n_topics++] = mem_text(rest.at, len);
        }
        len += comma != NULL;
        rest = slice_of(rest.at + len, rest.len - len);
    }
    if (kafka->n_topics == 0 || rest.len > 0) {
        error_set(err, ERR_OPTION, "\"kafka://%.*s%.*s\" names %s topics", (int)uri->authority.len,
                  (const char *)uri->authority.at, (int)uri->path.len, (const char *)uri->path.at,
                  rest.len > 0 ? "too many" : "no");
        error_hint(err, "write kafka://host:9092/topic, or up to %d topics with commas between",
                   TOPICS_MAX);
        return ERR_OPTION;
    }
    return OK;
}

static enum status open_queue(struct kafka_source *kafka, struct error *err)
{
    static const uint64_t one = 1;
    kafka->event_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
    if (kafka->event_fd < 0) {
        return error_set_errno(err, errno, "cannot wait for kafka");
    }
    rd_kafka_poll_set_consumer(kafka->client.rk);
    kafka->queue = rd_kafka_queue_get_consumer(kafka->client.rk);
    rd_kafka_queue_io_event_enable(kafka->queue, kafka->event_fd, &one, sizeof one);
    return OK;
}

static enum status kafka_setup(struct kafka_source *kafka, const struct source_config *config,
                               struct error *err)
{
    /* Bytes that the library keeps for us: without limits a fast broker fills the memory. */
    static const struct kafka_property defaults[] = {
        {.name = "group.id", .value = "tailrace"},
        {.name = "client.id", .value = "tailrace"},
        {.name = "queued.min.messages", .value = "100000"},
        {.name = "queued.max.messages.kbytes", .value = "32768"},
        {.name = "fetch.queue.backoff.ms", .value = "10", .if_known = true},
        {.name = "fetch.wait.max.ms", .value = "100"},
        {.name = "allow.auto.create.topics", .value = "false"},
        {.name = NULL},
    };
    static const struct kafka_property fixed[] = {
        {.name = "enable.auto.commit", .value = "false"},
        {.name = "enable.auto.offset.store", .value = "false"},
        {.name = "enable.partition.eof", .value = "true"},
        {.name = "auto.offset.reset", .value = "error"},
        {.name = NULL},
    };
    TRY(read_topics(kafka, config->uri, err));
    TRY(kafka_start_init(&kafka->start, config, err));
    TRY(options_duration(config->options, "refresh", REFRESH_US, &kafka->refresh_us, err));
    const struct kafka_client_config client = {
        .role = KAFKA_CONSUMER,
        .uri = config->uri,
        .options = config->options,
        .fs = config->fs,
        .defaults = defaults,
        .fixed = fixed,
    };
    TRY(kafka_client_open(&kafka->client, &client, err));
    return open_queue(kafka, err);
}

static enum status kafka_open(const struct source_config *config, struct source **out,
                              struct error *err)
{
    struct kafka_source *kafka = mem_zalloc(sizeof *kafka);
    kafka->base.kind = &kafka_source_kind;
    kafka->clock = config->clock;
    kafka->event_fd = -1;
    kafka->once = config->once;
    kafka->framing = kafka_framing_of(config->format);
    enum status status = kafka_setup(kafka, config, err);
    if (status != OK) {
        kafka_close(&kafka->base);
        return status;
    }
    *out = &kafka->base;
    return OK;
}

/* ---- finding partitions ---------------------------------------------------------------------- */

/* NULL: no such partition. */
static struct kafka_split *split_at(const struct kafka_source *kafka, uint32_t topic,
                                    int32_t partition)
{
    uint64_t number = (uint64_t)partition * kafka->n_topics + topic;
    return number < kafka->n_splits && !kafka->splits[number]->is_absent ? kafka->splits[number]
                                                                         : NULL;
}

static void grow_splits(struct kafka_source *kafka, uint32_t n)
{
    if (n <= kafka->n_splits) {
        return;
    }
    kafka->splits = mem_realloc(kafka->splits, n * sizeof(struct kafka_split *));
    for (uint32_t i = kafka->n_splits; i < n; i++) {
        struct kafka_split *split = mem_alloc(sizeof *split);
        kafka_split_init(split, slice_text(kafka->topics[i % kafka->n_topics]),
                         (int32_t)(i / kafka->n_topics));
        split->is_absent = split->ended = true;
        kafka->splits[i] = split;
    }
    kafka->n_splits = n;
}

static struct kafka_split *add_split(struct kafka_source *kafka, uint32_t topic, int32_t partition)
{
    uint32_t number = (uint32_t)partition * kafka->n_topics + topic;
    grow_splits(kafka, number + 1);
    struct kafka_split *split = kafka->splits[number];
    split->is_absent = split->ended = split->told = false;
    kafka->n_partitions++;
    return split;
}

/* A partition that comes later has nothing that was read before it was there: from its start. */
static enum status find_split(struct kafka_source *kafka, uint32_t topic, int32_t partition,
                              bool *known, struct error *err)
{
    const struct kafka_start earliest = {.mode = KAFKA_EARLIEST};
    struct kafka_place place = {
        .rk = kafka->client.rk,
        .topic = kafka->topics[topic],
        .partition = partition,
    };
    int64_t offset = 0;
    TRY(kafka_topics_range(place.rk, place.topic, partition, &place.range, known, err));
    if (!*known) {
        return OK;
    }
    TRY(kafka_start_offset(kafka->found ? &earliest : &kafka->start, &place, &offset, known, err));
    if (!*known) {
        return OK;
    }
    struct kafka_split *split = add_split(kafka, topic, partition);
    split->end = kafka->once ? place.range.high : -1;
    kafka_split_reached(split, offset);
    return OK;
}

/* *known = false: the brokers did not answer for all of it. */
static enum status find_partitions(struct kafka_source *kafka, bool *known, struct error *err)
{
    *known = true;
    for (uint32_t i = 0; i < kafka->n_topics; i++) {
        uint32_t n;
        TRY(kafka_topics_partitions(kafka->client.rk, kafka->topics[i], &n, err));
        *known = *known && n > 0;
        for (uint32_t p = 0; p < n && *known; p++) {
            if (split_at(kafka, i, (int32_t)p) == NULL) {
                TRY(find_split(kafka, i, (int32_t)p, known, err));
            }
        }
    }
    return OK;
}

static enum status assign_all(struct kafka_source *kafka, struct error *err)
{
    rd_kafka_topic_partition_list_t *list = rd_kafka_topic_partition_list_new((int)kafka->n_splits);
    for (uint32_t i = 0; i < kafka->n_splits; i++) {
        const struct kafka_split *split = kafka->splits[i];
        if (!split->ended) {
            rd_kafka_topic_partition_list_add(list, (const char *)split->topic.at, split->partition)
                ->offset = split->fetched;
        }
    }
    rd_kafka_resp_err_t code = rd_kafka_assign(kafka->client.rk, list);
    rd_kafka_topic_partition_list_destroy(list);
    return code == RD_KAFKA_RESP_ERR_NO_ERROR
               ? OK
               : kafka_client_fail(&kafka->client, code, "assign partitions", err);
}

/* Says once, and again after a while, that nobody answers. */
static void complain(struct kafka_source *kafka, int64_t now_us)
{
    if (now_us >= kafka->complain_at_us && kafka->client.problem[0] != '\0') {
        log_line(LOG_WARN, "kafka: %s; it goes on trying", kafka->client.problem);
        kafka->complain_at_us = now_us + COMPLAINT_US;
    }
}

/* *grew: there are more than before. The next poll reads of them, and comes at once. */
static enum status look_for_partitions(struct kafka_source *kafka, bool *grew, struct error *err)
{
    int64_t now_us = clock_steady_us(kafka->clock);
    *grew = false;
    if (now_us < kafka->look_at_us) {
        return OK;
    }
    uint32_t before = kafka->n_partitions;
    bool known;
    TRY(find_partitions(kafka, &known, err));
    kafka->look_at_us = now_us + (known || kafka->found ? kafka->refresh_us : RETRY_US);
    if (!known) {
        complain(kafka, now_us);
    }
    if (!known && !kafka->found) {
        return OK;
    }
    *grew = !kafka->found || kafka->n_partitions > before;
    kafka->found = true;
    if (!*grew) {
        return OK;
    }
    kafka->look_at_us = now_us;
    return assign_all(kafka, err);
}

/* ---- fetching -------------------------------------------------------------------------------- */

static struct kafka_split *split_of(struct kafka_source *kafka, const rd_kafka_message_t *message)
{
    if (message->rkt == NULL) {
        return NULL;
    }
    const char *topic = rd_kafka_topic_name(message->rkt);
    for (uint32_t i = 0; i < kafka->n_topics && message->partition >= 0; i++) {
        if (strcmp(kafka->topics[i], topic) == 0) {
            return split_at(kafka, i, message->partition);
        }
    }
    return NULL;
}

static enum status offset_is_gone(const struct kafka_split *split, struct error *err)
{
    error_set(err, ERR_STATE, "kafka: offset %lld of %s is not there any more",
              (long long)split->fetched, split->name);
    error_hint(err, "messages were deleted before they were read: start = 'earliest' with "
                    "--new-state reads what is left, a longer retention.ms prevents it");
    err->exit_code = EXIT_INPUT_GAP;
    return ERR_STATE;
}

/* What comes in place of a message. The library repeats what may pass. */
static enum status take_event(struct kafka_source *kafka, struct kafka_split *split,
                              const rd_kafka_message_t *message, struct error *err)
{
    if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF && split != NULL) {
        kafka_split_reached(split, message->offset);
        return OK;
    }
    if (message->err == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET && split != NULL) {
        return offset_is_gone(split, err);
    }
    switch (message->err) {
    case RD_KAFKA_RESP_ERR__FATAL:
    case RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART:
    case RD_KAFKA_RESP_ERR__UNKNOWN_TOPIC:
    case RD_KAFKA_RESP_ERR__UNKNOWN_PARTITION:
    case RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED:
    case RD_KAFKA_RESP_ERR__BAD_MSG:
    case RD_KAFKA_RESP_ERR_MSG_SIZE_TOO_LARGE:
        return error_set(err, ERR_IO, "kafka: %s: %s", split == NULL ? "cluster" : split->name,
                         rd_kafka_message_errstr(message));
    default:
        log_line(LOG_DEBUG, "kafka: %s: %s", split == NULL ? "cluster" : split->name,
                 rd_kafka_message_errstr(message));
        complain(kafka, clock_steady_us(kafka->clock));
        return OK;
    }
}

/* Takes what the library has, when nothing waits here. */
static enum status fetch(struct kafka_source *kafka, struct error *err)
{
    uint64_t count;
    if (read(kafka->event_fd, &count, sizeof count) < 0 && errno != EAGAIN) {
        return error_set_errno(err, errno, "cannot wait for kafka");
    }
    ssize_t n = rd_kafka_consume_batch_queue(kafka->queue, 0, kafka->batch, FETCH_MAX);
    enum status status = OK;
    struct kafka_split *split = NULL;
    rd_kafka_topic_t *rkt = NULL;
    int32_t partition = -1;
    for (ssize_t i = 0; i < n; i++) {
        rd_kafka_message_t *message = kafka->batch[i];
        if (message->rkt != rkt || message->partition != partition || split == NULL) {
            split = split_of(kafka, message);
            rkt = message->rkt;
            partition = message->partition;
        }
        bool is_message = message->err == RD_KAFKA_RESP_ERR_NO_ERROR && split != NULL;
        if (is_message) {
            kafka_split_add(split, message);
        } else {
            status = status == OK ? take_event(kafka, split, message, err) : status;
            rd_kafka_message_destroy(message);
        }
    }
    return status;
}

/* ---- polling --------------------------------------------------------------------------------- */

/* The next split, in turn, that has something to say. */
static bool next_split(struct kafka_source *kafka, uint32_t *number, enum source_state *what)
{
    for (uint32_t i = 0; i < kafka->n_splits; i++) {
        uint32_t at = (kafka->turn + i) % kafka->n_splits;
        struct kafka_split *split = kafka->splits[at];
        bool waits = kafka_split_waits(split);
        if (waits || (split->ended && !split->told)) {
            split->told = split->told || !waits;
            kafka->turn = at + 1;
            *number = at;
            *what = waits ? SOURCE_MORE : SOURCE_ENDED;
            return true;
        }
    }
    return false;
}

static bool all_told(const struct kafka_source *kafka)
{
    for (uint32_t i = 0; i < kafka->n_splits; i++) {
        if (!kafka->splits[i]->told) {
            return false;
        }
    }
    return true;
}

static enum status kafka_poll(struct source *source, uint32_t *split, enum source_state *what,
                              struct error *err)
{
    struct kafka_source *kafka = kafka_of(source);
    bool grew;
    *what = SOURCE_AGAIN;
    TRY(look_for_partitions(kafka, &grew, err));
    if (grew) {
        return OK;
    }
    if (kafka->found && next_split(kafka, split, what)) {
        return OK;
    }
    TRY(fetch(kafka, err));
    if (!kafka->found || next_split(kafka, split, what)) {
        return OK;
    }
    *what = kafka->once && all_told(kafka) ? SOURCE_DONE : SOURCE_AGAIN;
    return OK;
}

/* Recovery reads as many bytes as the epoch had; it asks for less than a message only if other
 * messages stand there now. */
static enum status not_the_same(const struct kafka_split *split, struct error *err)
{
    error_set(err, ERR_STATE,
              "kafka: messages of %s from offset %lld on are not those that the "
              "checkpoint has read",
              split->name, (long long)split->next);
    error_hint(err, "was the topic compacted or made anew? --new-state begins with what is there");
    err->exit_code = EXIT_INPUT_GAP;
    return ERR_STATE;
}

/* Recovery wants a partition that is gone. */
static enum status no_partition(const struct kafka_split *split, struct error *err)
{
    error_set(err, ERR_STATE, "kafka: there is no %s any more", split->name);
    error_hint(err, "was the topic made anew? --new-state begins with what is there");
    err->exit_code = EXIT_INPUT_GAP;
    return ERR_STATE;
}

static enum status kafka_read(struct source *source, uint32_t split, void *at, size_t max,
                              size_t *n, struct error *err)
{
    struct kafka_source *kafka = kafka_of(source);
    struct kafka_split *from = kafka->splits[split];
    if (from->is_absent) {
        return no_partition(from, err);
    }
    *n = kafka_split_read(from, kafka->framing, at, max);
    return *n == 0 && kafka_split_waits(from) ? not_the_same(from, err) : OK;
}

static size_t kafka_room(const struct source *source, uint32_t split)
{
    return kafka_split_room(kafka_const(source)->splits[split]);
}

static void kafka_message(const struct source *source, uint32_t split, size_t at,
                          struct source_message *out)
{
    kafka_split_message(kafka_const(source)->splits[split], at, out);
}

/* ---- what it says of itself ------------------------------------------------------------------ */

static unsigned kafka_flags(const struct source *source)
{
    unsigned finite = kafka_const(source)->once ? SOURCE_FINITE : 0;
    return KAFKA_FLAGS | finite;
}

static int kafka_wait_fd(const struct source *source)
{
    return kafka_const(source)->event_fd;
}

static int64_t kafka_wake_us(const struct source *source)
{
    return kafka_const(source)->look_at_us;
}

/* Before all partitions are found, a number may still be that of one to come. */
static uint32_t kafka_n_splits(const struct source *source)
{
    return kafka_const(source)->found ? kafka_const(source)->n_splits : 0;
}

static const char *kafka_split_name(const struct source *source, uint32_t split)
{
    return kafka_const(source)->splits[split]->name;
}

static int64_t kafka_total_bytes(const struct source *source)
{
    (void)source;
    return -1;
}

/* A read ends at the end of a message, so nothing of a split is ever unused. Before the partitions
 * are known, what was resumed from still holds; else there is no place yet, and a start finds it.
 */
static void kafka_offsets(const struct source *source, const uint64_t *unused, struct bytebuf *out)
{
    (void)unused;
    const struct kafka_source *kafka = kafka_const(source);
    if (!kafka->found) {
        const struct slice from = kafka->start.offsets;
        bytebuf_add(out, from.at, kafka->start.resumed ? from.len : 0);
        return;
    }
    struct kafka_offsets_printer printer;
    kafka_offsets_begin(&printer, out);
    for (uint32_t t = 0; t < kafka->n_topics; t++) {
        for (uint32_t i = t; i < kafka->n_splits; i += kafka->n_topics) {
            const struct kafka_split *split = kafka->splits[i];
            if (!split->is_absent) {
                kafka_offsets_put(&printer, split->topic, split->partition, split->next);
            }
        }
    }
    kafka_offsets_end(&printer);
}

static const struct option_spec kafka_options[] = {
    {"start", OPTION_TEXT, "earliest",
     "earliest, latest, a timestamp, or {\"topic\":{\"0\":123}}; a checkpoint knows better"},
    {"scan.startup.mode", OPTION_TEXT, NULL, "the same in Flink's spelling"},
    {"refresh", OPTION_DURATION, "30s", "how often new partitions are looked for"},
    KAFKA_CLIENT_OPTIONS,
    {0},
};

const struct source_kind kafka_source_kind = {
    .scheme = "kafka",
    .summary = "the partitions of topics, from offsets of our own",
    .flags = KAFKA_FLAGS,
    .options = kafka_options,
    .open = kafka_open,
    .flags_of = kafka_flags,
    .poll = kafka_poll,
    .read = kafka_read,
    .room = kafka_room,
    .message = kafka_message,
    .wait_fd = kafka_wait_fd,
    .wake_us = kafka_wake_us,
    .n_splits = kafka_n_splits,
    .split_name = kafka_split_name,
    .total_bytes = kafka_total_bytes,
    .offsets = kafka_offsets,
    .close = kafka_close,
};
