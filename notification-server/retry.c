#include "retry.h"

#define DOUBLINGS_MAX 30 /* beyond any longest wait, and no overflow */

/* Evenly from 0 to `most`. */
static int64_t part_of(int64_t most, uint32_t random)
{
    return (int64_t)(((uint64_t)most * random) >> 32);
}

static int64_t backoff(const struct retry_policy *policy, int64_t attempts)
{
    int64_t doublings = attempts > 1 ? attempts - 1 : 0;
    int64_t wait = policy->first_ms;

    for (int64_t i = 0; i < doublings && i < DOUBLINGS_MAX && wait < policy->longest_ms; i++)
        wait *= 2;
    return wait < policy->longest_ms ? wait : policy->longest_ms;
}

int64_t retry_wait(const struct retry_policy *policy, int64_t attempts, int64_t asked_ms,
                   uint32_t random)
{
    if (attempts >= policy->attempts_max)
        return RETRY_NEVER;
    int64_t wait = backoff(policy, attempts);
    int64_t half = wait / 2;
    int64_t asked = asked_ms < policy->asked_max_ms ? asked_ms : policy->asked_max_ms;

    wait = half + part_of(wait - half, random);
    /* Never earlier than asked for, and a little spread. */
    return asked > wait ? asked + part_of(asked / 10, random) : wait;
}
