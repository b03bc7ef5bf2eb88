/* linediff: see linediff.h. */
#include "engine/base/linediff.h"

#include "engine/base/mem.h"

/* A text as lines without their ends. */
struct lines {
    struct slice *at;
    uint32_t n;
};

static struct lines split(struct slice text)
{
    struct lines lines = {.n = 0};
    uint32_t room = 1;
    for (size_t i = 0; i < text.len; i++) {
        room += text.at[i] == '\n';
    }
    lines.at = mem_zalloc(room * sizeof *lines.at);
    for (size_t at = 0; at < text.len;) {
        const uint8_t *end = memchr(text.at + at, '\n', text.len - at);
        size_t len = end == NULL ? text.len - at : (size_t)(end - text.at) - at;
        lines.at[lines.n++] = slice_of(text.at + at, len);
        at += len + 1;
    }
    return lines;
}

static void say(struct bytebuf *out, const char *mark, struct slice line)
{
    bytebuf_add_text(out, mark);
    bytebuf_add(out, line.at, line.len);
    bytebuf_add_byte(out, '\n');
}

static void say_all(struct bytebuf *out, const struct lines *before, const struct lines *now)
{
    for (uint32_t i = 0; i < before->n; i++) {
        say(out, "- ", before->at[i]);
    }
    for (uint32_t i = 0; i < now->n; i++) {
        say(out, "+ ", now->at[i]);
    }
}

/* common[i * (now->n + 1) + k]: how many lines before[i…] and now[k…] have in common. */
static uint16_t *count_common(const struct lines *before, const struct lines *now)
{
    size_t width = now->n + 1;
    uint16_t *common = mem_zalloc((before->n + 1) * width * sizeof *common);
    for (uint32_t i = before->n; i-- > 0;) {
        for (uint32_t k = now->n; k-- > 0;) {
            uint16_t without_old = common[(i + 1) * width + k];
            uint16_t without_new = common[i * width + k + 1];
            common[i * width + k] = slice_equal(before->at[i], now->at[k])
                                        ? (uint16_t)(common[(i + 1) * width + k + 1] + 1)
                                    : without_old > without_new ? without_old
                                                                : without_new;
        }
    }
    return common;
}

static void say_differences(struct bytebuf *out, const struct lines *before,
                            const struct lines *now)
{
    size_t width = now->n + 1;
    uint16_t *common = count_common(before, now);
    uint32_t i = 0;
    uint32_t k = 0;
    while (i < before->n || k < now->n) {
        if (i < before->n && k < now->n && slice_equal(before->at[i], now->at[k])) {
            i++;
            k++;
        } else if (i < before->n &&
                   (k == now->n || common[(i + 1) * width + k] >= common[i * width + k + 1])) {
            say(out, "- ", before->at[i++]);
        } else {
            say(out, "+ ", now->at[k++]);
        }
    }
    mem_free(common);
}

void linediff(struct bytebuf *out, struct slice before, struct slice now)
{
    const struct lines all_before = split(before);
    const struct lines all_now = split(now);
    struct lines left = all_before;
    struct lines right = all_now;
    while (left.n > 0 && right.n > 0 && slice_equal(left.at[0], right.at[0])) {
        left = (struct lines){left.at + 1, left.n - 1};
        right = (struct lines){right.at + 1, right.n - 1};
    }
    while (left.n > 0 && right.n > 0 && slice_equal(left.at[left.n - 1], right.at[right.n - 1])) {
        left.n--;
        right.n--;
    }
    if (left.n > LINEDIFF_LINES_MAX || right.n > LINEDIFF_LINES_MAX) {
        say_all(out, &left, &right);
    } else {
        say_differences(out, &left, &right);
    }
    mem_free(all_before.at);
    mem_free(all_now.at);
}
