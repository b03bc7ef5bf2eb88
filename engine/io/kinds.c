/* kinds: see kinds.h. */
#include "engine/io/kinds.h"

#include "engine/io/near.h"

enum { E_KIND = 121, SHOWN_BYTES = 80 };

const struct source_kind *kinds_source(const struct kinds *kinds, struct slice scheme)
{
    for (uint32_t i = 0; kinds->sources != NULL && kinds->sources[i] != NULL; i++) {
        if (slice_equal_nocase(scheme, slice_text(kinds->sources[i]->scheme))) {
            return kinds->sources[i];
        }
    }
    return NULL;
}

const struct decoder_kind *kinds_decoder(const struct kinds *kinds, struct slice name)
{
    for (uint32_t i = 0; kinds->decoders != NULL && kinds->decoders[i] != NULL; i++) {
        if (slice_equal_nocase(name, slice_text(kinds->decoders[i]->name))) {
            return kinds->decoders[i];
        }
    }
    return NULL;
}

const struct sink_kind *kinds_sink(const struct kinds *kinds, struct slice scheme)
{
    for (uint32_t i = 0; kinds->sinks != NULL && kinds->sinks[i] != NULL; i++) {
        if (slice_equal_nocase(scheme, slice_text(kinds->sinks[i]->scheme))) {
            return kinds->sinks[i];
        }
    }
    return NULL;
}

static void set_missing(struct error *err, const char *what, struct slice name)
{
    int len = name.len < SHOWN_BYTES ? (int)name.len : SHOWN_BYTES;
    error_set(err, ERR_OPTION, "no %s \"%.*s\"", what, len, (const char *)name.at);
    error_place(err, E_KIND, -1, -1);
}

enum status kinds_no_source(const struct kinds *kinds, struct slice scheme, struct error *err)
{
    struct near near;
    near_init(&near, scheme);
    for (uint32_t i = 0; kinds->sources != NULL && kinds->sources[i] != NULL; i++) {
        near_try(&near, kinds->sources[i]->scheme);
    }
    set_missing(err, "source", scheme);
    error_hint(err, "a file whose name has a colon is written file:NAME");
    near_hint(&near, err);
    return ERR_OPTION;
}

enum status kinds_no_decoder(const struct kinds *kinds, struct slice name, struct error *err)
{
    struct near near;
    near_init(&near, name);
    for (uint32_t i = 0; kinds->decoders != NULL && kinds->decoders[i] != NULL; i++) {
        near_try(&near, kinds->decoders[i]->name);
    }
    set_missing(err, "format", name);
    error_hint(err, "SHOW FORMATS lists them");
    near_hint(&near, err);
    return ERR_OPTION;
}

enum status kinds_no_sink(const struct kinds *kinds, struct slice scheme, struct error *err)
{
    struct near near;
    near_init(&near, scheme);
    for (uint32_t i = 0; kinds->sinks != NULL && kinds->sinks[i] != NULL; i++) {
        near_try(&near, kinds->sinks[i]->scheme);
    }
    set_missing(err, "sink", scheme);
    error_hint(err, "a file whose name has a colon is written file:NAME");
    near_hint(&near, err);
    return ERR_OPTION;
}
