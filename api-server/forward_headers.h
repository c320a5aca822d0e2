/* Which headers of another server's answer become part of ours: those that are about the answer, not about the
 * connection it came by (RFC 9110, 7.6.1), nor those that this server sets itself. Pure. */
#ifndef CHATAPP_API_FORWARD_HEADERS_H
#define CHATAPP_API_FORWARD_HEADERS_H

#include "http/http_request.h"
#include "http/http_response.h"

/* Into the response, or nowhere. Names in any case; a value that is too long or has control characters is left out. */
void forward_header_take(struct http_response *response, str name, str value);

/* May this value of a client's header be passed on as it is? STR_NONE may. */
bool forward_value_is_sane(str value);

#endif
