#include "http/http_response.h"

#include "base/check.h"

void http_response_init(struct http_response *response)
{
    response->status = 0;
    response->content_type = "application/json";
    response->cache_control = "no-store";
    response->body = (struct buf){0};
    response->shared = NULL;
    response->stream = NULL;
    response->close = false;
    response->fixed = NULL;
    response->n_headers = 0;
}

void http_response_fini(struct http_response *response)
{
    buf_fini(&response->body);
    shared_bytes_unref(response->shared);
    if (response->stream)
        response->stream->free(response->stream);
    http_response_init(response);
}

void http_response_header(struct http_response *response, const char *name, str value)
{
    struct http_header *header = &response->headers[response->n_headers];

    if (value.n > HTTP_HEADER_VALUE_MAX)
        return;
    CHECK(response->n_headers < HTTP_HEADERS_MAX);
    header->name = name;
    memcpy(header->value, value.p, value.n);
    header->value[value.n] = '\0';
    response->n_headers++;
}
