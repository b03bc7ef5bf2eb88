/* function: see function.h. */
#include "engine/expr/function.h"

#include "engine/expr/kernel.h"
#include "engine/expr/kernels.h"

#define OPERATOR(name_, args_, result_, signature_, run_, setup_, flags_, cost_, summary_)         \
    {.name = (name_),                                                                              \
     .args = (args_),                                                                              \
     .result = (result_),                                                                          \
     .signature = (signature_),                                                                    \
     .summary = (summary_),                                                                        \
     .run = (run_),                                                                                \
     .setup = &(setup_),                                                                           \
     .flags = (flags_) | OPERATOR_NAME,                                                            \
     .cost = (cost_)},
#define FUNCTION(name_, args_, result_, run_, setup_, flags_, cost_, summary_)                     \
    {.name = (name_),                                                                              \
     .args = (args_),                                                                              \
     .result = (result_),                                                                          \
     .signature = name_ "(" args_ ") → " result_,                                                  \
     .summary = (summary_),                                                                        \
     .run = (run_),                                                                                \
     .setup = &(setup_),                                                                           \
     .flags = (flags_),                                                                            \
     .cost = (cost_)},
#define ALIAS(name_, alias_, signature_, flags_, summary_)                                         \
    {.name = (name_),                                                                              \
     .setup = &no_setup,                                                                           \
     .alias = (alias_),                                                                            \
     .signature = (signature_),                                                                    \
     .summary = (summary_),                                                                        \
     .flags = (flags_)},

static const struct function functions[] = {
#include "engine/expr/functions.def"
};

#undef OPERATOR
#undef FUNCTION
#undef ALIAS

enum { FUNCTIONS = sizeof functions / sizeof functions[0] };

const char *function_name(const struct function *function)
{
    return function->name;
}

const char *function_signature(const struct function *function)
{
    return function->signature;
}

const char *function_summary(const struct function *function)
{
    return function->summary;
}

bool function_is_named(const struct function *function)
{
    return (function->flags & (OPERATOR_NAME | HIDDEN)) == 0;
}

const struct function *function_at(uint32_t index)
{
    return index < FUNCTIONS ? &functions[index] : NULL;
}

const struct function *function_next(struct slice name, const struct function *previous)
{
    size_t first = previous == NULL ? 0 : (size_t)(previous - functions) + 1;
    for (size_t i = first; i < FUNCTIONS; i++) {
        if (slice_equal_nocase(name, slice_text(functions[i].name))) {
            return &functions[i];
        }
    }
    return NULL;
}

bool function_exists(struct slice name)
{
    return function_next(name, NULL) != NULL;
}
