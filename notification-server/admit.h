/* Who is asking? */
#ifndef CHATAPP_NOTIFICATION_ADMIT_H
#define CHATAPP_NOTIFICATION_ADMIT_H

#include "http/http_route.h"

#define SERVICE_AUDIENCE "notify"

/* For http_server_options.admit: a service's token (audience `notify`), whose name becomes request->caller.user. A
 * genuine token of another kind is 403. */
bool service_admit(struct http_request *request, const struct http_route *route,
                   struct http_response *response);

#endif
