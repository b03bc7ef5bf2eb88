/* kern_like: LIKE and ILIKE. A constant pattern is compiled once for the program, others whenever
 * they change from one row to the next. ILIKE is LIKE on both sides in lower case. */
#include "engine/base/panic.h"
#include "engine/expr/kernels.h"
#include "engine/expr/like.h"

/* ---- making ---------------------------------------------------------------------------------- */

/* The escape character: backslash unless given, none for ''. It has passed check_escape. */
static int escape_of(const struct expr *call)
{
    const struct value *escape = call_constant(call, 2);
    if (escape == NULL || escape->is_null) {
        return '\\';
    }
    return escape->text.len == 1 ? escape->text.at[0] : LIKE_NO_ESCAPE;
}

static enum status check_like(const struct expr *call, struct error *err)
{
    TRY(call_need_constant(call, 2, "ESCAPE", err));
    const struct value *escape = call_constant(call, 2);
    if (escape != NULL &&
        (escape->text.len > 1 || (escape->text.len == 1 && escape->text.at[0] >= 0x80))) {
        return call_refuse(err, E_CONSTANT, call, 2, "ESCAPE takes one ASCII character or ''");
    }
    const struct value *pattern = call_constant(call, 1);
    if (pattern == NULL || pattern->is_null) {
        return OK;
    }
    const char *wrong = like_check(text_slice(pattern->text), escape_of(call));
    return wrong == NULL ? OK : call_refuse(err, E_PATTERN, call, 1, "%s", wrong);
}

static struct slice lower_copy(struct arena *arena, struct slice text)
{
    uint8_t *at = arena_alloc(arena, text.len);
    for (size_t i = 0; i < text.len; i++) {
        at[i] = ascii_lower(text.at[i]);
    }
    return slice_of(at, text.len);
}

struct like_state {
    int escape;
    bool is_constant;
    struct like like;
};

enum { LINE_END_BYTES = 2, RUN_STEP = 8 };

static struct like_state *prepare(struct arena *query, const struct expr *call, bool nocase)
{
    struct like_state *state = arena_zalloc(query, sizeof *state);
    state->escape = escape_of(call);
    const struct value *pattern = call_constant(call, 1);
    if (pattern != NULL && !pattern->is_null) {
        struct slice text = text_slice(pattern->text);
        state->is_constant = like_check(text, state->escape) == NULL;
        if (state->is_constant) {
            text = nocase ? lower_copy(query, text) : text;
            state->like = like_compile(query, text, state->escape);
        }
    }
    return state;
}

static void *prepare_like(struct arena *query, const struct expr *call)
{
    return prepare(query, call, false);
}

static void *prepare_ilike(struct arena *query, const struct expr *call)
{
    return prepare(query, call, true);
}

const struct function_setup like_setup = {.check = check_like, .prepare = prepare_like};
const struct function_setup ilike_setup = {.check = check_like, .prepare = prepare_ilike};

/* ---- rows ------------------------------------------------------------------------------------ */

/* The usual kinds in loops of their own, so that nothing is decided for a row. */
static bool run_simple(const struct like *like, const struct text *text, uint32_t n, uint8_t *out)
{
    struct slice literal = like->literal;
    switch (like->kind) {
    case LIKE_PREFIX:
        for (uint32_t i = 0; i < n; i++) {
            out[i] = text[i].len >= literal.len && memcmp(text[i].at, literal.at, literal.len) == 0;
        }
        return true;
    case LIKE_SUFFIX:
        for (uint32_t i = 0; i < n; i++) {
            out[i] = text[i].len >= literal.len &&
                     memcmp(text[i].at + text[i].len - literal.len, literal.at, literal.len) == 0;
        }
        return true;
    case LIKE_EQUAL:
        for (uint32_t i = 0; i < n; i++) {
            out[i] = slice_equal(text_slice(text[i]), literal);
        }
        return true;
    default:
        return false;
    }
}

static inline const uint8_t *text_end(const struct text *text)
{
    return text->at + text->len;
}

/* text[i] begins where text[i - 1] ends, with at most a line end between. No two allocations lie as
 * close; the text of NULL, which lies nowhere, follows none and none follows it. */
static inline bool follows(const struct text *text, uint32_t i)
{
    uintptr_t gap = (uintptr_t)text[i].at - ((uintptr_t)text[i - 1].at + text[i - 1].len);
    return (gap <= LINE_END_BYTES) & (text[i - 1].at != NULL) & (text[i].at != NULL);
}

/* The first index behind those that follow text[i], as the lines of a block do. RUN_STEP of them
 * are looked at without a jump. */
static uint32_t end_of_run(const struct text *text, uint32_t i, uint32_t n)
{
    uint32_t j = i + 1;
    for (bool all = true; all && j + RUN_STEP <= n;) {
        for (uint32_t k = 0; k < RUN_STEP; k++) {
            all &= follows(text, j + k);
        }
        j += all ? RUN_STEP : 0;
    }
    while (j < n && follows(text, j)) {
        j++;
    }
    return j;
}

/* %literal% in a run of texts: one search through all of it, which finds next to nothing, instead
 * of one in each. A place that reaches over the end of a text does not count. */
static void search_run(byte_search_fn *search, struct slice literal, const struct text *text,
                       uint32_t i, uint32_t end, uint8_t *out)
{
    const uint8_t *stop = text_end(&text[end - 1]);
    const uint8_t *from = text[i].at;
    while (i < end) {
        from = search(slice_of(from, (size_t)(stop - from)), literal);
        if (from == NULL) {
            return;
        }
        const uint8_t *place_end = from + literal.len;
        while (i + RUN_STEP <= end && text_end(&text[i + RUN_STEP - 1]) < place_end) {
            i += RUN_STEP;
        }
        while (i < end && text_end(&text[i]) < place_end) {
            i++;
        }
        if (i < end && text[i].at <= from) {
            out[i++] = 1;
            from = i < end ? text[i].at : stop;
        } else {
            from++;
        }
    }
}

static void run_contains(const struct like_state *state, const struct text *text, uint32_t n,
                         uint8_t *out)
{
    memset(out, 0, n);
    for (uint32_t i = 0; i < n;) {
        uint32_t end = end_of_run(text, i, n);
        if (text[i].at != NULL) {
            search_run(state->like.search, state->like.literal, text, i, end, out);
        }
        i = end;
    }
}

/* The text in lower case, in the scratch buffer. */
static struct slice folded(struct kernel_call *call, struct slice text)
{
    bytebuf_clear(call->scratch);
    uint8_t *at = bytebuf_reserve(call->scratch, text.len);
    for (size_t i = 0; i < text.len; i++) {
        at[i] = ascii_lower(text.at[i]);
    }
    return slice_of(at, text.len);
}

static void run_constant(struct kernel_call *call, struct column_out *out, bool nocase)
{
    const struct like_state *state = call->state;
    const struct text *text = call->args[0]->text;
    uint8_t found[BATCH_ROWS];
    if (!nocase && state->like.kind == LIKE_CONTAINS && state->like.literal.len > 0) {
        run_contains(state, text, call->n, found);
    } else if (nocase || !run_simple(&state->like, text, call->n, found)) {
        for (uint32_t i = 0; i < call->n; i++) {
            found[i] = 0;
            if (kernel_wants(call, out, i)) {
                struct slice row = text_slice(text[i]);
                found[i] = like_matches(&state->like, nocase ? folded(call, row) : row);
            }
        }
    }
    bits_pack(found, call->n, out->bits);
}

static void run_varying(struct kernel_call *call, struct column_out *out, bool nocase)
{
    const struct like_state *state = call->state;
    struct slice last = {NULL, 0};
    struct like like = {.kind = LIKE_EQUAL};
    const char *wrong = NULL;
    for (uint32_t i = 0; i < call->n; i++) {
        struct slice pattern = text_slice(call->args[1]->text[i]);
        if (!kernel_wants(call, out, i)) {
            continue;
        }
        if (last.at == NULL || !slice_equal(pattern, last)) {
            wrong = like_check(pattern, state->escape);
            last = pattern;
            pattern = nocase && wrong == NULL ? lower_copy(call->batch, pattern) : pattern;
            like = wrong == NULL ? like_compile(call->batch, pattern, state->escape) : like;
        }
        if (wrong != NULL) {
            kernel_fail(call, out, i, wrong);
            continue;
        }
        struct slice row = text_slice(call->args[0]->text[i]);
        bits_put(out->bits, i, like_matches(&like, nocase ? folded(call, row) : row));
    }
}

static void run_like(struct kernel_call *call, struct column_out *out, bool nocase)
{
    const struct like_state *state = call->state;
    if (state->is_constant) {
        run_constant(call, out, nocase);
    } else {
        run_varying(call, out, nocase);
    }
}

void like_run(struct kernel_call *call, struct column_out *out)
{
    run_like(call, out, false);
}

void ilike_run(struct kernel_call *call, struct column_out *out)
{
    run_like(call, out, true);
}
