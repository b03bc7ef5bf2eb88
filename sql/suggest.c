/* suggest: see suggest.h. */
#include "sql/suggest.h"

#include "engine/base/bytebuf.h"
#include "engine/base/textbuf.h"

/* Words longer than this are no slip of the finger, and distance costs their square. */
enum { WORD_BYTES_MAX = 64 };

struct suggest suggest_for(struct slice word)
{
    unsigned limit = word.len <= 1 ? 0 : word.len <= 4 ? 1 : word.len <= 7 ? 2 : 3;
    if (word.len > WORD_BYTES_MAX) {
        limit = 0;
    }
    return (struct suggest){.word = word, .limit = limit, .distance = limit + 1};
}

void suggest_add(struct suggest *suggest, struct slice candidate)
{
    if (suggest->limit == 0 || candidate.len > WORD_BYTES_MAX) {
        return;
    }
    unsigned limit = suggest->distance < suggest->limit ? suggest->distance : suggest->limit;
    unsigned distance = slice_distance(suggest->word, candidate, limit);
    if (distance > limit) {
        return;
    }
    if (distance < suggest->distance) {
        suggest->distance = distance;
        suggest->n = 0;
    }
    for (uint32_t i = 0; i < suggest->n; i++) {
        if (slice_equal_nocase(suggest->best[i], candidate)) {
            return;
        }
    }
    if (suggest->n < SUGGEST_MAX) {
        suggest->best[suggest->n++] = candidate;
    }
}

static void add_name(const struct suggest *suggest, struct slice name, struct bytebuf *out)
{
    size_t begin = out->len;
    textbuf_escaped(out, name);
    for (size_t i = begin; suggest->upper && i < out->len; i++) {
        bool is_lower = out->at[i] >= 'a' && out->at[i] <= 'z';
        out->at[i] = (uint8_t)(is_lower ? out->at[i] - 'a' + 'A' : out->at[i]);
    }
}

bool suggest_hint(const struct suggest *suggest, struct error *err)
{
    if (suggest->n == 0) {
        return false;
    }
    struct bytebuf text = {0};
    for (uint32_t i = 0; i < suggest->n; i++) {
        bytebuf_add_text(&text, i == 0 ? "\"" : i + 1 < suggest->n ? "\", \"" : "\" or \"");
        add_name(suggest, suggest->best[i], &text);
    }
    error_hint(err, "did you mean %s\"?", bytebuf_text(&text));
    bytebuf_release(&text);
    return true;
}
