/* The Router pattern's pure half: which row of a table answers a method and a path. Paths are literal segments and
 * {parameters}, each one whole segment; a literal is preferred to a parameter by standing first. */
#ifndef CHATAPP_HTTP_HTTP_ROUTE_H
#define CHATAPP_HTTP_HTTP_ROUTE_H

#include "http/http_request.h"
#include "http/http_response.h"

#define HTTP_SEGMENTS_MAX 8
#define HTTP_PATH_MAX 512 /* bytes; no route is that long */

typedef void http_handler_fn(struct http_request *request, struct http_response *response);

/* Passwords are hashed on the work pool, behind which nothing else may wait. What waits for another server does so on
 * a pool of its own: when that one is slow, everything else goes on. */
enum http_where { HTTP_ON_SERVER, HTTP_ON_POOL, HTTP_ON_WAITING_POOL };

struct http_route {
    enum http_method method;
    const char *path; /* "/api/conversations/{id}/members/{user}" */
    int who;          /* may; the daemon's own meaning */
    enum http_where where;
    http_handler_fn
        *check; /* on the server's thread, first; NULL, or what it answers is the answer */
    http_handler_fn *handler;
    http_handler_fn *undo; /* what `check` did, when the pool is full; NULL, and answers nothing */
};

struct http_routes;

/* Keeps the table. A path that is too long or has too many parameters is a bug. */
struct http_routes *http_routes_new(const struct http_route *table, size_t n);
void http_routes_free(struct http_routes *routes);

enum http_match_result { HTTP_MATCHED, HTTP_NO_PATH, HTTP_NO_METHOD, HTTP_BAD_PATH };

struct http_match {
    const struct http_route *route;
    unsigned allowed; /* bits 1 << enum http_method: what the path has */
    str params[HTTP_PARAMS_MAX];
    char scratch[HTTP_PATH_MAX]; /* decoded segments */
};

/* `path` is still encoded. Parameters borrow from it or from *match_out. */
enum http_match_result http_routes_match(const struct http_routes *routes, enum http_method method,
                                         str path, struct http_match *match_out);

/* "GET, HEAD, PUT" for Allow. */
void http_allow_text(unsigned allowed, struct buf *out);

#endif
