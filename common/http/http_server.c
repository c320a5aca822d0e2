#include "http/http_server.h"

#include <microhttpd.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/mem.h"
#include "daemon/log.h"
#include "daemon/ops.h"
#include "daemon/proxies.h"
#include "daemon/service.h"
#include "http/http_cors.h"
#include "http/http_dispatch.h"
#include "http/http_head.h"
#include "http/http_listen.h"
#include "http/http_reply.h"
#include "http/http_server_state.h"

#define CONNECTION_MEMORY 16384
#define DRAIN_LOOK_MS 10
#define LAST_ANSWERS_MS 500 /* to send those of the pools */
#define COMPUTING_NICE 10

/* ---- libmicrohttpd's callbacks ---- */

static enum MHD_Result send_answer(struct http_conn *conn)
{
    http_cors_allow(conn->server->settings.cors_origins, &conn->request, &conn->response);
    if (conn->too_large || atomic_load_explicit(&conn->server->draining, memory_order_relaxed))
        conn->response.close = true;
    return http_reply_send(conn) ? MHD_YES : MHD_NO;
}

static enum MHD_Result begin(struct http_conn *conn, const char *method, const char *url)
{
    conn->counted = true;
    atomic_fetch_add(&conn->server->in_flight, 1);
    conn->state = HTTP_CONN_READING;
    enum http_verdict verdict = http_head_read(conn, method, url);
    trace_enter(&conn->request.trace);
    switch (verdict) {
    case HTTP_HEAD_GOOD: break;
    case HTTP_HEAD_TOO_LARGE: conn->too_large = true; break;
    case HTTP_HEAD_REFUSED:
        conn->response.close = true;
        conn->state = HTTP_CONN_ANSWERED;
        return send_answer(conn);
    }
    return MHD_YES;
}

static enum MHD_Result take_body(struct http_conn *conn, const char *bytes, size_t *n)
{
    if (conn->body.n + *n > HTTP_BODY_MAX)
        conn->too_large = true;
    if (!conn->too_large)
        buf_add(&conn->body, bytes, *n);
    else if ((conn->discarded += *n) > HTTP_DISCARD_MAX)
        return MHD_NO;
    *n = 0;
    return MHD_YES;
}

static enum MHD_Result go_on(struct http_conn *conn, const char *body, size_t *body_n)
{
    trace_enter(&conn->request.trace);
    if (*body_n > 0)
        return take_body(conn, body, body_n);
    if (conn->state == HTTP_CONN_READING) {
        http_conn_expect(conn, conn->server->settings.answer_s);
        if (!http_dispatch(conn))
            return MHD_YES;
    }
    return send_answer(conn);
}

static enum MHD_Result on_request(void *context, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *body,
                                  size_t *body_n, void **request)
{
    struct http_conn *conn = *request;

    (void)context;
    (void)mhd;
    (void)version;
    enum MHD_Result result =
        conn->state == HTTP_CONN_BEGUN ? begin(conn, method, url) : go_on(conn, body, body_n);
    trace_leave();
    return result;
}

static struct http_conn *conn_of(struct MHD_Connection *mhd)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    return info ? info->socket_context : NULL;
}

/* The request line has arrived. What we return is the request's context. */
static void *on_request_line(void *context, const char *uri, struct MHD_Connection *mhd)
{
    struct http_conn *conn = conn_of(mhd);
    const char *query = strchr(uri, '?');

    (void)context;
    conn->mhd = mhd;
    conn->state = HTTP_CONN_BEGUN;
    conn->begun_us = clock_mono_us();
    conn->request.caller.user.text[0] = '\0';
    http_conn_expect(conn, conn->server->settings.request_s);
    buf_clear(&conn->query);
    if (query)
        buf_add_str(&conn->query, str_of(query + 1));
    return conn;
}

static void on_request_end(void *context, struct MHD_Connection *mhd, void **request,
                           enum MHD_RequestTerminationCode how)
{
    struct http_conn *conn = *request;

    (void)context;
    (void)mhd;
    (void)how;
    if (conn == NULL)
        return;
    http_conn_reset(conn);
    http_conn_expect(conn, conn->server->settings.idle_s + conn->server->settings.request_s);
    if (conn->counted)
        atomic_fetch_sub(&conn->server->in_flight, 1);
    conn->counted = false;
}

static void on_connection(void *context, struct MHD_Connection *mhd, void **socket_context,
                          enum MHD_ConnectionNotificationCode what)
{
    struct http_server *server = context;

    if (what == MHD_CONNECTION_NOTIFY_CLOSED) {
        http_conn_close(&server->conns, *socket_context);
        return;
    }
    int fd = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD)->connect_fd;
    const struct sockaddr *from =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS)->client_addr;
    struct http_conn *conn = http_conn_open(&server->conns, fd, from);
    conn->server = server;
    http_conn_expect(conn, server->settings.request_s);
    *socket_context = conn;
}

/* Paths and queries are decoded by us (http_percent.h), strictly. */
static size_t leave_encoded(void *context, struct MHD_Connection *mhd, char *text)
{
    (void)context;
    (void)mhd;
    return strlen(text);
}

static void on_log(void *context, const char *format, va_list args)
    __attribute__((format(printf, 2, 0)));
static void on_log(void *context, const char *format, va_list args)
{
    char text[256];

    (void)context;
    (void)vsnprintf(text, sizeof text, format, args);
    log_debug("libmicrohttpd", F_Z("says", text));
}

/* ---- start and stop ---- */

static unsigned threads_of(const struct http_settings *settings)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (settings->threads > 0)
        return (unsigned)settings->threads;
    return cores > 2 ? (unsigned)cores * 2 : 4;
}

/* Connections are counted by whom they come from; a proxy's are everybody's, and it has to count itself. */
static unsigned connections_per_address(const struct http_settings *settings)
{
    return trusted_proxies.n > 0 ? 0 : (unsigned)settings->connections_per_address;
}

static struct MHD_Daemon *start(struct http_server *server)
{
    const struct http_settings *s = &server->settings;
    unsigned threads = threads_of(s);
    unsigned connections = (unsigned)(s->connections_max > threads ? s->connections_max : threads);

    return MHD_start_daemon(
        MHD_USE_EPOLL_INTERNAL_THREAD | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ITC | MHD_USE_ERROR_LOG,
        0, NULL, NULL, on_request, server, MHD_OPTION_LISTEN_SOCKET, (MHD_socket)server->listen_fd,
        MHD_OPTION_EXTERNAL_LOGGER, on_log, NULL, MHD_OPTION_THREAD_POOL_SIZE, threads,
        MHD_OPTION_CONNECTION_LIMIT, connections, MHD_OPTION_PER_IP_CONNECTION_LIMIT,
        connections_per_address(s), MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)s->idle_s, MHD_OPTION_STRICT_FOR_CLIENT, 1,
        MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_URI_LOG_CALLBACK, on_request_line, NULL,
        MHD_OPTION_UNESCAPE_CALLBACK, leave_encoded, NULL, MHD_OPTION_NOTIFY_COMPLETED,
        on_request_end, NULL, MHD_OPTION_NOTIFY_CONNECTION, on_connection, server, MHD_OPTION_END);
}

static struct metric pool_depth = {
    .name = "chatapp_http_pool_queue",
    .help = "Requests that wait for a thread to hash their password",
    .kind = METRIC_GAUGE,
};
static struct metric waiting_depth = {
    .name = "chatapp_http_waiting_queue",
    .help = "Requests that wait for a thread to ask another server",
    .kind = METRIC_GAUGE,
};

static void open_pools(struct http_server *server)
{
    const struct http_server_options *o = &server->options;

    if (o->pool_threads > 0) {
        metric_register(&pool_depth);
        server->pool = work_pool_new(&(struct work_pool_options){
            (size_t)o->pool_threads, (size_t)o->pool_queue, COMPUTING_NICE, &pool_depth});
    }
    if (o->waiting_threads > 0) {
        metric_register(&waiting_depth);
        server->waiting_pool = work_pool_new(&(struct work_pool_options){
            (size_t)o->waiting_threads, (size_t)o->waiting_queue, 0, &waiting_depth});
    }
}

enum err http_server_open(const struct http_server_options *options,
                          struct http_server **server_out, struct buf *why)
{
    int fd;
    int port;
    enum err err = http_listen(options->listen, options->port, &fd, &port, why);

    if (err != OK)
        return err;
    struct http_server *server = mem_zalloc(sizeof *server);
    server->options = *options;
    server->settings = *options->settings;
    server->listen_fd = fd;
    server->port = port;
    server->routes = http_routes_new(options->routes, options->n_routes);
    http_conn_list_init(&server->conns);
    http_reply_setup();
    open_pools(server);
    server->daemon = start(server);
    if (server->daemon == NULL) {
        buf_printf(why, "the HTTP server does not start (connection limits, open files?)");
        http_server_close(&server);
        return ERR_IO;
    }
    log_info("listening", F_Z("address", options->listen), F_INT("port", port));
    service_ready();
    *server_out = server;
    return OK;
}

int http_server_port(const struct http_server *server)
{
    return server->port;
}

int64_t http_server_connections(void *server)
{
    (void)server; /* a Singleton */
    return http_conn_count();
}

static void nap(int64_t ms)
{
    const struct timespec t = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
    (void)nanosleep(&t, NULL);
}

static void await_idle(struct http_server *server, int64_t until_ms)
{
    do {
        nap(DRAIN_LOOK_MS);
    } while (atomic_load(&server->in_flight) > 0 && clock_mono_ms() < until_ms);
}

/* Closing the listening socket at once could give its number away while a thread is about to accept on it; being
 * shut down, it refuses connections as well. */
void http_server_drain(struct http_server *server, int64_t drain_ms)
{
    int64_t until = clock_mono_ms() + drain_ms;

    ops_drain();
    atomic_store(&server->draining, true);
    (void)MHD_quiesce_daemon(server->daemon);
    (void)shutdown(server->listen_fd, SHUT_RDWR);
    await_idle(server, until);
}

void http_server_close(struct http_server **server)
{
    struct http_server *s = *server;

    *server = NULL;
    if (s->pool) /* first: libmicrohttpd must not be stopped with suspended connections */
        work_pool_stop(s->pool);
    if (s->waiting_pool)
        work_pool_stop(s->waiting_pool);
    if (s->pool || s->waiting_pool)
        await_idle(s, clock_mono_ms() + LAST_ANSWERS_MS);
    if (s->daemon)
        MHD_stop_daemon(s->daemon);
    if (s->pool)
        work_pool_free(&s->pool);
    if (s->waiting_pool)
        work_pool_free(&s->waiting_pool);
    (void)close(s->listen_fd);
    http_conn_list_fini(&s->conns);
    http_routes_free(s->routes);
    free(s);
}
