/* What handlers ask of a request's body and query, with the answer that a broken rule gets. */
#ifndef CHATAPP_HTTP_HTTP_INPUT_H
#define CHATAPP_HTTP_HTTP_INPUT_H

#include "http/http_request.h"
#include "http/http_response.h"
#include "json/json_in.h"

/* False: the body is no JSON object, and the answer (400 bad_json) is filled in; nothing to close then. */
bool http_input_json(const struct http_request *request, struct http_response *response,
                     struct json_in *in_out);
/* True: a getter has failed, and the answer is filled in: 400 for a wrong type, 422 for a broken rule. */
bool http_input_bad(const struct json_in *in, struct http_response *response);
/* False: the query parameter is bad, and the answer (422) is filled in. */
bool http_input_query_int(const struct http_request *request, struct http_response *response,
                          const char *name, int64_t min, int64_t max, int64_t fallback,
                          int64_t *value_out);

#endif
