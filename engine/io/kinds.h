/* kinds: the tables of source, decoder and sink kinds that a process was wired with. The shell
 * fills one in from sources/ and sinks/ (which nobody else may include) and hands it down. */
#ifndef ENGINE_IO_KINDS_H
#define ENGINE_IO_KINDS_H

#include "engine/base/status.h"
#include "engine/io/decoder.h"
#include "engine/io/sink.h"
#include "engine/io/source.h"

/* Each table ends with NULL. */
struct kinds {
    const struct source_kind *const *sources;
    const struct decoder_kind *const *decoders;
    const struct sink_kind *const *sinks;
    /* Name of the decoder that fits a sample of up to 64 lines best, for streams that say no
     * format; never NULL ("line" fits everything). NULL pointer: this process cannot tell. */
    const char *(*sniff)(struct slice sample);
};

/* NULL if there is none. */
const struct source_kind *kinds_source(const struct kinds *kinds, struct slice scheme);
const struct decoder_kind *kinds_decoder(const struct kinds *kinds, struct slice name);
const struct sink_kind *kinds_sink(const struct kinds *kinds, struct slice scheme);

/* ERR_OPTION E0121 "no source "tpc"" with near names; the same for decoders and sinks. */
enum status kinds_no_source(const struct kinds *kinds, struct slice scheme, struct error *err);
enum status kinds_no_decoder(const struct kinds *kinds, struct slice name, struct error *err);
enum status kinds_no_sink(const struct kinds *kinds, struct slice scheme, struct error *err);

#endif
