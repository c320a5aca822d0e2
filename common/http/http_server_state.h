/* What the files of the HTTP server share. Nobody else includes this. */
#ifndef CHATAPP_HTTP_HTTP_SERVER_STATE_H
#define CHATAPP_HTTP_HTTP_SERVER_STATE_H

#include "http/http_conn.h"
#include "http/http_server.h"
#include "http/work_pool.h"

struct MHD_Daemon;

struct http_server {
    struct http_server_options options;
    struct http_settings settings;
    struct http_routes *routes;
    struct http_conn_list conns;
    struct work_pool *pool;         /* NULL: no route runs on it */
    struct work_pool *waiting_pool; /* the same */
    struct MHD_Daemon *daemon;
    int listen_fd;
    int port;
    _Atomic int64_t in_flight; /* requests */
    _Atomic bool draining;
};

#endif
