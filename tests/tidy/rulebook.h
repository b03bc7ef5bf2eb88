/* rulebook: include_law.txt and banned.txt, read. Lines that begin with # are comments. */
#ifndef TESTS_TIDY_RULEBOOK_H
#define TESTS_TIDY_RULEBOOK_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/slice.h"
#include "engine/base/status.h"

enum { LAWS_MAX = 64, BANS_MAX = 512 };

enum ban_kind { BAN_CALL, BAN_TOKEN, BAN_WORD, BAN_VARIABLE };

/* `places` is the list as written: folders and files, separated by spaces. */
struct ban {
    enum ban_kind kind;
    struct slice name;
    struct slice places;
};

/* What a room may include, or, for a name in < >, which rooms may include it. */
struct law {
    struct slice name;
    struct slice list;
};

struct rulebook {
    struct law laws[LAWS_MAX];
    uint32_t n_laws;
    struct ban bans[BANS_MAX];
    uint32_t n_bans;
};

/* The texts must outlive the rulebook. ERR_INPUT names the line that is not understood. */
MUST_CHECK enum status rulebook_read(struct rulebook *book, struct slice law_text,
                                     struct slice banned_text, struct error *err);

/* The ban of that kind and name that holds in file `path`, or NULL. */
const struct ban *rulebook_ban(const struct rulebook *book, enum ban_kind kind, struct slice name,
                               struct slice path);

/* The law of that name, or NULL. */
const struct law *rulebook_law(const struct rulebook *book, struct slice name);

/* The room that `path` lies in (the longest name of a law that is a folder of it), or NULL. A test
 * folder without a line of its own has the room it mirrors. */
const struct law *rulebook_room(const struct rulebook *book, struct slice path);

/* `path` is one of the places or lies in one of them. */
bool places_hold(struct slice places, struct slice path);

#endif
