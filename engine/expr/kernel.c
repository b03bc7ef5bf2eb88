/* kernel: what kernels call; see kernel.h. */
#include "engine/expr/kernel.h"

#include <stdarg.h>
#include <stdio.h>

#include "engine/base/panic.h"

void kernel_fail_text(struct kernel_call *call, struct column_out *out, uint32_t row,
                      const char *what, struct slice value)
{
    if (out->valid != NULL && !bits_get(out->valid, row)) {
        return; /* NULL already: an argument is */
    }
    column_out_null(out, row, call->n);
    if (call->mask != NULL && !bits_get(call->mask, row)) {
        return;
    }
    call->n_errors++;
    call->error = what;
    call->error_value = value;
}

void kernel_fail(struct kernel_call *call, struct column_out *out, uint32_t row, const char *what)
{
    kernel_fail_text(call, out, row, what, (struct slice){NULL, 0});
}

const struct function_setup no_setup = {.check = NULL};

void lowered_run(struct kernel_call *call, struct column_out *out)
{
    (void)call;
    (void)out;
    PANIC("a lowered function has no kernel");
}

/* ---- constants when the call is made --------------------------------------------------------- */

enum status call_refuse(struct error *err, int code, const struct expr *call, uint32_t i,
                        const char *format, ...)
{
    char text[ERROR_TEXT_BYTES];
    va_list args;
    va_start(args, format);
    vsnprintf(text, sizeof text, format, args);
    va_end(args);
    error_set(err, ERR_SQL, "%s", text);
    bool has_place = i < call->n_args && call->args[i]->at >= 0;
    error_place(err, code, has_place ? call->args[i]->at : call->at, 0);
    return ERR_SQL;
}

enum status call_need_constant(const struct expr *call, uint32_t i, const char *what,
                               struct error *err)
{
    if (i >= call->n_args) {
        return OK;
    }
    const struct value *constant = call_constant(call, i);
    if (constant == NULL || constant->is_null) {
        return call_refuse(err, E_CONSTANT, call, i, "the %s of %s must be a constant", what,
                           call->function->name);
    }
    return OK;
}

/* ---- text ------------------------------------------------------------------------------------ */

enum { TEXT_ROOM_BYTES = 32 << 10 };

uint8_t *text_room_grow(struct text_room *room, size_t bytes)
{
    size_t size = bytes > TEXT_ROOM_BYTES ? bytes : TEXT_ROOM_BYTES;
    room->next = arena_alloc(room->batch, size);
    room->end = room->next + size;
    room->bytes += size;
    return room->next;
}

bool text_room_allows(struct kernel_call *call, struct column_out *out, uint32_t row,
                      const struct text_room *room, size_t bytes)
{
    if (bytes > TEXT_VALUE_MAX) {
        kernel_fail(call, out, row, "text over 1 MiB");
        return false;
    }
    if (room->bytes + bytes > TEXT_CALL_MAX) {
        kernel_fail(call, out, row, "texts over 256 MiB in one batch");
        return false;
    }
    return true;
}
