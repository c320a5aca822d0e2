/* From a request that has arrived in full to its answer. */
#ifndef CHATAPP_HTTP_HTTP_DISPATCH_H
#define CHATAPP_HTTP_HTTP_DISPATCH_H

#include "http/http_conn.h"

/* Returns with conn->state ANSWERED, or POOLED: then the connection is suspended until the pool has answered. */
void http_dispatch(struct http_conn *conn);

#endif
