/* kernels: the kernels and setups that functions.def names, declared from that list. */
#ifndef ENGINE_EXPR_KERNELS_H
#define ENGINE_EXPR_KERNELS_H

#include "engine/expr/kernel.h"

#define OPERATOR(name, args, result, signature, run, setup, flags, cost, summary)                  \
    kernel_fn run;                                                                                 \
    extern const struct function_setup setup;
#define FUNCTION(name, args, result, run, setup, flags, cost, summary)                             \
    kernel_fn run;                                                                                 \
    extern const struct function_setup setup;
#define ALIAS(name, alias, signature, flags, summary)

#include "engine/expr/functions.def"

#undef OPERATOR
#undef FUNCTION
#undef ALIAS

#endif
