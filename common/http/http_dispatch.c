#include "http/http_dispatch.h"

#include <microhttpd.h>

#include "daemon/ops.h"
#include "http/http_cors.h"
#include "http/http_server_state.h"
#include "http/problem.h"

static void answer_options(struct http_conn *conn, str allow)
{
    conn->response.status = 204;
    http_response_header(&conn->response, "Allow", allow);
    http_cors_preflight(conn->server->settings.cors_origins, &conn->request, allow,
                        &conn->response);
}

/* OPTIONS, or a method that the path does not have. */
static void answer_method(struct http_conn *conn)
{
    struct buf allow = {0};

    http_allow_text(conn->match.allowed, &allow);
    if (conn->options) {
        answer_options(conn, buf_view(&allow));
    } else {
        problem_answer(&conn->response, PROBLEM_METHOD_NOT_ALLOWED, NULL);
        http_response_header(&conn->response, "Allow", buf_view(&allow));
    }
    buf_fini(&allow);
}

static bool is_ops(str path)
{
    return str_eq(path, STR("/healthz")) || str_eq(path, STR("/readyz")) ||
           str_eq(path, STR("/metrics"));
}

static bool answer_ops(struct http_conn *conn)
{
    struct ops_answer ops;

    if (!is_ops(conn->request.path))
        return false;
    if (conn->request.method != HTTP_GET) {
        conn->match.allowed = 1u << HTTP_GET;
        answer_method(conn);
        return true;
    }
    if (!ops_answer(conn->request.path, &ops))
        return false;
    conn->response.status = ops.status;
    conn->response.content_type = ops.content_type;
    conn->response.body = ops.body;
    return true;
}

/* No route has this path. */
static void answer_elsewhere(struct http_conn *conn)
{
    http_handler_fn *elsewhere = conn->server->options.elsewhere;

    if (elsewhere)
        elsewhere(&conn->request, &conn->response);
    if (conn->response.status == 0)
        problem_answer(&conn->response, PROBLEM_NOT_FOUND, NULL);
}

static bool answer_unrouted(struct http_conn *conn)
{
    switch (http_routes_match(conn->server->routes, conn->request.method, conn->request.path,
                              &conn->match)) {
    case HTTP_MATCHED: return false;
    case HTTP_NO_METHOD: answer_method(conn); return true;
    case HTTP_NO_PATH: answer_elsewhere(conn); return true;
    case HTTP_BAD_PATH:
        problem_answer(&conn->response, PROBLEM_BAD_REQUEST, "The path is badly encoded.");
        return true;
    }
    return false;
}

static void handle(struct http_conn *conn)
{
    conn->match.route->handler(&conn->request, &conn->response);
    if (conn->response.status == 0)
        problem_answer(&conn->response, PROBLEM_INTERNAL, NULL);
}

/* On the pool. Once resumed, the connection belongs to its own thread again. */
static void handle_pooled(void *argument)
{
    struct http_conn *conn = argument;

    trace_enter(&conn->request.trace);
    handle(conn);
    trace_leave();
    conn->state = HTTP_CONN_ANSWERED;
    MHD_resume_connection(conn->mhd);
}

static struct work_pool *pool_of(const struct http_conn *conn)
{
    return conn->match.route->where == HTTP_ON_POOL ? conn->server->pool
                                                    : conn->server->waiting_pool;
}

/* Not even its state may be looked at afterwards: the pool may have answered already. */
static void send_to_pool(struct http_conn *conn)
{
    struct work_pool *pool = pool_of(conn);

    conn->state = HTTP_CONN_POOLED;
    MHD_suspend_connection(conn->mhd);
    if (work_pool_submit(pool, handle_pooled, conn) == OK)
        return;
    if (conn->match.route->undo)
        conn->match.route->undo(&conn->request, &conn->response);
    problem_answer(&conn->response, PROBLEM_UNAVAILABLE, "Too many wait already; try again soon.");
    conn->state = HTTP_CONN_ANSWERED;
    MHD_resume_connection(conn->mhd);
}

bool http_dispatch(struct http_conn *conn)
{
    struct http_server *server = conn->server;
    struct http_request *request = &conn->request;
    struct http_response *response = &conn->response;
    const struct http_route *route;

    conn->state = HTTP_CONN_ANSWERED;
    request->app = server->options.app;
    request->body = buf_view(&conn->body);
    if (conn->too_large) {
        problem_answer(response, PROBLEM_TOO_LARGE, NULL);
        return true;
    }
    if (answer_ops(conn) || answer_unrouted(conn))
        return true;
    route = conn->match.route;
    memcpy(request->params, conn->match.params, sizeof request->params);
    if (server->options.admit && !server->options.admit(request, route, response))
        return true;
    if (route->check)
        route->check(request, response);
    if (response->status != 0)
        return true;
    if (route->where != HTTP_ON_SERVER) {
        send_to_pool(conn);
        return false;
    }
    handle(conn);
    return true;
}
