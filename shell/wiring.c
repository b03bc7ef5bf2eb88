/* wiring: see wiring.h. */
#include "shell/wiring.h"

#include "sinks/sinks.h"
#include "sources/sniff.h"
#include "sources/sources.h"

const struct kinds *wiring_kinds(void)
{
    static const struct kinds kinds = {
        .sources = source_kinds,
        .decoders = decoder_kinds,
        .sinks = sink_kinds,
        .sniff = sniff_format,
    };
    return &kinds;
}
