/* A request passed on to another server of ours, with libcurl, which stays in forward.c. Connections are kept alive and
 * used again. Thread-safe; a call waits for the answer, so it belongs on the waiting pool (http_route.h). */
#ifndef CHATAPP_API_FORWARD_H
#define CHATAPP_API_FORWARD_H

#include <stdatomic.h>

#include "http/http_request.h"
#include "http/http_response.h"

#define FORWARD_ANSWER_MAX (1024 * 1024) /* bytes of an answer's body */

/* What became of it; in all but the first two cases nobody knows whether the other server has acted on it. */
enum forward_result {
    FORWARD_ANSWERED,
    FORWARD_NOT_SENT,  /* nobody is there: not a byte of the request has left */
    FORWARD_NO_ANSWER, /* the connection broke before a byte of the answer came */
    FORWARD_BROKEN,    /* … or in the middle of it, or it was no HTTP, or too long */
    FORWARD_LATE       /* it took longer than it may */
};

const char *forward_result_name(enum forward_result result); /* for logs */

struct forward_options {
    int64_t connect_ms;
    int64_t total_ms; /* that included */
};

struct forwarder;

/* Once in a process. */
struct forwarder *forwarder_new(const struct forward_options *options);
void forwarder_free(struct forwarder **forwarder); /* nobody forwards any more */
/* Calls under way, and those to come, end soon without an answer: the process stops. */
void forwarder_abort(struct forwarder *forwarder);

/* The method, path, query, body and relevant headers of `request` go to the server at `base` ("http://10.0.0.7:8082"),
 * with the Idempotency-Key `key` (STR_NONE: none). `once`: it must not be sent again by itself over a new connection
 * when an old one turns out to be closed. ANSWERED: the answer is filled in, with those of its headers that are not about
 * the connection; else nothing is. */
enum forward_result forward(struct forwarder *forwarder, const char *base,
                            const struct http_request *request, str key, bool once,
                            struct http_response *response);

#endif
