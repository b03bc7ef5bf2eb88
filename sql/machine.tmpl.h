/* machine: questions to the LALR machine, answered from the tables that lemon writes into
 * grammar.c. Included there, at its end, and nowhere else; parser.h declares the functions.
 *
 * Parameters: struct yyParser, yy_find_shift_action, yy_find_reduce_action, yyRuleInfoNRhs,
 * yyRuleInfoLhs and the YY_ limits of lemon's template, GrammarInit and Grammar. */

void *grammar_new(struct arena *arena, struct parser *parser)
{
    struct yyParser *machine = arena_alloc(arena, sizeof *machine);
    GrammarInit(machine, parser);
    return machine;
}

void grammar_feed(void *machine, struct token token)
{
    Grammar(machine, token.kind, token);
}

uint32_t grammar_states(const void *machine, uint16_t *out)
{
    const struct yyParser *m = machine;
    uint32_t n = (uint32_t)(m->yytos - m->yystack) + 1;
    for (uint32_t i = 0; i < n; i++) {
        out[i] = m->yystack[i].stateno;
    }
    return n;
}

uint32_t grammar_tokens(void)
{
    return YYNTOKEN;
}

/* The stack of a machine in thought: the first n_states real entries, then what was pushed. */
enum { PUSHED_MAX = 64 };

struct thought {
    const uint16_t *states;
    uint32_t n_states;
    uint16_t pushed[PUSHED_MAX];
    uint32_t n_pushed;
};

static uint16_t thought_top(const struct thought *t)
{
    return t->n_pushed > 0 ? t->pushed[t->n_pushed - 1] : t->states[t->n_states - 1];
}

static bool thought_push(struct thought *t, uint16_t state)
{
    if (t->n_pushed == PUSHED_MAX) {
        return false;
    }
    t->pushed[t->n_pushed++] = state;
    return true;
}

static void thought_pop(struct thought *t, uint32_t n)
{
    uint32_t own = n < t->n_pushed ? n : t->n_pushed;
    t->n_pushed -= own;
    t->n_states -= n - own;
}

static bool thought_take(struct thought *t, uint16_t token)
{
    for (;;) {
        YYACTIONTYPE action = yy_find_shift_action(token, thought_top(t));
        if (action >= YY_MIN_REDUCE) {
            unsigned rule = action - YY_MIN_REDUCE;
            thought_pop(t, (uint32_t)-yyRuleInfoNRhs[rule]);
            if (!thought_push(t, yy_find_reduce_action(thought_top(t), yyRuleInfoLhs[rule]))) {
                return false;
            }
        } else if (action <= YY_MAX_SHIFTREDUCE) {
            if (action > YY_MAX_SHIFT) {
                action += YY_MIN_REDUCE - YY_MIN_SHIFTREDUCE;
            }
            return thought_push(t, action);
        } else {
            return action == YY_ACCEPT_ACTION;
        }
    }
}

bool grammar_accepts(const uint16_t *states, uint32_t n_states, const uint16_t *tokens, uint32_t n)
{
    struct thought t = {.states = states, .n_states = n_states};
    for (uint32_t i = 0; i < n; i++) {
        if (!thought_take(&t, tokens[i])) {
            return false;
        }
    }
    return true;
}
