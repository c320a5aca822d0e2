/* The tests' vocabulary over a WebSocket: one exchange on the wire, one line of test.
 *
 *     ws_send(ann, "{'type':'send','id':'a1','to':'%s','text':'hi'}", bob.name);
 *     ws_expect(ann, "{'type':'ack','id':'a1','seq':1}");
 *     ws_expect(bob, "{'type':'message','id':'a1','seq':1}");
 *
 * Waiting ends with PATIENCE_MS. Frames that were not asked for yet stay queued, in their order.
 * Patterns: match.h. */
#ifndef CHATAPP_HARNESS_WS_H
#define CHATAPP_HARNESS_WS_H

#include <jansson.h>

#include "fail.h"
#include "ws_core.h"

struct ws {
    struct ws_core core;
    json_t *queue;  /* JSON frames that came and were not expected yet */
    json_t *taken;  /* those that were; kept, so that what ws_expect() returned stays valid */
    unsigned pings; /* control frames that came */
    unsigned pongs;
    char pong[126];  /* the last one's payload */
    struct ws *next; /* the stack's list */
};

/* Connects and waits until the handshake is decided, either way. `headers` as in ws_core_open(). */
struct ws *ws_new(int port, const char *path, const char *headers);
struct ws *ws_new_raw(int port, str request);
void ws_free(struct ws *ws);

void ws_send(struct ws *ws, const char *format, ...)
    __attribute__((format(printf, 2, 3))); /* fmt_json() */
void ws_send_text(struct ws *ws, str text);
/* Says goodbye and waits until the server has, too. */
void ws_close(struct ws *ws);

/* Reads what has come, waiting up to wait_ms for anything. */
void ws_receive(struct ws *ws, int wait_ms);
bool ws_ended(const struct ws *ws);

/* The first frame, of those queued and to come, that matches; it is taken out of the queue.
 * Valid as long as `ws`. */
#define ws_expect(ws, ...) ws_expect_at(HERE, ws, __VA_ARGS__)
json_t *ws_expect_at(struct where where, struct ws *ws, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* The very next one must match. */
#define ws_expect_next(ws, ...) ws_expect_next_at(HERE, ws, __VA_ARGS__)
json_t *ws_expect_next_at(struct where where, struct ws *ws, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Any next one. */
#define ws_take(ws) ws_expect_next_at(HERE, ws, "{}")
/* The server closes with this code (0: without a close frame). A connection that is handled by
 * hand need not have ended: the close frame says it. */
#define ws_expect_close(ws, code) ws_expect_close_at(HERE, ws, code)
void ws_expect_close_at(struct where where, struct ws *ws, int code);
#define ws_expect_status(ws, status) ws_expect_status_at(HERE, ws, status)
void ws_expect_status_at(struct where where, struct ws *ws, int status);
/* No frame like this is queued, nor comes before the server has answered a ping that is sent
 * now. */
#define ws_expect_none(ws, ...) ws_expect_none_at(HERE, ws, __VA_ARGS__)
void ws_expect_none_at(struct where where, struct ws *ws, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Nothing queued, and nothing comes for so long: for what another server might still send. */
#define ws_expect_nothing(ws, ms) ws_expect_nothing_at(HERE, ws, ms)
void ws_expect_nothing_at(struct where where, struct ws *ws, int ms);
/* Drops what is queued. */
void ws_forget(struct ws *ws);

#endif
