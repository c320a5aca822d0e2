#include "forward_headers.h"

#include <strings.h>

static const char *const PASSED[] = {"Retry-After", "WWW-Authenticate", "Location", "Allow"};

/* Content types that servers of ours answer with. */
static const char *const TYPES[] = {"application/json", "application/problem+json",
                                    "text/plain; charset=utf-8"};

static bool is(str name, const char *known)
{
    return name.n == strlen(known) && strncasecmp(name.p, known, name.n) == 0;
}

static void take_type(struct http_response *response, str value)
{
    response->content_type = "application/octet-stream";
    for (size_t i = 0; i < sizeof TYPES / sizeof TYPES[0]; i++)
        if (is(value, TYPES[i]))
            response->content_type = TYPES[i];
}

static bool has(const struct http_response *response, const char *name)
{
    for (size_t i = 0; i < response->n_headers; i++)
        if (response->headers[i].name == name)
            return true;
    return false;
}

bool forward_value_is_sane(str value)
{
    for (size_t i = 0; i < value.n; i++)
        if (((unsigned char)value.p[i] < ' ' && value.p[i] != '\t') || value.p[i] == 0x7F)
            return false;
    return true;
}

/* The first of a name counts: so there is never more than fits. */
void forward_header_take(struct http_response *response, str name, str value)
{
    if (!forward_value_is_sane(value))
        return;
    if (is(name, "Content-Type"))
        take_type(response, value);
    for (size_t i = 0; i < sizeof PASSED / sizeof PASSED[0]; i++)
        if (is(name, PASSED[i]) && !has(response, PASSED[i]))
            http_response_header(response, PASSED[i], value);
}
