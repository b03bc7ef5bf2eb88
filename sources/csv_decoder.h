/* csv_decoder: formats csv and tsv. Splitting is csv_index.h, types are converter.h; here is what a
 * split begins with (byte order mark, skipped lines, header), batches, and fields without their
 * quotes. An empty field is NULL, a quoted empty one is the empty text. */
#ifndef SOURCES_CSV_DECODER_H
#define SOURCES_CSV_DECODER_H

#include "engine/io/decoder.h"

extern const struct decoder_kind csv_decoder_kind;
extern const struct decoder_kind tsv_decoder_kind;

/* infer of the two kinds (csv_infer.c). `delimiter` 0: found out. */
MUST_CHECK enum status csv_infer(struct arena *arena, struct options *options, uint8_t delimiter,
                                 struct slice sample, struct schema *out, struct error *err);

/* How well a sample fits as CSV: records of the most frequent field count, of at least two fields,
 * in percent of all. 0 if it looks like prose with commas in it, or is too little to tell. */
unsigned csv_fit(struct slice sample);

#endif
