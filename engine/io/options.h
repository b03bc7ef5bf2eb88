/* options: what a URI and a WITH list say about a source, sink or format, and the checked way to
 * read it. Every kind lists the options it understands; anything else is an error with the nearest
 * names.
 *
 *     struct options options;
 *     options_init(&options, statement_arena);
 *     TRY(uri_parse(statement_arena, slice_text("tcp://127.0.0.1:9999?eof=finish"), &uri, &options,
 * err)); TRY(options_put(&options, key, value, at, err));                       // from WITH
 *     TRY(options_check(&options, known_lists, n_lists, "source tcp", err)); // nothing unknown
 *     TRY(options_duration(&options, "idle_timeout", 10 * US_PER_SECOND, &idle_us, err));
 */
#ifndef ENGINE_IO_OPTIONS_H
#define ENGINE_IO_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/arena.h"
#include "engine/base/slice.h"
#include "engine/base/status.h"

enum { OPTIONS_MAX = 256 };

struct option {
    struct slice key;   /* lower case, as options are compared */
    struct slice value; /* text; '…' quotes already removed */
    int64_t at; /* place of the key in the statement, -1 = in a URI or on the command line */
};

struct options {
    struct arena *arena;
    uint32_t n;
    struct option *items;
};

enum option_type {
    OPTION_TEXT,
    OPTION_BOOLEAN,
    OPTION_INTEGER,
    OPTION_DURATION,
    OPTION_BYTES, /* 64k, 1MiB, 2GB */
};

/* One option that a kind understands: for checking, help and completion. A name that ends in "."
 * accepts every key that begins with it (kafka.…). */
struct option_spec {
    const char *name;
    enum option_type type;
    const char *fallback; /* default, for people; NULL = none */
    const char *summary;
};

/* scheme://authority/path?key=value&… or scheme:path?…; a bare path is scheme "file". Percent
 * escapes are decoded in values of the query only. */
struct uri {
    struct slice scheme;
    struct slice authority; /* host:port, or empty */
    struct slice path;      /* what follows, without the query */
    struct slice text;      /* as written */
};

void options_init(struct options *options, struct arena *arena);

/* ERR_OPTION if the key is there already (with another value) or there are too many. */
MUST_CHECK enum status options_put(struct options *options, struct slice key, struct slice value,
                                   int64_t at, struct error *err);

/* Splits `text`; its ?query goes into *options. */
MUST_CHECK enum status uri_parse(struct arena *arena, struct slice text, struct uri *uri,
                                 struct options *options, struct error *err);

/* Splits "host:port", "[::1]:port", ":port"; host may be empty. */
MUST_CHECK enum status uri_host_port(struct arena *arena, struct slice authority, char **host,
                                     uint16_t *port, struct error *err);

/* ERR_OPTION E0120 with near names and place for the first key that none of the lists has, and for
 * values that do not read as their type. `what` names the owner: "format csv". Each list ends with
 * a NULL name. */
MUST_CHECK enum status options_check(const struct options *options,
                                     const struct option_spec *const *lists, uint32_t n_lists,
                                     const char *what, struct error *err);

/* NULL if it is not given. */
const struct option *options_find(const struct options *options, const char *name);

/* For a value that something else could not use: gives its error the place of option `name`, if it
 * has a place. Returns `status`. */
enum status options_blame(const struct options *options, const char *name, enum status status,
                          struct error *err);

/* Each gives `fallback` if the option is not there; ERR_OPTION if its value does not read. */
struct slice options_text(const struct options *options, const char *name, const char *fallback);
MUST_CHECK enum status options_boolean(const struct options *options, const char *name,
                                       bool fallback, bool *out, struct error *err);
MUST_CHECK enum status options_integer(const struct options *options, const char *name, int64_t min,
                                       int64_t max, int64_t *value_with_fallback,
                                       struct error *err);
MUST_CHECK enum status options_duration(const struct options *options, const char *name,
                                        int64_t fallback_us, int64_t *out, struct error *err);
MUST_CHECK enum status options_bytes(const struct options *options, const char *name,
                                     int64_t fallback, int64_t *out, struct error *err);

/* "true" or "yes", "on", "1"; "false" or "no", "off", "0". False if it is none of them. */
bool boolean_parse(struct slice text, bool *out);
/* "64k", "1MiB", "2GB": powers of 1024 for KiB/MiB/GiB and k/m/g, of 1000 for KB/MB/GB. False if
 * none. */
bool bytes_parse(struct slice text, int64_t *out);

#endif
