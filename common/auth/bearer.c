#include "auth/bearer.h"

#include <strings.h>

#include "auth/base64url.h"
#include "auth/token.h"

static const str SCHEME = {"Bearer", sizeof "Bearer" - 1};

static bool is_bearer(str value)
{
    if (value.n < SCHEME.n || strncasecmp(value.p, SCHEME.p, SCHEME.n) != 0)
        return false;
    return value.n == SCHEME.n || value.p[SCHEME.n] == ' ';
}

enum err bearer_parse(str value, str *token_out)
{
    value = str_trim(value);
    if (!is_bearer(value))
        return ERR_NOT_FOUND;
    str token = str_skip(value, SCHEME.n);
    while (token.n > 0 && token.p[0] == ' ')
        token = str_skip(token, 1);
    if (token.n == 0 || token.n > TOKEN_MAX)
        return ERR_INVALID;
    for (size_t i = 0; i < token.n; i++)
        if (token.p[i] != '.' && !base64url_is_char(token.p[i]))
            return ERR_INVALID;
    *token_out = token;
    return OK;
}
