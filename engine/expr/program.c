/* program: see program.h. A program is a list of *steps*; each makes one column, from columns that
 * earlier steps made. Equal parts of expressions are one step. A step that can have runtime errors
 * knows the step whose BOOLEAN column says which rows matter:
 *
 *     a AND b          b matters where a is not FALSE (or: not TRUE)
 *     CASE c THEN v    v matters where c is TRUE; what follows, where it is not
 *     COALESCE(a, b)   b matters where a is NULL */
#include <stdio.h>

#include "engine/base/mem.h"
#include "engine/base/panic.h"
#include "engine/expr/kernel.h"

#define NO_MASK UINT32_MAX

enum step_kind { STEP_COLUMN, STEP_CONSTANT, STEP_CALL };

struct step {
    enum step_kind kind;
    struct type type;
    const struct expr *expr;         /* what it computes; NULL for a mask */
    const struct function *function; /* CALL */
    uint32_t column;                 /* COLUMN */
    uint32_t n_args;
    uint32_t *args; /* steps */
    uint32_t mask;  /* step, or NO_MASK: all rows matter */
    void *state;
    struct column constant; /* CONSTANT: BATCH_ROWS times the value */
};

struct program {
    struct arena *query;
    const struct schema *schema;
    struct step *steps;
    uint32_t n_steps;
    uint32_t room;
    uint32_t *results; /* step of each expression */
    uint32_t n_results;
    uint32_t *inputs;
    uint32_t n_inputs;
    struct bytebuf scratch;
};

/* ---- steps
 * --------------------------------------------------------------------------------------- */

static uint32_t add_step(struct program *program, const struct step *step)
{
    if (program->n_steps == program->room) {
        uint32_t room = program->room == 0 ? 16 : program->room * 2;
        program->steps = mem_realloc(program->steps, room * sizeof *program->steps);
        program->room = room;
    }
    program->steps[program->n_steps] = *step;
    return program->n_steps++;
}

/* A step that computes the same for the same rows, or NO_MASK. */
static uint32_t find_step(const struct program *program, const struct expr *e, uint32_t mask)
{
    for (uint32_t i = 0; i < program->n_steps; i++) {
        const struct step *step = &program->steps[i];
        if (step->expr != NULL && step->mask == mask && expr_equal(step->expr, e) &&
            (e->kind == EXPR_COLUMN || (e->function == NULL) ||
             (e->function->flags & VOLATILE) == 0)) {
            return i;
        }
    }
    return NO_MASK;
}

static struct column make_constant(struct arena *query, const struct expr *e)
{
    struct column_out out = column_out_new(query, e->type, BATCH_ROWS);
    for (uint32_t i = 0; i < BATCH_ROWS; i++) {
        column_out_put(&out, i, BATCH_ROWS, &e->constant);
    }
    struct column column = column_view(&out, BATCH_ROWS);
    column.is_constant = true;
    return column;
}

/* Rows where `condition` is as `kind` says, among those of the mask around. */
static uint32_t add_mask(struct program *program, const struct function *kind, uint32_t condition,
                         uint32_t around)
{
    struct step step = {.kind = STEP_CALL,
                        .type = type_of(TYPE_BOOLEAN),
                        .function = kind,
                        .n_args = around == NO_MASK ? 1 : 2,
                        .mask = NO_MASK};
    step.args = arena_alloc(program->query, 2 * sizeof *step.args);
    step.args[0] = condition;
    step.args[1] = around;
    return add_step(program, &step);
}

static uint32_t compile(struct program *program, const struct expr *e, uint32_t mask);

static bool rest_needs_mask(const struct expr *e, uint32_t from)
{
    for (uint32_t i = from; i < e->n_args; i++) {
        if (expr_needs_mask(e->args[i])) {
            return true;
        }
    }
    return false;
}

/* Arguments of which each matters only where those before it left something open. */
static void compile_lazily(struct program *program, const struct expr *e, uint32_t mask,
                           const struct function *open, uint32_t *args)
{
    for (uint32_t i = 0; i < e->n_args; i++) {
        args[i] = compile(program, e->args[i], mask);
        if (rest_needs_mask(e, i + 1)) {
            mask = add_mask(program, open, args[i], mask);
        }
    }
}

static void compile_case(struct program *program, const struct expr *e, uint32_t mask,
                         uint32_t *args)
{
    uint32_t i = 0;
    for (; i + 1 < e->n_args; i += 2) {
        args[i] = compile(program, e->args[i], mask);
        uint32_t taken = mask;
        if (expr_needs_mask(e->args[i + 1])) {
            taken = add_mask(program, &mask_true, args[i], mask);
        }
        args[i + 1] = compile(program, e->args[i + 1], taken);
        if (rest_needs_mask(e, i + 2)) {
            mask = add_mask(program, &mask_not_true, args[i], mask);
        }
    }
    if (i < e->n_args) {
        args[i] = compile(program, e->args[i], mask);
    }
}

static bool is_named(const struct expr *e, const char *name)
{
    return e->kind == EXPR_CALL && slice_equal(slice_text(e->function->name), slice_text(name));
}

static void compile_args(struct program *program, const struct expr *e, uint32_t mask,
                         uint32_t *args)
{
    if (e->kind == EXPR_CASE) {
        compile_case(program, e, mask, args);
    } else if (is_named(e, "and")) {
        compile_lazily(program, e, mask, &mask_not_false, args);
    } else if (is_named(e, "or")) {
        compile_lazily(program, e, mask, &mask_not_true, args);
    } else if (is_named(e, "coalesce")) {
        compile_lazily(program, e, mask, &mask_null, args);
    } else {
        for (uint32_t i = 0; i < e->n_args; i++) {
            args[i] = compile(program, e->args[i], mask);
        }
    }
}

static uint32_t compile(struct program *program, const struct expr *e, uint32_t mask)
{
    mask = expr_needs_mask(e) ? mask : NO_MASK;
    uint32_t same = find_step(program, e, mask);
    if (same != NO_MASK) {
        return same;
    }
    struct step step = {.expr = e, .type = e->type, .mask = mask};
    switch (e->kind) {
    case EXPR_COLUMN:
        step.kind = STEP_COLUMN;
        step.column = e->column;
        break;
    case EXPR_CONSTANT:
        step.kind = STEP_CONSTANT;
        step.constant = make_constant(program->query, e);
        break;
    case EXPR_CALL:
    case EXPR_CASE:
        step.kind = STEP_CALL;
        step.function = e->kind == EXPR_CASE ? &function_case : e->function;
        step.n_args = e->n_args;
        step.args = arena_alloc(program->query, e->n_args * sizeof *step.args);
        compile_args(program, e, mask, step.args);
        if (step.function->setup->prepare != NULL) {
            step.state = step.function->setup->prepare(program->query, e);
        }
        break;
    }
    return add_step(program, &step);
}

/* ---- life ---------------------------------------------------------------------------------------
 */

struct program *program_new(struct arena *query, struct expr *const *exprs, uint32_t n_exprs,
                            const struct schema *input)
{
    struct program *program = mem_zalloc(sizeof *program);
    uint32_t n_columns = input == NULL ? 0 : input->n;
    uint64_t *used = arena_zalloc(query, (bits_words(n_columns) + 1) * sizeof *used);
    program->query = query;
    program->schema = input;
    program->results = arena_alloc(query, n_exprs * sizeof *program->results);
    program->n_results = n_exprs;
    for (uint32_t i = 0; i < n_exprs; i++) {
        expr_columns(exprs[i], used);
        program->results[i] = compile(program, exprs[i], NO_MASK);
    }
    program->inputs = arena_alloc(query, n_columns * sizeof *program->inputs);
    program->n_inputs = bits_indexes(used, n_columns, program->inputs);
    bytebuf_init(&program->scratch);
    return program;
}

void program_free(struct program *program)
{
    if (program == NULL) {
        return;
    }
    for (uint32_t i = 0; i < program->n_steps; i++) {
        const struct step *step = &program->steps[i];
        if (step->state != NULL && step->function->setup->release != NULL) {
            step->function->setup->release(step->state);
        }
    }
    mem_free(program->steps);
    bytebuf_release(&program->scratch);
    mem_free(program);
}

const uint32_t *program_inputs(const struct program *program, uint32_t *n)
{
    *n = program->n_inputs;
    return program->inputs;
}

/* ---- running ------------------------------------------------------------------------------------
 */

static void and_valid(uint64_t *words, const uint64_t *more, uint32_t n_words)
{
    for (uint32_t i = 0; i < n_words; i++) {
        words[i] &= more[i];
    }
}

/* NULL where an argument is NULL. */
static void null_where_args_are(struct column_out *out, const struct column *const *args,
                                uint32_t n_args, uint32_t n)
{
    for (uint32_t i = 0; i < n_args; i++) {
        if (args[i]->valid == NULL) {
            continue;
        }
        if (out->valid == NULL) {
            column_out_make_valid(out, n);
        }
        and_valid(out->valid, args[i]->valid, bits_words(n));
    }
}

/* What a kernel left under NULL may be anything: it becomes 0 or empty, as column.h says. */
static void clear_nulls(struct column_out *out, uint32_t n)
{
    enum physical physical = type_physical(out->type);
    for (uint32_t word = 0; out->valid != NULL && word < bits_words(n); word++) {
        uint64_t nulls =
            ~out->valid[word] & (word + 1 == bits_words(n) ? bits_tail(n) : UINT64_MAX);
        if (physical == PHYSICAL_BIT) {
            out->bits[word] &= out->valid[word];
            continue;
        }
        for (; nulls != 0; nulls &= nulls - 1) {
            uint32_t row = word * 64 + (uint32_t)__builtin_ctzll(nulls);
            if (physical == PHYSICAL_TEXT) {
                out->text[row] = text_none();
            } else {
                out->i64[row] = 0; /* all bits zero are 0.0 too */
            }
        }
    }
}

/* "division by zero in amount / n", ""abc" is no BIGINT in CAST(note AS BIGINT)". */
static void note_errors(const struct program *program, const struct step *step,
                        const struct kernel_call *call)
{
    struct runtime_errors *errors = &call->context->errors;
    struct bytebuf text;
    bytebuf_init(&text);
    if (call->error_value.at != NULL) {
        bytebuf_add_byte(&text, '"');
        bytebuf_add(&text, call->error_value.at,
                    call->error_value.len < RUNTIME_SAMPLE_BYTES ? call->error_value.len
                                                                 : RUNTIME_SAMPLE_BYTES);
        bytebuf_add_text(&text, "\" ");
    }
    bytebuf_add_text(&text, call->error);
    bytebuf_add_text(&text, " in ");
    expr_print(&text, step->expr, program->schema);
    snprintf(errors->newest, sizeof errors->newest, "%s", bytebuf_text(&text));
    errors->count += call->n_errors;
    bytebuf_release(&text);
}

static struct column run_call(struct program *program, struct program_context *context,
                              const struct batch *batch, const struct step *step,
                              const struct column *columns)
{
    const struct function *function = step->function;
    const struct column *args[EXPR_ARGS_MAX];
    for (uint32_t i = 0; i < step->n_args; i++) {
        args[i] = &columns[step->args[i]];
    }
    struct column_out out = column_out_new(batch->arena, step->type, batch->n);
    if (type_physical(step->type) == PHYSICAL_TEXT) {
        for (uint32_t i = 0; i < batch->n; i++) {
            out.text[i] = text_none(); /* rows that a kernel leaves out can be read */
        }
    }
    if ((function->flags & (OWN_NULLS | NEVER_NULL)) == 0) {
        null_where_args_are(&out, args, step->n_args, batch->n);
    }
    struct kernel_call call = {
        .expr = step->expr,
        .args = args,
        .n_args = step->n_args,
        .n = batch->n,
        .mask = step->mask == NO_MASK ? NULL : columns[step->mask].bits,
        .state = step->state,
        .batch = batch->arena,
        .context = context,
        .scratch = &program->scratch,
    };
    function->run(&call, &out);
    clear_nulls(&out, batch->n);
    if (call.n_errors > 0 && (function->flags & QUIET) == 0) {
        note_errors(program, step, &call);
    }
    return column_view(&out, batch->n);
}

/* All steps; the columns are in the batch's arena. */
static const struct column *run_steps(struct program *program, struct program_context *context,
                                      const struct batch *batch)
{
    struct column *columns = arena_alloc(batch->arena, program->n_steps * sizeof *columns);
    for (uint32_t i = 0; i < program->n_steps; i++) {
        const struct step *step = &program->steps[i];
        switch (step->kind) {
        case STEP_COLUMN:
            columns[i] = batch->columns[step->column];
            DCHECK(columns[i].values != NULL && columns[i].n == batch->n);
            break;
        case STEP_CONSTANT:
            columns[i] = step->constant;
            columns[i].n = batch->n;
            break;
        case STEP_CALL:
            columns[i] = run_call(program, context, batch, step, columns);
            break;
        }
    }
    return columns;
}

void program_run(struct program *program, struct program_context *context,
                 const struct batch *batch, struct column *out)
{
    CHECK(batch->n <= BATCH_ROWS);
    const struct column *columns = run_steps(program, context, batch);
    for (uint32_t i = 0; i < program->n_results; i++) {
        out[i] = columns[program->results[i]];
    }
}

uint32_t program_filter(struct program *program, struct program_context *context,
                        const struct batch *batch, uint32_t *rows)
{
    CHECK(batch->n <= BATCH_ROWS);
    const struct column *columns = run_steps(program, context, batch);
    const struct column *passes = &columns[program->results[0]];
    CHECK(passes->type.id == TYPE_BOOLEAN || passes->type.id == TYPE_NULL);
    if (passes->type.id == TYPE_NULL) {
        return 0;
    }
    uint64_t words[BATCH_WORDS];
    for (uint32_t i = 0; i < bits_words(batch->n); i++) {
        words[i] = passes->bits[i] & (passes->valid == NULL ? UINT64_MAX : passes->valid[i]);
    }
    return bits_indexes(words, batch->n, rows);
}

struct value expr_evaluate(struct arena *arena, const struct expr *e,
                           struct program_context *context)
{
    static const struct schema no_columns;
    struct expr *copy = arena_alloc(arena, sizeof *copy);
    struct batch batch;
    struct column column;
    *copy = *e;
    struct program *program = program_new(arena, &copy, 1, &no_columns);
    batch_init(&batch, &no_columns, arena);
    batch.n = 1;
    program_run(program, context, &batch, &column);
    struct value value = column_value(&column, 0);
    program_free(program);
    return value;
}
