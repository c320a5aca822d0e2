#include "rate.h"

#include <stdio.h>

#include "ask.h"
#include "http/problem.h"
#include "store/limit.h"

#define KEY_TEXT_MAX 128

static str key_of(const char *kind, str who, char text[KEY_TEXT_MAX])
{
    int n = snprintf(text, KEY_TEXT_MAX, "%s:%.*s", kind, STR_ARG(who));
    return str_from(text, (size_t)n);
}

bool rate_take(struct http_response *response, const char *kind, str who, int64_t per_minute)
{
    char text[KEY_TEXT_MAX];
    struct redis_command c;
    struct redisReply *reply;

    if (per_minute == 0)
        return true;
    limit_take(&c, key_of(kind, who, text), per_minute, 1);
    if (!ask(response, &c, &reply))
        return false;
    int64_t wait_ms = reply_int(reply);
    reply_free(reply);
    if (wait_ms > 0)
        problem_rate_limited(response, wait_ms);
    return wait_ms == 0;
}

void rate_give_back(const char *kind, str who, int64_t per_minute)
{
    char text[KEY_TEXT_MAX];
    struct redis_command c;

    if (per_minute == 0)
        return;
    limit_take(&c, key_of(kind, who, text), per_minute, -1);
    (void)!tell(&c); /* lost, it comes back by itself with time */
}
