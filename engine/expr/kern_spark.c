/* kern_spark: spark(), numbers as the eight block characters U+2581 to U+2588. Of one number from 0
 * to 1 it makes one block, of a text with several numbers a line from the smallest to the largest
 * of them: spark(string_agg(x, ',')) is the course of x in a window. */
#include <math.h>

#include "engine/expr/kernels.h"

enum { LEVELS = 8, LEVEL_BYTES = 3 };

/* The block of a share from 0 to 1; what is outside gets the nearest. */
static uint8_t *write_level(uint8_t *at, double share)
{
    int level = share > 0 ? (int)(fmin(share, 1) * LEVELS) : 0;
    level = level < LEVELS ? level : LEVELS - 1;
    memcpy(at, "\u2581", LEVEL_BYTES);
    at[2] = (uint8_t)(at[2] + level);
    return at + LEVEL_BYTES;
}

void spark_number_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        uint8_t *at = text_room_reserve(&room, LEVEL_BYTES);
        out->text[i] = text_room_take(&room, write_level(at, call->args[0]->f64[i]));
    }
}

static bool is_separator(uint8_t c)
{
    return c == ',' || c == ';' || c == '[' || c == ']' || ascii_is_space(c);
}

/* The next part of a list; false at its end. A part that is no number is NAN: a gap in the line. */
static bool next_number(struct slice *list, double *out)
{
    while (list->len > 0 && is_separator(*list->at)) {
        *list = slice_of(list->at + 1, list->len - 1);
    }
    size_t n = 0;
    while (n < list->len && !is_separator(list->at[n])) {
        n++;
    }
    if (n == 0) {
        return false;
    }
    if (!slice_to_f64(slice_of(list->at, n), out) || !isfinite(*out)) {
        *out = NAN;
    }
    *list = slice_of(list->at + n, list->len - n);
    return true;
}

static uint32_t measure(struct slice list, double *least, double *most)
{
    double x;
    uint32_t n = 0;
    *least = INFINITY;
    *most = -INFINITY;
    for (; next_number(&list, &x); n++) {
        *least = fmin(*least, x);
        *most = fmax(*most, x);
    }
    return n;
}

void spark_list_run(struct kernel_call *call, struct column_out *out)
{
    struct text_room room = text_room_of(call);
    for (uint32_t i = 0; i < call->n; i++) {
        struct slice list = text_slice(call->args[0]->text[i]);
        double least;
        double most;
        double x;
        size_t bytes = (size_t)measure(list, &least, &most) * LEVEL_BYTES;
        out->text[i] = text_none();
        if (!text_room_allows(call, out, i, &room, bytes)) {
            continue;
        }
        uint8_t *at = text_room_reserve(&room, bytes);
        while (next_number(&list, &x)) {
            if (isnan(x)) {
                *at++ = ' ';
            } else {
                at = write_level(at, most > least ? (x - least) / (most - least) : 0);
            }
        }
        out->text[i] = text_room_take(&room, at);
    }
}
