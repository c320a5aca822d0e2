/* A provider of notifications, or whoever has a webhook: a small HTTP server, a thread of the test's, that can be told how
 * to behave, and keeps what it got.
 *
 *     receiver_start(&r);
 *     receiver_answer(&r, 503, "Retry-After: 1\r\n");
 *     WAIT_UNTIL(receiver_requests(&r) == 3);
 */
#ifndef CHATAPP_HARNESS_RECEIVER_H
#define CHATAPP_HARNESS_RECEIVER_H

#include <stddef.h>

struct receiver_state;

struct receiver {
    int port; /* of 127.0.0.1; stays the same */
    struct receiver_state *state;
};

/* It answers 204. */
void receiver_start(struct receiver *r);
void receiver_stop(struct receiver *r);

/* How it behaves from now on. `headers`: more lines, each with its CRLF, or "". */
void receiver_answer(struct receiver *r, int status, const char *headers);
void receiver_hang(struct receiver *r);   /* takes requests and says nothing */
void receiver_hold(struct receiver *r);   /* answers once it is told to answer something */
void receiver_refuse(struct receiver *r); /* nobody listens; connections are cut */
void receiver_flood(struct receiver *r);  /* answers 200 with a body that does not end */

/* What came so far, whatever was answered. */
size_t receiver_requests(struct receiver *r);
size_t receiver_connections(struct receiver *r); /* accepted, ever */
/* Different webhook-ids, of those that were answered with 2xx, and how often one came. */
size_t receiver_delivered(struct receiver *r);
size_t receiver_times(struct receiver *r, const char *webhook_id);
/* The whole latest request, head and body, as long as fmt()'s; "" when there was none. */
const char *receiver_latest(struct receiver *r);

#endif
