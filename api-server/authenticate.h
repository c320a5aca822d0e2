/* Who is asking? */
#ifndef CHATAPP_API_AUTHENTICATE_H
#define CHATAPP_API_AUTHENTICATE_H

#include "api.h"
#include "http/http_response.h"

/* Fills request->caller from the bearer token, whose session must be alive. False: the answer is filled in. */
bool authenticate(struct http_request *request, struct http_response *response);
/* The same for a service's token, which must be for /notify: a user's is 403. caller.session stays as it was. */
bool authenticate_service(struct http_request *request, struct http_response *response);

#endif
