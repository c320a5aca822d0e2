/* The last step of a request: its answer becomes libmicrohttpd's, and is counted and logged. */
#ifndef CHATAPP_HTTP_HTTP_REPLY_H
#define CHATAPP_HTTP_HTTP_REPLY_H

#include "http/http_conn.h"

void http_reply_setup(void); /* registers the metrics */
/* False: cut the connection. Takes the response's content. */
bool http_reply_send(struct http_conn *conn);

#endif
