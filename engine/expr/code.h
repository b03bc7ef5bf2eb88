/* code: what program.c runs and compile.c makes. Registers are columns: inputs, constants, and what
 * steps compute, in that order of life. A step is one kernel call. */
#ifndef ENGINE_EXPR_CODE_H
#define ENGINE_EXPR_CODE_H

#include "engine/expr/kernel.h"

#define NO_REGISTER UINT32_MAX

struct step {
    const struct expr *expr; /* NULL for masks */
    const struct function *function;
    struct type type;
    uint32_t out;  /* register */
    uint32_t mask; /* register of the rows that matter, or NO_REGISTER */
    uint32_t n_args;
    const struct column **args; /* registers */
    void *state;
};

struct code_input {
    uint32_t column;
    uint32_t reg;
};

struct code {
    struct column *registers;
    uint32_t n_registers;
    struct step *steps;
    uint32_t n_steps;
    struct code_input *inputs; /* ascending by column */
    uint32_t n_inputs;
    uint32_t *results; /* registers of the expressions */
};

/* Compiles the expressions; constants get `rows` rows. All is in `query`, but what setup->prepare
 * made besides (setup->release). */
void code_compile(struct code *code, struct arena *query, struct expr *const *exprs,
                  uint32_t n_exprs, uint32_t rows);

#endif
