#include "breaker.h"

bool breaker_allows(const struct breaker *b, int64_t now_ms)
{
    return !breaker_is_open(b) || (!b->probing && now_ms >= b->until_ms);
}

void breaker_went(struct breaker *b)
{
    b->probing = breaker_is_open(b);
}

void breaker_succeeded(struct breaker *b)
{
    *b = (struct breaker){0};
}

static void open_for(struct breaker *b, int64_t ms, int64_t now_ms)
{
    b->open_ms = ms;
    b->until_ms = now_ms + ms;
    b->probing = false;
}

void breaker_failed(struct breaker *b, const struct breaker_policy *policy, int64_t now_ms)
{
    if (policy->failures == 0)
        return;
    b->failures++;
    if (!breaker_is_open(b)) {
        if (b->failures >= policy->failures)
            open_for(b, policy->first_ms, now_ms);
        return;
    }
    if (!b->probing) /* one that went before it opened */
        return;
    int64_t twice = b->open_ms * 2;
    open_for(b, twice < policy->longest_ms ? twice : policy->longest_ms, now_ms);
}

void breaker_forget(struct breaker *b)
{
    b->probing = false;
}
