/* fuzz_time: lines as stamps. The first byte chooses a layout, or says that the first line is a
 * pattern. Fast readers must say what the exact one says, whatever stands in their cache, and what
 * is printed must read back. */
#include "engine/base/panic.h"
#include "engine/data/stamp.h"
#include "engine/data/timestamp.h"
#include "engine/data/zone.h"
#include "engine/data/zone_rule.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char *const specs[] = {"iso",      "epoch_s", "epoch_ms", "epoch_us",
                                    "epoch_ns", "clf",     "asctime",  "syslog"};

enum { N_SPECS = sizeof specs / sizeof *specs, LINES_MAX = 200 };

static struct slice cut_line(struct slice *rest)
{
    const uint8_t *end = rest->len == 0 ? NULL : memchr(rest->at, '\n', rest->len);
    size_t len = end == NULL ? rest->len : (size_t)(end - rest->at);
    struct slice line = slice_of(rest->at, len);
    len += end != NULL;
    *rest = slice_of(rest->at + len, rest->len - len);
    return line;
}

static bool is_epoch(const struct time_format *format)
{
    return format->layout >= TIME_EPOCH_S && format->layout <= TIME_EPOCH_NS;
}

static void check_print(int64_t us)
{
    const struct time_format iso = {.layout = TIME_ISO};
    struct time_cache fresh = {0};
    struct bytebuf text = {0};
    int64_t again;
    timestamp_print(&text, us);
    bool ok = time_parse(&iso, &fresh, bytebuf_slice(&text), &again);
    CHECK(ok && again == us);
    bytebuf_release(&text);
}

static void check_stamp(const struct time_format *format, struct time_cache *cache,
                        struct slice text)
{
    struct time_cache fresh = {.now_us = cache->now_us};
    int64_t us;
    int64_t exact_us;
    size_t used;
    size_t exact_used;
    bool ok = time_parse(format, cache, text, &us);
    bool exact = time_parse(format, &fresh, text, &exact_us);
    CHECK(ok == exact && (!ok || us == exact_us));
    if (!is_epoch(format)) {
        exact = time_parse_prefix_exact(format, &fresh, text, &exact_us, &exact_used);
        CHECK(ok == (exact && exact_used == text.len) && (!ok || us == exact_us));
        bool prefix = time_parse_prefix(format, cache, text, &exact_us, &used);
        CHECK(prefix == exact && (!prefix || used == exact_used));
    }
    if (ok) {
        CHECK(stamp_in_range(us));
        check_print(us);
    }
}

static void check_others(struct slice text)
{
    struct zone_rule rule;
    enum time_layout layout;
    int64_t us;
    time_guess(text, true, &layout);
    if (zone_rule_parse(text, &rule)) {
        zone_rule_offset(&rule, 1767603600);
        zone_rule_offset(&rule, -1767603600);
    }
    if (interval_parse(text, &us)) {
        struct bytebuf printed = {0};
        int64_t again;
        interval_print(&printed, us);
        bool ok = interval_parse(bytebuf_slice(&printed), &again);
        CHECK(ok && again == us);
        bytebuf_release(&printed);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0) {
        return 0;
    }
    struct arena arena;
    arena_init(&arena);
    struct slice rest = slice_of(data + 1, size - 1);
    uint32_t choice = data[0] % (N_SPECS + 1);
    struct slice spec = choice == N_SPECS ? cut_line(&rest) : slice_text(specs[choice]);
    struct time_format format;
    const struct zone *zone = NULL;
    struct time_cache cache = {.now_us = (int64_t)data[0] << 44};
    if (data[0] >= 128 &&
        zone_load(&arena, fs_system(), slice_text("Europe/Berlin"), &zone, NULL) != OK) {
        zone = NULL;
    }
    if (time_format_init(&format, &arena, spec, zone, NULL) == OK) {
        for (uint32_t i = 0; i < LINES_MAX && rest.len > 0; i++) {
            struct slice line = cut_line(&rest);
            check_stamp(&format, &cache, line);
            check_others(line);
        }
    }
    arena_release(&arena);
    return 0;
}
