/* null_field: a field that is not there, between a decoder that cuts fields out and the converter
 * that makes columns of them. It is a text of no bytes at a place of its own, so that it can be
 * told from the empty text and still be handed to a parser like any other. */
#ifndef SOURCES_NULL_FIELD_H
#define SOURCES_NULL_FIELD_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/data/column.h"

extern const uint8_t null_field_byte;

static inline struct text null_field(void)
{
    return (struct text){&null_field_byte, 0};
}

static inline bool field_is_null(struct text field)
{
    return field.at == &null_field_byte;
}

#endif
