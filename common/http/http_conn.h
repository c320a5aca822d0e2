/* Connections of the HTTP server, and the one request that each may have under way.
 *
 *     IDLE → BEGUN → READING → ANSWERED → IDLE
 *                        ↘ POOLED ↗
 *
 * Each has a deadline: the library's own time-out begins anew with every byte, so that a trickle would never
 * end. A watch thread cuts the sockets of those that are late. */
#ifndef CHATAPP_HTTP_HTTP_CONN_H
#define CHATAPP_HTTP_HTTP_CONN_H

#include <pthread.h>
#include <stdatomic.h>

#include "http/http_address.h"
#include "http/http_route.h"

#define HTTP_BODY_MAX (64 * 1024)

enum http_conn_state {
    HTTP_CONN_IDLE,
    HTTP_CONN_BEGUN,
    HTTP_CONN_READING,
    HTTP_CONN_POOLED,
    HTTP_CONN_ANSWERED
};

struct http_server;
struct MHD_Connection;

struct http_conn {
    struct http_server *server;
    struct MHD_Connection *mhd;
    int fd;
    struct http_address address;
    struct http_address client;  /* the same, unless a trusted proxy names another */
    _Atomic int64_t deadline_ms; /* by the monotonic clock */
    struct http_conn *prev;      /* in the server's list, under its lock */
    struct http_conn *next;

    /* The request: */
    enum http_conn_state state;
    bool counted; /* among those in flight */
    bool too_large;
    bool options;
    int64_t begun_us;
    size_t discarded; /* bytes of a body that is too large */
    struct buf body;
    struct buf query;
    struct http_request request;
    struct http_response response;
    struct http_match match;
};

struct http_conn_list {
    pthread_mutex_t lock;
    pthread_cond_t wake;
    pthread_t watcher;
    bool stopping;
    struct http_conn *head;
};

void http_conn_list_init(struct http_conn_list *list); /* starts the watch thread */
void http_conn_list_fini(struct http_conn_list *list); /* all connections have been closed */

int64_t http_conn_count(void); /* of open ones */

struct http_conn *http_conn_open(struct http_conn_list *list, int fd, const struct sockaddr *from);
/* Before its socket is closed. */
void http_conn_close(struct http_conn_list *list, struct http_conn *conn);
/* Back to IDLE after a request. */
void http_conn_reset(struct http_conn *conn);
void http_conn_expect(struct http_conn *conn, int64_t within_s);

#endif
