/* rulebook: see rulebook.h. */
#include "tests/tidy/rulebook.h"

#include <string.h>

#include "engine/base/panic.h"
#include "tests/tidy/scanner.h"

/* The next word of a list that is separated by spaces; false at the end. */
static bool next_item(struct slice *list, struct slice *item)
{
    *list = slice_trim(*list);
    size_t len = 0;
    while (len < list->len && list->at[len] != ' ') {
        len++;
    }
    *item = slice_of(list->at, len);
    *list = slice_of(list->at + len, list->len - len);
    return len > 0;
}

/* `path` is `folder` or lies in it. */
static bool lies_in(struct slice path, struct slice folder)
{
    return path.len >= folder.len && memcmp(path.at, folder.at, folder.len) == 0 &&
           (path.len == folder.len || path.at[folder.len] == '/');
}

bool places_hold(struct slice places, struct slice path)
{
    struct slice place;
    while (next_item(&places, &place)) {
        if (lies_in(path, place)) {
            return true;
        }
    }
    return false;
}

/* Splits "left: right"; false if there is no colon. */
static bool split_line(struct slice line, struct slice *left, struct slice *right)
{
    const uint8_t *colon = memchr(line.at, ':', line.len);
    if (colon == NULL) {
        return false;
    }
    size_t len = (size_t)(colon - line.at);
    *left = slice_of(line.at, len);
    *right = slice_trim(slice_of(colon + 1, line.len - len - 1));
    return true;
}

static bool ban_kind_named(struct slice name, enum ban_kind *kind)
{
    static const char *const names[] = {
        [BAN_CALL] = "call",
        [BAN_TOKEN] = "token",
        [BAN_WORD] = "word",
        [BAN_VARIABLE] = "variable",
    };
    for (uint32_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (slice_is(name, names[i])) {
            *kind = (enum ban_kind)i;
            return true;
        }
    }
    return false;
}

/* One line of banned.txt: several names share a list of places. */
static bool read_ban(struct rulebook *book, struct slice line)
{
    struct slice names;
    struct slice places;
    struct slice word;
    enum ban_kind kind;
    if (!split_line(line, &names, &places) || places.len == 0 || !next_item(&names, &word) ||
        !ban_kind_named(word, &kind)) {
        return false;
    }
    while (next_item(&names, &word)) {
        CHECK(book->n_bans < BANS_MAX);
        book->bans[book->n_bans++] = (struct ban){kind, word, places};
    }
    return true;
}

static bool read_law(struct rulebook *book, struct slice line)
{
    struct law law;
    if (!split_line(line, &law.name, &law.list)) {
        return false;
    }
    CHECK(book->n_laws < LAWS_MAX);
    book->laws[book->n_laws++] = law;
    return true;
}

static enum status read_lines(struct rulebook *book, struct slice text,
                              bool (*read)(struct rulebook *, struct slice), struct error *err)
{
    size_t at = 0;
    struct slice line;
    while (next_line(text, &at, &line)) {
        line = slice_trim(line);
        if (line.len > 0 && line.at[0] != '#' && !read(book, line)) {
            return error_set(err, ERR_INPUT, "rule \"%.*s\" is not understood", (int)line.len,
                             (const char *)line.at);
        }
    }
    return OK;
}

enum status rulebook_read(struct rulebook *book, struct slice law_text, struct slice banned_text,
                          struct error *err)
{
    book->n_laws = 0;
    book->n_bans = 0;
    TRY(read_lines(book, law_text, read_law, err));
    return read_lines(book, banned_text, read_ban, err);
}

const struct ban *rulebook_ban(const struct rulebook *book, enum ban_kind kind, struct slice name,
                               struct slice path)
{
    for (uint32_t i = 0; i < book->n_bans; i++) {
        const struct ban *ban = &book->bans[i];
        if (ban->kind == kind && slice_equal(ban->name, name)) {
            return places_hold(ban->places, path) ? NULL : ban;
        }
    }
    return NULL;
}

const struct law *rulebook_law(const struct rulebook *book, struct slice name)
{
    for (uint32_t i = 0; i < book->n_laws; i++) {
        if (slice_equal(book->laws[i].name, name)) {
            return &book->laws[i];
        }
    }
    return NULL;
}

const struct law *rulebook_room(const struct rulebook *book, struct slice path)
{
    const struct law *found = NULL;
    for (uint32_t i = 0; i < book->n_laws; i++) {
        const struct law *law = &book->laws[i];
        if (lies_in(path, law->name) && (found == NULL || law->name.len > found->name.len)) {
            found = law;
        }
    }
    if (found == NULL && slice_starts(path, "tests/")) {
        return rulebook_room(book, slice_of(path.at + 6, path.len - 6));
    }
    return found;
}
