/* Cross-origin requests of web clients (the Fetch standard), for the origins that the operator names. Pure. */
#ifndef CHATAPP_HTTP_HTTP_CORS_H
#define CHATAPP_HTTP_HTTP_CORS_H

#include "http/http_request.h"
#include "http/http_response.h"

/* `origins`: "https://a.example,https://b.example", or "*" for all. Adds the headers that let the page at
 * request->origin read the answer; none when there is no origin or it is not one of these. */
void http_cors_allow(const char *origins, const struct http_request *request,
                     struct http_response *response);
/* What a preflight asks besides: the methods (text of Allow) and headers. */
void http_cors_preflight(const char *origins, const struct http_request *request, str methods,
                         struct http_response *response);

#endif
