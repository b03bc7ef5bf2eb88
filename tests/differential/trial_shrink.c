/* trial_shrink: takes away cuts, restarts, rows and parts of the question, one by one, for as long
 * as the trial goes on failing in the same way. */
#include "tests/differential/trial.h"

enum { TRIES_MAX = 3000 };

struct shrinking {
    struct trial *trial;
    struct oracle *oracle;
    bool refused; /* the engine refuses, as opposed to saying something else */
    uint32_t tries;
};

/* Takes the smaller trial if it fails as well. */
static bool take(struct shrinking *s, const struct trial *smaller)
{
    struct outcome outcome;
    if (s->tries >= TRIES_MAX) {
        return false;
    }
    s->tries++;
    bool same = trial_run(smaller, s->oracle, &outcome);
    bool as_before = !same && (outcome.refused.len > 0) == s->refused;
    outcome_release(&outcome);
    if (as_before) {
        *s->trial = *smaller;
    }
    return as_before;
}

static bool shrink_cuts(struct shrinking *s)
{
    struct trial smaller = *s->trial;
    smaller.n_cuts = 0;
    smaller.restarts = 0;
    if (s->trial->n_cuts > 0 && take(s, &smaller)) {
        return true;
    }
    for (uint32_t i = 0; i < s->trial->n_cuts; i++) {
        smaller = *s->trial;
        smaller.restarts &= ~(1u << i);
        if (smaller.restarts != s->trial->restarts && take(s, &smaller)) {
            return true;
        }
        smaller = *s->trial;
        smaller.n_cuts--;
        uint32_t below = (1u << i) - 1;
        smaller.restarts =
            (smaller.restarts & below) | (smaller.restarts >> 1 & ~below & (UINT32_MAX >> 1));
        for (uint32_t k = i; k < smaller.n_cuts; k++) {
            smaller.cuts[k] = smaller.cuts[k + 1];
        }
        if (take(s, &smaller)) {
            return true;
        }
    }
    return false;
}

/* Ever smaller runs of rows. */
static bool shrink_rows(struct shrinking *s)
{
    bool any = false;
    for (uint32_t n = s->trial->data->n / 2; n > 0; n /= 2) {
        for (uint32_t from = 0; from + n <= s->trial->data->n;) {
            struct trial smaller = *s->trial;
            smaller.data = dataset_without(s->trial->arena, s->trial->data, from, n);
            if (take(s, &smaller)) {
                any = true;
            } else {
                from += n;
            }
        }
    }
    return any;
}

static bool shrink_question(struct shrinking *s)
{
    const struct question *question;
    for (uint32_t i = 0;
         (question = question_smaller(s->trial->arena, s->trial->question, i)) != NULL; i++) {
        struct trial smaller = *s->trial;
        smaller.question = question;
        if (take(s, &smaller)) {
            return true;
        }
    }
    return false;
}

void trial_shrink(struct trial *trial, struct oracle *oracle)
{
    struct outcome outcome;
    struct shrinking s = {.trial = trial, .oracle = oracle};
    (void)trial_run(trial, oracle, &outcome);
    s.refused = outcome.refused.len > 0;
    outcome_release(&outcome);
    bool smaller = true;
    while (smaller && s.tries < TRIES_MAX) {
        smaller = shrink_rows(&s);
        smaller = shrink_question(&s) || smaller;
        smaller = shrink_cuts(&s) || smaller;
    }
}
