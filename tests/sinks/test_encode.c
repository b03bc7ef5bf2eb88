/* test_encode: what comes out of an encoder means what went in. CSV is read back by a small reader
 * of RFC 4180 here and compared with column_print; JSON and the others with written-out text. */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "engine/base/hash.h"
#include "engine/base/mem.h"
#include "engine/data/value.h"
#include "sinks/encode.h"
#include "tests/support/testing.h"

/* ---- rows of all types ---------------------------------------------------------------------- */

enum { N_TYPES = 7 };

struct fixture {
    struct arena arena;
    struct schema schema;
    struct batch batch;
    uint64_t random;
};

static uint64_t next_random(struct fixture *f)
{
    f->random += 0x9e3779b97f4a7c15ull;
    return hash_u64(f->random);
}

static void fixture_init(struct fixture *f, uint64_t seed)
{
    static const struct type types[N_TYPES] = {
        {TYPE_BOOLEAN, 0, 0}, {TYPE_BIGINT, 0, 0},    {TYPE_DOUBLE, 0, 0},   {TYPE_DECIMAL, 18, 2},
        {TYPE_TEXT, 0, 0},    {TYPE_TIMESTAMP, 0, 0}, {TYPE_INTERVAL, 0, 0},
    };
    static const char *const names[N_TYPES] = {"b", "i", "f", "d", "t", "ts", "span"};
    arena_init(&f->arena);
    f->random = seed;
    f->schema.n = N_TYPES;
    f->schema.fields = arena_zalloc(&f->arena, N_TYPES * sizeof *f->schema.fields);
    for (uint32_t c = 0; c < N_TYPES; c++) {
        f->schema.fields[c].name = slice_text(names[c]);
        f->schema.fields[c].type = types[c];
    }
    batch_init(&f->batch, &f->schema, &f->arena);
}

static struct text random_text(struct fixture *f)
{
    static const char letters[] = "abcdefgh ,\"\n\r\t;'\\\x01\xc3\xa4xyzABCDEFGHIJKLMNOP";
    uint32_t len = (uint32_t)(next_random(f) % 40);
    len = next_random(f) % 4 == 0 ? 0 : len;
    uint64_t plain = next_random(f) % 2;
    /* Exactly sized, so that a read beyond the end is seen. */
    uint8_t *at = arena_alloc(&f->arena, len + 1);
    for (uint32_t i = 0; i < len; i++) {
        at[i] = plain ? (uint8_t)('a' + next_random(f) % 26)
                      : (uint8_t)letters[next_random(f) % (sizeof letters - 1)];
    }
    return (struct text){at, len};
}

static struct value random_value(struct fixture *f, struct type type)
{
    static const double odd[] = {0.0, -0.0, INFINITY, -INFINITY, NAN, 1e300, 5e-324, 0.1};
    uint64_t r = next_random(f);
    switch ((enum type_id)type.id) {
    case TYPE_BOOLEAN:
        return value_boolean(r % 2);
    case TYPE_DOUBLE:
        return value_double(r % 3 == 0 ? odd[(r >> 8) % 8] : (double)(int64_t)(r >> 20) / 100.0);
    case TYPE_TEXT: {
        struct text text = random_text(f);
        return value_text(text_slice(text));
    }
    case TYPE_TIMESTAMP:   /* years 1 to 9999; some share their minute, some have no fraction */
        if (r % 50 == 0) { /* a time that only a damaged state could have */
            return value_i64(type, r % 100 == 0 ? INT64_MIN + (int64_t)(r >> 36)
                                                : INT64_MAX - (int64_t)(r >> 36));
        }
        return value_i64(type, (int64_t)(r % 3 == 0   ? (r >> 4) % 60000000
                                         : r % 3 == 1 ? (r >> 4) % 10000000000 * 1000000
                                                      : (r >> 4) % 4000000000000000) -
                                   (r % 5 == 0 ? INT64_C(60000000000) : 0));
    case TYPE_INTERVAL:
        return value_i64(type, (int64_t)(r % 100000000000) - 50000000000);
    default:
        return value_i64(type, r % 2 ? (int64_t)r : (int64_t)(r % 20000) - 10000);
    }
}

static void fill_batch(struct fixture *f, uint32_t n)
{
    for (uint32_t c = 0; c < N_TYPES; c++) {
        struct type type = f->schema.fields[c].type;
        struct column_out out = column_out_new(&f->arena, type, n);
        bool with_nulls = next_random(f) % 2;
        for (uint32_t i = 0; i < n; i++) {
            struct value value = random_value(f, type);
            column_out_put(&out, i, n, &value);
            if (with_nulls && next_random(f) % 4 == 0) {
                column_out_null(&out, i, n);
            }
        }
        f->batch.columns[c] = column_view(&out, n);
    }
    uint8_t *ops = arena_alloc(&f->arena, n + 1);
    for (uint32_t i = 0; i < n; i++) {
        ops[i] = next_random(f) % 2 ? ROW_INSERT : ROW_DELETE;
    }
    f->batch.ops = ops;
    f->batch.n = n;
}

/* ---- reading CSV back ----------------------------------------------------------------------- */

/* One field at *at; *quoted tells "" from nothing. Leaves *at behind the delimiter or line end. */
static void read_field(const uint8_t **at, uint8_t delimiter, struct bytebuf *out, bool *quoted)
{
    const uint8_t *c = *at;
    bytebuf_clear(out);
    *quoted = *c == '"';
    if (*quoted) {
        for (c++; c[0] != '"' || c[1] == '"'; c++) {
            c += *c == '"';
            bytebuf_add_byte(out, *c);
        }
        c++;
    } else {
        for (; *c != delimiter && *c != '\n'; c++) {
            bytebuf_add_byte(out, *c);
        }
    }
    assert_true(*c == delimiter || *c == '\n');
    *at = c + 1;
}

static void check_row(const struct fixture *f, uint32_t row, const uint8_t **at, uint8_t delimiter)
{
    struct bytebuf got = {0};
    struct bytebuf want = {0};
    bool quoted;
    read_field(at, delimiter, &got, &quoted);
    assert_int_equal(got.len, 1);
    assert_int_equal(got.at[0], f->batch.ops[row]);
    for (uint32_t c = 0; c < N_TYPES; c++) {
        bytebuf_clear(&want);
        column_print(&want, &f->batch.columns[c], row);
        read_field(at, delimiter, &got, &quoted);
        if (!slice_equal(bytebuf_slice(&got), bytebuf_slice(&want)) ||
            (got.len == 0 && quoted == column_is_null(&f->batch.columns[c], row))) {
            fail_msg("row %u column %u: \"%s\" is not \"%s\"", row, c, bytebuf_text(&got),
                     bytebuf_text(&want));
        }
    }
    bytebuf_release(&got);
    bytebuf_release(&want);
}

static void check_separated(const struct encode_format *format, uint8_t delimiter, uint32_t n,
                            uint64_t seed)
{
    struct fixture f;
    fixture_init(&f, seed);
    fill_batch(&f, n);
    struct encoder_config config = {.format = format, .schema = &f.schema, .changes = true};
    struct encoder *encoder = encoder_new(&config);
    struct bytebuf out = {0};
    encoder_batch(encoder, &f.batch, &out);
    bytebuf_add_byte(&out, 0);
    const uint8_t *at = out.at;
    for (uint32_t row = 0; row < n; row++) {
        check_row(&f, row, &at, delimiter);
    }
    assert_ptr_equal(at, out.at + out.len - 1);
    bytebuf_release(&out);
    encoder_free(encoder);
    arena_release(&f.arena);
}

static void test_separated_reads_back(void **state)
{
    (void)state;
    static const uint32_t lengths[] = {0, 1, 63, 64, 65, 255, 256, 257, 1023, 1024};
    for (uint64_t seed = 1; seed <= 8; seed++) {
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            check_separated(&encode_csv, ',', lengths[i], seed);
            check_separated(&encode_tsv, '\t', lengths[i], seed);
        }
    }
}

/* ---- exact text ----------------------------------------------------------------------------- */

/* Four rows: ordinary, all NULL, odd, a deleted one. */
static void exact_batch(struct fixture *f)
{
    fixture_init(f, 1);
    f->schema.fields[4].name = slice_text("te\"xt,");
    static const bool booleans[4] = {true, false, false, true};
    static const int64_t bigints[4] = {42, 0, INT64_MIN, -1};
    static const double doubles[4] = {2.5, 0, NAN, -0.0};
    static const int64_t decimals[4] = {1234, 0, -5, 100};
    static const char *const texts[4] = {"card 7", "", "a,\"b\"\n\x1b\xff", ""};
    static const int64_t times[4] = {INT64_C(1767603600000000), 0, INT64_C(1767603600500000), -1};
    static const int64_t spans[4] = {90000000, 0, 0, -5000000};
    struct column_out out[N_TYPES];
    for (uint32_t c = 0; c < N_TYPES; c++) {
        out[c] = column_out_new(&f->arena, f->schema.fields[c].type, 4);
    }
    for (uint32_t i = 0; i < 4; i++) {
        bits_put(out[0].bits, i, booleans[i]);
        out[1].i64[i] = bigints[i];
        out[2].f64[i] = doubles[i];
        out[3].i64[i] = decimals[i];
        out[4].text[i] = (struct text){(const uint8_t *)texts[i], (uint32_t)strlen(texts[i])};
        out[5].i64[i] = times[i];
        out[6].i64[i] = spans[i];
    }
    for (uint32_t c = 0; c < N_TYPES; c++) {
        column_out_null(&out[c], 1, 4);
        f->batch.columns[c] = column_view(&out[c], 4);
    }
    f->batch.ops = (const uint8_t *)"+++-";
    f->batch.n = 4;
}

static void check_exact(const struct encoder_config *wanted, const char *expected)
{
    struct fixture f;
    exact_batch(&f);
    struct encoder_config config = *wanted;
    config.schema = &f.schema;
    struct encoder *encoder = encoder_new(&config);
    struct bytebuf out = {0};
    encoder_start(encoder, &out);
    encoder_batch(encoder, &f.batch, &out);
    encoder_finish(encoder, &out);
    assert_string_equal(bytebuf_text(&out), expected);
    bytebuf_release(&out);
    encoder_free(encoder);
    arena_release(&f.arena);
}

static void test_csv_exact(void **state)
{
    (void)state;
    struct encoder_config config = {.format = &encode_csv, .changes = true};
    check_exact(&config, "_op,b,i,f,d,\"te\"\"xt,\",ts,span\n"
                         "+,true,42,2.5,12.34,card 7,2026-01-05T09:00:00Z,1m30s\n"
                         "+,,,,,,,\n"
                         "+,false,-9223372036854775808,NaN,-0.05,\"a,\"\"b\"\"\n\x1b\xff\","
                         "2026-01-05T09:00:00.500Z,0s\n"
                         "-,true,-1,-0,1.00,\"\",1969-12-31T23:59:59.999999Z,-5s\n");
}

static void test_terminal_gets_no_control_bytes(void **state)
{
    (void)state;
    struct encoder_config config = {.format = &encode_csv, .for_terminal = true};
    check_exact(&config, "b,i,f,d,\"te\"\"xt,\",ts,span\n"
                         "true,42,2.5,12.34,card 7,2026-01-05T09:00:00Z,1m30s\n"
                         ",,,,,,\n"
                         "false,-9223372036854775808,NaN,-0.05,\"a,\"\"b\"\"\\x0a\\x1b\\xff\","
                         "2026-01-05T09:00:00.500Z,0s\n"
                         "true,-1,-0,1.00,\"\",1969-12-31T23:59:59.999999Z,-5s\n");
}

#define JSON_ROW_1                                                                                 \
    "\"b\":true,\"i\":42,\"f\":2.5,\"d\":12.34,\"te\\\"xt,\":\"card 7\","                          \
    "\"ts\":\"2026-01-05T09:00:00Z\",\"span\":\"1m30s\"}"
#define JSON_ROW_2                                                                                 \
    "\"b\":null,\"i\":null,\"f\":null,\"d\":null,\"te\\\"xt,\":null,\"ts\":null,\"span\":null}"
#define JSON_ROW_3                                                                                 \
    "\"b\":false,\"i\":-9223372036854775808,\"f\":null,\"d\":-0.05,"                               \
    "\"te\\\"xt,\":\"a,\\\"b\\\"\\u000a\\u001b\xef\xbf\xbd\","                                     \
    "\"ts\":\"2026-01-05T09:00:00.500Z\",\"span\":\"0s\"}"
#define JSON_ROW_4                                                                                 \
    "\"b\":true,\"i\":-1,\"f\":-0,\"d\":1.00,\"te\\\"xt,\":\"\","                                  \
    "\"ts\":\"1969-12-31T23:59:59.999999Z\",\"span\":\"-5s\"}"

static void test_jsonl_exact(void **state)
{
    (void)state;
    struct encoder_config config = {.format = &encode_jsonl, .changes = true};
    check_exact(&config, "{\"_op\":\"+\"," JSON_ROW_1 "\n{\"_op\":\"+\"," JSON_ROW_2
                         "\n{\"_op\":\"+\"," JSON_ROW_3 "\n{\"_op\":\"-\"," JSON_ROW_4 "\n");
}

static void test_json_is_one_array(void **state)
{
    (void)state;
    struct encoder_config config = {.format = &encode_json};
    check_exact(&config,
                "[\n{" JSON_ROW_1 ",\n{" JSON_ROW_2 ",\n{" JSON_ROW_3 ",\n{" JSON_ROW_4 "\n]\n");
}

static void test_json_without_rows(void **state)
{
    (void)state;
    struct fixture f;
    exact_batch(&f);
    struct encoder_config config = {.format = &encode_json, .schema = &f.schema};
    struct encoder *encoder = encoder_new(&config);
    struct bytebuf out = {0};
    f.batch.n = 0;
    encoder_start(encoder, &out);
    encoder_batch(encoder, &f.batch, &out);
    encoder_finish(encoder, &out);
    assert_string_equal(bytebuf_text(&out), "[]\n");
    bytebuf_release(&out);
    encoder_free(encoder);
    arena_release(&f.arena);
}

static void test_line_exact(void **state)
{
    (void)state;
    struct encoder_config config = {.format = &encode_line, .for_terminal = true};
    check_exact(&config,
                "     b = true\n     i = 42\n     f = 2.5\n     d = 12.34\n"
                "te\"xt, = card 7\n    ts = 2026-01-05T09:00:00Z\n  span = 1m30s\n\n"
                "     b = \n     i = \n     f = \n     d = \nte\"xt, = \n    ts = \n  span = \n\n"
                "     b = false\n     i = -9223372036854775808\n     f = NaN\n     d = -0.05\n"
                "te\"xt, = a,\"b\"\\x0a\\x1b\\xff\n    ts = 2026-01-05T09:00:00.500Z\n"
                "  span = 0s\n\n"
                "     b = true\n     i = -1\n     f = -0\n     d = 1.00\nte\"xt, = \n"
                "    ts = 1969-12-31T23:59:59.999999Z\n  span = -5s\n\n");
}

static void test_insert_exact(void **state)
{
    (void)state;
    struct encoder_config config = {.format = &encode_insert,
                                    .changes = true,
                                    .target = slice_text("my \"t\"")};
#define INTO                                                                                       \
    "INSERT INTO \"my \"\"t\"\"\" (\"_op\", \"b\", \"i\", \"f\", \"d\", \"te\"\"xt,\", \"ts\", "   \
    "\"span\") VALUES ("
    check_exact(&config,
                INTO "'+', true, 42, 2.5, 12.34, 'card 7', '2026-01-05T09:00:00Z', "
                     "'1m30s');\n" INTO "'+', NULL, NULL, NULL, NULL, NULL, NULL, NULL);\n" INTO
                     "'+', false, -9223372036854775808, NULL, -0.05, "
                     "'a,\"b\"\n\x1b\xff', '2026-01-05T09:00:00.500Z', '0s');\n" INTO
                     "'-', true, -1, -0, 1.00, '', '1969-12-31T23:59:59.999999Z', "
                     "'-5s');\n");
}

static void test_constant_columns(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 7);
    fill_batch(&f, 600);
    struct encoder_config config = {.format = &encode_csv, .schema = &f.schema};
    struct bytebuf out[2] = {{0}, {0}};
    for (int c = 0; c < N_TYPES; c++) { /* all rows are as the first */
        uint32_t *first = arena_zalloc(&f.arena, 600 * sizeof *first);
        f.batch.columns[c] = column_gather(&f.arena, &f.batch.columns[c], first, 600);
    }
    for (int constant = 0; constant < 2; constant++) {
        for (int c = 0; c < N_TYPES; c++) {
            f.batch.columns[c].is_constant = constant;
        }
        struct encoder *encoder = encoder_new(&config);
        encoder_batch(encoder, &f.batch, &out[constant]);
        encoder_free(encoder);
    }
    assert_true(slice_equal(bytebuf_slice(&out[0]), bytebuf_slice(&out[1])));
    assert_true(out[0].len > 600 * N_TYPES);
    bytebuf_release(&out[0]);
    bytebuf_release(&out[1]);
    arena_release(&f.arena);
}

/* Every place of every special byte in texts of every short length. */
static void test_quotes_wherever_the_byte_stands(void **state)
{
    (void)state;
    struct fixture f;
    fixture_init(&f, 1);
    f.schema.n = 1;
    f.schema.fields[0].type = type_of(TYPE_TEXT);
    struct encoder_config config = {.format = &encode_csv, .schema = &f.schema};
    struct encoder *encoder = encoder_new(&config);
    struct bytebuf out = {0};
    for (uint32_t len = 1; len < 36; len++) {
        for (uint32_t place = 0; place <= len; place++) {
            for (const char *special = ",\"\n\r"; *special != '\0'; special++) {
                uint8_t *at = mem_alloc(len);
                memset(at, 0x80 | ',', len); /* like a comma but for the high bit */
                if (place < len) {
                    at[place] = (uint8_t)*special;
                }
                struct text text = {at, len};
                f.batch.columns[0] =
                    (struct column){.type = type_of(TYPE_TEXT), .n = 1, .text = &text};
                f.batch.n = 1;
                bytebuf_clear(&out);
                encoder_batch(encoder, &f.batch, &out);
                size_t doubled = place < len && *special == '"';
                assert_int_equal(out.len, place < len ? len + 3 + doubled : len + 1);
                mem_free(at);
            }
        }
    }
    bytebuf_release(&out);
    encoder_free(encoder);
    arena_release(&f.arena);
}

static void test_formats_are_found(void **state)
{
    (void)state;
    assert_ptr_equal(encode_format_find(slice_text("CSV")), &encode_csv);
    assert_ptr_equal(encode_format_find(slice_text("ndjson")), &encode_jsonl);
    assert_null(encode_format_find(slice_text("cs")));
    assert_ptr_equal(encode_format_by_suffix(slice_text("a/b.JSONL")), &encode_jsonl);
    assert_ptr_equal(encode_format_by_suffix(slice_text("b.ndjson")), &encode_jsonl);
    assert_ptr_equal(encode_format_by_suffix(slice_text("x.tsv")), &encode_tsv);
    assert_null(encode_format_by_suffix(slice_text(".csv")));
    assert_null(encode_format_by_suffix(slice_text("/dev/null")));
}

TEST_MAIN(cmocka_unit_test(test_separated_reads_back), cmocka_unit_test(test_csv_exact),
          cmocka_unit_test(test_terminal_gets_no_control_bytes), cmocka_unit_test(test_jsonl_exact),
          cmocka_unit_test(test_json_is_one_array), cmocka_unit_test(test_json_without_rows),
          cmocka_unit_test(test_line_exact), cmocka_unit_test(test_insert_exact),
          cmocka_unit_test(test_constant_columns),
          cmocka_unit_test(test_quotes_wherever_the_byte_stands),
          cmocka_unit_test(test_formats_are_found))
