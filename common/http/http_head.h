/* What a request's header says that the server must know before the body. libmicrohttpd stays below this. */
#ifndef CHATAPP_HTTP_HTTP_HEAD_H
#define CHATAPP_HTTP_HTTP_HEAD_H

#include "http/http_conn.h"

#define HTTP_DISCARD_MAX (1024 * 1024)

enum http_verdict {
    HTTP_HEAD_GOOD,
    HTTP_HEAD_REFUSED, /* the answer is filled in; send it now and close */
    HTTP_HEAD_TOO_LARGE /* read the body without keeping it, then answer 413: the client is still writing */
};

/* Reads the header of conn->mhd into conn->request. Refused: Transfer-Encoding with Content-Length, either or Host
 * twice, another Transfer-Encoding than chunked; a body of over HTTP_DISCARD_MAX, or over HTTP_BODY_MAX when
 * the client waits for 100. */
enum http_verdict http_head_read(struct http_conn *conn, const char *method, const char *url);

#endif
