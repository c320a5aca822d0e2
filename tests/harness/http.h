/* An HTTP client on libcurl, which keeps the last answer:
 *
 *     const struct http_answer *a =
 *         http_at(&http, port, "POST", "/api/login", NULL, "{'username':'ann'}");
 *     assert_int_equal(a->status, 422);
 * / */
#ifndef CHATAPP_HARNESS_HTTP_H
#define CHATAPP_HARNESS_HTTP_H

#include <jansson.h>

#include "base/buf.h"

struct http_answer {
    int status;      /* 0: none came */
    struct buf head; /* the header lines of the last answer */
    struct buf text;
    json_t *json; /* NULL when the body is not JSON */
};

struct http {
    void *curl;
    const char *const
        *headers; /* more header lines for the next request, NULL-terminated; then forgotten */
    struct http_answer answer; /* the last */
};

void http_fini(struct http *h);

/* `body` is in the spelling of fmt_json(); NULL: none. The answer stays until the next request. */
const struct http_answer *http_at(struct http *h, int port, const char *method, const char *path,
                                  const char *token, const char *body);
const struct http_answer *http_bytes_at(struct http *h, int port, const char *method,
                                        const char *path, const char *token, str body);

/* A header's value, as long as fmt()'s; NULL when there is none. Names in any case. */
const char *http_header(const struct http_answer *answer, const char *name);

/* The status of a GET, 0 when nobody answers. */
int http_status_of(int port, const char *path);

#endif
