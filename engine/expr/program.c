/* program: see program.h. Compiled by compile.c, run here. */
#include "engine/expr/program.h"

#include "engine/base/panic.h"
#include "engine/base/textbuf.h"
#include "engine/expr/code.h"

struct program {
    struct schema schema; /* names for messages */
    struct code code;
    uint32_t n_exprs;
    uint32_t rows; /* most that a batch may have */
    uint32_t *inputs;
    struct bytebuf scratch;
};

/* ---- life ------------------------------------------------------------------------------------ */

static struct program *program_make(struct arena *query, struct expr *const *exprs,
                                    uint32_t n_exprs, const struct schema *input, uint32_t rows)
{
    struct program *program = arena_zalloc(query, sizeof *program);
    if (input != NULL) {
        program->schema = schema_copy(query, input);
    }
    program->n_exprs = n_exprs;
    program->rows = rows;
    bytebuf_init(&program->scratch);
    code_compile(&program->code, query, exprs, n_exprs, rows);
    program->inputs = arena_alloc(query, program->code.n_inputs * sizeof *program->inputs);
    for (uint32_t i = 0; i < program->code.n_inputs; i++) {
        program->inputs[i] = program->code.inputs[i].column;
    }
    return program;
}

struct program *program_new(struct arena *query, struct expr *const *exprs, uint32_t n_exprs,
                            const struct schema *input)
{
    return program_make(query, exprs, n_exprs, input, BATCH_ROWS);
}

void program_free(struct program *program)
{
    if (program == NULL) {
        return;
    }
    for (uint32_t i = 0; i < program->code.n_steps; i++) {
        const struct step *step = &program->code.steps[i];
        if (step->state != NULL && step->function->setup->release != NULL) {
            step->function->setup->release(step->state);
        }
    }
    bytebuf_release(&program->scratch);
}

const uint32_t *program_inputs(const struct program *program, uint32_t *n)
{
    *n = program->code.n_inputs;
    return program->inputs;
}

/* ---- NULLs ----------------------------------------------------------------------------------- */

/* NULL where an argument is. */
static void take_nulls(const struct step *step, struct column_out *out, uint32_t n)
{
    for (uint32_t k = 0; k < step->n_args; k++) {
        const uint64_t *valid = step->args[k]->valid;
        if (valid == NULL) {
            continue;
        }
        if (out->valid == NULL) {
            column_out_make_valid(out, n);
        }
        for (uint32_t i = 0; i < bits_words(n); i++) {
            out->valid[i] &= valid[i];
        }
    }
}

static void clear_row(struct column_out *out, uint32_t row)
{
    if (type_physical(out->type) == PHYSICAL_TEXT) {
        out->text[row] = text_none();
    } else {
        out->i64[row] = 0; /* 0.0 too */
    }
}

/* The values of NULL rows become 0 or empty, whatever the kernel made of them. */
static void clear_nulls(struct column_out *out, uint32_t n)
{
    bool is_bits = type_physical(out->type) == PHYSICAL_BIT;
    for (uint32_t i = 0; out->valid != NULL && i < bits_words(n); i++) {
        if (is_bits) {
            out->bits[i] &= out->valid[i];
            continue;
        }
        uint64_t nulls = ~out->valid[i];
        nulls &= i + 1 == bits_words(n) ? bits_tail(n) : ~(uint64_t)0;
        for (; nulls != 0; nulls &= nulls - 1) {
            clear_row(out, i * 64 + (uint32_t)__builtin_ctzll(nulls));
        }
    }
}

/* ---- errors ---------------------------------------------------------------------------------- */

enum { SAMPLE_VALUE_BYTES = 60 };

/* Bytes of `text` that fit into `room` without half a character at the end. */
static size_t fitting(struct slice text, size_t room)
{
    if (text.len <= room) {
        return text.len;
    }
    size_t n = room;
    while (n > 0 && (text.at[n] & 0xc0) == 0x80) {
        n--;
    }
    return n;
}

/* "division by zero in amount / n", '"abc" is no BIGINT in CAST(x AS BIGINT)'. */
static void note_errors(struct program *program, const struct kernel_call *call)
{
    struct runtime_errors *errors = &call->context->errors;
    struct bytebuf raw;
    struct bytebuf text;
    bytebuf_init(&raw);
    bytebuf_init(&text);
    if (call->error_value.at != NULL) {
        size_t n = fitting(call->error_value, SAMPLE_VALUE_BYTES);
        bytebuf_add_byte(&raw, '"');
        bytebuf_add(&raw, call->error_value.at, n);
        bytebuf_add_text(&raw, n < call->error_value.len ? "…\" " : "\" ");
    }
    bytebuf_add_text(&raw, call->error);
    bytebuf_add_text(&raw, " in ");
    expr_print(&raw, call->expr, program->schema.n > 0 ? &program->schema : NULL);
    textbuf_escaped(&text, bytebuf_slice(&raw));
    size_t n = fitting(bytebuf_slice(&text), RUNTIME_SAMPLE_BYTES - 1);
    memcpy(errors->newest, text.at, n);
    errors->newest[n] = '\0';
    errors->count += call->n_errors;
    bytebuf_release(&raw);
    bytebuf_release(&text);
}

/* ---- running --------------------------------------------------------------------------------- */

static void step_run(struct program *program, const struct step *step,
                     struct program_context *context, const struct batch *batch)
{
    struct column *registers = program->code.registers;
    uint16_t flags = step->function->flags;
    struct column_out out = column_out_new(batch->arena, step->type, batch->n);
    struct kernel_call call = {
        .expr = step->expr,
        .args = (const struct column *const *)step->args,
        .n_args = step->n_args,
        .n = batch->n,
        .mask = step->mask == NO_REGISTER ? NULL : registers[step->mask].bits,
        .state = step->state,
        .batch = batch->arena,
        .context = context,
        .scratch = &program->scratch,
    };
    if ((flags & (OWN_NULLS | NEVER_NULL)) == 0) {
        take_nulls(step, &out, batch->n);
    }
    step->function->run(&call, &out);
    clear_nulls(&out, batch->n);
    if (call.n_errors > 0 && (flags & QUIET) == 0) {
        note_errors(program, &call);
    }
    registers[step->out] = column_view(&out, batch->n);
}

static void code_run(struct program *program, struct program_context *context,
                     const struct batch *batch)
{
    const struct code *code = &program->code;
    CHECK(batch->n <= program->rows);
    for (uint32_t i = 0; i < code->n_inputs; i++) {
        const struct column *column = &batch->columns[code->inputs[i].column];
        CHECK(column->values != NULL);
        code->registers[code->inputs[i].reg] = *column;
    }
    for (uint32_t i = 0; i < code->n_steps; i++) {
        step_run(program, &code->steps[i], context, batch);
    }
}

void program_run(struct program *program, struct program_context *context,
                 const struct batch *batch, struct column *out)
{
    code_run(program, context, batch);
    for (uint32_t i = 0; i < program->n_exprs; i++) {
        out[i] = program->code.registers[program->code.results[i]];
        out[i].n = batch->n;
    }
}

uint32_t program_filter(struct program *program, struct program_context *context,
                        const struct batch *batch, uint32_t *rows)
{
    code_run(program, context, batch);
    const struct column *condition = &program->code.registers[program->code.results[0]];
    if (condition->type.id == TYPE_NULL) {
        return 0;
    }
    CHECK(condition->type.id == TYPE_BOOLEAN);
    if (condition->valid == NULL) {
        return bits_indexes(condition->bits, batch->n, rows);
    }
    uint64_t words[BATCH_WORDS];
    for (uint32_t i = 0; i < bits_words(batch->n); i++) {
        words[i] = condition->bits[i] & condition->valid[i];
    }
    return bits_indexes(words, batch->n, rows);
}

struct value expr_evaluate(struct arena *arena, const struct expr *e,
                           struct program_context *context)
{
    struct arena temporary;
    struct column result;
    struct expr *root = arena_alloc(arena, sizeof *root);
    *root = *e;
    arena_init(&temporary);
    struct program *program = program_make(&temporary, &root, 1, NULL, 1);
    CHECK(program->code.n_inputs == 0);
    struct batch batch = {.n = 1, .arena = &temporary};
    program_run(program, context, &batch, &result);
    struct value value = column_value(&result, 0);
    if (!value.is_null && type_physical(value.type) == PHYSICAL_TEXT) {
        value.text.at = arena_copy(arena, text_slice(value.text)).at;
    }
    program_free(program);
    arena_release(&temporary);
    return value;
}
