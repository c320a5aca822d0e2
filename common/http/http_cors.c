#include "http/http_cors.h"

static bool is_allowed(str origins, str origin)
{
    str one;

    if (str_is_none(origin) || origins.n == 0)
        return false;
    while (str_split(&origins, ',', &one))
        if (str_eq(one, STR("*")) || str_eq(one, origin))
            return true;
    return false;
}

void http_cors_allow(const char *origins, const struct http_request *request,
                     struct http_response *response)
{
    if (!is_allowed(str_of(origins), request->origin))
        return;
    http_response_header(response, "Access-Control-Allow-Origin", request->origin);
    http_response_header(response, "Access-Control-Expose-Headers",
                         STR("X-Request-Id, Retry-After"));
    http_response_header(response, "Vary", STR("Origin"));
}

void http_cors_preflight(const char *origins, const struct http_request *request, str methods,
                         struct http_response *response)
{
    if (!is_allowed(str_of(origins), request->origin))
        return;
    http_response_header(response, "Access-Control-Allow-Methods", methods);
    http_response_header(response, "Access-Control-Allow-Headers",
                         STR("Authorization, Content-Type, Idempotency-Key, X-Request-Id, "
                             "traceparent"));
    http_response_header(response, "Access-Control-Max-Age", STR("600"));
}
