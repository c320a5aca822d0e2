#include "http/http_conn.h"

#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>

#include "base/check.h"
#include "base/clock.h"
#include "base/mem.h"
#include "daemon/metrics.h"

#define BODY_KEPT 4096 /* a larger buffer is given back after the request */

static struct metric open_connections = {
    .name = "chatapp_http_connections",
    .help = "Open HTTP connections",
    .kind = METRIC_GAUGE,
};
static struct metric cut_connections = {
    .name = "chatapp_http_connections_late_total",
    .help = "HTTP connections cut because a request or its answer took too long",
    .kind = METRIC_COUNTER,
};

/* Under the lock, so that none of these sockets is closed and its number given to another meanwhile. */
static void cut_late(struct http_conn_list *list, int64_t now_ms)
{
    for (struct http_conn *conn = list->head; conn; conn = conn->next) {
        if (atomic_load_explicit(&conn->deadline_ms, memory_order_relaxed) > now_ms)
            continue;
        (void)shutdown(conn->fd, SHUT_RDWR);
        atomic_store_explicit(&conn->deadline_ms, INT64_MAX, memory_order_relaxed);
        metric_add(&cut_connections, 1);
    }
}

static void *watch(void *argument)
{
    struct http_conn_list *list = argument;

    pthread_mutex_lock(&list->lock);
    while (!list->stopping) {
        struct timespec until;
        (void)clock_gettime(CLOCK_MONOTONIC, &until);
        until.tv_sec++;
        (void)pthread_cond_timedwait(&list->wake, &list->lock, &until);
        cut_late(list, clock_mono_ms());
    }
    pthread_mutex_unlock(&list->lock);
    return NULL;
}

void http_conn_list_init(struct http_conn_list *list)
{
    pthread_condattr_t monotonic;

    metric_register(&open_connections);
    metric_register(&cut_connections);
    list->head = NULL;
    list->stopping = false;
    pthread_mutex_init(&list->lock, NULL);
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&list->wake, &monotonic);
    pthread_condattr_destroy(&monotonic);
    CHECK(pthread_create(&list->watcher, NULL, watch, list) == 0);
}

void http_conn_list_fini(struct http_conn_list *list)
{
    pthread_mutex_lock(&list->lock);
    list->stopping = true;
    pthread_cond_signal(&list->wake);
    pthread_mutex_unlock(&list->lock);
    (void)pthread_join(list->watcher, NULL);
    CHECK(list->head == NULL);
    pthread_cond_destroy(&list->wake);
    pthread_mutex_destroy(&list->lock);
}

int64_t http_conn_count(void)
{
    return metric_value(&open_connections);
}

void http_conn_expect(struct http_conn *conn, int64_t within_s)
{
    atomic_store_explicit(&conn->deadline_ms, clock_mono_ms() + within_s * 1000,
                          memory_order_relaxed);
}

struct http_conn *http_conn_open(struct http_conn_list *list, int fd, const struct sockaddr *from)
{
    struct http_conn *conn = mem_zalloc(sizeof *conn);

    conn->fd = fd;
    http_address_format(from, &conn->address);
    atomic_init(&conn->deadline_ms, INT64_MAX);
    http_response_init(&conn->response);
    pthread_mutex_lock(&list->lock);
    conn->next = list->head;
    if (list->head)
        list->head->prev = conn;
    list->head = conn;
    pthread_mutex_unlock(&list->lock);
    metric_add(&open_connections, 1);
    return conn;
}

void http_conn_close(struct http_conn_list *list, struct http_conn *conn)
{
    pthread_mutex_lock(&list->lock);
    if (conn->prev)
        conn->prev->next = conn->next;
    else
        list->head = conn->next;
    if (conn->next)
        conn->next->prev = conn->prev;
    pthread_mutex_unlock(&list->lock);
    metric_add(&open_connections, -1);
    http_response_fini(&conn->response);
    buf_fini(&conn->body);
    buf_fini(&conn->query);
    free(conn);
}

void http_conn_reset(struct http_conn *conn)
{
    conn->state = HTTP_CONN_IDLE;
    conn->too_large = false;
    conn->discarded = 0;
    http_response_fini(&conn->response);
    if (conn->body.cap > BODY_KEPT)
        buf_fini(&conn->body);
    buf_clear(&conn->body);
    buf_clear(&conn->query);
}
