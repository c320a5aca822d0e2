/* A request as handlers see it. Views are borrowed until the answer is filled in. */
#ifndef CHATAPP_HTTP_HTTP_REQUEST_H
#define CHATAPP_HTTP_HTTP_REQUEST_H

#include "base/ids.h"
#include "base/username.h"
#include "daemon/trace.h"

#define HTTP_PARAMS_MAX 4
#define HTTP_ADDRESS_MAX 46

enum http_method { HTTP_GET, HTTP_POST, HTTP_PUT, HTTP_PATCH, HTTP_DELETE, HTTP_OTHER };

/* The word of RFC 9110; HTTP_OTHER for one that no route has. HEAD is HTTP_GET. */
enum http_method http_method_parse(str word);
str http_method_name(enum http_method method);

/* Who is asking, once the router knows. */
struct http_caller {
    struct username user;
    char session[ID_LEN + 1];
};

struct http_request {
    void *app; /* the daemon's own */
    enum http_method method;
    bool head; /* HTTP_GET, but only the header of the answer is wanted */
    str path;  /* still percent-encoded, and so is the query */
    str query;
    str body;
    str params[HTTP_PARAMS_MAX]; /* what stood for the route's {…}, in order, decoded */
    str authorization;           /* STR_NONE when there is no such header */
    size_t authorizations;       /* how often it came */
    str origin;
    str client;       /* the client's address */
    str block;        /* the same; of IPv6 the /64, which one customer has */
    str content_type; /* and the next: STR_NONE when it did not come */
    str idempotency_key;
    str host;
    str if_none_match;
    str accept_encoding;
    struct trace trace;
    struct http_caller caller;
};

#endif
