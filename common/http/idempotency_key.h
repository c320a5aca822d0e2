/* The header Idempotency-Key: a client's own name for what it asks for, which makes a repeat harmless. */
#ifndef CHATAPP_HTTP_IDEMPOTENCY_KEY_H
#define CHATAPP_HTTP_IDEMPOTENCY_KEY_H

#include "http/http_request.h"
#include "http/http_response.h"

#define IDEMPOTENCY_KEY_MAX 255

/* 1 to IDEMPOTENCY_KEY_MAX visible ASCII characters. */
bool idempotency_key_is_good(str key);
/* False: the request has one that is not, and the answer (400) is filled in. */
bool idempotency_key_accept(const struct http_request *request, struct http_response *response);

#endif
