#include "http/http_reply.h"

#include <microhttpd.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "daemon/metrics.h"

#define STREAM_BLOCK (32 * 1024)
#define STREAM_STEP_S 60 /* for each piece: a long answer may take as long as it is taken */

#define REQUESTS_METRIC(class)                                                                     \
    {                                                                                              \
        .name = "chatapp_http_requests_total", .labels = "class=\"" class "\"",                    \
        .help = "HTTP requests answered", .kind = METRIC_COUNTER                                   \
    }

static struct metric requests[] = {
    REQUESTS_METRIC("2xx"),
    REQUESTS_METRIC("3xx"),
    REQUESTS_METRIC("4xx"),
    REQUESTS_METRIC("5xx"),
};
static struct histogram duration = {
    .name = "chatapp_http_request_seconds",
    .help = "From the request's header to its answer",
};

void http_reply_setup(void)
{
    for (size_t i = 0; i < sizeof requests / sizeof requests[0]; i++)
        metric_register(&requests[i]);
    histogram_register(&duration);
}

/* A stream in libmicrohttpd's terms: it asks for up to `max` bytes, we make pieces of our own size, one each time it
 * asks: in between the thread serves its other connections. */
struct stream {
    struct http_conn *conn;
    struct http_stream *source;
    struct buf piece;
    size_t sent; /* of piece */
    enum http_stream_state state;
};

static ssize_t stream_step(struct stream *s, char *to, size_t max)
{
    http_conn_expect(s->conn, STREAM_STEP_S);
    if (s->sent == s->piece.n) {
        if (s->state == HTTP_STREAM_END)
            return MHD_CONTENT_READER_END_OF_STREAM;
        if (s->state == HTTP_STREAM_BROKEN)
            return MHD_CONTENT_READER_END_WITH_ERROR;
        buf_clear(&s->piece);
        s->sent = 0;
        s->state = s->source->next(s->source, &s->piece);
        if (s->state == HTTP_STREAM_BROKEN)
            return MHD_CONTENT_READER_END_WITH_ERROR;
        if (s->piece.n == 0 && s->state == HTTP_STREAM_END)
            return MHD_CONTENT_READER_END_OF_STREAM;
    }
    size_t n = s->piece.n - s->sent < max ? s->piece.n - s->sent : max;
    memcpy(to, s->piece.p + s->sent, n);
    s->sent += n;
    return (ssize_t)n;
}

static ssize_t stream_read(void *context, uint64_t position, char *to, size_t max)
{
    struct stream *s = context;

    (void)position;
    trace_enter(&s->conn->request.trace);
    ssize_t n = stream_step(s, to, max);
    trace_leave();
    return n;
}

static void stream_free(void *context)
{
    struct stream *s = context;

    s->source->free(s->source);
    buf_fini(&s->piece);
    free(s);
}

static void unref(void *context)
{
    shared_bytes_unref(context);
}

static struct MHD_Response *content(struct http_conn *conn)
{
    struct http_response *r = &conn->response;
    size_t n;

    if (r->stream) {
        struct stream *s = mem_zalloc(sizeof *s);
        *s = (struct stream){.conn = conn, .source = r->stream};
        r->stream = NULL;
        return MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, stream_read, s,
                                                 stream_free);
    }
    if (r->shared) {
        str view = shared_bytes_view(r->shared);
        struct shared_bytes *shared = r->shared;
        r->shared = NULL;
        return MHD_create_response_from_buffer_with_free_callback_cls(
            view.n, (void *)(uintptr_t)view.p, unref, shared);
    }
    if (r->body.n == 0)
        return MHD_create_response_from_buffer(0, (void *)(uintptr_t) "", MHD_RESPMEM_PERSISTENT);
    char *bytes = buf_take(&r->body, &n);
    return MHD_create_response_from_buffer(n, bytes, MHD_RESPMEM_MUST_FREE);
}

static void add_headers(struct MHD_Response *to, const struct http_conn *conn)
{
    const struct http_response *r = &conn->response;

    if (r->status != MHD_HTTP_NO_CONTENT)
        (void)MHD_add_response_header(to, "Content-Type", r->content_type);
    (void)MHD_add_response_header(to, "Cache-Control", r->cache_control);
    (void)MHD_add_response_header(to, "X-Content-Type-Options", "nosniff");
    (void)MHD_add_response_header(to, "X-Request-Id", conn->request.trace.request);
    for (const struct http_fixed_header *f = r->fixed; f && f->name; f++)
        (void)MHD_add_response_header(to, f->name, f->value);
    for (size_t i = 0; i < r->n_headers; i++)
        (void)MHD_add_response_header(to, r->headers[i].name, r->headers[i].value);
    if (r->close)
        (void)MHD_add_response_header(to, "Connection", "close");
}

/* Neither the query nor any header: they may hold secrets. */
static void account_for(const struct http_conn *conn)
{
    int status = conn->response.status;
    int64_t took_us = clock_mono_us() - conn->begun_us;
    size_t class = status < 300 ? 0 : (size_t)(status / 100) - 2;

    metric_add(&requests[class < 4 ? class : 3], 1);
    histogram_observe_us(&duration, took_us);
    LOG_AT(status >= 500 ? LOG_LEVEL_INFO : LOG_LEVEL_DEBUG, "request",
           F_STR("method", http_method_name(conn->request.method)),
           F_STR("path", conn->request.path), F_INT("status", status), F_INT("us", took_us),
           F_STR("client", conn->request.client), F_Z("user", conn->request.caller.user.text));
}

bool http_reply_send(struct http_conn *conn)
{
    int status = conn->response.status;

    account_for(conn);
    struct MHD_Response *answer = content(conn);
    if (answer == NULL)
        return false;
    add_headers(answer, conn);
    bool sent = MHD_queue_response(conn->mhd, (unsigned)status, answer) == MHD_YES;
    MHD_destroy_response(answer);
    return sent;
}
