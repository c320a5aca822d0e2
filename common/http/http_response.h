/* An answer as handlers fill it in: a status and one of a body, shared bytes or a stream. */
#ifndef CHATAPP_HTTP_HTTP_RESPONSE_H
#define CHATAPP_HTTP_HTTP_RESPONSE_H

#include "base/buf.h"
#include "http/shared_bytes.h"

#define HTTP_HEADERS_MAX 10
#define HTTP_HEADER_VALUE_MAX 191

enum http_stream_state { HTTP_STREAM_MORE, HTTP_STREAM_END, HTTP_STREAM_BROKEN };

/* A body too long to be held in memory. `next` appends a piece (of a bounded size, made by a bounded number of
 * questions to others; not empty while there is more to come) to *out, on a server thread;
 * after HTTP_STREAM_BROKEN the connection is cut, so that the client sees that something is missing. */
struct http_stream {
    enum http_stream_state (*next)(struct http_stream *stream, struct buf *out);
    void (*free)(struct http_stream *stream);
};

struct http_header {
    const char *name; /* static */
    char value[HTTP_HEADER_VALUE_MAX + 1];
};

/* Headers that all answers of a kind have: one static array of them, which ends with a NULL name. */
struct http_fixed_header {
    const char *name;
    const char *value;
};

struct http_response {
    int status;                /* 0: not answered yet */
    const char *content_type;  /* static; application/json unless said otherwise */
    const char *cache_control; /* static; no-store unless said otherwise */
    struct buf body;
    struct shared_bytes *shared;           /* its own reference; instead of body */
    struct http_stream *stream;            /* owned; instead of body */
    bool close;                            /* the connection, after this answer */
    const struct http_fixed_header *fixed; /* static, or NULL */
    size_t n_headers;
    struct http_header headers[HTTP_HEADERS_MAX];
};

void http_response_init(struct http_response *response);
void http_response_fini(struct http_response *response); /* as after init */
/* `name` is static; a value that is too long is dropped with its header. */
void http_response_header(struct http_response *response, const char *name, str value);

#endif
