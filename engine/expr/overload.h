/* overload: which function of a name takes given arguments, and as what. Reads the `args` of
 * functions.def.
 *
 *     TRY(overload_choose(name, args, n_args, at, &function, err));
 *     overload_bring(arena, function, args, n_args, brought);
 */
#ifndef ENGINE_EXPR_OVERLOAD_H
#define ENGINE_EXPR_OVERLOAD_H

#include "engine/expr/kernel.h"

struct overload_call {
    struct slice name;
    struct expr *const *args;
    uint32_t n_args;
    int64_t at;
};

/* The overload that takes the arguments with the fewest conversions. E0110, E0111, or E0126 if only
 * a text constant that does not read is in the way. */
MUST_CHECK enum status overload_choose(const struct overload_call *call,
                                       const struct function **out, struct error *err);

/* The arguments as the chosen overload takes them, in brought[0..n_args). */
void overload_bring(struct arena *arena, const struct function *function,
                    const struct overload_call *call, struct expr **brought);

/* The result type for arguments that have been brought. */
struct type overload_result(const struct expr *call);

#endif
