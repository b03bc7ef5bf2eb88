/* logfmt_decoder: format logfmt, lines of key=value. */
#ifndef SOURCES_LOGFMT_DECODER_H
#define SOURCES_LOGFMT_DECODER_H

#include "engine/base/slice.h"

/* How well a sample fits: lines of at least two pairs and hardly a bare word, in percent of all.
 * The decoder takes more: any line with a pair in it. */
unsigned logfmt_fit(struct slice sample);

#endif
