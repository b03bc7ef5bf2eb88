/* record_decoder: rows that were kept as records (record.h) are input again: the decoder of what a
 * source over them reads. Its blocks begin at 8-aligned addresses, and its columns are those of the
 * schema, in the layout that keeps all of them. No row of it is ever bad. */
#ifndef ENGINE_RUN_RECORD_DECODER_H
#define ENGINE_RUN_RECORD_DECODER_H

#include "engine/io/decoder.h"

extern const struct decoder_kind record_decoder;

#endif
