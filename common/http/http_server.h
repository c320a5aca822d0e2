/* Singleton: the process's HTTP server. It reads requests, finds their route, asks the daemon whether the caller
 * may, calls the handler (on its own thread or on a work pool) and sends the answer. /healthz, /readyz and /metrics
 * are answered here (daemon/ops.h), and so are HEAD, OPTIONS and CORS. */
#ifndef CHATAPP_HTTP_HTTP_SERVER_H
#define CHATAPP_HTTP_HTTP_SERVER_H

#include "http/http_route.h"
#include "http/http_settings.h"

struct http_server_options {
    const char *listen; /* numeric address */
    int64_t port;       /* 0: any free one */
    const struct http_settings *settings;
    int64_t pool_threads; /* 0: no route runs on the pool */
    int64_t pool_queue;
    int64_t waiting_threads; /* the same for the other pool */
    int64_t waiting_queue;
    const struct http_route *routes; /* kept */
    size_t n_routes;
    /* Asked about paths that no route has, whatever the method, by anyone; what it leaves unanswered is 404. NULL: none. */
    http_handler_fn *elsewhere;
    /* May this request use this route? Fills request->caller. False: the answer is filled in. NULL: anyone may all. */
    bool (*admit)(struct http_request *request, const struct http_route *route,
                  struct http_response *response);
    void *app; /* request->app */
};

struct http_server;

/* Listens and logs "listening" with the port. ERR_INVALID: the address is none; ERR_IO: it cannot be had. */
MUST_USE enum err http_server_open(const struct http_server_options *options,
                                   struct http_server **server_out, struct buf *why);
int http_server_port(const struct http_server *server);
int64_t http_server_connections(void *server); /* open ones; for the registrar */
/* No new connections; every answer closes its connection; returns when no request is under way, or after drain_ms. */
void http_server_drain(struct http_server *server, int64_t drain_ms);
/* What is on the pools is finished and answered first. *server is NULL afterwards. */
void http_server_close(struct http_server **server);

#endif
