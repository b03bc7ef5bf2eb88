/* function: the registry of scalar functions and operators (functions.def is the one list), for
 * SHOW FUNCTIONS, completion, near names and EXPLAIN. What a function does is in kern_*.c. */
#ifndef ENGINE_EXPR_FUNCTION_H
#define ENGINE_EXPR_FUNCTION_H

#include <stdbool.h>
#include <stdint.h>

#include "engine/base/slice.h"
#include "engine/data/types.h"

struct function;

const char *function_name(const struct function *function);
/* "substr(text, start bigint[, length bigint]) → text": for people. */
const char *function_signature(const struct function *function);
/* One sentence for people. */
const char *function_summary(const struct function *function);
/* True for names that can be called as name(…), false for operators. */
bool function_is_named(const struct function *function);

/* Walks the registry: function_at(0), 1, … until NULL. */
const struct function *function_at(uint32_t index);

/* True if some overload has this name (ASCII case ignored). */
bool function_exists(struct slice name);

#endif
