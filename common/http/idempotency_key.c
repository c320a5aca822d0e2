#include "http/idempotency_key.h"

#include "http/problem.h"

bool idempotency_key_is_good(str key)
{
    for (size_t i = 0; i < key.n; i++)
        if (key.p[i] <= ' ' || key.p[i] > '~')
            return false;
    return key.n >= 1 && key.n <= IDEMPOTENCY_KEY_MAX;
}

bool idempotency_key_accept(const struct http_request *request, struct http_response *response)
{
    if (str_is_none(request->idempotency_key) || idempotency_key_is_good(request->idempotency_key))
        return true;
    problem_answer(response, PROBLEM_BAD_REQUEST,
                   "Idempotency-Key must be 1 to 255 visible ASCII characters.");
    return false;
}
