#include "auth/service_token.h"

static const str AUDIENCES[] = {{SERVICE_AUDIENCE_NOTIFY, sizeof SERVICE_AUDIENCE_NOTIFY - 1}};
#define AUDIENCES_N (sizeof AUDIENCES / sizeof AUDIENCES[0])

bool service_audience_is_known(str audience)
{
    for (size_t i = 0; i < AUDIENCES_N; i++)
        if (str_eq(audience, AUDIENCES[i]))
            return true;
    return false;
}

static bool is_for_something_else(const struct keyset *keys, str token, int64_t now_ms)
{
    struct claims claims;

    if (token_open(keys, token, STR(TOKEN_AUDIENCE), now_ms, &claims) == OK)
        return true;
    for (size_t i = 0; i < AUDIENCES_N; i++)
        if (token_open(keys, token, AUDIENCES[i], now_ms, &claims) == OK)
            return true;
    return false;
}

enum err service_token_open(const struct keyset *keys, str token, str audience, int64_t now_ms,
                            struct claims *claims_out)
{
    enum err err = token_open(keys, token, audience, now_ms, claims_out);

    if (err != ERR_DENIED)
        return err;
    return is_for_something_else(keys, token, now_ms) ? ERR_DENIED : ERR_INVALID;
}
