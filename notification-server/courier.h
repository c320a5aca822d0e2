/* Sends what the channels build, over libcurl's multi interface on a libuv loop: thousands of requests at once, over
 * connections (and HTTP/2 streams) that are kept. libcurl stays below this.
 *
 * Where a user has chosen the URL, the address is judged when a socket is about to be made for it (address.h), after
 * all resolving, so that no name, spelling or late change of DNS leads around that. Such requests have connections of
 * their own: one that was made for a URL of the operator's is never used for theirs. Redirects are not followed, no
 * proxy is used, certificates are checked, and answers have an end. */
#ifndef CHATAPP_NOTIFICATION_COURIER_H
#define CHATAPP_NOTIFICATION_COURIER_H

#include <uv.h>

#include "channel.h"

struct courier;

struct courier_options {
    int64_t connect_ms;
    int64_t timeout_ms;      /* for all of it */
    int64_t mail_timeout_ms; /* the same, for a mail */
    int64_t connections_max; /* that are kept */
    bool allow_private;
    const char *ca_file; /* "": the system's */
};

/* The response is borrowed. Called once for each request, never from within courier_send(), and not at all after
 * courier_close(). */
typedef void courier_done_fn(void *context, const struct channel_response *response);

/* Once in the process, before other threads. */
void courier_setup(void);
struct courier *courier_open(uv_loop_t *loop, const struct courier_options *options);
/* Drops what is under way; frees once libuv has let go. */
void courier_close(struct courier **courier);
/* An empty one, to be filled in and sent, or dropped. */
struct channel_request *courier_request(struct courier *courier);
/* It is the courier's from now on. */
void courier_send(struct courier *courier, struct channel_request *request, courier_done_fn *done,
                  void *context);
void courier_drop(struct courier *courier, struct channel_request *request);

#endif
