/* From a request that has arrived in full to its answer. */
#ifndef CHATAPP_HTTP_HTTP_DISPATCH_H
#define CHATAPP_HTTP_HTTP_DISPATCH_H

#include "http/http_conn.h"

/* True: the answer is filled in. False: the connection is the pool's, which hands it back by resuming it, with the state
 * ANSWERED; until then nobody else touches it. */
bool http_dispatch(struct http_conn *conn);

#endif
