/* compile: expressions to steps; see code.h.
 *
 * Equal computations are done once. A computation that can fail, or that leaves out rows, is a
 * different one for each set of rows that matter, its *guard*: the left sides of AND and OR and the
 * conditions of CASE around it. It is taken from a guard further out, where more rows matter, but
 * never from one elsewhere. All other computations have no guard: their values are right for all
 * rows for which those of their arguments are. */
#include "engine/base/panic.h"
#include "engine/expr/code.h"
#include "engine/expr/kernels.h"
#include "engine/expr/numbering.h"

/* The rows of `parent` where `condition` is as `kind` (mask_true, …) says. */
struct guard {
    const struct guard *parent; /* NULL: all rows */
    const struct function *kind;
    uint32_t condition; /* register */
    uint32_t mask;      /* register; NO_REGISTER until a step needs it */
    uint32_t number;
};

struct compiler {
    struct code *code;
    struct arena *query;
    struct arena temporary;
    struct numbering numbering;
    uint32_t rows;
    uint32_t n_guards;
    struct guard **guards;
};

/* What the first word of a numbered computation says. */
enum { NUMBER_COLUMN, NUMBER_CONSTANT, NUMBER_CALL, NUMBER_GUARD };

/* ---- registers ------------------------------------------------------------------------------- */

static uint32_t new_register(struct compiler *compiler)
{
    return compiler->code->n_registers++;
}

static uint32_t compile_column(struct compiler *compiler, const struct expr *e)
{
    struct code *code = compiler->code;
    uint64_t words[] = {NUMBER_COLUMN, e->column};
    uint32_t reg = numbering_find(&compiler->numbering, words, 2);
    if (reg == NUMBERING_NONE) {
        reg = new_register(compiler);
        numbering_add(&compiler->numbering, words, 2, reg);
        uint32_t i = code->n_inputs++;
        for (; i > 0 && code->inputs[i - 1].column > e->column; i--) {
            code->inputs[i] = code->inputs[i - 1];
        }
        code->inputs[i] = (struct code_input){e->column, reg};
    }
    return reg;
}

static uint64_t type_word(struct type type)
{
    return (uint64_t)type.id << 16 | (uint64_t)type.precision << 8 | type.scale;
}

/* The constant as words; returns how many. */
static uint32_t constant_words(struct compiler *compiler, const struct value *value, uint64_t **out)
{
    enum physical physical = type_physical(value->type);
    bool is_text = physical == PHYSICAL_TEXT && !value->is_null;
    uint32_t n_text = is_text ? (value->text.len + 7) / 8 : 0;
    uint64_t *words = arena_zalloc(&compiler->temporary, (4 + (size_t)n_text) * sizeof *words);
    words[0] = NUMBER_CONSTANT;
    words[1] = type_word(value->type);
    words[2] = value->is_null;
    if (is_text) {
        words[3] = value->text.len;
        if (value->text.len > 0) {
            memcpy(words + 4, value->text.at, value->text.len);
        }
    } else if (physical == PHYSICAL_BIT) {
        words[3] = value->boolean;
    } else if (!value->is_null) {
        memcpy(&words[3], &value->i64, sizeof words[3]); /* or the bits of the double */
    }
    *out = words;
    return 4 + n_text;
}

static struct column constant_column(struct compiler *compiler, const struct value *value)
{
    struct column_out out = column_out_new(compiler->query, value->type, compiler->rows);
    for (uint32_t i = 0; i < compiler->rows; i++) {
        column_out_put(&out, i, compiler->rows, value);
    }
    struct column column = column_view(&out, compiler->rows);
    column.is_constant = true;
    return column;
}

static uint32_t compile_constant(struct compiler *compiler, const struct expr *e)
{
    uint64_t *words;
    uint32_t n = constant_words(compiler, &e->constant, &words);
    uint32_t reg = numbering_find(&compiler->numbering, words, n);
    if (reg == NUMBERING_NONE) {
        reg = new_register(compiler);
        numbering_add(&compiler->numbering, words, n, reg);
        compiler->code->registers[reg] = constant_column(compiler, &e->constant);
    }
    return reg;
}

/* ---- steps ----------------------------------------------------------------------------------- */

static struct step *add_step(struct compiler *compiler, const struct function *function,
                             const uint32_t *args, uint32_t n_args)
{
    struct code *code = compiler->code;
    struct step *step = &code->steps[code->n_steps++];
    *step = (struct step){.function = function, .n_args = n_args, .mask = NO_REGISTER};
    step->out = new_register(compiler);
    step->args = arena_alloc(compiler->query, n_args * sizeof(struct column *));
    for (uint32_t i = 0; i < n_args; i++) {
        step->args[i] = &code->registers[args[i]];
    }
    return step;
}

/* The guard inside `parent` that a condition makes; the same one each time. */
static const struct guard *guard_inside(struct compiler *compiler, const struct guard *parent,
                                        const struct function *kind, uint32_t condition)
{
    uint64_t words[] = {NUMBER_GUARD, parent == NULL ? UINT64_MAX : parent->number, (uintptr_t)kind,
                        condition};
    uint32_t number = numbering_find(&compiler->numbering, words, 4);
    if (number != NUMBERING_NONE) {
        return compiler->guards[number];
    }
    struct guard *guard = arena_alloc(&compiler->temporary, sizeof *guard);
    *guard = (struct guard){parent, kind, condition, NO_REGISTER, compiler->n_guards};
    compiler->guards[compiler->n_guards++] = guard;
    numbering_add(&compiler->numbering, words, 4, guard->number);
    return guard;
}

/* The register with the guard's rows. Guards are nested as deep as AND chains are long, so they are
 * walked, not recursed: from the innermost one that has its rows. */
static uint32_t guard_mask(struct compiler *compiler, const struct guard *guard)
{
    while (guard != NULL && guard->mask == NO_REGISTER) {
        struct guard *outermost = compiler->guards[guard->number];
        while (outermost->parent != NULL && outermost->parent->mask == NO_REGISTER) {
            outermost = compiler->guards[outermost->parent->number];
        }
        uint32_t args[2] = {outermost->condition, 0};
        uint32_t n_args = 1;
        if (outermost->parent != NULL) {
            args[n_args++] = outermost->parent->mask;
        }
        struct step *step = add_step(compiler, outermost->kind, args, n_args);
        step->type = type_of(TYPE_BOOLEAN);
        outermost->mask = step->out;
    }
    return guard == NULL ? NO_REGISTER : guard->mask;
}

static bool step_needs_mask(const struct expr *e)
{
    const struct function *function = e->function;
    if (function == &function_cast || function == &function_try_cast) {
        return cast_fails(e->args[0]->type, e->type);
    }
    return (function->flags & (FAILS | SKIPS)) != 0;
}

enum { CALL_WORDS = 4 }; /* in front of the registers */

/* The register of an equal call under this guard or one around it. */
static uint32_t find_call(struct compiler *compiler, uint64_t *words, uint32_t n_words,
                          const struct guard *guard)
{
    for (;;) {
        words[3] = guard == NULL ? UINT64_MAX : guard->number;
        uint32_t reg = numbering_find(&compiler->numbering, words, n_words);
        if (reg != NUMBERING_NONE || guard == NULL) {
            return reg;
        }
        guard = guard->parent;
    }
}

static uint32_t call_of(struct compiler *compiler, const struct expr *e, const uint32_t *args,
                        uint32_t n_args, const struct guard *guard)
{
    uint64_t words[CALL_WORDS + 2 * EXPR_ARGS_MAX];
    uint32_t n_words = CALL_WORDS + n_args;
    guard = step_needs_mask(e) ? guard : NULL;
    words[0] = NUMBER_CALL;
    words[1] = (uintptr_t)e->function;
    words[2] = type_word(e->type);
    for (uint32_t i = 0; i < n_args; i++) {
        words[CALL_WORDS + i] = args[i];
    }
    if ((e->function->flags & SET_ARGS) != 0) { /* not worth comparing: by identity */
        words[n_words++] = (uintptr_t)e;
    }
    uint32_t reg = find_call(compiler, words, n_words, guard);
    if (reg != NUMBERING_NONE) {
        return reg;
    }
    uint32_t mask = guard_mask(compiler, guard);
    struct step *step = add_step(compiler, e->function, args, n_args);
    step->expr = e;
    step->type = e->type;
    step->mask = mask;
    if (e->function->setup->prepare != NULL) {
        step->state = e->function->setup->prepare(compiler->query, e);
    }
    words[3] = guard == NULL ? UINT64_MAX : guard->number;
    numbering_add(&compiler->numbering, words, n_words, step->out);
    return step->out;
}

/* ---- expressions ----------------------------------------------------------------------------- */

static uint32_t compile(struct compiler *compiler, const struct expr *e, const struct guard *guard);

/* Arguments of which each is evaluated only where those before it did not decide. */
static void compile_chain(struct compiler *compiler, const struct expr *e,
                          const struct guard *guard, const struct function *undecided,
                          uint32_t *args)
{
    for (uint32_t i = 0; i < e->n_args; i++) {
        args[i] = compile(compiler, e->args[i], guard);
        guard = guard_inside(compiler, guard, undecided, args[i]);
    }
}

static void compile_case(struct compiler *compiler, const struct expr *e, const struct guard *guard,
                         uint32_t *args)
{
    for (uint32_t i = 0; i + 1 < e->n_args; i += 2) {
        args[i] = compile(compiler, e->args[i], guard);
        args[i + 1] =
            compile(compiler, e->args[i + 1], guard_inside(compiler, guard, &mask_true, args[i]));
        guard = guard_inside(compiler, guard, &mask_not_true, args[i]);
    }
    if (e->n_args % 2 == 1) {
        args[e->n_args - 1] = compile(compiler, e->args[e->n_args - 1], guard);
    }
}

static uint32_t compile_call(struct compiler *compiler, const struct expr *e,
                             const struct guard *guard)
{
    uint32_t args[EXPR_ARGS_MAX];
    uint32_t n_args = (e->function->flags & SET_ARGS) != 0 ? 1 : e->n_args;
    kernel_fn *run = e->function->run;
    if (e->kind == EXPR_CASE) {
        compile_case(compiler, e, guard, args);
    } else if (run == and_run) {
        compile_chain(compiler, e, guard, &mask_not_false, args);
    } else if (run == or_run) {
        compile_chain(compiler, e, guard, &mask_not_true, args);
    } else if (run == coalesce_run) {
        compile_chain(compiler, e, guard, &mask_null, args);
    } else {
        for (uint32_t i = 0; i < n_args; i++) {
            args[i] = compile(compiler, e->args[i], guard);
        }
    }
    return call_of(compiler, e, args, n_args, guard);
}

static uint32_t compile(struct compiler *compiler, const struct expr *e, const struct guard *guard)
{
    switch (e->kind) {
    case EXPR_CONSTANT:
        return compile_constant(compiler, e);
    case EXPR_COLUMN:
        return compile_column(compiler, e);
    case EXPR_CALL:
    case EXPR_CASE:
        return compile_call(compiler, e, guard);
    }
    PANIC("no such expression");
}

/* Not e->nodes: a planner may have put another expression in the place of a column. */
static size_t count_nodes(const struct expr *e)
{
    size_t n = 1;
    for (uint32_t i = 0; i < e->n_args; i++) {
        n += count_nodes(e->args[i]);
    }
    return n;
}

void code_compile(struct code *code, struct arena *query, struct expr *const *exprs,
                  uint32_t n_exprs, uint32_t rows)
{
    struct compiler compiler = {.code = code, .query = query, .rows = rows};
    size_t nodes = 0;
    for (uint32_t i = 0; i < n_exprs; i++) {
        nodes += count_nodes(exprs[i]);
    }
    arena_init(&compiler.temporary);
    numbering_init(&compiler.numbering, &compiler.temporary);
    *code = (struct code){.n_registers = 0};
    /* A node has one register and may make two guards, which have one each. */
    code->registers = arena_zalloc(query, 3 * nodes * sizeof *code->registers);
    code->steps = arena_alloc(query, 3 * nodes * sizeof *code->steps);
    code->inputs = arena_alloc(query, nodes * sizeof *code->inputs);
    code->results = arena_alloc(query, n_exprs * sizeof *code->results);
    compiler.guards = arena_alloc(&compiler.temporary, 2 * nodes * sizeof(struct guard *));
    for (uint32_t i = 0; i < n_exprs; i++) {
        code->results[i] = compile(&compiler, exprs[i], NULL);
    }
    arena_release(&compiler.temporary);
}
