/* case_rulings: see case_rulings.h. */
#include "tests/differential/case_rulings.h"

#include <string.h>

static const struct case_ruling rulings[] = {
    {
        .id = "risingwave/eowc_select",
        .reason = "language.md §4.3: filters and projections pass rows on as they arrive; holding "
                  "them back until the watermark is RisingWave's",
        .query = "SELECT tm, foo FROM t",
        .per_batch = "[[[1683391860000, 1], [1683392160000, 8], [1683394200000, 3],"
                     "  [1683395940000, 4], [1683396060000, 6]], [[1683396600000, 7]]]",
    },
    {
        .id = "spark/EventTimeWatermarkSuite/Trigger.Once",
        .reason = "language.md §4.3: a window leaves at the trigger in which the watermark passes "
                  "it, not with the next start",
        .per_batch = "[[], [], [[10, 3]], [[15, 1], [25, 1]], []]",
    },
    {
        .id = "spark/EventTimeWatermarkSuite/group by on raw timestamp",
        .reason = "language.md §4.3: aggregates without a window emit changes; that a key which is "
                  "an event time is final behind the watermark is Spark's",
        .mode = "update",
        .per_batch = "[[[10, 1]], [[25, 1]]]",
    },
    {
        .id = "spark/StreamingDeduplicationSuite/some columns",
        .reason = "the language has no DISTINCT ON: the first row of a key is said with ON RISE",
        .query = "SELECT k, first(n) AS n FROM s GROUP BY k HAVING count(*) >= 1 EMIT ON RISE",
    },
    {
        .id = "proton/0000_smoke_case.json/21/101",
        .reason =
            "language.md §4.2: the watermark moves with each row, also within a batch: the third "
            "row is late for the window that ends at the second",
        .per_batch = "[[[\"dev1\", 60, 1635883203000]],"
                     " [[\"dev1\", 60, 1635883205000], [\"dev2\", 66, 1635883205000]],"
                     " [[\"dev1\", 59, 1635883207000], [\"dev2\", 66, 1635883207000],"
                     "  [\"dev8\", 77, 1635883207000]], []]",
        .final = "null",
    },
    {
        .id = "proton/0005_streaming_only_case.json/21/601",
        .reason =
            "language.md §4.2: the watermark moves with each row, also within a batch: the third "
            "row is late for the window that ends at the second",
        .per_batch = "[[[\"dev1\", 60, 1635883203000]],"
                     " [[\"dev1\", 60, 1635883205000], [\"dev2\", 66, 1635883205000]],"
                     " [[\"dev1\", 59, 1635883207000], [\"dev2\", 66, 1635883207000],"
                     "  [\"dev8\", 77, 1635883207000]], []]",
        .final = "null",
    },
    {
        .id = "proton/0006_session_window.json/2/701",
        .reason =
            "language.md §4.1: one watermark for all keys, no length limit without MAX, a gap "
            "of exactly 1 s merges",
        .per_batch = "null",
        .final = "[[11, \"2020-02-02T20:00:00Z\", \"2020-02-02T20:00:06Z\", \"dev1\"],"
                 " [11, \"2020-02-02T20:00:00Z\", \"2020-02-02T20:00:06Z\", \"dev2\"]]",
        .flush = true,
    },
    {
        .id = "proton/0018_query_state3_window.json/76/1976",
        .reason = "language.md §4.1: one watermark for all keys, no length limit without MAX, and "
                  "window_end is one gap behind the last row",
        .final = "[[\"dev2\", 58.3, 1580673600000, 1580673602000],"
                 " [\"dev1\", 60, 1580673600000, 1580673603000],"
                 " [\"dev2\", 66, 1580673603000, 1580673605000]]",
    },
    {
        .id = "proton/0018_query_state3_window.json/77/1977",
        .reason = "language.md §4.1: one watermark for all keys, and window_end is one gap behind "
                  "the last row",
        .final = "[[\"dev2\", 58.3, 1580673600000, 1580673602000],"
                 " [\"dev1\", 60, 1580673600000, 1580673603000],"
                 " [\"dev2\", 66, 1580673603000, 1580673605000]]",
    },
    {
        .id = "proton/0019_limit_by.json/1/2001",
        .reason = "LIMIT 2 BY window_start is ORDER BY … LIMIT here, which counts in each window "
                  "(language.md §4.3)",
        .query = "SELECT s, count(*), sum(i) AS total, avg(i), min(i), max(i)"
                 " FROM test20_limit_by_stream GROUP BY s WINDOW 2s ORDER BY total DESC LIMIT 2",
    },
};

const struct case_ruling *case_ruling_find(const char *id)
{
    for (size_t i = 0; i < sizeof rulings / sizeof rulings[0]; i++) {
        if (strcmp(rulings[i].id, id) == 0) {
            return &rulings[i];
        }
    }
    return NULL;
}

static bool has_word(struct slice text, const char *words)
{
    size_t len = strlen(words);
    for (size_t i = 0; i + len <= text.len; i++) {
        if (slice_equal_nocase(slice_of(text.at + i, len), slice_text(words))) {
            return true;
        }
    }
    return false;
}

const char *case_query_needs(struct slice query)
{
    if (has_word(query, " JOIN ")) {
        return "needs joins (language.md §4.5)";
    }
    if (has_word(query, "UNION ")) {
        return "needs UNION ALL (language.md §4.5)";
    }
    return NULL;
}
