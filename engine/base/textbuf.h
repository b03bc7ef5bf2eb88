/* textbuf: values as text, appended to a bytebuf. Digit tables, never printf and never a locale:
 * this is the hot path of every text sink. */
#ifndef ENGINE_BASE_TEXTBUF_H
#define ENGINE_BASE_TEXTBUF_H

#include <stdint.h>

#include "engine/base/bytebuf.h"

/* Most bytes that textbuf_i64, textbuf_f64 and textbuf_decimal write. */
enum { TEXTBUF_NUMBER_BYTES = 32 };

/* Writes the decimal digits of `value` at `out` (room for TEXTBUF_NUMBER_BYTES), returns the end.
 */
uint8_t *text_write_i64(uint8_t *out, int64_t value);
uint8_t *text_write_u64(uint8_t *out, uint64_t value);
/* Exactly `width` digits, leading zeros; value < 10^width. */
uint8_t *text_write_padded(uint8_t *out, uint64_t value, unsigned width);
/* "00", "01", … "99". */
extern const char text_digit_pairs[200];
/* Exactly two digits, value < 100. */
static inline uint8_t *text_write_two(uint8_t *out, uint32_t value)
{
    memcpy(out, text_digit_pairs + 2 * (size_t)value, 2);
    return out + 2;
}
/* What textbuf_decimal and textbuf_f64 append. */
uint8_t *text_write_decimal(uint8_t *out, int64_t scaled, unsigned scale);
uint8_t *text_write_f64(uint8_t *out, double value, bool keep_point);

void textbuf_i64(struct bytebuf *buf, int64_t value);
/* The shortest decimal that reads back as the same double; integers below 10^15 without an exponent
 * and with ".0" only when `keep_point`. inf and nan as "Infinity", "-Infinity", "NaN" (PostgreSQL).
 */
void textbuf_f64(struct bytebuf *buf, double value, bool keep_point);
/* A scaled integer as a decimal with exactly `scale` fraction digits, 0 <= scale <= 18. */
void textbuf_decimal(struct bytebuf *buf, int64_t scaled, unsigned scale);
/* A JSON string with quotes; control bytes, C1 and bidi marks as \uXXXX (so that JSON may go to a
 * terminal as it is), bytes that are not UTF-8 as U+FFFD. */
void textbuf_json(struct bytebuf *buf, struct slice text);
/* SQL: `text` between two `quote`, every `quote` in it written twice. */
void textbuf_quoted(struct bytebuf *buf, struct slice text, uint8_t quote);
/* For terminals and error text: control bytes, escape sequences, DEL, C1, bidi marks and bytes that
 * are not UTF-8 as \xNN or \u{NNNN}; everything else unchanged. */
void textbuf_escaped(struct bytebuf *buf, struct slice text);

#endif
