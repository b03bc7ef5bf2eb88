/* siege: see siege.h. */
#include "tests/crash/siege.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine/base/slice.h"
#include "tests/support/testing.h"

void siege_init(struct siege *siege, const struct scenario *scenario)
{
    *siege = (struct siege){.world = world_new(scenario)};
    siege->first = (struct life){.fs = world_disk(siege->world), .steps_max = scenario->stop_at};
}

void siege_release(struct siege *siege)
{
    simfs_free(siege->first.fs);
    world_free(siege->world);
}

void siege_begin(struct siege *siege)
{
    simfs_set_mutant(siege->first.fs, &siege->mutant);
    world_run(siege->world, &siege->first);
    siege->calls = simfs_n_calls(siege->first.fs);
}

static bool is_right(struct siege *siege, struct life *life, const char *how, uint32_t at)
{
    const char *wrong = life->status != OK ? life->err.text : world_check(siege->world, life->fs);
    siege->points++;
    if (wrong == NULL) {
        return true;
    }
    int n = snprintf(siege->what, sizeof siege->what, "%s %u: %s", how, at, wrong);
    if (n > 0 && (size_t)n < sizeof siege->what) {
        snprintf(siege->what + n, sizeof siege->what - (size_t)n, " (%s)",
                 world_name(siege->world));
    }
    siege->violations++;
    if (!siege->quiet) {
        print_error("%s\n", siege->what);
    }
    return false;
}

static struct life next_life(const struct siege *siege, const struct life *before,
                             struct simfs *left)
{
    simfs_set_mutant(left, &siege->mutant);
    return (struct life){.fs = left, .sent = before->sent, .had = before->had};
}

/* What the sender of the first life knew: nothing was there before. */
static const struct life birth = {.fs = NULL};

bool siege_survives(struct siege *siege, struct simfs *left, const char *how, uint32_t at)
{
    struct life again = next_life(siege, &birth, left);
    world_run(siege->world, &again);
    bool right = is_right(siege, &again, how, at);
    simfs_free(left);
    return right;
}

void siege_survives_twice(struct siege *siege, struct simfs *left, uint32_t at, uint32_t n)
{
    struct life second = next_life(siege, &birth, left);
    world_run(siege->world, &second);
    if (!is_right(siege, &second, "first crash after call", at)) {
        simfs_free(left);
        return;
    }
    uint32_t calls = simfs_n_calls(left);
    for (uint32_t k = 0; k < n && k <= calls; k++) {
        struct life third = next_life(siege, &second, simfs_killed(left, k));
        world_run(siege->world, &third);
        is_right(siege, &third, "second crash after call", k);
        simfs_free(third.fs);
    }
    simfs_free(left);
}

bool siege_survives_fault(struct siege *siege, struct simfs *left, const struct fault *fault)
{
    struct life second = next_life(siege, &birth, left);
    simfs_set_fault(left, fault);
    world_run(siege->world, &second);
    bool fired = simfs_fired(left);
    if (second.status != OK && strstr(second.err.text, "simulated") == NULL) {
        is_right(siege, &second, "fault while recovering", fault->at);
    }
    struct life third = next_life(siege, &second, simfs_killed(left, simfs_n_calls(left)));
    world_run(siege->world, &third);
    is_right(siege, &third, "after a fault while recovering", fault->at);
    simfs_free(third.fs);
    simfs_free(left);
    return fired;
}

struct scenario siege_scenario(uint64_t number)
{
    static const uint32_t stops[] = {0, 0, 12, 25};
    return (struct scenario){
        .seed = number + 1,
        .input = (enum input_kind)(number % 3),
        .query = (uint32_t)(number / 3 % world_n_queries()),
        .lines = number % 5 == 4   ? 120
                 : number % 5 == 1 ? 25
                                   : 50,
        .dated = number % 5 == 1,
        .small_files = number % 2 == 0,
        .merges = number % 4 == 0,
        .stop_at = stops[number / 2 % 4],
    };
}

uint64_t siege_target(uint64_t usual)
{
    int64_t percent;
    const char *text = getenv("TAILRACE_CRASH_PERCENT");
    bool asked = text != NULL && slice_to_i64(slice_text(text), &percent) && percent > 0;
    return asked ? usual * (uint64_t)percent / 100 : usual;
}
