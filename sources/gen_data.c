/* gen_data: see gen_data.h. Numbers come from splitmix64 (S. Vigna, public domain), whose state is
 * a counter: the k-th number of row r is one function of (seed, r, k). */
#include "sources/gen_data.h"

#include "engine/base/checked.h"
#include "engine/base/clock.h"
#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/data/timestamp.h"

#define ALWAYS_INLINE static inline __attribute__((always_inline))
#define LENGTH(array) (sizeof(array) / sizeof *(array))

enum { DRAWS_PER_ROW = 4, LATE_MS_MAX = 2000, ROWS_PER_SECOND_MAX = 1000000000 };

typedef uint8_t *row_fn(struct gen *gen, uint64_t row, uint8_t *out);

struct gen_shape {
    const char *name;
    const char *header; /* NULL = none */
    /* Rows [gen->row, end) as long as they fit; returns the end of the bytes. */
    uint8_t *(*fill)(struct gen *gen, uint8_t *out, const uint8_t *limit, uint64_t end);
};

/* ---- numbers and text ----------------------------------------------------------------------- */

ALWAYS_INLINE uint64_t draw(const struct gen *gen, uint64_t row, unsigned k)
{
    uint64_t z = gen->seed + (row * DRAWS_PER_ROW + k + 1) * 0x9e3779b97f4a7c15ull;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
    return z ^ (z >> 31);
}

/* 0 to n - 1, from the low 32 bits of `random`. */
ALWAYS_INLINE uint32_t below(uint64_t random, uint32_t n)
{
    return (uint32_t)(((random & UINT32_MAX) * n) >> 32);
}

ALWAYS_INLINE uint8_t *put_byte(uint8_t *out, char c)
{
    *out = (uint8_t)c;
    return out + 1;
}

/* Short texts, copied whole whatever their length: GEN_ROW_BYTES_MAX leaves the room. */
struct word {
    char text[63];
    uint8_t len;
};

#define WORD(text_)                                                                                \
    {                                                                                              \
        text_, sizeof(text_) - 1                                                                   \
    }

ALWAYS_INLINE uint8_t *put_word(uint8_t *out, const struct word *word)
{
    memcpy(out, word->text, sizeof word->text);
    return out + word->len;
}

ALWAYS_INLINE uint8_t *put_two(uint8_t *out, uint32_t value)
{
    out[0] = (uint8_t)('0' + value / 10);
    out[1] = (uint8_t)('0' + value % 10);
    return out + 2;
}

ALWAYS_INLINE uint8_t *put_three(uint8_t *out, uint32_t value)
{
    out[0] = (uint8_t)('0' + value / 100);
    return put_two(out + 1, value % 100);
}

/* ---- time ----------------------------------------------------------------------------------- */

int64_t gen_time_us(const struct gen *gen, uint64_t row)
{
    uint64_t rate = (uint64_t)gen->rows_per_second;
    uint64_t seconds = row / rate;
    uint64_t part = (row % rate) * (uint64_t)US_PER_SECOND / rate;
    return gen->start_us + (int64_t)(seconds * (uint64_t)US_PER_SECOND + part);
}

/* Microseconds since midnight, with gen->date kept at that day as "2026-01-05T". */
ALWAYS_INLINE uint64_t time_of_day(struct gen *gen, int64_t us)
{
    int64_t day = floor_div(us, US_PER_DAY);
    if (__builtin_expect(day != gen->day, 0)) {
        uint8_t stamp[32];
        timestamp_write(stamp, day * US_PER_DAY, 0);
        memcpy(gen->date, stamp, 11);
        gen->day = day;
    }
    return (uint64_t)(us - day * US_PER_DAY);
}

ALWAYS_INLINE uint8_t *put_clock(uint8_t *out, uint32_t seconds)
{
    out = put_byte(put_two(out, seconds / 3600), ':');
    out = put_byte(put_two(out, seconds / 60 % 60), ':');
    return put_two(out, seconds % 60);
}

/* 2026-01-05T09:00:00.250Z */
ALWAYS_INLINE uint8_t *put_iso(struct gen *gen, uint8_t *out, int64_t us)
{
    uint32_t ms = (uint32_t)(time_of_day(gen, us) / 1000);
    memcpy(out, gen->date, 12);
    out = put_byte(put_clock(out + 11, ms / 1000), '.');
    return put_byte(put_three(out, ms % 1000), 'Z');
}

/* 05/Jan/2026:09:00:00 +0000 */
ALWAYS_INLINE uint8_t *put_clf(struct gen *gen, uint8_t *out, int64_t us)
{
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    uint32_t seconds = (uint32_t)(time_of_day(gen, us) / (uint64_t)US_PER_SECOND);
    const uint8_t *date = gen->date;
    unsigned month = (unsigned)(date[5] - '0') * 10 + (unsigned)(date[6] - '0');
    memcpy(out, date + 8, 2);
    out[2] = '/';
    memcpy(out + 3, months + 3 * (month - 1), 3);
    out[6] = '/';
    memcpy(out + 7, date, 4);
    out = put_clock(put_byte(out + 11, ':'), seconds);
    memcpy(out, " +0000", 6);
    return out + 6;
}

/* ---- bank and atm --------------------------------------------------------------------------- */

enum { ACCOUNTS = 100000, FIRST_ACCOUNT = 1000000, ATMS = 5000 };

struct payment {
    int64_t us;
    uint32_t account;
    uint32_t atm;
    uint32_t card; /* one of two of the account */
    uint32_t kind; /* 0 to 99 */
    uint32_t city; /* 0 to 63 */
    uint32_t cents;
};

/* A few accounts are busy, most are not: squared, so that a tenth of them has a third of the rows.
 */
ALWAYS_INLINE uint32_t skewed(uint64_t random, uint32_t n)
{
    uint64_t u = random & UINT32_MAX;
    return below((u * u) >> 32, n);
}

ALWAYS_INLINE struct payment payment_of(const struct gen *gen, uint64_t row)
{
    uint64_t a = draw(gen, row, 0);
    uint64_t b = draw(gen, row, 1);
    uint64_t c = draw(gen, row, 2);
    struct payment payment = {
        .us = gen_time_us(gen, row),
        .account = skewed(a >> 32, ACCOUNTS),
        .atm = skewed(b >> 32, ATMS),
        .card = (uint32_t)(a >> 16) & 1,
        .kind = below(b, 100),
        .city = (uint32_t)(a >> 24) & 63,
    };
    bool is_small = below(c, 10) > 0;
    payment.cents = 100 + below(c >> 32, is_small ? 50000 : 999900);
    if ((a & 7) == 0) {
        payment.us -= (int64_t)below(a >> 8, LATE_MS_MAX) * US_PER_MS;
        payment.us = payment.us < gen->start_us ? gen->start_us : payment.us;
    }
    return payment;
}

/* Sixteen digits, 4 first, the same for the same account and card. */
ALWAYS_INLINE uint8_t *put_card(uint8_t *out, const struct payment *payment)
{
    uint64_t z = (uint64_t)(payment->account * 2 + payment->card + 1) * 0x9e3779b97f4a7c15ull;
    *out++ = '4';
    out = text_write_padded(out, (z >> 40) % 10000000, 7);
    return text_write_padded(out, (z >> 8) % 100000000, 8);
}

static const struct word payment_kinds[] = {
    WORD("withdrawal"),
    WORD("payment"),
    WORD("deposit"),
    WORD("transfer"),
};

static const struct word payment_cities[] = {
    WORD("London"),
    WORD("Paris"),
    WORD("Berlin"),
    WORD("Madrid"),
    WORD("New York"),
    WORD("Los Angeles"),
    WORD("Chicago"),
    WORD("Tokyo"),
    WORD("Osaka"),
    WORD("Mumbai"),
    WORD("Pune"),
    WORD("Sydney"),
    WORD("Toronto"),
    WORD("Sao Paulo"),
    WORD("Lagos"),
    WORD("Nairobi"),
    WORD("Singapore"),
    WORD("Dublin"),
    WORD("Oslo"),
    WORD("Vienna"),
    WORD("Prague"),
    WORD("Warsaw"),
    WORD("Lisbon"),
    WORD("Rome"),
    WORD("Milan"),
    WORD("Zurich"),
    WORD("Geneva"),
    WORD("Athens"),
    WORD("\"Washington, DC\""),
    WORD("\"Bruges \"\"B\"\"\""),
};

ALWAYS_INLINE uint8_t *put_payment(struct gen *gen, const struct payment *payment, uint8_t *out)
{
    uint32_t kind = payment->kind < 30 ? 0 : payment->kind < 70 ? 1 : payment->kind < 85 ? 2 : 3;
    uint32_t city =
        payment->city < LENGTH(payment_cities) * 2 ? payment->city / 2 : payment->city - 60;
    out = put_iso(gen, out, payment->us);
    memcpy(out, ",AC", 3);
    out = text_write_padded(out + 3, payment->account + FIRST_ACCOUNT, 8);
    out = put_card(put_byte(out, ','), payment);
    memcpy(out, ",ATM", 4);
    out = text_write_padded(out + 4, payment->atm, 5);
    out = put_word(put_byte(out, ','), &payment_kinds[kind]);
    out = text_write_u64(put_byte(out, ','), payment->cents / 100);
    out = put_two(put_byte(out, '.'), payment->cents % 100);
    out = put_word(put_byte(out, ','), &payment_cities[city]);
    return put_byte(out, '\n');
}

ALWAYS_INLINE uint8_t *bank_row(struct gen *gen, uint64_t row, uint8_t *out)
{
    struct payment payment = payment_of(gen, row);
    return put_payment(gen, &payment, out);
}

/* A burst is three or four withdrawals, five seconds of event time apart: the rows at the same
 * place in neighbouring strides of five seconds. One row in a thousand begins one. */
enum { BURST_STRIDE_SECONDS = 5, BURST_STRIDES = 4, BURST_ONE_IN = 250 };

ALWAYS_INLINE uint8_t *atm_row(struct gen *gen, uint64_t row, uint8_t *out)
{
    struct payment payment = payment_of(gen, row);
    uint64_t stride = (uint64_t)gen->rows_per_second * BURST_STRIDE_SECONDS;
    uint64_t first = row / (stride * BURST_STRIDES) * (stride * BURST_STRIDES) + row % stride;
    uint64_t burst = draw(gen, first, 3);
    uint64_t number = (row - first) / stride;
    if (below(burst, BURST_ONE_IN) == 0 && number < 3 + (burst >> 63)) {
        payment.us = gen_time_us(gen, row);
        payment.account = below(burst >> 32, ACCOUNTS);
        payment.card = (uint32_t)(burst >> 62) & 1;
        payment.atm = below(burst >> 16, ATMS);
        payment.kind = 0;
    }
    return put_payment(gen, &payment, out);
}

/* ---- logs ----------------------------------------------------------------------------------- */

static const struct word methods[] = {WORD("GET "), WORD("GET "), WORD("GET "),  WORD("GET "),
                                      WORD("GET "), WORD("GET "), WORD("POST "), WORD("HEAD ")};
static const struct word segments[] = {WORD("/index"),  WORD("/account"), WORD("/transfer"),
                                       WORD("/login"),  WORD("/logout"),  WORD("/card"),
                                       WORD("/atm"),    WORD("/branch"),  WORD("/report"),
                                       WORD("/search"), WORD("/help"),    WORD("/static"),
                                       WORD("/api"),    WORD("/v1"),      WORD("/img"),
                                       WORD("/css")};
static const struct word statuses[] = {WORD("\" 200 "), WORD("\" 200 "), WORD("\" 200 "),
                                       WORD("\" 200 "), WORD("\" 200 "), WORD("\" 200 "),
                                       WORD("\" 200 "), WORD("\" 200 "), WORD("\" 200 "),
                                       WORD("\" 200 "), WORD("\" 304 "), WORD("\" 304 "),
                                       WORD("\" 301 "), WORD("\" 404 "), WORD("\" 403 "),
                                       WORD("\" 500 ")};
static const struct word agents[] = {WORD("\" \"Mozilla/5.0 (Windows NT 10.0; Win64; x64)\"\n"),
                                     WORD("\" \"Mozilla/5.0 (X11; Linux x86_64; rv:126.0)\"\n"),
                                     WORD("\" \"Mozilla/5.0 (iPhone; CPU iPhone OS 17_4)\"\n"),
                                     WORD("\" \"curl/8.5.0\"\n")};

ALWAYS_INLINE uint8_t *put_address(uint8_t *out, uint64_t random)
{
    out = put_byte(text_write_u64(out, 10 + (random & 63)), '.');
    out = put_byte(text_write_u64(out, (random >> 8) & 255), '.');
    out = put_byte(text_write_u64(out, (random >> 16) & 63), '.');
    return text_write_u64(out, 1 + ((random >> 24) & 127));
}

ALWAYS_INLINE uint8_t *access_row(struct gen *gen, uint64_t row, uint8_t *out)
{
    static const struct word dashes = WORD(" - - [");
    static const struct word version = WORD(" HTTP/1.1");
    static const struct word referer = WORD(" \"https://www.example.com");
    uint64_t a = draw(gen, row, 0);
    uint64_t b = draw(gen, row, 1);
    uint32_t page = skewed(b, 20000);
    out = put_word(put_address(out, a), &dashes);
    out = put_clf(gen, out, gen_time_us(gen, row));
    memcpy(out, "] \"", 3);
    out = put_word(out + 3, &methods[(a >> 40) % LENGTH(methods)]);
    out = put_word(out, &segments[page & 15]);
    out = put_word(out, &segments[(page >> 4) & 15]);
    out = text_write_u64(put_byte(out, '/'), page);
    memcpy(out, page % 3 == 0 ? ".png " : ".html", 5);
    out += page % 3 == 0 ? 4 : 5;
    out = put_word(out, &version);
    out = put_word(out, &statuses[(a >> 48) % LENGTH(statuses)]);
    out = text_write_u64(out, below(b >> 32, 60000));
    out = put_word(out, &referer);
    out = put_word(out, &segments[(a >> 56) & 15]);
    return put_word(out, &agents[(b >> 60) % LENGTH(agents)]);
}

static const struct word levels[] = {WORD(" ERROR ["), WORD(" WARN ["), WORD(" INFO ["),
                                     WORD(" DEBUG [")};
static const struct word modules[] = {WORD("auth.login] "),   WORD("core.ledger] "),
                                      WORD("atm.gateway] "),  WORD("card.issuer] "),
                                      WORD("web.http] "),     WORD("queue.consumer] "),
                                      WORD("report.daily] "), WORD("store.cache] ")};
static const struct word good_messages[] = {WORD("request served"),
                                            WORD("session opened"),
                                            WORD("cache miss, loading from store"),
                                            WORD("batch committed"),
                                            WORD("heartbeat ok"),
                                            WORD("retrying upstream call"),
                                            WORD("card verified"),
                                            WORD("connection given to pool")};
static const struct word bad_messages[] = {WORD("timeout while calling upstream"),
                                           WORD("constraint violated on insert"),
                                           WORD("connection refused by peer"),
                                           WORD("unexpected end of stream")};

ALWAYS_INLINE uint8_t *applog_row(struct gen *gen, uint64_t row, uint8_t *out)
{
    static const struct word user = WORD(" user=u");
    static const struct word latency = WORD(" latency=");
    uint64_t a = draw(gen, row, 0);
    uint64_t b = draw(gen, row, 1);
    uint32_t percent = below(a, 100);
    uint32_t level = percent < 5 ? 0 : percent < 15 ? 1 : percent < 90 ? 2 : 3;
    out = put_word(put_iso(gen, out, gen_time_us(gen, row)), &levels[level]);
    out = put_word(out, &modules[(a >> 32) & 7]);
    out = put_word(out, level == 0 ? &bad_messages[(a >> 40) & 3] : &good_messages[(a >> 40) & 7]);
    out = text_write_u64(put_word(out, &user), below(b, 100000));
    out = text_write_u64(put_word(out, &latency), 1 + below(b >> 32, 900));
    memcpy(out, "ms\n", 3);
    return out + 3;
}

ALWAYS_INLINE uint8_t *rows_row(struct gen *gen, uint64_t row, uint8_t *out)
{
    out = put_byte(text_write_u64(out, row), ',');
    return put_byte(text_write_u64(out, below(draw(gen, row, 0), 1000)), '\n');
}

/* ---- shapes --------------------------------------------------------------------------------- */

ALWAYS_INLINE uint8_t *fill(struct gen *gen, uint8_t *out, const uint8_t *limit, uint64_t end,
                            row_fn *put_row)
{
    uint64_t row = gen->row;
    while (row < end && limit - out >= GEN_ROW_BYTES_MAX) {
        out = put_row(gen, row++, out);
    }
    gen->row = row;
    return out;
}

#define FILL(name_)                                                                                \
    static uint8_t *name_##_fill(struct gen *gen, uint8_t *out, const uint8_t *limit,              \
                                 uint64_t end)                                                     \
    {                                                                                              \
        return fill(gen, out, limit, end, name_##_row);                                            \
    }

FILL(bank)
FILL(atm)
FILL(access)
FILL(applog)
FILL(rows)

static const char bank_header[] = "ts,account,card,atm,kind,amount,city\n";

static const struct gen_shape shapes[] = {
    {"bank", bank_header, bank_fill}, {"atm", bank_header, atm_fill},
    {"access", NULL, access_fill},    {"weblog", NULL, access_fill},
    {"applog", NULL, applog_fill},    {"rows", "n,value\n", rows_fill},
};

const char *const gen_names[] = {"bank", "atm", "access", "weblog", "applog", "rows", NULL};

static const struct gen_shape *shape_find(struct slice name)
{
    for (size_t i = 0; i < LENGTH(shapes); i++) {
        if (slice_equal_nocase(name, slice_text(shapes[i].name))) {
            return &shapes[i];
        }
    }
    return NULL;
}

enum status gen_init(struct gen *gen, const struct gen_options *options, struct error *err)
{
    const struct gen_shape *shape = shape_find(options->name);
    if (shape == NULL) {
        error_set(err, ERR_OPTION, "nothing generates \"%.*s\"", (int)options->name.len,
                  (const char *)options->name.at);
        error_hint(err, "there are bank, atm, access, weblog, applog and rows");
        return ERR_OPTION;
    }
    int64_t rate = options->rows_per_second == 0 ? GEN_ROWS_PER_SECOND : options->rows_per_second;
    if (rate < 1 || rate > ROWS_PER_SECOND_MAX) {
        return error_set(err, ERR_OPTION, "rows_per_second = %lld is not between 1 and %d",
                         (long long)rate, ROWS_PER_SECOND_MAX);
    }
    *gen = (struct gen){
        .shape = shape,
        .seed = options->seed * 0xd1342543de82ef95ull + 0x2545f4914f6cdd1dull,
        .end = options->rows == 0 ? UINT64_MAX : options->rows,
        .start_us = options->start_us == 0 ? GEN_START_US : options->start_us,
        .rows_per_second = rate,
        .header_due = shape->header != NULL && !options->no_header,
        .day = INT64_MIN,
    };
    return OK;
}

size_t gen_fill(struct gen *gen, uint8_t *out, size_t max, uint64_t max_rows)
{
    CHECK(max >= GEN_ROW_BYTES_MAX);
    uint8_t *at = out;
    if (gen->header_due) {
        size_t len = strlen(gen->shape->header);
        memcpy(at, gen->shape->header, len);
        at += len;
        gen->header_due = false;
    }
    uint64_t left = gen->end - gen->row;
    uint64_t end = gen->row + (max_rows < left ? max_rows : left);
    return (size_t)(gen->shape->fill(gen, at, out + max, end) - out);
}

void gen_seek(struct gen *gen, uint64_t row)
{
    CHECK(row <= gen->end);
    gen->header_due = gen->header_due && row == 0;
    gen->row = row;
}
