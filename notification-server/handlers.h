/* The handlers of the route table (router.c), grouped by the files they are in. */
#ifndef CHATAPP_NOTIFICATION_HANDLERS_H
#define CHATAPP_NOTIFICATION_HANDLERS_H

#include "http/http_request.h"
#include "http/http_response.h"

#define HANDLER(name) void name(struct http_request *request, struct http_response *response)

/* accept.c */
HANDLER(notification_accept);
/* status.c */
HANDLER(notification_status);
HANDLER(dead_list);
HANDLER(dead_retry);

#endif
